/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Credentials of a unix socket's peer, from the time when it connected. */
#include "core/service/varlink/peer.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define GROUPS_MAX 65536u /* the kernel's NGROUPS_MAX */

int peer_group_find(const char *name, struct peer_group *ret)
{
	struct group *group;

	errno = 0;
	group = getgrnam(name);
	/* The errno of getgrnam for an unknown name differs between systems. */
	if (!group && errno && errno != ENOENT && errno != ESRCH && errno != EBADF &&
	    errno != EPERM)
		return -errno;
	*ret = (struct peer_group){.exists = group != NULL, .gid = group ? group->gr_gid : 0};
	return 0;
}

static int in_group(int fd, gid_t gid, bool *ret)
{
	socklen_t size = GROUPS_MAX * sizeof(gid_t);
	gid_t *groups = malloc(size);

	if (!groups)
		return -ENOMEM;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0) {
		free(groups);
		return -errno;
	}
	for (size_t i = 0; i < size / sizeof(gid_t); i++)
		*ret |= groups[i] == gid;
	free(groups);
	return 0;
}

int peer_read(int fd, const struct peer_group *group, struct peer *ret)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);
	struct peer peer;
	int r = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
		return -errno;
	peer = (struct peer){.pid = cred.pid, .uid = cred.uid, .may_hold = cred.uid == 0};
	/* The user that runs the service could read the same from its files. */
	peer.may_read =
		cred.uid == 0 || cred.uid == geteuid() || (group->exists && cred.gid == group->gid);
	if (group->exists && !peer.may_read)
		r = in_group(fd, group->gid, &peer.may_read);
	if (!r)
		*ret = peer;
	return r;
}
