/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat prepare: the writes that it prints. */
#include "tests/cli/inventories.h"
#include "tests/support/run.h"

#define TYPE_WITH(members)                                        \
	"{\"id\":\"mtty/mtty-2\",\"kind\":\"mdev-type\"," members \
	"\"facts\":{\"mdev_type\":\"mtty-2\",\"parent/driver\":\"mtty\"}}"

static int setup(void **state)
{
	run_setup(state);
	folder_write(&ran.folder, "lost.json", HOST("h", LOST_CARD));
	return 0;
}

/* As assert_trouble, and a shell that reads standard output fails, too. */
static void script_trouble(const char *part)
{
	assert_status(2);
	assert_true(run_one_line(ran.err));
	assert_contains(ran.err, part);
	assert_true(strncmp(ran.out, "# error: ", 9) == 0);
	assert_contains(ran.out, "\nexit 2\n");
}

static void prepare_prints_what_a_shell_would_do(void **state)
{
	(void)state;
	run("migcompat " SERIAL "prepare " DUAL " serial-b//mtty/mtty-2");
	assert_status(0);
	assert_string_equal(
		ran.out, "# compatible (identical)\n"
			 "[ \"$(uname -n)\" = serial-b ] || { printf '%s\\n' 'migcompat: this is "
			 "not the host "
			 "serial-b: nothing is written' >&2; exit 1; }\n"
			 "set -e\n"
			 "printf '%s\\n' " DUAL
			 " > /sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-2/create\n");
}

static void prepare_creates_under_the_name_that_is_wished(void **state)
{
	json_t *document, *writes;

	(void)state;
	run("migcompat " SERIAL "prepare --json --uuid 11111111-2222-3333-4444-555555555555 " DUAL
	    " serial-b//mtty/mtty-2");
	assert_status(0);
	document = run_json();
	writes = json_object_get(document, "writes");
	assert_int_equal(json_array_size(writes), 1);
	assert_string_equal(json_member(json_array_get(writes, 0), "value"),
			    "11111111-2222-3333-4444-555555555555");
	json_decref(document);
	run("migcompat " SERIAL "prepare --uuid none " DUAL " serial-b//mtty/mtty-2");
	script_trouble("\"none\" is no UUID");
}

static void prepare_writes_each_file_once(void **state)
{
	(void)state;
	run("mkdir -p $FOLDER/report && echo 'mechanism = \"report\";' "
	    ">$FOLDER/report/migcompat.conf && migcompat --config $FOLDER/report -i "
	    "tests/hosts/ap-z14.json -i tests/hosts/ap-z15.json prepare "
	    "5b8f1c2e-7a44-4d0b-9e36-0c14a5d20501 ap-z15//matrix/vfio_ap-passthrough");
	assert_status(0);
	assert_contains(ran.out, "/vfio_ap-passthrough/create\n");
	assert_contains(ran.out, "/ap_config # also while it is open\n");
}

/*
 * The target is a matrix on a released kernel, which one write makes equal to the source.
 */
#define RELEASED                                                                        \
	"mkdir -p $FOLDER/report && echo 'mechanism = \"report\";' "                    \
	">$FOLDER/report/migcompat.conf && migcompat --config "                         \
	"$FOLDER/report -i tests/hosts/ap-z14.json -i tests/hosts/ap-z15.json prepare " \
	"5b8f1c2e-7a44-4d0b-9e36-0c14a5d20501 "                                         \
	"7e1d40c2-9b63-4f15-8d0a-15b3a6c4"

static void prepare_writes_what_makes_a_refused_target_fit(void **state)
{
	json_t *document;

	(void)state;
	run(RELEASED "0000 --json");
	assert_status(0);
	document = run_json();
	assert_string_equal(json_member(json_object_get(document, "verdict"), "verdict"),
			    "incompatible");
	assert_int_equal(json_array_size(json_object_get(document, "writes")), 1);
	json_decref(document);
	run(RELEASED "0000");
	assert_status(0);
	assert_contains(ran.out, "# incompatible (resource)");
	assert_contains(ran.out, "\n# the target fits after these writes\n[ ");
	assert_contains(ran.out, "\nprintf '%s\\n' 0x04");
	assert_contains(ran.out, "/ap_config # also while it is open\n");
}

static void prepare_says_why_it_writes_nothing(void **state)
{
	(void)state;
	run(RELEASED "0048");
	assert_status(1);
	assert_contains(ran.out, "\n# nothing is to be written: the target's matrix holds domain "
				 "0048, which the source lacks");
	assert_null(strstr(ran.out, "/sys/"));
	run(RELEASED "0601");
	assert_status(1);
	assert_contains(ran.out,
			"\n# nothing is to be written: the target's matrix holds adapter 06");
	assert_null(strstr(ran.out, "/sys/"));
}

static void prepare_writes_nothing_that_the_kernel_loads_itself(void **state)
{
	(void)state;
	run("sed 's/\"assigned\"/\"unassigned\"/' tests/hosts/ap-z16.json > $FOLDER/free.json; "
	    "migcompat -i tests/hosts/ap-z14.json -i $FOLDER/free.json prepare "
	    "5b8f1c2e-7a44-4d0b-9e36-0c14a5d20501 "
	    "ap-z16//matrix/vfio_ap-passthrough");
	assert_status(0);
	assert_contains(ran.out, "/vfio_ap-passthrough/create\n");
	assert_null(strstr(ran.out, "ap_config"));
}

static void prepare_gives_the_shell_no_other_commands(void **state)
{
	(void)state;
	folder_write(&ran.folder, "hostile.json",
		     HOST("h", TYPE_WITH("\"path\":\"/devices/it's $(touch "
					 "$FOLDER/x)/mtty/mdev_supported_types/mtty-2\",")));
	run("migcompat " SERIAL_A "-i $FOLDER/hostile.json prepare " DUAL " h//mtty/mtty-2");
	assert_status(0);
	assert_contains(ran.out, " > '/sys/devices/it'\\''s $(touch "
				 "$FOLDER/x)/mtty/mdev_supported_types/mtty-2/create'\n");
	run("migcompat " SERIAL_A "-i $FOLDER/hostile.json prepare " DUAL
	    " h//mtty/mtty-2 | sh 2>/dev/null; [ ! -e $FOLDER/x ]");
	assert_status(0);
}

/* If an inventory gives no path, the folder is found by the id. */
static void prepare_never_leaves_the_targets_folder(void **state)
{
	(void)state;
	folder_write(&ran.folder, "hostile.json", HOST("h", TYPE_WITH("")));
	run("migcompat " SERIAL_A "-i $FOLDER/hostile.json prepare " DUAL " h//mtty/mtty-2");
	assert_status(0);
	assert_contains(ran.out,
			" > /sys/class/mdev_bus/mtty/mdev_supported_types/mtty-2/create\n");
	run("sed -i 's|\"mtty/|\"../../x/mtty/|' $FOLDER/hostile.json; migcompat " SERIAL_A
	    "-i $FOLDER/hostile.json prepare " DUAL " h//../../x/mtty/mtty-2");
	script_trouble("device 1: \"id\" is \"../../x/mtty/mtty-2\", expected PARENT/TYPE-ID");
}

/* A path that would be cut gives no plan, neither as a script nor as a document. */
static void prepare_cuts_no_path(void **state)
{
	(void)state;
	run("path=/devices/$(printf '%%4050s' | tr ' ' a)/mtty/mdev_supported_types/mtty-2; sed "
	    "\"s|/devices/virtual/mtty/mtty/mdev_supported_types/mtty-2|"
	    "$path|\" tests/hosts/serial-b.json > $FOLDER/long.json; migcompat " SERIAL_A
	    "-i $FOLDER/long.json prepare " DUAL " serial-b//mtty/mtty-2");
	script_trouble("mtty/mtty-2: the path of a file to write is longer than 4095 bytes");
	run("migcompat --json " SERIAL_A "-i $FOLDER/long.json prepare " DUAL
	    " serial-b//mtty/mtty-2");
	assert_json_trouble("ENAMETOOLONG", "longer than 4095 bytes");
}

static void prepare_of_a_ready_target_writes_nothing(void **state)
{
	(void)state;
	run("migcompat " SERIAL "prepare " DUAL " " CARD_2);
	assert_status(0);
	assert_contains(ran.out, "# nothing is to be written: the target is ready\n");
}

static void prepare_of_an_incompatible_target_writes_nothing(void **state)
{
	(void)state;
	run("migcompat " SERIAL "prepare " DUAL " " CARD_1);
	assert_status(1);
	assert_contains(ran.out, "# incompatible (type): source has 2 ports, target has 1\n");
	assert_null(strstr(ran.out, "/sys/"));
}

static void prepare_takes_a_string(void **state)
{
	(void)state;
	run("migcompat " SERIAL_A "version " DUAL " | migcompat " SERIAL_B "prepare - mtty/mtty-2");
	assert_status(0);
	assert_contains(ran.out, "/mtty-2/create\n");
}

static void prepare_that_cannot_be_told_is_an_error(void **state)
{
	(void)state;
	run("migcompat " SERIAL_A "-i $FOLDER/lost.json prepare " DUAL " 0000:00:07.0");
	script_trouble("no backend serves");
	run("migcompat --json " SERIAL_A "-i $FOLDER/lost.json prepare " DUAL " 0000:00:07.0");
	assert_json_trouble("ENOTCONN", "no backend serves");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prepare_prints_what_a_shell_would_do),
		cmocka_unit_test(prepare_creates_under_the_name_that_is_wished),
		cmocka_unit_test(prepare_writes_each_file_once),
		cmocka_unit_test(prepare_writes_what_makes_a_refused_target_fit),
		cmocka_unit_test(prepare_says_why_it_writes_nothing),
		cmocka_unit_test(prepare_writes_nothing_that_the_kernel_loads_itself),
		cmocka_unit_test(prepare_gives_the_shell_no_other_commands),
		cmocka_unit_test(prepare_never_leaves_the_targets_folder),
		cmocka_unit_test(prepare_cuts_no_path),
		cmocka_unit_test(prepare_of_a_ready_target_writes_nothing),
		cmocka_unit_test(prepare_of_an_incompatible_target_writes_nothing),
		cmocka_unit_test(prepare_takes_a_string),
		cmocka_unit_test(prepare_that_cannot_be_told_is_an_error),
	};

	return cmocka_run_group_tests(tests, setup, run_teardown);
}
