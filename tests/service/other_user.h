/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Clients that are members of the service's group, or other users. Only root can become
 * another user, so other users skip these tests.
 */
#ifndef TESTS_SERVICE_OTHER_USER_H
#define TESTS_SERVICE_OTHER_USER_H

#include "tests/service/daemon.h"

#define MEMBER_UID 2000u
#define OTHER_MEMBER_UID 2001u

/* A group that exists everywhere, has no members, and is not root's. */
static inline const struct group *member_group(void)
{
	const struct group *group = getgrnam("daemon");

	return group && group->gr_gid != 0 ? group : NULL;
}

static inline bool may_be_member(void)
{
	if (geteuid() == 0 && member_group())
		return true;
	print_message("only root can become a member of the group, and only if there is a group "
		      "\"daemon\"\n");
	return false;
}

/*
 * By default only the owner can enter the test's folder; members must reach the socket.
 */
static inline void member_start_in(struct daemon *daemon, const char *const *more)
{
	const char *args[12] = {"--group", "daemon"};
	size_t count = 2;

	assert_int_equal(chmod(daemon->folder.path, 0711), 0);
	while (more && *more)
		args[count++] = *more++;
	args[count] = NULL;
	daemon_start(daemon, args);
}

static inline void member_start(struct daemon *daemon, const char *const *more)
{
	*daemon = (struct daemon){.pid = 0};
	daemon_folder(daemon);
	member_start_in(daemon, more);
}

/* In a child: become that user. */
static inline void member_become(uid_t uid)
{
	gid_t gid = member_group()->gr_gid;

	if (setgroups(1, &gid) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		_exit(120);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

#endif
