/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process at the other end of a socket, as the kernel reports it, and its rights. */
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

/* The group whose members may read. exists: false if there is no such group. */
struct peer_group {
	bool exists;
	gid_t gid;
};

/* Look up by name. Negative errno if it is unknown whether the group exists. */
int peer_group_find(const char *name, struct peer_group *ret);
int peer_read(int fd, const struct peer_group *group, struct peer *ret);

#endif
