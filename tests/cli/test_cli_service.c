/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who answers, which options exclude each other, and holds. */
#include "core/facts/macros.h"
#include "tests/cli/run_service.h"

/* In each line m asks the service, and own uses own workers on the same inventories. */
#define ASK                                                                                      \
	"m() { command migcompat --daemon --socket $SOCKET \"$@\"; }; own() { migcompat " SERIAL \
	"\"$@\"; }\n"

static int setup(void **state)
{
	static const char *const group[] = {"--group", "nogroup", NULL};

	service_setup(state, group);
	assert_int_equal(chmod(service.folder.path, 0755), 0);
	return 0;
}

/* Only root can hold a device. */
static void need_root(void)
{
#ifdef TEST_COVERED
	skip(); /* other users cannot write coverage data, and say so on standard error */
#endif
	if (geteuid() != 0)
		skip();
}

/*
 * "stranger UID ARGUMENT..." runs the program as another user, from a folder that all
 * users can enter: the build's may be closed.
 */
#define STRANGER                                                                                   \
	"[ -e $FOLDER/open ] || cp -r " TEST_BUILD "/stage $FOLDER/open; chmod -R go=rX $FOLDER; " \
	"stranger() { cd /; setpriv --reuid $1 --regid $1 --clear-groups "                         \
	"$FOLDER/open/bin/migcompat \"${@:2}\"; }; "

/* ---------------------------------------------------------------- which way */

static void service_that_is_there_is_asked(void **state)
{
	(void)state;
	run("command migcompat --socket $SOCKET type " CARD_2);
	assert_status(0);
	assert_string_equal(ran.out, "mtty:serial-2port\n");
}

static void own_workers_are_asked_where_it_is_not_to_be(void **state)
{
	(void)state;
	/* This machine has no device with that id. */
	run("command migcompat --no-daemon type " DUAL);
	assert_trouble("no device \"" DUAL "\" on this host; see migcompat list --types");
}

static void own_workers_are_asked_about_another_world(void **state)
{
	(void)state;
	run("migcompat " SERIAL_B "list --raw -o DEVICE");
	assert_status(0);
	assert_string_equal(ran.out, "DEVICE\n" CARD_1 "\n" CARD_2 "\n");
}

static void absent_service_is_passed_over_in_silence(void **state)
{
	(void)state;
	run("command migcompat --no-daemon list; echo $?; command migcompat --no-daemon check a b; "
	    "echo $?");
	setenv("BEFORE", ran.out, 1);
	setenv("BEFORE_ERR", ran.err, 1);
	run("command migcompat list; echo $?; command migcompat check -v a b; echo $?");
	assert_string_equal(ran.out, getenv("BEFORE"));
	assert_string_equal(ran.err, getenv("BEFORE_ERR"));
}

static void service_of_a_named_socket_must_answer(void **state)
{
	(void)state;
	run("command migcompat --socket $FOLDER/none list");
	assert_trouble("migcompat: no service answers at ");
	/* A socket file without a service. */
	run("touch $FOLDER/dead; command migcompat --socket $FOLDER/dead check a b");
	assert_trouble("dead: Connection refused\n");
	run("command migcompat --socket $FOLDER/dead list --json");
	assert_json_trouble("ECONNREFUSED", "no service answers at ");
}

static void absent_service_that_must_answer_is_trouble(void **state)
{
	(void)state;
	run("command migcompat --daemon --socket $FOLDER/none list");
	assert_trouble("migcompat: no service answers at ");
	assert_contains(ran.err, "/none: No such file or directory\n");
	run("command migcompat --daemon --socket $FOLDER/none list --json");
	assert_json_trouble("ENOENT", "no service answers at ");
	run("command migcompat --daemon --socket $FOLDER/$(printf %%0200d 0) list");
	assert_trouble("a socket's path has at most 107 bytes");
}

static void stranger_gets_no_answer_at_a_named_socket(void **state)
{
	(void)state;
	need_root();
	run(STRANGER "stranger 12345 --socket $SOCKET type " DUAL);
	assert_trouble("no service answers at ");
	assert_contains(ran.err, ": Permission denied\n");
}

/* ---------------------------------------------------------------- usage */

static void refusal_of_no_daemon_says_what_is_wrong(void **state)
{
	(void)state;
	run("command migcompat --daemon --no-daemon list");
	assert_trouble("--daemon and --no-daemon exclude each other: "
		       "one demands the service, the other forbids it\n");
}

static void service_and_another_world_exclude_each_other(void **state)
{
	static const char *const worlds[][2] = {
		{"-i a", "--inventory"},
		{"--config a", "--config"},
		{"--plugin-dir a", "--plugin-dir"},
		{"--debug", "--debug"},
		{"--no-daemon", "--no-daemon"},
	};
	char part[128];

	(void)state;
	for (size_t i = 0; i < COUNT(worlds); i++) {
		run("command migcompat --daemon %s list", worlds[i][0]);
		snprintf(part, sizeof(part), "--daemon and %s exclude each other", worlds[i][1]);
		assert_trouble(part);
		run("command migcompat list %s --socket a", worlds[i][0]);
		snprintf(part, sizeof(part), "--socket and %s exclude each other", worlds[i][1]);
		assert_trouble(part);
		run("command migcompat %s release a", worlds[i][0]);
		snprintf(part, sizeof(part),
			 "release is answered by the service only: it takes no %s", worlds[i][1]);
		assert_trouble(part);
	}
}

static void commands_of_their_own_do_not_ask_the_service(void **state)
{
	static const char *const commands[] = {"prepare a b", "inventory", "backend dump a",
					       "policy check", "policy explain a b"};

	(void)state;
	for (size_t i = 0; i < COUNT(commands); i++) {
		run("command migcompat --daemon %s", commands[i]);
		assert_status(2);
		assert_contains(ran.err, "does not ask the service: it takes no --daemon");
		run("command migcompat --socket a %s", commands[i]);
		assert_status(2);
		assert_contains(ran.err, "does not ask the service: it takes no --socket");
	}
	run("command migcompat --no-daemon " SERIAL "prepare " DUAL " " CARD_2);
	assert_status(0);
}

static void policy_in_force_is_that_of_the_service(void **state)
{
	(void)state;
	folder_write(&service.folder, "policy/migcompat.conf", "timeout_ms = 4321;\n");
	run(ASK "m policy show");
	assert_contains(ran.out, "# The policy in force, ");
	assert_contains(ran.out, "\ntimeout_ms = 5000;\n");
	assert_int_equal(kill(service.pid, SIGHUP), 0);
	assert_logged(&service, "policy and backends were reloaded");
	run(ASK "m policy show");
	assert_status(0);
	assert_contains(ran.out, "\ntimeout_ms = 4321;\n");
	run(ASK "m policy show --json | jq -r '.format, .timeout_ms'");
	assert_string_equal(ran.out, "migcompat-policy/1\n4321\n");
	run("command migcompat --daemon --socket $SOCKET policy show > $FOLDER/shown; command "
	    "migcompat --config %s/policy policy show | cmp - $FOLDER/shown",
	    service.folder.path);
	assert_status(0);
}

static void policy_of_a_service_that_is_not_there_is_trouble(void **state)
{
	(void)state;
	run("command migcompat --socket $FOLDER/none policy show");
	assert_trouble("no service answers at ");
	run(ASK "m policy show --mechanism report");
	assert_trouble("--mechanism does not apply to the service's policy");
	run("command migcompat --daemon --config $FOLDER policy show");
	assert_trouble("--daemon and --config exclude each other");
}

static void hold_without_a_reason_says_so(void **state)
{
	(void)state;
	run(ASK "m hold " DUAL);
	assert_trouble("hold expects --reason TEXT, which is the reason in answers");
	run(ASK "m hold --json " DUAL);
	assert_json_trouble("EINVAL", "hold expects --reason TEXT");
	run(ASK "m hold");
	assert_trouble("hold expects DEVICE --reason TEXT, got 0 arguments");
	run(ASK "m release --reason a " DUAL);
	assert_trouble("release takes no --reason");
}

static void names_must_be_text(void **state)
{
	(void)state;
	run(ASK "m show $'\\377'");
	assert_trouble("\"?\" is no UTF-8 text");
	run("migcompat " SERIAL "show $'\\377'");
	assert_trouble("\"?\" is no UTF-8 text");
	run(ASK "m hold a --reason $'\\377'");
	assert_trouble("\"?\" is no UTF-8 text");
}

/* ---------------------------------------------------------------- holds */

static void held_device_is_listed_and_shown(void **state)
{
	(void)state;
	need_root();
	run(ASK "m list > $FOLDER/before; m hold " CARD_2 " --reason 'new firmware'");
	assert_status(0);
	assert_string_equal(ran.out, CARD_2 " is held: new firmware\n");
	run(ASK "m list");
	assert_contains(ran.out, " MECHANISM HOLD\n");
	assert_contains(ran.out, " yes       new firmware\n");
	run(ASK "m list --raw -o device,hold");
	assert_contains(ran.out, CARD_2 " new\\x20firmware\n");
	run(ASK "m show " CARD_2);
	assert_status(1);
	assert_contains(ran.out, "\nheld         new firmware\n");
	assert_null(strstr(ran.out, "\nversion "));
	run(ASK "m type " CARD_2);
	assert_status(0);
	run(ASK "m release " CARD_2);
	assert_status(0);
	assert_string_equal(ran.out, CARD_2 " is released\n");
	run(ASK "m list | cmp - $FOLDER/before; m show " CARD_2);
	assert_status(0);
}

static void held_device_is_no_side_of_a_move(void **state)
{
	json_t *document;

	(void)state;
	need_root();
	run(ASK "m hold " CARD_2 " --reason 'new firmware'; m check " DUAL " " CARD_2);
	assert_status(1);
	assert_contains(ran.out, "incompatible (hold): target " CARD_2 " is held: new firmware\n");
	run(ASK "m check " CARD_2 " " DUAL);
	assert_status(1);
	assert_contains(ran.out, "incompatible (hold): source " CARD_2 " is held: new firmware\n");
	run(ASK "own version " DUAL " | m check --json - " CARD_2);
	assert_status(1);
	document = run_json();
	assert_string_equal(json_member(document, "errno"), "EBUSY");
	assert_string_equal(json_member(document, "limit"), "hold");
	json_decref(document);
	run(ASK "m ask " CARD_2);
	assert_status(1);
	assert_string_equal(ran.out, "no choice: source " CARD_2 " is held: new firmware\n");
	run(ASK "m ask " DUAL " | grep -c " CARD_2 "; m release " CARD_2 " >/dev/null; m ask " DUAL
		" | grep -c " CARD_2);
	assert_string_equal(ran.out, "0\n1\n");
}

static void held_device_keeps_its_string_back(void **state)
{
	json_t *document;

	(void)state;
	need_root();
	run(ASK "m hold " CARD_2 " --reason 'new firmware' >/dev/null; m version " CARD_2);
	assert_status(1);
	assert_string_equal(ran.out, "");
	assert_string_equal(ran.err, "migcompat: " CARD_2 ": it is held: new firmware\n");
	run(ASK "m version --json " CARD_2);
	assert_status(1);
	document = run_json();
	assert_string_equal(json_member(document, "errno"), "EBUSY");
	assert_null(json_member(document, "version"));
	json_decref(document);
	run(ASK "m list --json | grep -c mtty:physical:serial-2port; m release " CARD_2
		" >/dev/null; m list --json | grep -c mtty:physical:serial-2port");
	assert_string_equal(ran.out, "0\n1\n");
}

static void hold_and_release_are_documents_too(void **state)
{
	json_t *document;

	(void)state;
	need_root();
	run(ASK "m hold --json " DUAL " --reason a");
	assert_status(0);
	document = run_json();
	assert_string_equal(json_member(document, "format"), "migcompat-hold/1");
	assert_string_equal(json_member(document, "device"), DUAL);
	assert_string_equal(json_member(document, "hold"), "a");
	json_decref(document);
	run(ASK "m release --json serial-a//" DUAL);
	assert_status(0);
	document = run_json();
	assert_string_equal(json_member(document, "device"), "serial-a//" DUAL);
	assert_null(json_member(document, "hold"));
	json_decref(document);
}

static void hold_that_cannot_be_is_trouble(void **state)
{
	(void)state;
	need_root();
	run(ASK "m hold nobody --reason a");
	assert_trouble("no device \"nobody\" among the 7 of 2 hosts");
	run(ASK "m hold mtty/mtty-2 --reason a");
	assert_trouble("\"mtty/mtty-2\" fits two devices");
	run(ASK "m hold " DUAL " --reason $'two\\nlines'");
	assert_trouble("--reason is one line of 1 to 512 bytes");
	run(ASK "m hold " DUAL " --reason ''");
	assert_trouble("--reason expects TEXT, got an empty one");
	run(ASK "m release " DUAL);
	assert_trouble("device \"" DUAL "\" is not held");
	run(ASK "m release nobody --json");
	assert_json_trouble("ENOENT", "device \"nobody\" is not held");
}

static void hold_of_who_is_not_root_is_refused_by_the_service(void **state)
{
	(void)state;
	need_root();
	run(STRANGER "stranger 65534 --daemon --socket $SOCKET type " DUAL);
	assert_status(0);
	run(STRANGER "stranger 65534 --socket $SOCKET hold " DUAL " --reason a");
	assert_trouble("migcompat: only root may hold and release devices\n");
	run(STRANGER "stranger 65534 --socket $SOCKET release --json " DUAL);
	assert_json_trouble("EPERM", "only root may hold and release devices");
}

static void hold_where_no_service_is_is_trouble(void **state)
{
	(void)state;
	run("command migcompat --socket $FOLDER/none hold a --reason b");
	assert_trouble("no service answers at ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(service_that_is_there_is_asked),
		cmocka_unit_test(own_workers_are_asked_where_it_is_not_to_be),
		cmocka_unit_test(own_workers_are_asked_about_another_world),
		cmocka_unit_test(absent_service_is_passed_over_in_silence),
		cmocka_unit_test(service_of_a_named_socket_must_answer),
		cmocka_unit_test(absent_service_that_must_answer_is_trouble),
		cmocka_unit_test(stranger_gets_no_answer_at_a_named_socket),
		cmocka_unit_test(refusal_of_no_daemon_says_what_is_wrong),
		cmocka_unit_test(service_and_another_world_exclude_each_other),
		cmocka_unit_test(commands_of_their_own_do_not_ask_the_service),
		cmocka_unit_test(policy_in_force_is_that_of_the_service),
		cmocka_unit_test(policy_of_a_service_that_is_not_there_is_trouble),
		cmocka_unit_test(hold_without_a_reason_says_so),
		cmocka_unit_test(names_must_be_text),
		cmocka_unit_test(held_device_is_listed_and_shown),
		cmocka_unit_test(held_device_is_no_side_of_a_move),
		cmocka_unit_test(held_device_keeps_its_string_back),
		cmocka_unit_test(hold_and_release_are_documents_too),
		cmocka_unit_test(hold_that_cannot_be_is_trouble),
		cmocka_unit_test(hold_of_who_is_not_root_is_refused_by_the_service),
		cmocka_unit_test(hold_where_no_service_is_is_trouble),
	};

	return cmocka_run_group_tests(tests, setup, service_teardown);
}
