/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Wrong inventories. Each is refused with one sentence that has the file, the place, what
 * is there and what was expected.
 */
#include "tests/support/files.h"
#include "tests/support/test.h"
#include "tests/unit/facts/inventory_bad.h"

#include <errno.h>

#include "core/facts/macros.h"
#include "core/facts/utf8.h"

#define FORMAT "\"format\":\"migcompat-inventory/1\""
#define HEAD "{" FORMAT ",\"host\":{\"name\":\"a\"},\"devices\":["
#define TAIL "]}"
#define TYPE(id) HEAD "{\"kind\":\"mdev-type\",\"id\":\"" id "\"}" TAIL
#define DEVICE(rest)                                                                   \
	HEAD "{\"id\":\"u0\",\"kind\":\"mdev\",\"facts\":{}},{\"id\":\"u1\",\"kind\":" \
	     "\"mdev\"," rest "}" TAIL
#define FACT(rest) DEVICE("\"facts\":{" rest "}")
#define HOST(rest) "{" FORMAT ",\"host\":{" rest "}}"

struct bad {
	const char *name;
	const char *text;
	const char *sentence; /* the start of the message */
};

static const struct bad table[] = {
	/* JSON */
	{"empty", "", "a.json: is empty, expected a JSON object"},
	{"blanks_only", " \n ", "a.json: line 2: the document: the text ends, expected '{'"},
	{"array", "\n[]", "a.json: line 2: the document: found '[', expected '{'"},
	{"no_json", "\177ELF", "a.json: line 1: the document: found byte 0x7f, expected '{'"},
	{"byte_order_mark", "\xef\xbb\xbf{}",
	 "a.json: line 1: the document: found byte 0xef, expected '{'"},
	{"name_is_no_string", "{1:2}", "a.json: a member's name is a number, expected a string"},
	{"name_without_colon", "{\n\"format\" 1}",
	 "a.json: line 2: after a member's name: found '1', expected ':'"},
	{"comma_at_the_end", "{" FORMAT ",}", "a.json: line 1: a member's name: bad JSON: "},
	{"no_comma", "{" FORMAT "\n\"host\"",
	 "a.json: line 2: the document: found '\"', expected ',' or '}'"},
	{"truncated_outside", "{" FORMAT ",",
	 "a.json: line 1: a member's name: the text ends, expected a value"},
	{"truncated_in_host", "{" FORMAT ",\"host\":{\"na", "a.json: line 1: \"host\": bad JSON: "},
	{"truncated_in_device",
	 HEAD "\n{\"id\":\"u\",\n\"kind\":", "a.json: line 3: device 1: bad JSON: "},
	{"truncated_between_devices", HEAD "\n{\"id\":\"u\",\"kind\":\"mdev\",\"facts\":{}}\n",
	 "a.json: line 3: device 1: the text ends, expected ',' or ']'"},
	{"syntax_in_device", HEAD "\n{\"id\":\"u\",\n\"kind\" \"mdev\"}" TAIL,
	 "a.json: line 3: device 1: bad JSON: ':' expected near "},
	{"not_utf8", HEAD "{\"id\":\"\xff\"}" TAIL,
	 "a.json: line 1: device 1: bad JSON: unable to decode byte 0xff"},
	{"not_utf8_between", HEAD "\xff" TAIL,
	 "a.json: line 1: device 1: bad JSON: unable to decode byte 0xff"},
	{"zero_byte_in_text", HEAD "{\"id\":\"a\\u0000b\"}" TAIL,
	 "a.json: line 1: device 1: bad JSON: \\u0000 is not allowed"},
	{"member_of_device_twice", HEAD "{\"id\":\"u\",\"id\":\"u\"}" TAIL,
	 "a.json: line 1: device 1: bad JSON: duplicate object key"},
	{"fact_twice", FACT("\"a\":\"1\",\"a\":\"1\""),
	 "a.json: line 1: device 2: bad JSON: duplicate object key"},
	{"member_twice", "{" FORMAT ",\n" FORMAT "}",
	 "a.json: \"format\" occurs twice, expected once"},
	{"devices_twice", "{\"devices\":[],\"devices\":[]}",
	 "a.json: \"devices\" occurs twice, expected once"},
	{"unknown_member_twice", "{\"x\":1,\"x\":2}", "a.json: \"x\" occurs twice, expected once"},
	{"unknown_member_too_large_a_number", "{\"x\":1e999}",
	 "a.json: line 1: \"x\": bad JSON: real number overflow"},
	{"more_behind", "{" FORMAT ",\"host\":{\"name\":\"a\"}}\n{}",
	 "a.json: line 2: after the document: found '{', expected nothing more"},
	/* the document */
	{"no_format", "{}", "a.json: \"format\" is missing, expected \"migcompat-inventory/1\""},
	{"other_format", "{\"format\":\"migcompat-inventory/2\"}",
	 "a.json: \"format\" is \"migcompat-inventory/2\", expected \"migcompat-inventory/1\""},
	{"format_is_no_string", "{\"format\":1}",
	 "a.json: \"format\" is a number, expected \"migcompat-inventory/1\""},
	{"no_host", "{" FORMAT ",\"devices\":[]}",
	 "a.json: \"host\" is missing, expected an object with a \"name\""},
	{"taken_is_no_string", "{\"taken\":1}", "a.json: \"taken\" is a number, expected a string"},
	{"wanted_is_no_array", "{\"wanted\":\"*\"}",
	 "a.json: \"wanted\" is a string, expected an array of globs"},
	{"wanted_has_a_number", "{\"wanted\":[1]}",
	 "a.json: \"wanted\" is a number, expected a string"},
	{"wanted_has_an_empty_glob", "{\"wanted\":[\"\"]}",
	 "a.json: \"wanted\" is empty, expected some text"},
	{"devices_are_no_array", "{\"devices\":{}}",
	 "a.json: line 1: \"devices\": found '{', expected '['"},
	/* the host */
	{"host_is_no_object", "{\"host\":\"a\"}",
	 "a.json: \"host\": is a string, expected an object"},
	{"host_without_name", HOST("\"facts\":{}"),
	 "a.json: \"host\": \"name\" is missing, expected a string"},
	{"host_with_empty_name", HOST("\"name\":\"\""),
	 "a.json: \"host\": \"name\" is empty, expected some text"},
	{"host_name_is_no_string", HOST("\"name\":null"),
	 "a.json: \"host\": \"name\" is null, expected a string"},
	{"host_name_with_control_character", HOST("\"name\":\"a\\n\""),
	 "a.json: \"host\": \"name\" is \"a?\", expected no control characters"},
	{"host_name_that_turns_its_direction", HOST("\"name\":\"a\\u202eb\""),
	 "a.json: \"host\": \"name\" is \"a???b\", expected no control characters"},
	{"host_name_with_what_has_no_width", HOST("\"name\":\"a\\ufeff\""),
	 "a.json: \"host\": \"name\" is \"a???\", expected no control characters"},
	{"host_name_with_slashes", HOST("\"name\":\"a//b\""),
	 "a.json: \"host\": \"name\" is \"a//b\", expected no \"//\""},
	{"host_facts_are_no_object", HOST("\"name\":\"a\",\"facts\":[]"),
	 "a.json: \"host\": \"facts\" is an array, expected an object"},
	{"host_fact_is_a_number", HOST("\"name\":\"a\",\"facts\":{\"b\":1.5}"),
	 "a.json: \"host\": fact \"b\" is a number, expected a string"},
	{"host_wanted_is_no_array", HOST("\"name\":\"a\",\"wanted\":true"),
	 "a.json: \"host\": \"wanted\" is true, expected an array of globs"},
	/* devices */
	{"device_is_no_object", HEAD "7" TAIL, "a.json: device 1: is a number, expected an object"},
	{"device_without_kind", HEAD "{\"id\":\"u\",\"facts\":{}}" TAIL,
	 "a.json: device 1: \"kind\" is missing, expected a string"},
	{"device_without_id", HEAD "{\"kind\":\"mdev\",\"facts\":{}}" TAIL,
	 "a.json: device 1: \"id\" is missing, expected a string"},
	{"device_without_facts", HEAD "{\"kind\":\"mdev\",\"id\":\"u\"}" TAIL,
	 "a.json: device 1 (\"u\"): \"facts\" is missing, expected an object"},
	{"unknown_kind",
	 HEAD "{\"id\":\"u0\",\"kind\":\"mdev\",\"facts\":{}},{\"id\":\"u\",\"kind\":\"mdevv\","
	      "\"facts\":{}}" TAIL,
	 "a.json: device 2: \"kind\" is \"mdevv\", expected mdev, mdev-type or physical"},
	{"kind_is_no_string", HEAD "{\"kind\":[]}" TAIL,
	 "a.json: device 1: \"kind\" is an array, expected a string"},
	{"empty_id", HEAD "{\"kind\":\"mdev\",\"id\":\"\"}" TAIL,
	 "a.json: device 1: \"id\" is empty, expected some text"},
	{"id_with_control_character", HEAD "{\"kind\":\"mdev\",\"id\":\"\\u001b[2J\"}" TAIL,
	 "a.json: device 1: \"id\" is \"?[2J\", expected no control"},
	{"id_with_other_control_character", HEAD "{\"kind\":\"mdev\",\"id\":\"\\u009b\"}" TAIL,
	 "a.json: device 1: \"id\" is \"??\", expected no control"},
	{"id_with_slashes", HEAD "{\"kind\":\"mdev\",\"id\":\"a//u\"}" TAIL,
	 "a.json: device 1: \"id\" is \"a//u\", expected a name: printable ASCII"},
	{"id_is_a_path", HEAD "{\"kind\":\"mdev\",\"id\":\"../../u\"}" TAIL,
	 "a.json: device 1: \"id\" is \"../../u\", expected a name: "},
	{"id_is_a_folder_itself", HEAD "{\"kind\":\"physical\",\"id\":\".\"}" TAIL,
	 "a.json: device 1: \"id\" is \".\", expected a name: "},
	{"id_is_the_folder_above", HEAD "{\"kind\":\"physical\",\"id\":\"..\"}" TAIL,
	 "a.json: device 1: \"id\" is \"..\", expected a name: "},
	{"id_with_a_slash", HEAD "{\"kind\":\"physical\",\"id\":\"a/b\"}" TAIL,
	 "a.json: device 1: \"id\" is \"a/b\", expected a name: "},
	{"id_with_a_backslash", HEAD "{\"kind\":\"physical\",\"id\":\"a\\\\x20b\"}" TAIL,
	 "a.json: device 1: \"id\" is \"a\\x20b\", expected a name: "},
	{"id_with_a_blank", HEAD "{\"kind\":\"physical\",\"id\":\"a b\"}" TAIL,
	 "a.json: device 1: \"id\" is \"a b\", expected a name: "},
	{"id_like_an_option", HEAD "{\"kind\":\"physical\",\"id\":\"--json\"}" TAIL,
	 "a.json: device 1: \"id\" is \"--json\", expected a name: "},
	{"id_that_looks_like_another", HEAD "{\"kind\":\"physical\",\"id\":\"\\u0430\"}" TAIL,
	 "a.json: device 1: \"id\" is \"\xd0\xb0\", expected a name: "},
	{"id_that_turns_its_direction", HEAD "{\"kind\":\"physical\",\"id\":\"a\\u202eb\"}" TAIL,
	 "a.json: device 1: \"id\" is \"a???b\", expected no control characters"},
	{"id_with_what_has_no_width", HEAD "{\"kind\":\"physical\",\"id\":\"a\\u200bb\"}" TAIL,
	 "a.json: device 1: \"id\" is \"a???b\", expected no control characters"},
	{"type_without_parent", TYPE("t"),
	 "a.json: device 1: \"id\" is \"t\", expected PARENT/TYPE-ID, two names: "},
	{"type_with_empty_parent", TYPE("/t"),
	 "a.json: device 1: \"id\" is \"/t\", expected PARENT/TYPE-ID"},
	{"type_with_empty_name", TYPE("p/"),
	 "a.json: device 1: \"id\" is \"p/\", expected PARENT/TYPE-ID"},
	{"type_with_another_slash", TYPE("p/t/u"),
	 "a.json: device 1: \"id\" is \"p/t/u\", expected PARENT/TYPE-ID"},
	{"type_that_leads_up", TYPE("p/.."),
	 "a.json: device 1: \"id\" is \"p/..\", expected PARENT/TYPE-ID"},
	{"type_whose_parent_leads_up", TYPE("../t"),
	 "a.json: device 1: \"id\" is \"../t\", expected PARENT/TYPE-ID"},
	{"parent_is_a_path", DEVICE("\"parent\":\"a/b\""),
	 "a.json: device 2 (\"u1\"): \"parent\" is \"a/b\", expected a name: "},
	{"parent_leads_up", DEVICE("\"parent\":\"..\""),
	 "a.json: device 2 (\"u1\"): \"parent\" is \"..\", expected a name: "},
	{"driver_is_no_string", DEVICE("\"driver\":null"),
	 "a.json: device 2 (\"u1\"): \"driver\" is null, expected a string"},
	{"parent_is_no_string", DEVICE("\"parent\":{}"),
	 "a.json: device 2 (\"u1\"): \"parent\" is an object, expected a string"},
	{"path_is_no_string", DEVICE("\"path\":3"),
	 "a.json: device 2 (\"u1\"): \"path\" is a number, expected a string"},
	{"path_is_relative", DEVICE("\"path\":\"devices/x\""),
	 "a.json: device 2 (\"u1\"): \"path\" is \"devices/x\", expected a folder below /sys, "
	 "\"/devices/"},
	{"path_leads_up", DEVICE("\"path\":\"/devices/..x/..\""),
	 "a.json: device 2 (\"u1\"): \"path\" is \"/devices/..x/..\", expected a folder"},
	{"path_leads_up_and_back", DEVICE("\"path\":\"/devices/../kernel/u1\""),
	 "a.json: device 2 (\"u1\"): \"path\" is \"/devices/../kernel/u1\", expected a folder"},
	{"path_leads_nowhere_on_its_way", DEVICE("\"path\":\"/devices/./u1\""),
	 "a.json: device 2 (\"u1\"): \"path\" is \"/devices/./u1\", expected a folder"},
	{"path_has_a_slash_too_many", DEVICE("\"path\":\"/devices//u1\""),
	 "a.json: device 2 (\"u1\"): \"path\" is \"/devices//u1\", expected a folder"},
	{"path_ends_in_a_slash", DEVICE("\"path\":\"/devices/u1/\""),
	 "a.json: device 2 (\"u1\"): \"path\" is \"/devices/u1/\", expected a folder below /sys, "
	 "\"/devices/…\", "
	 "without \".\", \"..\" and \"//\", and no slash at its end"},
	{"path_is_elsewhere_in_sysfs", DEVICE("\"path\":\"/power/u1\""),
	 "a.json: device 2 (\"u1\"): \"path\" is \"/power/u1\", expected a folder"},
	{"path_of_another_device", DEVICE("\"path\":\"/devices/u0\""),
	 "a.json: device 2 (\"u1\"): \"path\" is \"/devices/u0\", expected the device's own "
	 "folder, which ends in its id"},
	{"path_that_ends_like_the_id", DEVICE("\"path\":\"/devices/xu1\""),
	 "a.json: device 2 (\"u1\"): \"path\" is \"/devices/xu1\", expected the device's own "
	 "folder"},
	{"path_below_the_device", DEVICE("\"path\":\"/devices/u1/power\""),
	 "a.json: device 2 (\"u1\"): \"path\" is \"/devices/u1/power\", expected the device's own "
	 "folder"},
	{"path_of_a_type_elsewhere", TYPE("p/t\",\"facts\":{},\"path\":\"/devices/p/t"),
	 "a.json: device 1 (\"p/t\"): \"path\" is \"/devices/p/t\", expected the device's own "
	 "folder, which ends in PARENT/mdev_supported_types"},
	{"path_of_another_parents_type",
	 TYPE("p/t\",\"facts\":{},\"path\":\"/devices/q/mdev_supported_types/t"),
	 "a.json: device 1 (\"p/t\"): \"path\" is \"/devices/q/mdev_supported_types/t\", expected "
	 "the device's own folder"},
	{"device_wanted_is_no_array", DEVICE("\"wanted\":1"),
	 "a.json: device 2 (\"u1\"): \"wanted\" is a number, expected an array of globs"},
	/* facts */
	{"facts_are_no_object", DEVICE("\"facts\":\"\""),
	 "a.json: device 2 (\"u1\"): \"facts\" is a string, expected an object"},
	{"fact_is_a_number", FACT("\"mdev_type\":3"),
	 "a.json: device 2 (\"u1\"): fact \"mdev_type\" is a number, expected a string, "
	 "{\"error\":NAME} or {\"base64\":TEXT}"},
	{"fact_is_another_object", FACT("\"a\":{\"x\":\"y\"}"),
	 "a.json: device 2 (\"u1\"): fact \"a\" is another object, expected a string"},
	{"fact_is_an_empty_object", FACT("\"a\":{}"),
	 "a.json: device 2 (\"u1\"): fact \"a\" is another object, expected a string"},
	{"fact_is_two_things", FACT("\"a\":{\"error\":\"EIO\",\"base64\":\"\"}"),
	 "a.json: device 2 (\"u1\"): fact \"a\" is another object, expected"},
	{"fact_without_name", FACT("\"\":\"1\""),
	 "a.json: device 2 (\"u1\"): a fact's name is empty, expected a path"},
	{"fact_with_control_character", FACT("\"a\\tb\":\"1\""),
	 "a.json: device 2 (\"u1\"): fact \"a?b\" has control characters in its name"},
	{"fact_whose_name_steers_a_terminal", FACT("\"a\\u009bb\":\"1\""),
	 "a.json: device 2 (\"u1\"): fact \"a??b\" has control characters in its name"},
	{"error_is_unknown", FACT("\"a\":{\"error\":\"EFOO\"}"),
	 "a.json: device 2 (\"u1\"): fact \"a\": \"error\" is \"EFOO\", expected the name of an "
	 "errno"},
	{"error_is_no_string", FACT("\"a\":{\"error\":13}"),
	 "a.json: device 2 (\"u1\"): fact \"a\": \"error\" is a number, expected the name of an "
	 "errno"},
	{"base64_is_wrong", FACT("\"a\":{\"base64\":\"A\"}"),
	 "a.json: device 2 (\"u1\"): fact \"a\": \"base64\" is \"A\", expected base64"},
	{"base64_is_no_string", FACT("\"a\":{\"base64\":false}"),
	 "a.json: device 2 (\"u1\"): fact \"a\": \"base64\" is false, expected a string"},
};
#define TABLE_COUNT COUNT(table)

static void is_refused(void **state)
{
	const struct bad *bad = *state;
	struct error err = {{0}};

	assert_int_equal(read_bad(bad->text, strlen(bad->text), &err), -EINVAL);
	if (strncmp(err.text, bad->sentence, strlen(bad->sentence)) != 0)
		fail_msg("\"%s\" does not begin with \"%s\"", err.text, bad->sentence);
	assert_true(utf8_valid(err.text, strlen(err.text)));
}

/* The same through a file, which is read in windows. */
static void is_refused_as_file(void **state)
{
	const struct bad *bad = *state;
	struct inventory inventory;
	struct folder folder;
	struct error err = {{0}};

	folder_make(&folder);
	folder_write(&folder, "a.json", bad->text);
	inventory_init(&inventory);
	assert_int_equal(inventory_read_file(&inventory, folder.file, &err), -EINVAL);
	assert_memory_equal(err.text, folder.file, strlen(folder.file));
	assert_contains(err.text, bad->sentence + strlen("a.json"));
	inventory_free(&inventory);
	folder_remove(&folder);
}

int main(void)
{
	/* Each row of the table is two tests: in memory and as a file. */
	static struct CMUnitTest tests[2 * TABLE_COUNT];
	static char names[TABLE_COUNT][64];
	size_t count = 0;

	for (size_t i = 0; i < TABLE_COUNT; i++) {
		snprintf(names[i], sizeof(names[i]), "%s_as_file", table[i].name);
		tests[count++] = (struct CMUnitTest){.name = table[i].name,
						     .test_func = is_refused,
						     .initial_state = (void *)&table[i]};
		tests[count++] = (struct CMUnitTest){.name = names[i],
						     .test_func = is_refused_as_file,
						     .initial_state = (void *)&table[i]};
	}
	return cmocka_run_group_tests_name("inventory_bad", tests, NULL, NULL);
}
