/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two hundred clients at once, as root and as a group member: each call gets the right
 * answer.
 */
#include "tests/service/crowd.h"
#include "tests/service/other_user.h"

static void crowd_of_the_services_user_is_answered(void **state)
{
	const char *problem = crowd_run(*state);

	if (problem)
		fail_msg("%s", problem);
}

static void crowd_of_a_group_member_is_answered(void **state)
{
	struct daemon daemon;
	pid_t pid;

	(void)state;
	if (!may_be_member())
		skip();
	member_start(&daemon, NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		const char *problem;

		member_become(MEMBER_UID);
		problem = crowd_run(&daemon);
		if (problem)
			fprintf(stderr, "%s\n", problem);
		_exit(problem != NULL);
	}
	assert_int_equal(daemon_wait(pid), 0);
	daemon_end(&daemon);
	folder_remove(&daemon.folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crowd_of_the_services_user_is_answered),
		cmocka_unit_test(crowd_of_a_group_member_is_answered),
	};

	return cmocka_run_group_tests(tests, daemon_setup, daemon_teardown);
}
