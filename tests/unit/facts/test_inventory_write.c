/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing inventories: a model always gives the same bytes, and reading them gives the
 * model.
 */
#include "tests/support/test.h"

#include <errno.h>

#include "core/facts/inventory_json.h"

struct written {
	char *text;
	size_t len;
};

static void written_free(struct written *written)
{
	free(written->text);
}

static int write_to_memory(const struct inventory *inventory, const struct host *host,
			   inventory_keep_fn *keep, void *arg, struct written *ret)
{
	FILE *out = open_memstream(&ret->text, &ret->len);
	int r;

	assert_non_null(out);
	r = inventory_write(inventory, host, out, keep, arg);
	assert_int_equal(fclose(out), 0);
	return r;
}

static void read_good(struct inventory *inventory, const char *text)
{
	struct error err = {{0}};

	inventory_init(inventory);
	if (inventory_read_buffer(inventory, "a.json", text, strlen(text), &err) < 0)
		fail_msg("%s", err.text);
}

/* Everything that a model can have. */
static const char full[] =
	"{\"format\":\"migcompat-inventory/1\",\"taken\":\"2026-11-21T02:00:00Z\",\n"
	" \"wanted\":[\"mdev_type\",\"module/*\"],\n"
	" \"host\":{\"name\":\"böx \\\"4\\\"\",\"facts\":{\n"
	"   \"kernel/release\":\"6.12.0\",\n"
	"   \"module/mtty/version\":{\"error\":\"E524\"}},\n"
	"  \"rack\":{\"row\":4}},\n"
	" \"devices\":[\n"
	"  {\"id\":\"u1\",\"kind\":\"mdev\",\"driver\":\"mtty\",\"parent\":\"mtty\",\n"
	"   \"path\":\"/devices/virtual/mtty/mtty/u1\",\n"
	"   \"wanted\":[],\n"
	"   \"facts\":{\n"
	"   \"a\":{\"error\":\"EACCES\"},\n"
	"   \"b\":{\"base64\":\"AP8K\"},\n"
	"   \"c\":{\"base64\":\"\"},\n"
	"   \"d\":\"x\\ny\\n\\n\",\n"
	"   \"e\":\"\",\n"
	"   \"f\":\"\\n\\n\",\n"
	"   \"g\":\"\\u0001€/\\\\\"},\n"
	"   \"note\":[1,2.5,null]},\n"
	"  {\"id\":\"mtty/mtty-1\",\"kind\":\"mdev-type\",\n"
	"   \"facts\":{}}],\n"
	" \"by\":\"hand\",\"more\":[]}\n";

static void full_document_comes_back_byte_for_byte(void **state)
{
	struct inventory inventory;
	struct written written;

	(void)state;
	read_good(&inventory, full);
	assert_int_equal(write_to_memory(&inventory, inventory.hosts[0], NULL, NULL, &written), 0);
	assert_string_equal(written.text, full);
	assert_int_equal(written.len, strlen(full));
	written_free(&written);
	inventory_free(&inventory);
}

static void order_of_reading_does_not_matter(void **state)
{
	struct inventory one, two;
	struct written first, second;

	(void)state;
	read_good(&one, "{\"devices\":[{\"facts\":{\"b\":\"1\",\"a\":\"2\"},\"id\":\"u\",\"kind\":"
			"\"mdev\"}],"
			"\"host\":{\"facts\":{\"y\":\"\",\"x\":\"\"},\"name\":\"a\"},\"format\":"
			"\"migcompat-inventory/1\"}");
	read_good(&two, "{\"format\":\"migcompat-inventory/"
			"1\",\"host\":{\"name\":\"a\",\"facts\":{\"x\":\"\",\"y\":\"\"}},"
			"\"devices\":[{\"id\":\"u\",\"kind\":\"mdev\",\"facts\":{\"a\":\"2\",\"b\":"
			"\"1\"}}]}");
	assert_int_equal(write_to_memory(&one, one.hosts[0], NULL, NULL, &first), 0);
	assert_int_equal(write_to_memory(&two, two.hosts[0], NULL, NULL, &second), 0);
	assert_string_equal(first.text, second.text);
	written_free(&first);
	written_free(&second);
	inventory_free(&one);
	inventory_free(&two);
}

static void wanted_of_host_and_document_stay_apart(void **state)
{
	struct inventory one, two;
	struct written written;

	(void)state;
	read_good(&one,
		  "{\"format\":\"migcompat-inventory/"
		  "1\",\"wanted\":[\"vendor\"],\"host\":{\"name\":\"a\",\"wanted\":[\"module/*\"]},"
		  "\"devices\":[{\"id\":\"u\",\"kind\":\"mdev\",\"facts\":{}}]}");
	assert_int_equal(write_to_memory(&one, one.hosts[0], NULL, NULL, &written), 0);
	read_good(&two, written.text);
	assert_string_equal(two.hosts[0]->wanted.globs[0], "module/*");
	assert_string_equal(two.devices[0].wanted.globs[0], "vendor");
	written_free(&written);
	inventory_free(&one);
	inventory_free(&two);
}

static void one_host_of_several_is_written(void **state)
{
	struct inventory inventory;
	struct written written;
	struct error err;

	(void)state;
	read_good(&inventory, full);
	assert_int_equal(inventory_read_buffer(&inventory, "b.json", full, strlen(full), &err), 0);
	inventory.hosts[1]->name = "b";
	assert_int_equal(write_to_memory(&inventory, inventory.hosts[1], NULL, NULL, &written), 0);
	assert_contains(written.text, "\"name\":\"b\"");
	assert_null(strstr(written.text, "böx"));
	assert_int_equal(written.len, strlen(full) - strlen("böx \\\"4\\\"") + 1);
	written_free(&written);
	inventory_free(&inventory);
}

/* ---------------------------------------------------------------- what is kept */

static bool keep_all_but(void *arg, const struct device *device, const char *key)
{
	(void)device;
	return strcmp(key, arg) != 0;
}

static void fact_that_is_not_kept_is_left_out(void **state)
{
	struct inventory inventory;
	struct written written;

	(void)state;
	read_good(&inventory, full);
	assert_int_equal(write_to_memory(&inventory, inventory.hosts[0], keep_all_but, (void *)"a",
					 &written),
			 0);
	assert_null(strstr(written.text, "EACCES"));
	assert_contains(written.text, "\"facts\":{\n   \"b\"");
	written_free(&written);
	inventory_free(&inventory);
}

static void glob_of_which_nothing_is_kept_is_not_said_to_be_collected(void **state)
{
	struct inventory inventory;
	struct written written;

	(void)state;
	read_good(&inventory, full);
	assert_int_equal(write_to_memory(&inventory, inventory.hosts[0], keep_all_but,
					 (void *)"module/*", &written),
			 0);
	assert_contains(written.text, "\n \"wanted\":[\"mdev_type\"],");
	written_free(&written);
	inventory_free(&inventory);
}

static bool keep_no_mdev_type_of_devices(void *arg, const struct device *device, const char *key)
{
	(void)arg;
	return !device || strcmp(key, "mdev_type") != 0;
}

static void glob_that_a_device_does_not_keep_is_not_the_hosts(void **state)
{
	struct inventory inventory;
	struct written written;

	(void)state;
	read_good(&inventory, full);
	assert_int_equal(write_to_memory(&inventory, inventory.hosts[0],
					 keep_no_mdev_type_of_devices, NULL, &written),
			 0);
	assert_contains(written.text, "\n \"wanted\":[\"module/*\"],");
	written_free(&written);
	inventory_free(&inventory);
}

/* ---------------------------------------------------------------- failures */

static void full_disk_is_told(void **state)
{
	struct inventory inventory;
	FILE *out = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(out);
	read_good(&inventory, full);
	assert_int_equal(inventory_write(&inventory, inventory.hosts[0], out, NULL, NULL), -ENOSPC);
	setvbuf(out, NULL, _IONBF, 0);
	assert_int_equal(inventory_write(&inventory, inventory.hosts[0], out, NULL, NULL), -ENOSPC);
	fclose(out);
	inventory_free(&inventory);
}

static void name_that_is_not_utf8_is_told(void **state)
{
	struct inventory inventory;
	struct written written;

	(void)state;
	read_good(&inventory, full);
	inventory.hosts[0]->name = "b\xf6x";
	assert_int_equal(write_to_memory(&inventory, inventory.hosts[0], NULL, NULL, &written),
			 -EILSEQ);
	written_free(&written);
	inventory_free(&inventory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_document_comes_back_byte_for_byte),
		cmocka_unit_test(order_of_reading_does_not_matter),
		cmocka_unit_test(wanted_of_host_and_document_stay_apart),
		cmocka_unit_test(one_host_of_several_is_written),
		cmocka_unit_test(fact_that_is_not_kept_is_left_out),
		cmocka_unit_test(glob_of_which_nothing_is_kept_is_not_said_to_be_collected),
		cmocka_unit_test(glob_that_a_device_does_not_keep_is_not_the_hosts),
		cmocka_unit_test(full_disk_is_told),
		cmocka_unit_test(name_that_is_not_utf8_is_told),
	};

	return cmocka_run_group_tests_name("inventory_write", tests, NULL, NULL);
}
