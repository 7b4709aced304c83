/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Holds in a running service: their effect on answers, and who may set and see them. */
#include "core/check/holds.h"
#include "tests/service/daemon.h"

/* Only root can hold. */
static void need_root(void)
{
	if (geteuid() != 0)
		skip();
}

static void held_device_is_incompatible_in_both_roles(void **state)
{
	need_root();
	json_decref(call(*state, HOLD(DUAL, "master keys change")));
	for (int i = 0; i < 2; i++) {
		json_t *reply = call(*state, i ? CHECK(DUAL, CARD_2) : CHECK(CARD_2, DUAL));

		assert_text(reply, "verdict", "incompatible");
		assert_text(reply, "limit", "hold");
		assert_text(reply, "errno", "EBUSY");
		assert_contains(text_at(reply, "reason"), "is held: master keys change");
		json_decref(reply);
	}
	json_decref(call(*state, RELEASE(DUAL)));
}

static void released_device_is_asked_as_before(void **state)
{
	json_t *reply;

	need_root();
	json_decref(call(*state, HOLD(DUAL, "a")));
	json_decref(call(*state, RELEASE(DUAL)));
	reply = call(*state, CHECK(DUAL, CARD_2));
	assert_text(reply, "verdict", "compatible");
	json_decref(reply);
}

static void hold_is_listed_and_keeps_the_string_back(void **state)
{
	json_t *reply;

	need_root();
	json_decref(call(*state, HOLD(DUAL, "first")));
	json_decref(call(*state, HOLD(DUAL, "second")));
	reply = call(*state, METHOD("Describe", "\"device\":\"" DUAL "\""));
	assert_text(reply, "hold", "second");
	assert_true(json_is_null(json_object_get(json_object_get(reply, "parameters"), "version")));
	/* Its class is only a label, and no check accepts it. */
	assert_int_equal(strlen(text_at(reply, "class")), 16);
	json_decref(reply);
	assert_error(call(*state, METHOD("Version", "\"device\":\"" DUAL "\"")),
		     "io.migcompat.DeviceHeld", "errno", "EBUSY");
	reply = call(*state, METHOD("Ask", "\"source\":\"" DUAL "\""));
	assert_int_equal(
		json_array_size(json_object_get(json_object_get(reply, "parameters"), "choices")),
		0);
	assert_contains(text_at(reply, "reason"), "is held: second");
	json_decref(reply);
	json_decref(call(*state, RELEASE(DUAL)));
}

static void held_target_is_no_choice(void **state)
{
	json_t *reply;

	need_root();
	json_decref(call(*state, HOLD(CARD_2, "a")));
	reply = call(*state, METHOD("Ask", "\"source\":\"" DUAL "\""));
	assert_int_equal(
		json_array_size(json_object_get(json_object_get(reply, "parameters"), "choices")),
		2);
	json_decref(reply);
	json_decref(call(*state, RELEASE(CARD_2)));
}

static void hold_of_an_unknown_device_is_refused(void **state)
{
	need_root();
	assert_error(call(*state, HOLD("nobody", "a")), "io.migcompat.DeviceNotFound", "errno",
		     "ENOENT");
	assert_error(call(*state, RELEASE("nobody")), "io.migcompat.DeviceNotHeld", "errno",
		     "ENOENT");
}

static void reason_must_be_a_line(void **state)
{
	need_root();
	assert_error(call(*state, HOLD(DUAL, "")), "org.varlink.service.InvalidParameter",
		     "parameter", "reason");
	assert_error(call(*state, HOLD(DUAL, "two\\nlines")),
		     "org.varlink.service.InvalidParameter", "parameter", "reason");
}

/* ---------------------------------------------------------------- own services */

static void hold_survives_a_restart_and_a_kill(void **state)
{
	struct daemon daemon = {.pid = 0};
	json_t *reply;

	(void)state;
	need_root();
	daemon_folder(&daemon);
	daemon_start(&daemon, NULL);
	json_decref(call(&daemon, HOLD(DUAL, "kept")));
	daemon_end(&daemon);
	daemon_start(&daemon, NULL);
	reply = call(&daemon, CHECK(DUAL, CARD_2));
	assert_text(reply, "limit", "hold");
	json_decref(reply);
	kill(daemon.pid, SIGKILL);
	assert_int_equal(daemon_wait(daemon.pid), 128 + SIGKILL);
	/* Its socket is still there, and no process answers. */
	daemon_start(&daemon, NULL);
	reply = call(&daemon, METHOD("Describe", "\"device\":\"" DUAL "\""));
	assert_text(reply, "hold", "kept");
	json_decref(reply);
	daemon_end(&daemon);
	folder_remove(&daemon.folder);
}

static void member_of_the_group_reads_and_does_not_hold(void **state)
{
	static const char *const group[] = {"--group", "nogroup", NULL};
	struct daemon daemon = {.pid = 0};
	int status;
	pid_t pid;

	(void)state;
	need_root();
	daemon_folder(&daemon);
	daemon_start(&daemon, group);
	assert_int_equal(chmod(daemon.folder.path, 0755), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		json_t *reply;

		if (setgroups(0, NULL) || setgid(65534) || setuid(65534))
			_exit(77);
		reply = call(&daemon, CHECK(DUAL, CARD_2));
		assert_text(reply, "verdict", "compatible");
		json_decref(reply);
		assert_error(call(&daemon, HOLD(DUAL, "a")), "io.migcompat.PermissionDenied",
			     "errno", "EPERM");
		assert_error(call(&daemon, RELEASE(DUAL)), "io.migcompat.PermissionDenied", "errno",
			     "EPERM");
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	daemon_end(&daemon);
	folder_remove(&daemon.folder);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

static void stranger_may_not_even_read(void **state)
{
	static const char *const group[] = {"--group", "no-such-group", NULL};
	struct daemon daemon = {.pid = 0};
	char folder[128];
	int status;
	pid_t pid;

	(void)state;
	need_root();
	daemon_folder(&daemon);
	daemon_start(&daemon, group);
	snprintf(folder, sizeof(folder), "%s/socket", daemon.folder.path);
	/*
	 * The mode keeps other users out. If it is changed, their credentials still do.
	 */
	assert_int_equal(chmod(daemon.folder.path, 0755) | chmod(folder, 0755) |
				 chmod(daemon.socket, 0666),
			 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (setgroups(0, NULL) || setgid(65534) || setuid(65534))
			_exit(77);
		assert_error(call(&daemon, CHECK(DUAL, CARD_2)), "io.migcompat.PermissionDenied",
			     "errno", "EACCES");
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	daemon_end(&daemon);
	folder_remove(&daemon.folder);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(held_device_is_incompatible_in_both_roles),
		cmocka_unit_test(released_device_is_asked_as_before),
		cmocka_unit_test(hold_is_listed_and_keeps_the_string_back),
		cmocka_unit_test(held_target_is_no_choice),
		cmocka_unit_test(hold_of_an_unknown_device_is_refused),
		cmocka_unit_test(reason_must_be_a_line),
		cmocka_unit_test(hold_survives_a_restart_and_a_kill),
		cmocka_unit_test(member_of_the_group_reads_and_does_not_hold),
		cmocka_unit_test(stranger_may_not_even_read),
	};

	return cmocka_run_group_tests(tests, daemon_setup, daemon_teardown);
}
