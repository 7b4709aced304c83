/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is at the other end of a socket, and what that one may do. The kernel's word alone counts. */
#ifndef CORE_SERVICE_VARLINK_PEER_H
#define CORE_SERVICE_VARLINK_PEER_H

#include <stdbool.h>
#include <sys/types.h>

struct peer {
	pid_t pid;
	uid_t uid;
	bool may_read;
	bool may_hold;
};

/* The group whose members may read; false: there is none. */
struct peer_group {
	bool exists;
	gid_t gid;
};

/* Look up by name. Negative errno where it could not be told whether it exists. */
int peer_group_find(const char *name, struct peer_group *ret);
int peer_read(int fd, const struct peer_group *group, struct peer *ret);

#endif
