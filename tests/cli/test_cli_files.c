/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inventories that cannot be read: one sentence with the file, status 2, and one document
 * with --json.
 */
#include "tests/support/run.h"

#define BEGIN                                \
	"{\"format\":\"migcompat-inventory/" \
	"1\",\"host\":{\"name\":\"h\",\"facts\":{}},\"devices\":["

static void bad_with(const char *text, const char *number, const char *part)
{
	folder_write(&ran.folder, "bad.json", text);
	run("migcompat " SERIAL "-i $FOLDER/bad.json check " DUAL " " CARD_2);
	assert_trouble("bad.json: ");
	assert_contains(ran.err, part);
	run("migcompat --json -i $FOLDER/bad.json list");
	assert_json_trouble(number, part);
}

static void bad(const char *text, const char *part)
{
	bad_with(text, "EINVAL", part);
}

static void absent_file_is_an_error(void **state)
{
	(void)state;
	run("migcompat -i /nonexistent.json list");
	assert_trouble("/nonexistent.json: ");
	run("migcompat -i /nonexistent.json list --json");
	assert_json_trouble("ENOENT", "/nonexistent.json: ");
}

static void pipe_is_no_file(void **state)
{
	(void)state;
	run("mkfifo $FOLDER/pipe; migcompat -i $FOLDER/pipe list");
	assert_trouble("pipe: ");
}

/* ---------------------------------------------------------------- folders */

#define FLEET                                                                      \
	"rm -rf $FOLDER/fleet; mkdir $FOLDER/fleet; cp tests/hosts/serial-b.json " \
	"$FOLDER/fleet/a.json; "                                                   \
	"cp tests/hosts/serial-a.json $FOLDER/fleet/b.json; "

static void folder_is_each_json_in_it_by_name(void **state)
{
	(void)state;
	run(FLEET "echo x > $FOLDER/fleet/.hidden.json; echo x > $FOLDER/fleet/notes.txt; "
		  "migcompat -i $FOLDER/fleet list --raw -o HOST,DEVICE > $FOLDER/got; "
		  "migcompat " SERIAL_B SERIAL_A "list --raw -o HOST,DEVICE | cmp - $FOLDER/got");
	assert_status(0);
	run("migcompat -i $FOLDER/fleet/ check " DUAL " " CARD_2);
	assert_status(0);
}

static void folder_stands_beside_a_file(void **state)
{
	(void)state;
	run("mkdir $FOLDER/one; cp tests/hosts/serial-b.json $FOLDER/one; migcompat " SERIAL_A
	    "-i $FOLDER/one check " DUAL " " CARD_2);
	assert_status(0);
}

static void folder_without_inventories_is_an_error(void **state)
{
	(void)state;
	run("mkdir $FOLDER/empty; migcompat -i $FOLDER/empty list");
	assert_trouble("/empty: no *.json is in this folder, expected inventories\n");
	run("migcompat --json -i $FOLDER/empty list");
	assert_json_trouble("ENODATA", "no *.json is in this folder");
}

static void file_of_a_folder_is_named_where_it_is_bad(void **state)
{
	(void)state;
	run(FLEET "echo '[' > $FOLDER/fleet/c.json; migcompat -i $FOLDER/fleet list");
	assert_trouble("/fleet/c.json: line 1: ");
	run(FLEET "mkfifo $FOLDER/fleet/c.json; timeout 10 " TEST_BUILD
		  "/migcompat -i $FOLDER/fleet list");
	assert_trouble("/fleet/c.json: is a pipe, socket or device, expected a regular file");
	run(FLEET "mkdir $FOLDER/fleet/c.json; migcompat -i $FOLDER/fleet list");
	assert_trouble("/fleet/c.json: is a directory, expected a regular file");
}

static void files_that_the_shell_put_there_are_told(void **state)
{
	(void)state;
	run(FLEET "migcompat -i $FOLDER/fleet/*.json list");
	assert_trouble("/fleet/b.json\" is taken for a word of the command: -i takes one file; "
		       "name their folder, or repeat -i\n");
	run(FLEET "migcompat list -i $FOLDER/fleet/*.json");
	assert_trouble("/fleet/b.json\" is taken for a word of the command");
}

/* ---------------------------------------------------------------- standard input */

static void standard_input_is_an_inventory(void **state)
{
	(void)state;
	run("cat tests/hosts/serial-b.json | migcompat " SERIAL_A "-i - check " DUAL " " CARD_2);
	assert_status(0);
	run("migcompat -i - type " CARD_2 " < tests/hosts/serial-b.json");
	assert_status(0);
	assert_string_equal(ran.out, "mtty:serial-2port\n");
}

static void standard_input_is_read_once(void **state)
{
	(void)state;
	run("migcompat -i - -i - list < tests/hosts/serial-b.json");
	assert_trouble("-i - is given 2 times: standard input can be read once");
	run("migcompat -i - check - " CARD_2 " < tests/hosts/serial-b.json");
	assert_trouble("check - and -i - exclude each other: standard input can be read once");
	run("migcompat -i - state inspect - < tests/hosts/serial-b.json");
	assert_trouble("state inspect - and -i - exclude each other");
}

static void standard_input_is_named_where_it_is_bad(void **state)
{
	(void)state;
	run("printf '{\\n\\n[' | migcompat -i - list");
	assert_trouble("standard input: line 3: ");
	run("migcompat -i - list < /dev/null");
	assert_trouble("standard input: is empty, expected a JSON object");
	run("migcompat -i - list < /");
	assert_trouble("standard input: is a directory, expected a regular file");
	run("migcompat -i - list <&-");
	assert_trouble("standard input: ");
}

static void empty_and_truncated_files_are_errors(void **state)
{
	(void)state;
	bad("", "");
	bad("{", "");
	bad(BEGIN "{\"id\":\"x\",", "");
}

static void text_that_is_no_utf8_is_an_error(void **state)
{
	(void)state;
	bad(BEGIN "{\"id\":\"\xff\",\"kind\":\"mdev\",\"facts\":{}}]}", "");
}

static void wrong_types_are_named_with_their_place(void **state)
{
	(void)state;
	bad(BEGIN "{\"id\":\"x\",\"kind\":\"mdevv\",\"facts\":{}}]}",
	    "\"kind\" is \"mdevv\", expected mdev, mdev-type or physical");
	bad(BEGIN "{\"id\":7,\"kind\":\"mdev\",\"facts\":{}}]}", "\"id\"");
	bad("[]", "");
	bad("{\"format\":\"migcompat-inventory/"
	    "2\",\"host\":{\"name\":\"h\",\"facts\":{}},\"devices\":[]}",
	    "\"format\"");
}

static void huge_file_is_refused_unread(void **state)
{
	(void)state;
	run("truncate -s 1G $FOLDER/huge.json; timeout 5 " TEST_BUILD
	    "/migcompat -i $FOLDER/huge.json list; status=$?; rm $FOLDER/huge.json; exit $status");
	assert_trouble("huge.json: ");
}

static void id_that_stands_twice_is_an_error(void **state)
{
	(void)state;
	bad_with(BEGIN "{\"id\":\"x\",\"kind\":\"mdev\",\"facts\":{}},{\"id\":\"x\",\"kind\":"
		       "\"mdev\",\"facts\":{}}]}",
		 "EEXIST", "\"x\"");
}

static void same_file_twice_is_told_apart_by_nothing(void **state)
{
	(void)state;
	run("migcompat " SERIAL_B SERIAL_B "show " CARD_2);
	assert_trouble("\"" CARD_2 "\" fits two devices");
}

static void hostile_names_reach_no_terminal(void **state)
{
	(void)state;
	run("migcompat -i $'/no\\033[2Jsuch' list");
	assert_trouble("/no?[2Jsuch: ");
}

static void ids_that_lead_out_of_sysfs_are_refused(void **state)
{
	(void)state;
	bad(BEGIN "{\"id\":\"a\",\"kind\":\"mdev\",\"facts\":{}},{\"id\":\"../../../tmp/"
		  "mtty-2\",\"kind\":\"mdev-type\",\"facts\":{}}]}",
	    "bad.json: device 2: \"id\" is \"../../../tmp/mtty-2\", expected PARENT/TYPE-ID");
	bad(BEGIN "{\"id\":\"..\",\"kind\":\"physical\",\"facts\":{}}]}",
	    "bad.json: device 1: \"id\" is \"..\", expected a name");
}

static void ids_that_hide_what_they_are_are_refused(void **state)
{
	(void)state;
	bad(BEGIN "{\"id\":\"a\\u202eb\",\"kind\":\"mdev\",\"facts\":{}}]}",
	    "device 1: \"id\" is \"a???b\", expected no control characters");
	bad("{\"format\":\"migcompat-inventory/"
	    "1\",\"host\":{\"name\":\"h\\u200b\",\"facts\":{}},\"devices\":[]}",
	    "\"host\": \"name\" is \"h???\", expected no control characters");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(absent_file_is_an_error),
		cmocka_unit_test(pipe_is_no_file),
		cmocka_unit_test(folder_is_each_json_in_it_by_name),
		cmocka_unit_test(folder_stands_beside_a_file),
		cmocka_unit_test(folder_without_inventories_is_an_error),
		cmocka_unit_test(file_of_a_folder_is_named_where_it_is_bad),
		cmocka_unit_test(files_that_the_shell_put_there_are_told),
		cmocka_unit_test(standard_input_is_an_inventory),
		cmocka_unit_test(standard_input_is_read_once),
		cmocka_unit_test(standard_input_is_named_where_it_is_bad),
		cmocka_unit_test(empty_and_truncated_files_are_errors),
		cmocka_unit_test(text_that_is_no_utf8_is_an_error),
		cmocka_unit_test(wrong_types_are_named_with_their_place),
		cmocka_unit_test(huge_file_is_refused_unread),
		cmocka_unit_test(id_that_stands_twice_is_an_error),
		cmocka_unit_test(same_file_twice_is_told_apart_by_nothing),
		cmocka_unit_test(hostile_names_reach_no_terminal),
		cmocka_unit_test(ids_that_lead_out_of_sysfs_are_refused),
		cmocka_unit_test(ids_that_hide_what_they_are_are_refused),
	};

	return run_group(tests);
}
