/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counts each user's connections and call slots. A connection is cheap and may idle
 * forever. Memory and threads go to slots: a client holds one from the first byte of a
 * call to the last byte of its reply. Pure bookkeeping.
 *
 * The limits guarantee three things. Other users cannot take root's share. One user
 * cannot take all of the others' share. Users with fewer slots are served first, so that
 * many clients of one user delay only that user.
 */
#ifndef CORE_SERVICE_VARLINK_QUOTA_H
#define CORE_SERVICE_VARLINK_QUOTA_H

#include <stdbool.h>
#include <sys/types.h>

#define CONNECTIONS_MAX 512u
#define CONNECTIONS_ROOT 32u  /* of these, for root alone */
#define CONNECTIONS_USER 240u /* of one user that is not root */

#define SLOTS_MAX 64u
#define SLOTS_ROOT 8u  /* of these, for root alone */
#define SLOTS_USER 12u /* of one user that is not root; fewer than there are threads for calls */

struct quota_user {
	uid_t uid;
	unsigned connections;
	unsigned slots;
};

/* Zeroed is a valid start. users[0] is root. */
struct quota {
	struct quota_user users[CONNECTIONS_MAX + 1];
	unsigned connections; /* of all users */
	unsigned slots;
};

/*
 * Count a connection. The result is valid until quota_disconnect. NULL: a limit is
 * reached.
 */
struct quota_user *quota_connect(struct quota *quota, uid_t uid);
void quota_disconnect(struct quota *quota, struct quota_user *user);
/* True if the limit of one user keeps this user from another connection. */
bool quota_user_full(const struct quota *quota, uid_t uid);

bool quota_slot_free(const struct quota *quota, const struct quota_user *user);
void quota_slot_take(struct quota *quota, struct quota_user *user);
void quota_slot_give(struct quota *quota, struct quota_user *user);

#endif
