/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stated facts: what the files of an administrator mean, and what is refused. */
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <errno.h>
#include <stdbool.h>

#include "core/facts/inventory_json.h"
#include "core/facts/utf8.h"

#define HEAD "{\"format\":\"migcompat-facts/1\",\"stated\":\"2026-11-21\","

/* The stated facts of an id; NULL: those of the host. */
struct answer {
	struct arena arena;
	struct factset facts;
};

static void answer_make(struct answer *answer, const struct stated *stated, const char *id)
{
	struct factset_builder builder;

	*answer = (struct answer){0};
	factset_builder_init(&builder, &answer->arena);
	assert_int_equal(stated_add(stated, id, &builder), 0);
	assert_int_equal(factset_builder_finish(&builder, &answer->facts, NULL), 0);
}

static void answer_free(struct answer *answer)
{
	arena_free(&answer->arena);
}

static struct stated *load_good(const char *folder)
{
	struct stated *stated = NULL;
	struct error err = {{0}};

	if (stated_load(folder, &stated, &err) < 0)
		fail_msg("%s", err.text);
	return stated;
}

static void load_bad(struct folder *folder, int code, const char *sentence)
{
	struct stated *stated = NULL;
	struct error err = {{0}};

	assert_int_equal(stated_load(folder->path, &stated, &err), code);
	assert_null(stated);
	assert_memory_equal(err.text, folder->path, strlen(folder->path));
	assert_contains(err.text, sentence);
	assert_true(utf8_valid(err.text, strlen(err.text)));
}

/* ---------------------------------------------------------------- what is stated */

static void facts_of_devices_and_host_have_their_date(void **state)
{
	struct folder folder;
	struct stated *stated;
	struct answer answer;

	(void)state;
	folder_make(&folder);
	folder_write(&folder, "a.json",
		     HEAD "\"devices\":{\"u1\":{\"mkvps/05.0004\":\"AES CUR: valid "
			  "0x1\\n\"},\"u2\":{}},\"host\":{\"site\":\"x\"}}");
	stated = load_good(folder.path);
	answer_make(&answer, stated, "u1");
	assert_int_equal(answer.facts.count, 2);
	assert_string_equal(factset_text(&answer.facts, "stated/mkvps/05.0004"),
			    "AES CUR: valid 0x1");
	assert_string_equal(factset_text(&answer.facts, "stated/mkvps/05.0004@date"), "2026-11-21");
	answer_free(&answer);
	answer_make(&answer, stated, NULL);
	assert_string_equal(factset_text(&answer.facts, "stated/site"), "x");
	assert_string_equal(factset_text(&answer.facts, "stated/site@date"), "2026-11-21");
	answer_free(&answer);
	stated_free(stated);
	folder_remove(&folder);
}

static void facts_outlive_what_stated_them(void **state)
{
	struct folder folder;
	struct stated *stated;
	struct answer answer;

	(void)state;
	folder_make(&folder);
	folder_write(&folder, "a.json", HEAD "\"host\":{\"site\":\"x\"}}");
	stated = load_good(folder.path);
	answer_make(&answer, stated, NULL);
	assert_null(stated_free(stated));
	assert_string_equal(factset_text(&answer.facts, "stated/site"), "x");
	answer_free(&answer);
	folder_remove(&folder);
}

static void of_others_nothing_is_stated(void **state)
{
	struct folder folder;
	struct stated *stated;
	struct answer answer;

	(void)state;
	folder_make(&folder);
	folder_write(&folder, "a.json",
		     HEAD "\"devices\":{\"u1\":{\"a\":\"1\"},\"u3\":{\"a\":\"1\"}}}");
	stated = load_good(folder.path);
	answer_make(&answer, stated, "u2");
	assert_int_equal(answer.facts.count, 0);
	answer_free(&answer);
	answer_make(&answer, stated, NULL);
	assert_int_equal(answer.facts.count, 0);
	answer_free(&answer);
	stated_free(stated);
	folder_remove(&folder);
}

static void files_add_up(void **state)
{
	struct folder folder;
	struct stated *stated;
	struct answer answer;

	(void)state;
	folder_make(&folder);
	for (int i = 0; i < 40; i++) {
		char name[32], text[128];

		snprintf(name, sizeof(name), "%02d.json", i);
		snprintf(text, sizeof(text), HEAD "\"devices\":{\"u%d\":{\"k%d\":\"%d\"}}}", i % 2,
			 i, i);
		folder_write(&folder, name, text);
	}
	stated = load_good(folder.path);
	answer_make(&answer, stated, "u1");
	assert_int_equal(answer.facts.count, 40);
	assert_string_equal(factset_text(&answer.facts, "stated/k39"), "39");
	answer_free(&answer);
	stated_free(stated);
	folder_remove(&folder);
}

static void same_statement_again_renews_its_date(void **state)
{
	struct folder folder;
	struct stated *stated;
	struct answer answer;

	(void)state;
	folder_make(&folder);
	folder_write(&folder, "a.json",
		     "{\"format\":\"migcompat-facts/"
		     "1\",\"stated\":\"2026-12-01\",\"host\":{\"a\":\"1\"}}");
	folder_write(&folder, "b.json", HEAD "\"host\":{\"a\":\"1\"}}");
	folder_write(&folder, "c.json",
		     "{\"format\":\"migcompat-facts/"
		     "1\",\"stated\":\"2026-12-02\",\"host\":{\"a\":\"1\"}}");
	stated = load_good(folder.path);
	answer_make(&answer, stated, NULL);
	assert_int_equal(answer.facts.count, 2);
	assert_string_equal(factset_text(&answer.facts, "stated/a@date"), "2026-12-02");
	answer_free(&answer);
	stated_free(stated);
	folder_remove(&folder);
}

static void missing_folder_states_nothing(void **state)
{
	struct stated *stated = load_good("/nonexistent/facts.d");
	struct answer answer;

	(void)state;
	answer_make(&answer, stated, NULL);
	assert_int_equal(answer.facts.count, 0);
	answer_free(&answer);
	stated_free(stated);
	assert_null(stated_free(NULL));
}

static void other_files_are_passed_over(void **state)
{
	struct folder folder;
	struct stated *stated;

	(void)state;
	folder_make(&folder);
	folder_write(&folder, "a.json~", "garbage");
	folder_write(&folder, ".a.json", "garbage");
	folder_write(&folder, ".json", "garbage");
	folder_write(&folder, "README", "garbage");
	stated = load_good(folder.path);
	stated_free(stated);
	folder_remove(&folder);
}

static void leap_day_is_a_date(void **state)
{
	struct folder folder;

	(void)state;
	folder_make(&folder);
	folder_write(&folder, "a.json",
		     "{\"stated\":\"2028-02-29\",\"format\":\"migcompat-facts/1\"}");
	stated_free(load_good(folder.path));
	folder_remove(&folder);
}

/* ---------------------------------------------------------------- what is refused */

static void two_values_name_both_files(void **state)
{
	struct folder folder;

	(void)state;
	folder_make(&folder);
	folder_write(&folder, "b.json", HEAD "\"devices\":{\"u1\":{\"a\":\"2\"}}}");
	folder_write(&folder, "a.json", HEAD "\"devices\":{\"u1\":{\"a\":\"1\"}}}");
	load_bad(&folder, -EEXIST, "/b.json: \"a\" of device u1 is \"2\", but \"1\" in ");
	load_bad(&folder, -EEXIST, "/a.json; expected one value");
	folder_remove(&folder);
}

static void file_that_others_can_write_is_refused(void **state)
{
	struct folder folder;

	(void)state;
	folder_make(&folder);
	folder_write(&folder, "a.json", HEAD "\"host\":{}}");
	assert_int_equal(chmod(folder.file, 0664), 0);
	load_bad(&folder, -EPERM, "/a.json can be written by others");
	assert_int_equal(chmod(folder.file, 0646), 0);
	load_bad(&folder, -EPERM, "/a.json can be written by others");
	assert_int_equal(chmod(folder.file, 0644), 0);
	stated_free(load_good(folder.path));
	folder_remove(&folder);
}

static void file_of_another_owner_is_refused(void **state)
{
	struct folder folder;

	(void)state;
	/* Only root can make such a file, so the test ends here for others. */
	if (geteuid() != 0)
		return;
	folder_make(&folder);
	folder_write(&folder, "a.json", HEAD "\"host\":{}}");
	assert_int_equal(chown(folder.file, 65534, 65534), 0);
	load_bad(&folder, -EPERM,
		 "/a.json belongs to user 65534, expected root or the caller, since it decides "
		 "verdicts");
	folder_remove(&folder);
}

static void folder_that_others_can_write_is_refused(void **state)
{
	struct folder folder;

	(void)state;
	folder_make(&folder);
	assert_int_equal(chmod(folder.path, 0777), 0);
	load_bad(&folder, -EPERM, " can be written by others (mode 0777)");
	assert_int_equal(chmod(folder.path, 01777), 0);
	load_bad(&folder, -EPERM,
		 " can be written by others (mode 1777), expected by its owner alone, "
		 "since it decides verdicts");
	folder_remove(&folder);
}

static void folder_that_is_a_file_is_refused(void **state)
{
	struct folder folder;
	struct stated *stated = NULL;
	struct error err;

	(void)state;
	folder_make(&folder);
	folder_write(&folder, "a.json", "{}");
	assert_int_equal(stated_load(folder.file, &stated, &err), -ENOTDIR);
	assert_contains(err.text, "/a.json: cannot be read: Not a directory");
	folder_remove(&folder);
}

static void file_that_is_no_file_is_refused(void **state)
{
	struct folder folder;

	(void)state;
	folder_make(&folder);
	assert_int_equal(mkfifo(folder_path(&folder, "a.json"), 0600), 0);
	load_bad(&folder, -EINVAL, "/a.json: is a pipe, socket or device, expected a regular file");
	folder_remove(&folder);
}

static void long_texts_are_refused(void **state)
{
	struct folder folder;
	char *text = malloc(FACT_VALUE_MAX + 1000);
	char key[300] = "";

	(void)state;
	folder_make(&folder);
	memset(key, 'k', 244);
	sprintf(text, HEAD "\"host\":{\"%s\":\"\"}}", key);
	folder_write(&folder, "a.json", text);
	load_bad(&folder, -EINVAL,
		 "kkk…\" is no name of a fact, expected a path of at most 243 bytes");
	key[243] = '\0';
	sprintf(text, HEAD "\"host\":{\"%s\":\"\"}}", key);
	folder_write(&folder, "a.json", text);
	stated_free(load_good(folder.path));
	sprintf(text, HEAD "\"host\":{\"a\":\"%0*d\"}}", (int)FACT_VALUE_MAX + 1, 0);
	folder_write(&folder, "a.json", text);
	load_bad(&folder, -EINVAL,
		 "/a.json: \"host\": \"a\" is 65537 bytes long, expected at most 65536");
	free(text);
	folder_remove(&folder);
}

struct bad {
	const char *name;
	const char *text;
	const char *sentence;
};

static const struct bad table[] = {
	{"empty", "", "/a.json: is empty, expected a JSON object"},
	{"no_json", "facts", "/a.json: line 1: the document: bad JSON: "},
	{"truncated", HEAD "\n\"host\":{", "/a.json: line 2: the document: bad JSON: "},
	{"two_documents", HEAD "\"host\":{}}{}",
	 "/a.json: line 1: after the document: found '{', expected nothing more"},
	{"no_object", "[]", "/a.json: is an array, expected an object"},
	{"no_format", "{\"stated\":\"2026-11-21\"}", "/a.json: \"format\" is missing"},
	{"other_format", "{\"format\":\"migcompat-facts/2\"}",
	 "/a.json: \"format\" is \"migcompat-facts/2\", expected \"migcompat-facts/1\""},
	{"format_is_no_string", "{\"format\":1}",
	 "/a.json: \"format\" is a number, expected \"migcompat-facts/1\""},
	{"no_date", "{\"format\":\"migcompat-facts/1\",\"host\":{}}",
	 "/a.json: \"stated\" is missing"},
	{"date_is_no_string", "{\"format\":\"migcompat-facts/1\",\"stated\":20261121}",
	 "/a.json: \"stated\" is a number, expected a date"},
	{"date_is_no_date", "{\"format\":\"migcompat-facts/1\",\"stated\":\"yesterday\"}",
	 "/a.json: \"stated\" is \"yesterday\", expected a date"},
	{"month_13", "{\"format\":\"migcompat-facts/1\",\"stated\":\"2026-13-01\"}",
	 "/a.json: \"stated\" is \"2026-13-01\", expected a date"},
	{"day_0", "{\"format\":\"migcompat-facts/1\",\"stated\":\"2026-01-00\"}",
	 "/a.json: \"stated\" is \"2026-01-00\", expected a date"},
	{"no_leap_day", "{\"format\":\"migcompat-facts/1\",\"stated\":\"2100-02-29\"}",
	 "/a.json: \"stated\" is \"2100-02-29\", expected a date"},
	{"negative_day", "{\"format\":\"migcompat-facts/1\",\"stated\":\"2026-01--1\"}",
	 "/a.json: \"stated\" is \"2026-01--1\", expected a date"},
	{"unknown_member", HEAD "\"device\":{}}",
	 "/a.json: \"device\" is unknown, expected format, stated, host or devices"},
	{"member_twice", HEAD "\"host\":{},\"host\":{}}",
	 "/a.json: line 1: the document: bad JSON: duplicate object key"},
	{"host_is_no_object", HEAD "\"host\":[]}",
	 "/a.json: \"host\" is an array, expected an object"},
	{"devices_are_no_object", HEAD "\"devices\":[]}",
	 "/a.json: \"devices\" is an array, expected an object"},
	{"device_is_no_object", HEAD "\"devices\":{\"u\":\"\"}}",
	 "/a.json: device \"u\" is a string, expected an object"},
	{"empty_id", HEAD "\"devices\":{\"\":{}}}",
	 "/a.json: \"\" is no device's id, expected a name or PARENT/TYPE-ID: "},
	{"id_that_leads_up", HEAD "\"devices\":{\"../u\":{}}}",
	 "/a.json: \"../u\" is no device's id"},
	{"id_with_two_slashes", HEAD "\"devices\":{\"a/b/c\":{}}}",
	 "/a.json: \"a/b/c\" is no device's id"},
	{"id_that_turns_its_direction", HEAD "\"devices\":{\"a\\u202e\":{}}}",
	 "/a.json: \"a???\" is no device's id"},
	{"id_with_control_character", HEAD "\"devices\":{\"a\\n\":{}}}",
	 "/a.json: \"a?\" is no device's id"},
	{"value_is_no_string", HEAD "\"devices\":{\"u\":{\"a\":1}}}",
	 "/a.json: device \"u\": \"a\" is a number, expected a string"},
	{"value_is_null", HEAD "\"host\":{\"a\":null}}",
	 "/a.json: \"host\": \"a\" is null, expected a string"},
	{"empty_key", HEAD "\"host\":{\"\":\"\"}}", "/a.json: \"host\": \"\" is no name of a fact"},
	{"key_with_at", HEAD "\"host\":{\"a@date\":\"\"}}",
	 "/a.json: \"host\": \"a@date\" is no name of a fact"},
	{"key_with_slash_first", HEAD "\"host\":{\"/a\":\"\"}}",
	 "/a.json: \"host\": \"/a\" is no name of a fact"},
	{"key_with_slash_last", HEAD "\"host\":{\"a/\":\"\"}}",
	 "/a.json: \"host\": \"a/\" is no name of a fact"},
	{"key_with_two_slashes", HEAD "\"host\":{\"a//b\":\"\"}}",
	 "/a.json: \"host\": \"a//b\" is no name of a fact"},
	{"key_with_control_character", HEAD "\"host\":{\"a\\tb\":\"\"}}",
	 "/a.json: \"host\": \"a?b\" is no name of a fact"},
};
#define TABLE_COUNT (sizeof(table) / sizeof(table[0]))

static void is_refused(void **state)
{
	const struct bad *bad = *state;
	struct folder folder;

	folder_make(&folder);
	folder_write(&folder, "a.json", bad->text);
	load_bad(&folder, -EINVAL, bad->sentence);
	folder_remove(&folder);
}

static const struct CMUnitTest others[] = {
	cmocka_unit_test(facts_of_devices_and_host_have_their_date),
	cmocka_unit_test(facts_outlive_what_stated_them),
	cmocka_unit_test(of_others_nothing_is_stated),
	cmocka_unit_test(files_add_up),
	cmocka_unit_test(same_statement_again_renews_its_date),
	cmocka_unit_test(missing_folder_states_nothing),
	cmocka_unit_test(other_files_are_passed_over),
	cmocka_unit_test(leap_day_is_a_date),
	cmocka_unit_test(two_values_name_both_files),
	cmocka_unit_test(file_that_others_can_write_is_refused),
	cmocka_unit_test(file_of_another_owner_is_refused),
	cmocka_unit_test(folder_that_others_can_write_is_refused),
	cmocka_unit_test(folder_that_is_a_file_is_refused),
	cmocka_unit_test(file_that_is_no_file_is_refused),
	cmocka_unit_test(long_texts_are_refused),
};
#define OTHERS_COUNT (sizeof(others) / sizeof(others[0]))

int main(void)
{
	/* Each row of the table is one test. */
	static struct CMUnitTest tests[TABLE_COUNT + OTHERS_COUNT];

	for (size_t i = 0; i < TABLE_COUNT; i++)
		tests[i] = (struct CMUnitTest){.name = table[i].name,
					       .test_func = is_refused,
					       .initial_state = (void *)&table[i]};
	memcpy(&tests[TABLE_COUNT], others, sizeof(others));
	return cmocka_run_group_tests_name("stated", tests, NULL, NULL);
}
