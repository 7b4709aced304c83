/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat show, type, version, ask, params and prepare. */
#include "tests/support/run.h"

#define FILE_OF(devices)                     \
	"{\"format\":\"migcompat-inventory/" \
	"1\",\"host\":{\"name\":\"h\",\"facts\":{}},\"devices\":[" devices "]}"
#define CARD(driver)                                                                     \
	"{\"id\":\"0000:00:07.0\",\"kind\":\"physical\",\"facts\":{\"driver\":\"" driver \
	"\",\"vendor\":\"0x1b36\","
#define ODD_CARD \
	CARD("vfio-pci") "\"modalias\":\"pci:v00001B36d00000002sv0\",\"device\":\"0x0009\"}}"
/* No backend knows its driver, and the kernel says nothing of it. */
#define LOST_CARD \
	CARD("acme-vfio-pci") "\"modalias\":\"pci:v00001B36d00000042sv0\",\"device\":\"0x0042\"}}"

static int setup(void **state)
{
	run_setup(state);
	folder_write(&ran.folder, "odd.json", FILE_OF(ODD_CARD));
	folder_write(&ran.folder, "lost.json", FILE_OF(LOST_CARD));
	return 0;
}

/* ---------------------------------------------------------------- one device */

static void show_says_all_of_a_device(void **state)
{
	(void)state;
	run("migcompat " SERIAL_B "show " CARD_2);
	assert_status(0);
	assert_contains(ran.out, "device       " CARD_2 "\n");
	assert_contains(ran.out, "type         mtty:serial-2port\n");
	assert_contains(ran.out, "migratable   yes\n");
	assert_contains(ran.out, "version      mtty:physical:serial-2port:1;");
	assert_string_equal(ran.err, "");
}

static void show_of_what_cannot_move_is_a_no_with_its_reason(void **state)
{
	(void)state;
	run("migcompat -i $FOLDER/odd.json show 0000:00:07.0");
	assert_status(1);
	assert_contains(ran.out, "migratable   no\n");
	assert_contains(ran.out, "reason       ");
	assert_string_equal(ran.err, "");
}

static void show_of_what_nobody_serves_cannot_be_answered(void **state)
{
	json_t *document;

	(void)state;
	run("migcompat -i $FOLDER/lost.json show 0000:00:07.0");
	assert_status(2);
	assert_true(run_one_line(ran.err));
	assert_contains(ran.err, "no backend serves device \"0000:00:07.0\" (module acme_vfio_pci, "
				 "modalias pci:v00001B36d00000042sv0)");
	assert_contains(ran.out, "driver       acme-vfio-pci\n");
	assert_null(strstr(ran.out, "\nbackend"));
	run("migcompat -i $FOLDER/lost.json --json show 0000:00:07.0");
	assert_json_trouble("ENOTCONN", "no backend serves");
	document = run_json();
	assert_string_equal(json_member(document, "format"), "migcompat-device/1");
	json_decref(document);
}

static void version_prints_the_string_and_nothing_else(void **state)
{
	(void)state;
	run("migcompat " SERIAL_A "version " DUAL);
	assert_status(0);
	assert_true(run_one_line(ran.out));
	assert_true(strncmp(ran.out, "mtty:mdev:serial-2port:1;", 25) == 0);
	assert_string_equal(ran.err, "");
}

static void version_is_the_same_each_time(void **state)
{
	(void)state;
	run("[ \"$(migcompat " SERIAL_A "version " DUAL ")\" = \"$(migcompat " SERIAL_A
	    "version " DUAL ")\" ]");
	assert_status(0);
}

static void version_of_what_nothing_can_move_is_a_no(void **state)
{
	json_t *document;

	(void)state;
	run("migcompat " SERIAL_C "version " CARD_2);
	assert_status(1);
	assert_string_equal(ran.out, "");
	assert_contains(ran.err, CARD_2 ": driver and kernel cannot move its state");
	run("migcompat " SERIAL_C "version --json " CARD_2);
	assert_status(1);
	document = run_json();
	assert_string_equal(json_member(document, "verdict"), "not-migratable");
	assert_string_equal(json_member(document, "errno"), "ENODEV");
	json_decref(document);
	run("migcompat " SERIAL_C "version --mechanism report " CARD_2);
	assert_status(0);
	assert_true(strncmp(ran.out, "mtty:physical:serial-2port:", 27) == 0);
}

static void show_and_type_judge_nothing(void **state)
{
	(void)state;
	run("migcompat " SERIAL_C "type " CARD_2);
	assert_status(0);
	assert_string_equal(ran.out, "mtty:serial-2port\n");
	run("migcompat " SERIAL_C "show " CARD_2);
	assert_status(0);
	assert_contains(ran.out, "\nmechanism    no\n");
	run("migcompat " SERIAL_C "params " CARD_2);
	assert_status(0);
}

static void what_nothing_can_move_is_no_choice_and_has_none(void **state)
{
	(void)state;
	run("migcompat " SERIAL_C "ask --json " DUAL " | jq -c '[.choices[].device]'");
	assert_string_equal(ran.out, "[\"mtty/mtty-2\"]\n");
	run("migcompat " SERIAL_C "ask --mechanism report --json " DUAL
	    " | jq -c '[.choices[] | [.device, .mechanism.state]]'");
	assert_string_equal(ran.out, "[[\"mtty/mtty-2\",\"yes\"],[\"" CARD_2 "\",\"no\"]]\n");
	run("migcompat " SERIAL_C "ask " CARD_2);
	assert_status(1);
	assert_contains(ran.out, "no choice: driver and kernel cannot move its state");
	run("migcompat " SERIAL_C "prepare " DUAL " " CARD_2);
	assert_status(1);
	assert_null(strstr(ran.out, "/sys/"));
}

static void version_of_what_cannot_be_a_source_is_a_no(void **state)
{
	json_t *document;

	(void)state;
	run("migcompat -i $FOLDER/odd.json version 0000:00:07.0");
	assert_status(1);
	assert_string_equal(ran.out, "");
	assert_true(run_one_line(ran.err));
	run("migcompat -i $FOLDER/odd.json version 0000:00:07.0 --json");
	assert_status(1);
	document = run_json();
	assert_null(json_member(document, "version"));
	assert_string_equal(json_member(document, "errno"), "ENODEV");
	json_decref(document);
}

static void target_only_has_a_type_and_no_string(void **state)
{
	(void)state;
	run("migcompat -i tests/hosts/ap-z16.json type matrix/vfio_ap-passthrough");
	assert_status(0);
	assert_true(strncmp(ran.out, "vfio_ap:", 8) == 0);
	run("migcompat -i tests/hosts/ap-z16.json version matrix/vfio_ap-passthrough");
	assert_status(1);
	assert_string_equal(ran.out, "");
	run("migcompat -i tests/hosts/ap-z16.json list --types");
	assert_contains(ran.out, " target     yes\n");
}

static void version_of_what_nobody_serves_cannot_be_answered(void **state)
{
	(void)state;
	run("migcompat -i $FOLDER/lost.json version 0000:00:07.0");
	assert_trouble("0000:00:07.0: no backend serves");
}

static void type_and_version_are_documents_too(void **state)
{
	json_t *document;

	(void)state;
	run("migcompat " SERIAL_A "--json type " DUAL);
	document = run_json();
	assert_string_equal(json_member(document, "type"), "mtty:serial-2port");
	json_decref(document);
	run("migcompat " SERIAL_A "--json version " DUAL);
	document = run_json();
	assert_string_equal(json_member(document, "device"), DUAL);
	assert_contains(json_member(document, "version"), "mtty:mdev:");
	json_decref(document);
}

static void device_of_this_host_that_is_not_there_is_unknown(void **state)
{
	(void)state;
	run("migcompat show 00000000-0000-0000-0000-000000000000");
	assert_trouble("no device \"00000000-0000-0000-0000-000000000000\" on this host");
}

/* ---------------------------------------------------------------- ask */

static void ask_lists_the_choices_in_order(void **state)
{
	json_t *document, *choices, *available;

	(void)state;
	run("migcompat " SERIAL "ask " DUAL);
	assert_status(0);
	assert_contains(ran.out,
			"mtty/mtty-2  serial-a mdev-type mtty:serial-2port identical yes ");
	assert_null(strstr(ran.out, CARD_1));
	run("migcompat --json " SERIAL "ask " DUAL);
	assert_status(0);
	document = run_json();
	choices = json_object_get(document, "choices");
	assert_string_equal(json_member(json_object_get(document, "source"), "device"), DUAL);
	assert_int_equal(json_array_size(choices), 3);
	assert_string_equal(json_member(json_array_get(choices, 2), "device"), CARD_2);
	assert_string_equal(json_member(json_array_get(choices, 2), "grade"), "identical");
	available = json_object_get(json_array_get(choices, 2), "availability");
	assert_string_equal(json_member(available, "state"), "unknown");
	json_decref(document);
}

static void ask_keeps_to_a_host(void **state)
{
	(void)state;
	run("migcompat " SERIAL "ask " DUAL " --host serial-b");
	assert_status(0);
	assert_null(strstr(ran.out, "serial-a"));
}

static void ask_knows_no_other_hosts(void **state)
{
	(void)state;
	run("migcompat " SERIAL "ask " DUAL " --host serial-c");
	assert_trouble("no host \"serial-c\", there is \"serial-a\", \"serial-b\"");
}

static void ask_takes_a_string(void **state)
{
	(void)state;
	run("migcompat " SERIAL_A "version " SINGLE " | migcompat " SERIAL_B "ask -");
	assert_status(0);
	assert_contains(ran.out, CARD_1);
	assert_null(strstr(ran.out, CARD_2));
}

static void ask_without_a_choice_is_a_no(void **state)
{
	json_t *document;

	(void)state;
	run("migcompat " SERIAL "ask " SINGLE " --host serial-b");
	assert_status(0);
	run("echo 'mtty:mdev:serial-8port:1;x=1' | migcompat " SERIAL_B "ask -");
	assert_status(1);
	assert_contains(ran.out, "no choice: ");
	run("echo 'other:mdev:x:1' | migcompat " SERIAL_B "ask - --json");
	assert_status(1);
	document = run_json();
	assert_int_equal(json_array_size(json_object_get(document, "choices")), 0);
	json_decref(document);
}

static void ask_with_what_is_no_string_is_a_no_with_its_reason(void **state)
{
	json_t *document;

	(void)state;
	run("echo nonsense | migcompat " SERIAL_B "ask -");
	assert_status(1);
	assert_contains(ran.out, "no choice: the string does not begin with a namespace");
	run("echo nonsense | migcompat " SERIAL_B "ask - --json");
	assert_status(1);
	document = run_json();
	assert_contains(json_member(document, "reason"),
			"the string does not begin with a namespace");
	json_decref(document);
	run("migcompat " SERIAL_B "ask - </dev/null");
	assert_trouble("standard input is empty");
}

static void ask_says_who_could_not_be_asked(void **state)
{
	(void)state;
	run("migcompat " SERIAL "-i tests/hosts/broken.json ask " DUAL);
	assert_status(0);
	assert_contains(ran.out, "could not be asked: ");
}

/* ---------------------------------------------------------------- params, prepare */

static void params_shows_each_parameter(void **state)
{
	json_t *document, *parameter;

	(void)state;
	run("migcompat " SERIAL_B "params " CARD_2);
	assert_status(0);
	assert_contains(ran.out, "ports int  2     2 ");
	run("migcompat " SERIAL_B "params " CARD_2 " --json");
	document = run_json();
	parameter = json_array_get(json_object_get(document, "parameters"), 0);
	assert_string_equal(json_member(parameter, "name"), "ports");
	assert_string_equal(json_member(parameter, "init_value"), "2");
	json_decref(document);
}

static void params_of_what_cannot_move_is_a_no(void **state)
{
	(void)state;
	run("migcompat -i $FOLDER/odd.json params 0000:00:07.0");
	assert_status(1);
	assert_true(run_one_line(ran.err));
}

/* As assert_trouble, and the shell that reads standard output fails too. */
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

/* Of a matrix that a released kernel has, which one write would make the source's. */
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
		     "{\"format\":\"migcompat-inventory/"
		     "1\",\"host\":{\"name\":\"h\",\"facts\":{}},\"devices\":[{\"id\":\"mtty/"
		     "mtty-2\",\"kind\":"
		     "\"mdev-type\",\"path\":\"/devices/it's $(touch "
		     "$FOLDER/x)/mtty/mdev_supported_types/"
		     "mtty-2\",\"facts\":{\"mdev_type\":\"mtty-2\",\"parent/driver\":\"mtty\"}}]}");
	run("migcompat " SERIAL_A "-i $FOLDER/hostile.json prepare " DUAL " h//mtty/mtty-2");
	assert_status(0);
	assert_contains(ran.out, " > '/sys/devices/it'\\''s $(touch "
				 "$FOLDER/x)/mtty/mdev_supported_types/mtty-2/create'\n");
	run("migcompat " SERIAL_A "-i $FOLDER/hostile.json prepare " DUAL
	    " h//mtty/mtty-2 | sh 2>/dev/null; [ ! -e $FOLDER/x ]");
	assert_status(0);
}

/* The folder is looked for by the id where an inventory gives no path. */
static void prepare_never_leaves_the_targets_folder(void **state)
{
	(void)state;
	folder_write(
		&ran.folder, "hostile.json",
		"{\"format\":\"migcompat-inventory/"
		"1\",\"host\":{\"name\":\"h\",\"facts\":{}},\"devices\":[{\"id\":\"mtty/"
		"mtty-2\",\"kind\":"
		"\"mdev-type\",\"facts\":{\"mdev_type\":\"mtty-2\",\"parent/driver\":\"mtty\"}}]}");
	run("migcompat " SERIAL_A "-i $FOLDER/hostile.json prepare " DUAL " h//mtty/mtty-2");
	assert_status(0);
	assert_contains(ran.out,
			" > /sys/class/mdev_bus/mtty/mdev_supported_types/mtty-2/create\n");
	run("sed -i 's|\"mtty/|\"../../x/mtty/|' $FOLDER/hostile.json; migcompat " SERIAL_A
	    "-i $FOLDER/hostile.json prepare " DUAL " h//../../x/mtty/mtty-2");
	script_trouble("device 1: \"id\" is \"../../x/mtty/mtty-2\", expected PARENT/TYPE-ID");
}

/* A path that would lose its end is no plan, neither for a shell nor for a tool. */
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

#define LOST "b0000000-0000-4000-8000-037700000001" /* of which a fact is missing */

static void every_command_that_fails_has_what_every_error_has(void **state)
{
	static const char *const lines[] = {
		"nonsense",
		"list -o x",
		"show x",
		"type x",
		"version x",
		"check x y",
		"ask x",
		"params x",
		"prepare x y",
		"inventory",
		"watch",
		"policy explain x y",
		"hold x --reason y",
		"release x",
		"backend dump /x",
		"policy check /x",
		"state inspect /x",
		"state check /x y",
		"state load /x y",
		"state save x -o /x/y",
		"check " DUAL " " LOST,
		"ask " LOST,
		"show " LOST,
		"params " LOST,
		"prepare " DUAL " " LOST,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		run("migcompat --json " SERIAL "-i tests/hosts/broken.json %s |"
		    " jq -c '[.verdict, ([.errno, .reason, .findings][] | type)]'",
		    lines[i]);
		if (strcmp(ran.out, "[\"error\",\"string\",\"string\",\"array\"]\n") != 0)
			fail_msg("%s: %s%s", lines[i], ran.out, ran.err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(show_says_all_of_a_device),
		cmocka_unit_test(show_of_what_cannot_move_is_a_no_with_its_reason),
		cmocka_unit_test(show_of_what_nobody_serves_cannot_be_answered),
		cmocka_unit_test(version_prints_the_string_and_nothing_else),
		cmocka_unit_test(version_is_the_same_each_time),
		cmocka_unit_test(version_of_what_nothing_can_move_is_a_no),
		cmocka_unit_test(show_and_type_judge_nothing),
		cmocka_unit_test(what_nothing_can_move_is_no_choice_and_has_none),
		cmocka_unit_test(version_of_what_cannot_be_a_source_is_a_no),
		cmocka_unit_test(target_only_has_a_type_and_no_string),
		cmocka_unit_test(version_of_what_nobody_serves_cannot_be_answered),
		cmocka_unit_test(type_and_version_are_documents_too),
		cmocka_unit_test(device_of_this_host_that_is_not_there_is_unknown),
		cmocka_unit_test(ask_lists_the_choices_in_order),
		cmocka_unit_test(ask_keeps_to_a_host),
		cmocka_unit_test(ask_knows_no_other_hosts),
		cmocka_unit_test(ask_takes_a_string),
		cmocka_unit_test(ask_without_a_choice_is_a_no),
		cmocka_unit_test(ask_with_what_is_no_string_is_a_no_with_its_reason),
		cmocka_unit_test(ask_says_who_could_not_be_asked),
		cmocka_unit_test(params_shows_each_parameter),
		cmocka_unit_test(params_of_what_cannot_move_is_a_no),
		cmocka_unit_test(prepare_prints_what_a_shell_would_do),
		cmocka_unit_test(prepare_creates_under_the_name_that_is_wished),
		cmocka_unit_test(prepare_writes_each_file_once),
		cmocka_unit_test(prepare_writes_nothing_that_the_kernel_loads_itself),
		cmocka_unit_test(prepare_writes_what_makes_a_refused_target_fit),
		cmocka_unit_test(prepare_says_why_it_writes_nothing),
		cmocka_unit_test(prepare_gives_the_shell_no_other_commands),
		cmocka_unit_test(prepare_never_leaves_the_targets_folder),
		cmocka_unit_test(prepare_cuts_no_path),
		cmocka_unit_test(prepare_of_a_ready_target_writes_nothing),
		cmocka_unit_test(prepare_of_an_incompatible_target_writes_nothing),
		cmocka_unit_test(prepare_takes_a_string),
		cmocka_unit_test(prepare_that_cannot_be_told_is_an_error),
		cmocka_unit_test(every_command_that_fails_has_what_every_error_has),
	};

	return cmocka_run_group_tests(tests, setup, run_teardown);
}
