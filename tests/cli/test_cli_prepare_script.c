/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * migcompat prepare ... | sh: a refusal, another host and a failed write never read as
 * success.
 */
#include "tests/cli/inventories.h"
#include "tests/support/run.h"

#define TYPE(parent, free)                                                          \
	"{\"id\":\"" parent "/mtty-2\",\"kind\":\"mdev-type\",\"parent\":\"" parent \
	"\",\"facts\":{\"parent/driver\":\"mtty\","                                 \
	"\"mdev_type\":\"mtty-2\",\"mdev_type/available_instances\":\"" free "\"}}"
#define SOURCE "11111111-0000-4000-8000-000000000001"
#define READY "22222222-0000-4000-8000-000000000002"
#define SMALL "22222222-0000-4000-8000-000000000003"
#define TARGETS \
	MDEV(READY, "mtty-2") "," MDEV(SMALL, "mtty-1") "," TYPE("full", "0") "," TYPE("free", "3")

/*
 * "p TARGET" prints the script for a target of the host "there". HERE renames that host
 * to this machine.
 */
#define P                                                                               \
	"p() { migcompat -i $FOLDER/source.json -i $FOLDER/target.json prepare " SOURCE \
	" \"$@\"; }\n"
#define HERE "sed -i \"s|\\\"there\\\"|\\\"$(uname -n)\\\"|\" $FOLDER/target.json\n" P

static int fresh(void **state)
{
	(void)state;
	folder_write(&ran.folder, "source.json", HOST("home", MDEV(SOURCE, "mtty-2")));
	folder_write(&ran.folder, "target.json", HOST("there", TARGETS));
	return 0;
}

static void ends_with(const char *end)
{
	size_t len = strlen(ran.out);

	if (len < strlen(end) || strcmp(ran.out + len - strlen(end), end) != 0)
		fail_msg("does not end with \"%s\": %s", end, ran.out);
}

static void ready_target_on_this_host_is_success(void **state)
{
	(void)state;
	run(HERE "p " READY " | sh");
	assert_status(0);
	assert_string_equal(ran.err, "");
}

static void another_host_fails_and_writes_nothing(void **state)
{
	(void)state;
	run(P "p " READY " | sh");
	assert_status(1);
	assert_string_equal(ran.err, "migcompat: this is not the host there: nothing is written\n");
	run(P "p free/mtty-2 | sh");
	assert_status(1);
	assert_string_equal(ran.err, "migcompat: this is not the host there: nothing is written\n");
}

static void write_that_fails_ends_the_script(void **state)
{
	(void)state;
	run(HERE "{ p free/mtty-2; echo echo went on; } | sh");
	assert_true(ran.status != 0);
	assert_contains(ran.err, "/sys/class/mdev_bus/free/mdev_supported_types/mtty-2/create");
	assert_string_equal(ran.out, "");
}

static void incompatible_target_fails_and_says_why(void **state)
{
	(void)state;
	run(HERE "p " SMALL);
	assert_status(1);
	ends_with("\nexit 1\n");
	run(P "p " SMALL " | sh");
	assert_status(1);
	assert_string_equal(ran.err, "migcompat: incompatible: source has 2 ports, target has 1\n");
}

static void unavailable_target_fails_and_has_no_writes(void **state)
{
	json_t *document;

	(void)state;
	run(HERE "p full/mtty-2");
	assert_status(1);
	assert_null(strstr(ran.out, "/create"));
	ends_with("\nexit 1\n");
	run(P "p full/mtty-2 | sh");
	assert_status(1);
	assert_string_equal(
		ran.err,
		"migcompat: the target is not available now: no instance of the type is left\n");
	run(P "p full/mtty-2 --json");
	assert_status(1);
	document = run_json();
	assert_int_equal(json_array_size(json_object_get(document, "writes")), 0);
	assert_string_equal(json_member(json_object_get(document, "verdict"), "verdict"),
			    "compatible");
	json_decref(document);
}

static void unknown_device_fails(void **state)
{
	(void)state;
	run(P "p nobody");
	assert_status(2);
	assert_contains(ran.out, "# error: no device \"nobody\"");
	ends_with("\nexit 2\n");
	run(P "p nobody | sh");
	assert_status(2);
	assert_contains(ran.err, "migcompat: no device \"nobody\"");
}

static void wrong_usage_fails(void **state)
{
	(void)state;
	run(P "p | sh");
	assert_status(2);
	run(P "p " READY " --frobnicate | sh");
	assert_status(2);
	run("migcompat prepare --json a b c");
	assert_json_trouble("EINVAL", "prepare expects SOURCE TARGET");
}

static void errors_give_the_shell_no_commands(void **state)
{
	(void)state;
	run(P "p $'x\\ntouch $FOLDER/x' | sh; [ ! -e $FOLDER/x ]");
	assert_status(0);
	run("sed -i 's|\"there\"|\"$(touch $FOLDER/x)\"|' $FOLDER/target.json\n" P "p " READY
	    " | sh; [ $? = 1 ] && [ ! -e $FOLDER/x ]");
	assert_status(0);
	run("sed -i \"s|\\\"there\\\"|\\\"it's; touch $FOLDER/x\\\"|\" $FOLDER/target.json\n" P
	    "p " READY " | sh; [ ! -e $FOLDER/x ]");
	assert_status(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(ready_target_on_this_host_is_success, fresh),
		cmocka_unit_test_setup(another_host_fails_and_writes_nothing, fresh),
		cmocka_unit_test_setup(write_that_fails_ends_the_script, fresh),
		cmocka_unit_test_setup(incompatible_target_fails_and_says_why, fresh),
		cmocka_unit_test_setup(unavailable_target_fails_and_has_no_writes, fresh),
		cmocka_unit_test_setup(unknown_device_fails, fresh),
		cmocka_unit_test_setup(wrong_usage_fails, fresh),
		cmocka_unit_test_setup(errors_give_the_shell_no_commands, fresh),
	};

	return run_group(tests);
}
