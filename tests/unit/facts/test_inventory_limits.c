/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits of inventories, and files that cannot be read. Both are refused at once,
 * whatever their size.
 */
#include "tests/support/files.h"
#include "tests/support/test.h"
#include "tests/unit/facts/inventory_bad.h"

#include <errno.h>
#include <stdbool.h>

#include <jansson.h>

#define HEAD "{\"format\":\"migcompat-inventory/1\",\"host\":{\"name\":\"a\"},\"devices\":["
#define TAIL "]}"

/* before, count times byte, after. */
static char *padded(const char *before, char byte, size_t count, const char *after)
{
	size_t head = strlen(before), tail = strlen(after);
	char *text = malloc(head + count + tail + 1);

	assert_non_null(text);
	memcpy(text, before, head);
	memset(text + head, byte, count);
	memcpy(text + head + count, after, tail + 1);
	return text;
}

static void padded_is_refused(const char *before, char byte, size_t count, const char *after,
			      int code, const char *sentence)
{
	char *text = padded(before, byte, count, after);
	struct error err = {{0}};

	assert_int_equal(read_bad(text, strlen(text), &err), code);
	assert_contains(err.text, sentence);
	free(text);
}

static void long_id_is_refused(void **state)
{
	(void)state;
	padded_is_refused(HEAD "{\"kind\":\"mdev\",\"id\":\"", 'i', 256, "\"}" TAIL, -EINVAL,
			  "device 1: \"id\" is 256 bytes long, expected at most 255");
}

static void long_host_name_is_refused(void **state)
{
	(void)state;
	padded_is_refused("{\"host\":{\"name\":\"", 'i', 256, "\"}}", -EINVAL,
			  "\"name\" is 256 bytes long, expected at most 255");
}

static void long_key_is_refused(void **state)
{
	(void)state;
	padded_is_refused(HEAD "{\"kind\":\"mdev\",\"id\":\"u\",\"facts\":{\"", 'k', 256,
			  "\":\"\"}}" TAIL, -EINVAL,
			  "kkk…\" has a name of 256 bytes, expected at most 255");
}

static void long_value_is_refused(void **state)
{
	(void)state;
	padded_is_refused(HEAD "{\"kind\":\"mdev\",\"id\":\"u\",\"facts\":{\"k\":\"", 'v',
			  FACT_VALUE_MAX + 1, "\"}}" TAIL, -EINVAL,
			  "fact \"k\" is 65537 bytes long, expected at most 65536");
}

static void long_base64_is_refused(void **state)
{
	(void)state;
	padded_is_refused(HEAD "{\"kind\":\"mdev\",\"id\":\"u\",\"facts\":{\"k\":{\"base64\":\"",
			  'A', 87384, "\"}}}" TAIL, -EINVAL, "fact \"k\" is 65538 bytes long");
	padded_is_refused(HEAD "{\"kind\":\"mdev\",\"id\":\"u\",\"facts\":{\"k\":{\"base64\":\"",
			  'A', 1u << 20, "\"}}}" TAIL, -EINVAL, "fact \"k\" is 786432 bytes long");
}

static void long_device_is_refused(void **state)
{
	(void)state;
	padded_is_refused(HEAD "{\"kind\":\"mdev\",\"id\":\"u\",\"note\":\"", 'x',
			  INVENTORY_DEVICE_MAX, "\"}" TAIL, -EFBIG,
			  "a.json: device 1: is longer than 16777216 bytes");
}

static void long_member_name_is_refused(void **state)
{
	(void)state;
	padded_is_refused("{\"", 'x', 5000, "\":1}", -EFBIG,
			  "a.json: a member's name: is longer than 4096 bytes");
}

static void unknown_members_are_bounded_together(void **state)
{
	char *text = padded("{\"a\":\"", 'x', INVENTORY_DEVICE_MAX / 2, "\",\"b\":\"");
	char *whole = padded(text, 'x', INVENTORY_DEVICE_MAX / 2, "\"}");
	struct error err = {{0}};

	(void)state;
	assert_int_equal(read_bad(whole, strlen(whole), &err), -EFBIG);
	assert_contains(err.text, "a.json: unknown members hold more than 16777216 bytes");
	free(whole);
	free(text);
}

static void depth_bomb_is_refused(void **state)
{
	(void)state;
	padded_is_refused("{\"x\":", '[', 1000000, "", -EINVAL,
			  "a.json: line 1: \"x\": bad JSON: maximum parsing depth reached");
	padded_is_refused(HEAD, '[', 3000, "", -EINVAL,
			  "a.json: line 1: device 1: bad JSON: maximum parsing depth reached");
}

static void container_bomb_is_refused(void **state)
{
	char *text = malloc(4u << 20);
	struct error err = {{0}};
	size_t at = 0;

	(void)state;
	assert_non_null(text);
	text[at++] = '{';
	at += (size_t)sprintf(text + at, "\"x\":[");
	while (at < (4u << 20) - 8)
		at += (size_t)sprintf(text + at, "[],");
	assert_int_equal(read_bad(text, at, &err), -EFBIG);
	assert_contains(err.text, "a.json: \"x\": holds more than 524288 arrays and objects");
	free(text);
}

static void too_many_facts_are_refused(void **state)
{
	char *text = malloc(16u << 20);
	struct error err = {{0}};
	size_t at;

	(void)state;
	assert_non_null(text);
	at = (size_t)sprintf(text, "{\"host\":{\"name\":\"a\",\"facts\":{");
	for (size_t i = 0; i <= FACTSET_MAX; i++)
		at += (size_t)sprintf(text + at, "%s\"%zu\":\"\"", i ? "," : "", i);
	at += (size_t)sprintf(text + at, "}}}");
	assert_int_equal(read_bad(text, at, &err), -EINVAL);
	assert_contains(err.text, "a.json: \"host\": has more than 262144 facts");
	free(text);
}

static void too_many_globs_are_refused(void **state)
{
	char *text = malloc(64u << 10);
	struct error err = {{0}};
	size_t at;

	(void)state;
	assert_non_null(text);
	at = (size_t)sprintf(text, "{\"wanted\":[\"a\"");
	for (size_t i = 0; i < 4096; i++)
		at += (size_t)sprintf(text + at, ",\"a\"");
	at += (size_t)sprintf(text + at, "]}");
	assert_int_equal(read_bad(text, at, &err), -EINVAL);
	assert_contains(err.text, "a.json: \"wanted\" has 4097 globs, expected at most 4096");
	free(text);
}

static void large_buffer_is_refused(void **state)
{
	struct error err = {{0}};

	(void)state;
	assert_int_equal(read_bad("{", (size_t)INVENTORY_FILE_MAX + 1, &err), -EFBIG);
	assert_contains(err.text, "a.json: is 536870913 bytes long, expected at most 536870912");
}

/* ---------------------------------------------------------------- memory */

static size_t allowance;

static void *malloc_while_allowed(size_t size)
{
	return allowance ? allowance--, malloc(size) : NULL;
}

static void memory_that_runs_out_in_jansson_is_an_error(void **state)
{
	static const char text[] = HEAD "{\"id\":\"u\",\"kind\":\"mdev\",\"facts\":{\"a\":\"1\","
					"\"b\":{\"error\":\"EIO\"}},\"x\":[1]}],\"y\":{\"z\":2}}";
	struct error err = {{0}};
	size_t failures = 0;
	int r = -ENOMEM;

	(void)state;
	while (r < 0) {
		struct inventory inventory;

		inventory_init(&inventory);
		json_set_alloc_funcs(malloc_while_allowed, free);
		allowance = failures;
		r = inventory_read_buffer(&inventory, "a.json", text, sizeof(text) - 1, &err);
		json_set_alloc_funcs(malloc, free);
		inventory_free(&inventory);
		if (r == 0)
			break;
		/* jansson reports some of them as a syntax error. */
		assert_true(r == -ENOMEM || r == -EINVAL);
		assert_memory_equal(err.text, "a.json: ", 8);
		failures++;
	}
	assert_true(failures > 20);
}

/* ---------------------------------------------------------------- files */

static void file_is_refused(const char *path, int code, const char *sentence)
{
	struct inventory inventory;
	struct error err = {{0}};

	inventory_init(&inventory);
	assert_int_equal(inventory_read_file(&inventory, path, &err), code);
	assert_memory_equal(err.text, path, strlen(path));
	assert_contains(err.text, sentence);
	inventory_free(&inventory);
}

static void missing_file_is_refused(void **state)
{
	(void)state;
	file_is_refused("/nonexistent/a.json", -ENOENT,
			": cannot be read: No such file or directory");
}

static void folder_is_refused(void **state)
{
	(void)state;
	file_is_refused("/tmp", -EISDIR, ": is a directory, expected a regular file");
}

static void device_node_is_refused(void **state)
{
	(void)state;
	file_is_refused("/dev/zero", -EINVAL,
			": is a pipe, socket or device, expected a regular file");
}

static void pipe_is_refused_at_once(void **state)
{
	struct folder folder;

	(void)state;
	folder_make(&folder);
	assert_int_equal(mkfifo(folder_path(&folder, "pipe"), 0600), 0);
	file_is_refused(folder.file, -EINVAL,
			": is a pipe, socket or device, expected a regular file");
	folder_remove(&folder);
}

static void empty_file_is_refused(void **state)
{
	struct folder folder;

	(void)state;
	folder_make(&folder);
	file_is_refused(folder_write(&folder, "a.json", ""), -EINVAL,
			": is empty, expected a JSON object");
	folder_remove(&folder);
}

static void gigabyte_is_refused_unread(void **state)
{
	struct folder folder;

	(void)state;
	folder_make(&folder);
	folder_write(&folder, "a.json", "{");
	assert_int_equal(truncate(folder.file, 1 << 30), 0);
	file_is_refused(folder.file, -EFBIG,
			": is 1073741824 bytes long, expected at most 536870912");
	folder_remove(&folder);
}

static void unreadable_file_is_refused(void **state)
{
	struct folder folder;

	bool root = geteuid() == 0;

	(void)state;
	folder_make(&folder);
	assert_int_equal(chmod(folder_write(&folder, "a.json", "{}"), 0), 0);
	/* Root can read the file, other users cannot. */
	if (root)
		assert_int_equal(seteuid(65534), 0);
	file_is_refused(folder.file, -EACCES, ": cannot be read: Permission denied");
	if (root)
		assert_int_equal(seteuid(0), 0);
	folder_remove(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_id_is_refused),
		cmocka_unit_test(long_host_name_is_refused),
		cmocka_unit_test(long_key_is_refused),
		cmocka_unit_test(long_value_is_refused),
		cmocka_unit_test(long_base64_is_refused),
		cmocka_unit_test(long_device_is_refused),
		cmocka_unit_test(long_member_name_is_refused),
		cmocka_unit_test(unknown_members_are_bounded_together),
		cmocka_unit_test(depth_bomb_is_refused),
		cmocka_unit_test(container_bomb_is_refused),
		cmocka_unit_test(too_many_facts_are_refused),
		cmocka_unit_test(too_many_globs_are_refused),
		cmocka_unit_test(large_buffer_is_refused),
		cmocka_unit_test(memory_that_runs_out_in_jansson_is_an_error),
		cmocka_unit_test(missing_file_is_refused),
		cmocka_unit_test(folder_is_refused),
		cmocka_unit_test(device_node_is_refused),
		cmocka_unit_test(pipe_is_refused_at_once),
		cmocka_unit_test(empty_file_is_refused),
		cmocka_unit_test(gigabyte_is_refused_unread),
		cmocka_unit_test(unreadable_file_is_refused),
	};

	return cmocka_run_group_tests_name("inventory_limits", tests, NULL, NULL);
}
