/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON one value at a time: nothing is lost or read twice, wherever the window of a file
 * ends.
 */
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>

#include "core/facts/json_source.h"
#include "core/facts/macros.h"

/*
 * Values that only the next byte ends, and characters of all lengths, at all offsets of
 * the window.
 */
static const char sequence[] =
	"12 ,-3.5e2,\"€😀ü\",true,null,[1,2,{\"ä\":[]}],0,\"\\u20ac\\n\",123456789012345678,false  "
	",\"\",7";

/* Reads the whole sequence. Returns its values as one compact array. */
static char *sequence_read(struct json_source *source)
{
	json_t *all = json_array();
	struct error err = {{0}};
	char *text;

	do {
		json_t *value;

		if (json_source_value(source, "value", 1000, &value, &err) < 0)
			fail_msg("%s", err.text);
		json_array_append_new(all, value);
		if (json_source_peek(source, &err) == JSON_SOURCE_END)
			break;
	} while (json_source_expect(source, ',', "sequence", &err) == 0);
	assert_int_equal(json_source_finish(source, &err), 0);
	text = json_dumps(all, JSON_COMPACT);
	json_decref(all);
	return text;
}

static void values_are_the_same_at_every_window(void **state)
{
	struct json_source source;
	struct folder folder;
	char *expected;

	(void)state;
	assert_int_equal(
		json_source_memory(&source, "m", sequence, sizeof(sequence) - 1, 1000, NULL), 0);
	expected = sequence_read(&source);
	assert_contains(expected, "[12,-350.0,\"€😀ü\",true,null,");
	folder_make(&folder);
	folder_write(&folder, "s.json", sequence);
	for (size_t room = 1; room <= sizeof(sequence) + 1; room++) {
		char *text;

		assert_int_equal(json_source_open(&source, folder.file, 1000, NULL), 0);
		source.room = room;
		text = sequence_read(&source);
		assert_string_equal(text, expected);
		free(text);
		json_source_close(&source);
	}
	free(expected);
	folder_remove(&folder);
}

static void line_is_that_of_the_file(void **state)
{
	struct json_source source;
	struct folder folder;
	struct error err;
	json_t *value;
	FILE *file;

	(void)state;
	folder_make(&folder);
	file = fopen(folder_path(&folder, "s.json"), "w");
	for (int i = 0; i < 20000; i++)
		fprintf(file, "%d\n", i);
	fputs("{\n\n\"a\" 1}", file);
	fclose(file);
	assert_int_equal(json_source_open(&source, folder.file, 1000000, NULL), 0);
	for (int i = 0; i < 20000; i++) {
		assert_int_equal(json_source_value(&source, "value", 1000, &value, NULL), 0);
		json_decref(value);
	}
	assert_int_equal(json_source_value(&source, "value", 1000, &value, &err), -EINVAL);
	assert_contains(err.text, ": line 20003: value: bad JSON: ");
	json_source_close(&source);
	folder_remove(&folder);
}

static void failing_read_is_told(void **state)
{
	struct json_source source = {.name = "s.json",
				     .max = 1000,
				     .room = 16,
				     .fd = open("/tmp", O_RDONLY | O_DIRECTORY)};
	struct error err;
	json_t *value;

	(void)state;
	assert_true(source.fd >= 0);
	assert_int_equal(json_source_peek(&source, &err), -EISDIR);
	assert_string_equal(err.text, "s.json: cannot be read: Is a directory");
	assert_int_equal(json_source_value(&source, "value", 10, &value, &err), -EISDIR);
	json_source_close(&source);
}

/* A file of at most max bytes, read through a window of four. */
static void window_open(struct json_source *source, struct folder *folder, const char *text,
			uint64_t max)
{
	folder_make(folder);
	folder_write(folder, "s.json", text);
	assert_int_equal(json_source_open(source, folder->file, max, NULL), 0);
	source->room = 4;
}

static void read_that_fails_inside_a_value_is_no_bad_json(void **state)
{
	struct json_source source;
	struct folder folder;
	struct error err;
	json_t *value;
	int fd;

	(void)state;
	window_open(&source, &folder, "[1,2,3,4,5,6,7,8]", 1000);
	assert_int_equal(json_source_peek(&source, NULL), '[');
	fd = open("/tmp", O_RDONLY | O_DIRECTORY);
	assert_int_equal(dup2(fd, source.fd), source.fd);
	close(fd);
	assert_int_equal(json_source_value(&source, "value", 1000, &value, &err), -EISDIR);
	assert_contains(err.text, ": cannot be read: Is a directory");
	json_source_close(&source);
	folder_remove(&folder);
}

static void file_that_grows_beyond_the_bound_is_refused(void **state)
{
	struct json_source source;
	struct folder folder;
	struct error err;
	json_t *value;
	FILE *file;

	(void)state;
	window_open(&source, &folder, "[1,", 8);
	file = fopen(folder.file, "a");
	fputs("2,3,4,5,6,7]", file);
	fclose(file);
	assert_int_equal(json_source_value(&source, "value", 1000, &value, &err), -EFBIG);
	assert_contains(err.text, ": is longer than 8 bytes, expected at most that");
	json_source_close(&source);
	folder_remove(&folder);
}

static void file_that_is_cut_short_meanwhile_is_refused(void **state)
{
	struct json_source source;
	struct folder folder;
	struct error err;
	json_t *value;

	(void)state;
	window_open(&source, &folder, "[1,2,3,4,5,6,7]", 100);
	assert_int_equal(json_source_peek(&source, NULL), '[');
	assert_int_equal(truncate(folder.file, 2), 0);
	assert_int_equal(json_source_value(&source, "value", 1000, &value, &err), -EINVAL);
	assert_contains(err.text, "bad JSON");
	json_source_close(&source);
	folder_remove(&folder);
}

static void value_of_the_allowed_length_is_read(void **state)
{
	struct json_source source;
	struct error err;
	json_t *value;

	(void)state;
	assert_int_equal(json_source_memory(&source, "m", "[1,2] ", 6, 100, NULL), 0);
	assert_int_equal(json_source_value(&source, "value", 5, &value, NULL), 0);
	json_decref(value);
	assert_int_equal(json_source_memory(&source, "m", "[1,2] ", 6, 100, NULL), 0);
	assert_int_equal(json_source_value(&source, "value", 4, &value, &err), -EFBIG);
	assert_string_equal(err.text, "m: value: is longer than 4 bytes, expected at most that");
}

static void types_are_named(void **state)
{
	static const char *const pairs[][2] = {
		{"{}", "an object"}, {"[]", "an array"}, {"\"\"", "a string"}, {"1", "a number"},
		{"1.5", "a number"}, {"true", "true"},   {"false", "false"},   {"null", "null"}};

	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		json_t *value = json_loads(pairs[i][0], JSON_DECODE_ANY, NULL);

		assert_string_equal(json_source_type(value), pairs[i][1]);
		json_decref(value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_the_same_at_every_window),
		cmocka_unit_test(line_is_that_of_the_file),
		cmocka_unit_test(failing_read_is_told),
		cmocka_unit_test(read_that_fails_inside_a_value_is_no_bad_json),
		cmocka_unit_test(file_that_grows_beyond_the_bound_is_refused),
		cmocka_unit_test(file_that_is_cut_short_meanwhile_is_refused),
		cmocka_unit_test(value_of_the_allowed_length_is_read),
		cmocka_unit_test(types_are_named),
	};

	return cmocka_run_group_tests_name("json_source", tests, NULL, NULL);
}
