/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat inventory: its output answers as the host does. */
#include "tests/support/run.h"

static void inventory_of_this_host_is_one_document(void **state)
{
	json_t *document;

	(void)state;
	run("migcompat inventory");
	assert_status(0);
	document = run_json();
	assert_string_equal(json_member(document, "format"), "migcompat-inventory/1");
	json_decref(document);
}

static void inventory_answers_as_its_host_does(void **state)
{
	(void)state;
	run("migcompat " SERIAL_B "inventory > $FOLDER/copy.json && migcompat " SERIAL_A
	    "-i $FOLDER/copy.json check --json " DUAL " " CARD_1 " > $FOLDER/x; migcompat " SERIAL
	    "check --json " DUAL " " CARD_1 " | cmp - $FOLDER/x");
	assert_status(0);
}

static void live_host_and_its_inventory_give_one_answer(void **state)
{
	(void)state;
	run("export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0\n"
	    "live() { umockdev-run -d tests/hosts/discovery-serial.umockdev -- " TEST_BUILD
	    "/migcompat --config $POLICY \"$@\"; }\n"
	    "live inventory > $FOLDER/live.json\n"
	    "for pair in \"0d2f5a31-6a0e-4c0b-9d6d-0a4f8f3c0002 " CARD_1 "\" \"mtty/mtty-2 " CARD_2
	    "\"; do\n"
	    "live check --json $pair > $FOLDER/live; migcompat -i $FOLDER/live.json check --json "
	    "$pair | cmp - $FOLDER/live || exit "
	    "3\ndone");
	assert_status(0);
	assert_string_equal(ran.err, "");
}

/* Two functions of that host are bound to drivers that the key "*" would match. */
static void any_driver_makes_no_function_a_device(void **state)
{
	(void)state;
	run("export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0\n"
	    "umockdev-run -d tests/hosts/discovery-sriov.umockdev -- " TEST_BUILD
	    "/migcompat --config $POLICY list");
	assert_status(0);
	assert_contains(ran.out, "0000:81:00.1");
	assert_null(strstr(ran.out, "0000:81:00.0"));
	assert_null(strstr(ran.out, "0000:3b:00.4"));
}

static void inventory_keeps_sensitive_facts_to_itself(void **state)
{
	(void)state;
	run("migcompat -i tests/hosts/ap-z14.json inventory");
	assert_status(0);
	assert_null(strstr(ran.out, "mkvps"));
	run("migcompat -i tests/hosts/ap-z14.json inventory --sensitive");
	assert_status(0);
	assert_contains(ran.out, "mkvps");
}

/* A fallback serves it, and does not know which facts are sensitive. */
static void inventory_keeps_what_any_backend_calls_sensitive_of_a_fallbacks_device(void **state)
{
	(void)state;
	folder_write(&ran.folder, "plain.json",
		     "{\"format\":\"migcompat-inventory/"
		     "1\",\"host\":{\"name\":\"h\"},\"devices\":[{\"id\":"
		     "\"0000:00:07.0\",\"kind\":\"physical\",\"facts\":{\"driver\":\"vfio-pci\","
		     "\"plain\":\"secret\"}}]}");
	run("mkdir -m 755 $FOLDER/two && cp " TEST_BACKENDS "/generic.so " TEST_BUILD
	    "/tests/backends/secretive/secretive.so $FOLDER/two && "
	    "migcompat --plugin-dir $FOLDER/two -i $FOLDER/plain.json inventory");
	assert_status(0);
	assert_contains(ran.out, "vfio-pci");
	assert_null(strstr(ran.out, "secret"));
}

static void inventory_holds_one_host(void **state)
{
	(void)state;
	run("migcompat " SERIAL "inventory");
	assert_trouble("an inventory holds one host, the files hold 2");
}

static void inventory_that_is_lost_is_an_error(void **state)
{
	(void)state;
	run("migcompat " SERIAL_A "inventory >/dev/full");
	assert_trouble("standard output could not be written: No space left on device");
}

/* C1, DEL and U+202E, in a fact and in an unknown member. */
static void control_characters_are_written_so_that_no_terminal_obeys(void **state)
{
	(void)state;
	folder_write(&ran.folder, "odd.json",
		     "{\"format\":\"migcompat-inventory/"
		     "1\",\"host\":{\"name\":\"h\",\"facts\":{\"a\":\"\xc2\x9b"
		     "2J\x7f\xe2\x80\xae\"},"
		     "\"more\":\"\xc2\x9b\"},\"devices\":[]}");
	run("migcompat -i $FOLDER/odd.json inventory");
	assert_status(0);
	assert_contains(ran.out, "\"\\u009B2J\\u007F\\u202E\"");
	assert_contains(ran.out, "\"more\":\"\\u009B\"");
	assert_null(strpbrk(ran.out, "\x9b\x7f\xae"));
	run("migcompat -i $FOLDER/odd.json inventory > $FOLDER/again.json; migcompat -i "
	    "$FOLDER/again.json inventory | cmp - $FOLDER/again.json");
	assert_status(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inventory_of_this_host_is_one_document),
		cmocka_unit_test(inventory_answers_as_its_host_does),
		cmocka_unit_test(live_host_and_its_inventory_give_one_answer),
		cmocka_unit_test(any_driver_makes_no_function_a_device),
		cmocka_unit_test(inventory_keeps_sensitive_facts_to_itself),
		cmocka_unit_test(
			inventory_keeps_what_any_backend_calls_sensitive_of_a_fallbacks_device),
		cmocka_unit_test(control_characters_are_written_so_that_no_terminal_obeys),
		cmocka_unit_test(inventory_holds_one_host),
		cmocka_unit_test(inventory_that_is_lost_is_an_error),
	};

	return run_group(tests);
}
