/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counting, and comparing with limits. */
#include "core/service/varlink/quota.h"

#include <stddef.h>

static bool is_root(const struct quota *quota, const struct quota_user *user)
{
	return user == &quota->users[0];
}

/* The user's entry, or a free one. There are as many entries as connections. */
static struct quota_user *user_find(struct quota *quota, uid_t uid)
{
	struct quota_user *unused = NULL;

	if (uid == 0)
		return &quota->users[0];
	for (size_t i = 1; i <= CONNECTIONS_MAX; i++) {
		struct quota_user *user = &quota->users[i];

		if (user->connections && user->uid == uid)
			return user;
		if (!user->connections && !unused)
			unused = user;
	}
	if (unused)
		unused->uid = uid;
	return unused;
}

struct quota_user *quota_connect(struct quota *quota, uid_t uid)
{
	struct quota_user *user = user_find(quota, uid);
	unsigned others = quota->connections - quota->users[0].connections;

	if (!user || quota->connections == CONNECTIONS_MAX)
		return NULL;
	if (!is_root(quota, user) &&
	    (others == CONNECTIONS_MAX - CONNECTIONS_ROOT || user->connections == CONNECTIONS_USER))
		return NULL;
	user->connections++;
	quota->connections++;
	return user;
}

void quota_disconnect(struct quota *quota, struct quota_user *user)
{
	user->connections--;
	quota->connections--;
}

bool quota_user_full(const struct quota *quota, uid_t uid)
{
	for (size_t i = 1; i <= CONNECTIONS_MAX && uid != 0; i++)
		if (quota->users[i].uid == uid && quota->users[i].connections == CONNECTIONS_USER)
			return true;
	return false;
}

bool quota_slot_free(const struct quota *quota, const struct quota_user *user)
{
	unsigned others = quota->slots - quota->users[0].slots;

	if (quota->slots == SLOTS_MAX)
		return false;
	return is_root(quota, user) ||
	       (others < SLOTS_MAX - SLOTS_ROOT && user->slots < SLOTS_USER);
}

void quota_slot_take(struct quota *quota, struct quota_user *user)
{
	user->slots++;
	quota->slots++;
}

void quota_slot_give(struct quota *quota, struct quota_user *user)
{
	user->slots--;
	quota->slots--;
}
