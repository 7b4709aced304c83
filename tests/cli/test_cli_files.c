/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inventories that cannot be read: one sentence that names the file, status 2, with --json one document. */
#include "tests/support/run.h"

#define BEGIN "{\"format\":\"migcompat-inventory/1\",\"host\":{\"name\":\"h\",\"facts\":{}},\"devices\":["

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

static void folder_and_pipe_are_no_files(void **state)
{
	(void)state;
	run("migcompat -i / list");
	assert_trouble("/: ");
	run("mkfifo $FOLDER/pipe; migcompat -i $FOLDER/pipe list");
	assert_trouble("pipe: ");
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
	bad(BEGIN "{\"id\":\"x\",\"kind\":\"mdevv\",\"facts\":{}}]}", "\"kind\" is \"mdevv\", expected mdev, mdev-type or physical");
	bad(BEGIN "{\"id\":7,\"kind\":\"mdev\",\"facts\":{}}]}", "\"id\"");
	bad("[]", "");
	bad("{\"format\":\"migcompat-inventory/2\",\"host\":{\"name\":\"h\",\"facts\":{}},\"devices\":[]}", "\"format\"");
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
	bad_with(BEGIN "{\"id\":\"x\",\"kind\":\"mdev\",\"facts\":{}},{\"id\":\"x\",\"kind\":\"mdev\",\"facts\":{}}]}", "EEXIST", "\"x\"");
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
		cmocka_unit_test(folder_and_pipe_are_no_files),
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
