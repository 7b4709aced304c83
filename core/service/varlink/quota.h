/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What each user has of the service: connections, and call slots. A connection is cheap and may
 * rest for as long as it likes. A slot is what memory and threads go to: from the first byte of a
 * call to the last byte of its reply. Pure bookkeeping.
 *
 * The limits keep three promises. Others never take what root needs. One user never takes what
 * another one needs. A user with few slots goes before a user with many, so that a crowd of one
 * user's clients delays that user alone.
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

/* Zeroed is a valid start. The first user is root. */
struct quota {
	struct quota_user users[CONNECTIONS_MAX + 1];
	unsigned connections; /* of all users */
	unsigned slots;
};

/* One more connection of that user; it lives until quota_disconnect. NULL: a limit is reached. */
struct quota_user *quota_connect(struct quota *quota, uid_t uid);
void quota_disconnect(struct quota *quota, struct quota_user *user);
/* Is it the user's own limit that keeps the user from another connection? */
bool quota_user_full(const struct quota *quota, uid_t uid);

bool quota_slot_free(const struct quota *quota, const struct quota_user *user);
void quota_slot_take(struct quota *quota, struct quota_user *user);
void quota_slot_give(struct quota *quota, struct quota_user *user);

#endif
