/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat show, type, version and params: one device. */
#include "tests/cli/inventories.h"
#include "tests/support/run.h"

static int setup(void **state)
{
	run_setup(state);
	folder_write(&ran.folder, "odd.json", HOST("h", ODD_CARD));
	folder_write(&ran.folder, "lost.json", HOST("h", LOST_CARD));
	return 0;
}

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
		cmocka_unit_test(version_of_what_cannot_be_a_source_is_a_no),
		cmocka_unit_test(target_only_has_a_type_and_no_string),
		cmocka_unit_test(version_of_what_nobody_serves_cannot_be_answered),
		cmocka_unit_test(type_and_version_are_documents_too),
		cmocka_unit_test(device_of_this_host_that_is_not_there_is_unknown),
		cmocka_unit_test(params_shows_each_parameter),
		cmocka_unit_test(params_of_what_cannot_move_is_a_no),
	};

	return cmocka_run_group_tests(tests, setup, run_teardown);
}
