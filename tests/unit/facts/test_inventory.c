/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Correct inventories, in each order and form that the format allows. */
#include "tests/support/files.h"
#include "tests/support/test.h"

#include <errno.h>

#include "core/facts/inventory_json.h"

#define HEAD "{\"format\":\"migcompat-inventory/1\",\"host\":{\"name\":\"a\"},\"devices\":["
#define TAIL "]}"

static const char example[] =
	"{\"format\":\"migcompat-inventory/1\",\"taken\":\"2026-11-21T02:00:00Z\",\n"
	" \"host\":{\"name\":\"a\",\"facts\":{\"module/mtty/version\":\"1\",\"kernel/"
	"release\":\"6.12.0\"}},\n"
	" \"devices\":[{\"id\":\"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001\",\"kind\":\"mdev\","
	"\"driver\":\"mtty\",\"parent\":\"mtty\",\n"
	"             "
	"\"path\":\"/devices/virtual/mtty/mtty/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001\",\n"
	"             \"facts\":{\"mdev_type\":\"mtty-2\",\"mdev_type/name\":\"Dual port "
	"serial\"}},\n"
	"            {\"id\":\"mtty/mtty-1\",\"kind\":\"mdev-type\",\"facts\":{}},\n"
	"            "
	"{\"id\":\"0000:00:03.0\",\"kind\":\"physical\",\"facts\":{\"vendor\":\"0x1b36\"}}]}\n";

/* Reads a text that must be accepted. */
static void read_good(struct inventory *inventory, const char *text)
{
	struct error err = {{0}};

	inventory_init(inventory);
	if (inventory_read_buffer(inventory, "a.json", text, strlen(text), &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(inventory_finish(inventory, NULL), 0);
}

static void document_becomes_host_and_devices(void **state)
{
	struct inventory inventory;
	const struct device *device;

	(void)state;
	read_good(&inventory, example);
	assert_int_equal(inventory.nhosts, 1);
	assert_string_equal(inventory.hosts[0]->name, "a");
	assert_string_equal(inventory.hosts[0]->taken, "2026-11-21T02:00:00Z");
	assert_string_equal(inventory.hosts[0]->source, "a.json");
	assert_string_equal(factset_text(&inventory.hosts[0]->facts, "kernel/release"), "6.12.0");
	assert_int_equal(inventory.ndevices, 3);
	device = &inventory.devices[0];
	assert_string_equal(device->id, "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001");
	assert_int_equal(device->kind, MIGCOMPAT_KIND_MDEV);
	assert_string_equal(device->driver, "mtty");
	assert_string_equal(device->parent, "mtty");
	assert_string_equal(device->path,
			    "/devices/virtual/mtty/mtty/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001");
	assert_string_equal(factset_text(&device->facts, "mdev_type/name"), "Dual port serial");
	assert_ptr_equal(device->host, inventory.hosts[0]);
	assert_int_equal(inventory.devices[1].kind, MIGCOMPAT_KIND_MDEV_TYPE);
	assert_null(inventory.devices[1].driver);
	assert_int_equal(inventory.devices[2].kind, MIGCOMPAT_KIND_PHYSICAL);
	inventory_free(&inventory);
}

static void file_is_read_as_memory_is(void **state)
{
	struct folder folder;
	struct inventory inventory;

	(void)state;
	folder_make(&folder);
	folder_write(&folder, "a.json", example);
	inventory_init(&inventory);
	assert_int_equal(inventory_read_file(&inventory, folder.file, NULL), 0);
	assert_int_equal(inventory.ndevices, 3);
	assert_string_equal(inventory.hosts[0]->source, folder.file);
	inventory_free(&inventory);
	folder_remove(&folder);
}

static void folder_that_is_bad_adds_nothing(void **state)
{
	struct folder folder;
	struct inventory inventory;
	struct error err = {{0}};

	(void)state;
	folder_make(&folder);
	folder_write(&folder, "a.json", example);
	inventory_init(&inventory);
	assert_int_equal(inventory_read(&inventory, folder.path, NULL), 0);
	assert_int_equal(inventory.nhosts, 1);
	folder_write(&folder, "b.json", "[]");
	assert_int_equal(inventory_read(&inventory, folder.path, &err), -EINVAL);
	assert_contains(err.text, "/b.json: line 1: ");
	assert_int_equal(inventory.nhosts, 1);
	assert_int_equal(inventory.ndevices, 3);
	inventory_free(&inventory);
	folder_remove(&folder);
}

static void large_file_is_read_through_the_window(void **state)
{
	struct folder folder;
	struct inventory inventory;
	FILE *file;

	(void)state;
	folder_make(&folder);
	file = fopen(folder_path(&folder, "a.json"), "w");
	fputs(HEAD, file);
	for (int i = 0; i < 5000; i++)
		fprintf(file,
			"%s\n{\"id\":\"%d\",\"kind\":\"mdev\",\"n\":%d,\"facts\":{\"name\":\"€%d\"}"
			"}",
			i ? "," : "", i, i, i);
	fputs(TAIL, file);
	assert_int_equal(fclose(file), 0);
	inventory_init(&inventory);
	assert_int_equal(inventory_read_file(&inventory, folder.file, NULL), 0);
	assert_int_equal(inventory.ndevices, 5000);
	for (int i = 0; i < 5000; i++) {
		char text[32];

		snprintf(text, sizeof(text), "€%d", i);
		assert_string_equal(factset_text(&inventory.devices[i].facts, "name"), text);
		snprintf(text, sizeof(text), "{\"n\":%d}", i);
		assert_string_equal(inventory.devices[i].extra, text);
	}
	inventory_free(&inventory);
	folder_remove(&folder);
}

static void members_come_in_any_order(void **state)
{
	struct inventory inventory;

	(void)state;
	read_good(
		&inventory,
		"{\"devices\":[{\"facts\":{\"v\":\"1\"},\"kind\":\"mdev\",\"id\":\"u\"}],"
		"\"host\":{\"facts\":{},\"name\":\"late\"},\"format\":\"migcompat-inventory/1\"}");
	assert_string_equal(inventory.devices[0].host->name, "late");
	assert_string_equal(inventory.devices[0].id, "u");
	inventory_free(&inventory);
}

static void only_format_and_host_name_are_required(void **state)
{
	struct inventory inventory;

	(void)state;
	read_good(&inventory,
		  " {\"format\" : \"migcompat-inventory/1\"\r\n,\t\"host\":{\"name\":\"a\"} } \n");
	assert_int_equal(inventory.nhosts, 1);
	assert_int_equal(inventory.ndevices, 0);
	assert_int_equal(inventory.hosts[0]->facts.count, 0);
	assert_null(inventory.hosts[0]->taken);
	assert_null(inventory.hosts[0]->wanted.globs);
	assert_null(inventory.hosts[0]->extra);
	assert_null(inventory.hosts[0]->doc_extra);
	inventory_free(&inventory);
}

static void host_name_may_be_any_text(void **state)
{
	struct inventory inventory;

	(void)state;
	read_good(&inventory, "{\"format\":\"migcompat-inventory/1\",\"host\":{\"name\":\"rack "
			      "4/böx: \\\"a\\\" /\"},\"devices\":[]}");
	assert_string_equal(inventory.hosts[0]->name, "rack 4/böx: \"a\" /");
	inventory_free(&inventory);
}

static void several_files_make_one_inventory(void **state)
{
	struct inventory inventory;
	const struct device *device;

	(void)state;
	inventory_init(&inventory);
	assert_int_equal(inventory_read_buffer(&inventory, "a", example, sizeof(example) - 1, NULL),
			 0);
	assert_int_equal(
		inventory_read_buffer(
			&inventory, "b", HEAD "{\"id\":\"u\",\"kind\":\"mdev\",\"facts\":{}}" TAIL,
			sizeof(HEAD "{\"id\":\"u\",\"kind\":\"mdev\",\"facts\":{}}" TAIL) - 1,
			NULL),
		0);
	assert_int_equal(inventory_finish(&inventory, NULL), 0);
	assert_int_equal(inventory.nhosts, 2);
	assert_int_equal(inventory.hosts[1]->number, 1);
	assert_int_equal(inventory_find(&inventory, "u", &device, NULL), 0);
	assert_ptr_equal(device->host, inventory.hosts[1]);
	inventory_free(&inventory);
}

static void error_becomes_its_number(void **state)
{
	struct inventory inventory;
	const struct fact *fact;

	(void)state;
	read_good(&inventory, HEAD "{\"id\":\"u\",\"kind\":\"mdev\",\"facts\":{\"a\":{\"error\":"
				   "\"EACCES\"},\"b\":{\"error\":\"E524\"}}}" TAIL);
	fact = factset_find(&inventory.devices[0].facts, "a");
	assert_int_equal(fact->error, EACCES);
	assert_null(fact->value);
	assert_int_equal(factset_find(&inventory.devices[0].facts, "b")->error, 524);
	inventory_free(&inventory);
}

static void base64_becomes_bytes(void **state)
{
	struct inventory inventory;
	const struct fact *fact;

	(void)state;
	read_good(&inventory, HEAD "{\"id\":\"u\",\"kind\":\"mdev\",\"facts\":{\"a\":{\"base64\":"
				   "\"AP8K\"},\"b\":{\"base64\":\"\"}}}" TAIL);
	fact = factset_find(&inventory.devices[0].facts, "a");
	assert_true(fact->binary);
	assert_int_equal(fact->len, 3);
	assert_memory_equal(fact->value, "\x00\xff\x0a", 3);
	assert_int_equal(factset_find(&inventory.devices[0].facts, "b")->len, 0);
	inventory_free(&inventory);
}

static void text_keeps_inner_newlines(void **state)
{
	struct inventory inventory;

	(void)state;
	read_good(&inventory,
		  HEAD "{\"id\":\"u\",\"kind\":\"mdev\",\"facts\":{\"a\":\"x\\ny\\n\"}}" TAIL);
	assert_string_equal(factset_text(&inventory.devices[0].facts, "a"), "x\ny");
	inventory_free(&inventory);
}

static void wanted_of_the_document_is_the_hosts(void **state)
{
	struct inventory inventory;

	(void)state;
	read_good(&inventory,
		  "{\"host\":{\"name\":\"a\"},\"devices\":[{\"id\":\"u\",\"kind\":\"mdev\","
		  "\"facts\":{}},"
		  "{\"id\":\"v\",\"kind\":\"mdev\",\"facts\":{},\"wanted\":[]}],"
		  "\"wanted\":[\"vendor\",\"mdev_type/*\"],\"format\":\"migcompat-inventory/1\"}");
	assert_int_equal(inventory.hosts[0]->wanted.count, 2);
	assert_string_equal(inventory.hosts[0]->wanted.globs[1], "mdev_type/*");
	assert_null(inventory.devices[0].wanted.globs);
	assert_non_null(inventory.devices[1].wanted.globs);
	assert_int_equal(inventory.devices[1].wanted.count, 0);
	inventory_free(&inventory);
}

static void wanted_of_the_host_wins_for_the_host_alone(void **state)
{
	struct inventory inventory;

	(void)state;
	read_good(&inventory,
		  "{\"format\":\"migcompat-inventory/"
		  "1\",\"wanted\":[\"vendor\"],\"host\":{\"wanted\":[\"module/*\"],\"name\":\"a\"},"
		  "\"devices\":[{\"id\":\"u\",\"kind\":\"mdev\",\"facts\":{}}]}");
	assert_string_equal(inventory.hosts[0]->wanted.globs[0], "module/*");
	assert_string_equal(inventory.devices[0].wanted.globs[0], "vendor");
	inventory_free(&inventory);
}

static void unknown_members_are_kept(void **state)
{
	struct inventory inventory;

	(void)state;
	read_good(&inventory, "{\"format\":\"migcompat-inventory/1\",\"by\":[1, "
			      "2.5],\"host\":{\"name\":\"a\",\"id\":\"h\",\"rack\":{\"row\":4}},"
			      "\"more\":null,\"devices\":[{\"id\":\"u\",\"kind\":\"mdev\","
			      "\"facts\":{},\"name\":\"x\",\"note\":\"ö\\n\"}]}");
	assert_string_equal(inventory.hosts[0]->doc_extra, "{\"by\":[1,2.5],\"more\":null}");
	assert_string_equal(inventory.hosts[0]->extra, "{\"id\":\"h\",\"rack\":{\"row\":4}}");
	assert_string_equal(inventory.devices[0].extra, "{\"name\":\"x\",\"note\":\"ö\\n\"}");
	inventory_free(&inventory);
}

static void longest_texts_are_accepted(void **state)
{
	struct inventory inventory;
	char id[256], text[1024];

	(void)state;
	memset(id, 'i', 255);
	id[255] = '\0';
	snprintf(text, sizeof(text),
		 HEAD "{\"id\":\"%s\",\"kind\":\"mdev\",\"facts\":{\"%s\":\"v\"}}" TAIL, id, id);
	read_good(&inventory, text);
	assert_string_equal(inventory.devices[0].id, id);
	assert_string_equal(inventory.devices[0].facts.facts[0].key, id);
	inventory_free(&inventory);
}

static void nothing_stays_of_a_file_that_fails(void **state)
{
	static const char bad[] =
		HEAD "{\"id\":\"u\",\"kind\":\"mdev\",\"facts\":{\"a\":\"1\"}},{\"id\":\"v\"}" TAIL;
	struct inventory inventory;
	size_t total;

	(void)state;
	inventory_init(&inventory);
	assert_int_equal(inventory_read_buffer(&inventory, "a", example, sizeof(example) - 1, NULL),
			 0);
	total = inventory.arena.total;
	assert_int_equal(inventory_read_buffer(&inventory, "b", bad, sizeof(bad) - 1, NULL),
			 -EINVAL);
	assert_int_equal(inventory.nhosts, 1);
	assert_int_equal(inventory.ndevices, 3);
	assert_int_equal(inventory.arena.total, total);
	assert_int_equal(inventory_finish(&inventory, NULL), 0);
	inventory_free(&inventory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(document_becomes_host_and_devices),
		cmocka_unit_test(file_is_read_as_memory_is),
		cmocka_unit_test(folder_that_is_bad_adds_nothing),
		cmocka_unit_test(large_file_is_read_through_the_window),
		cmocka_unit_test(members_come_in_any_order),
		cmocka_unit_test(only_format_and_host_name_are_required),
		cmocka_unit_test(host_name_may_be_any_text),
		cmocka_unit_test(several_files_make_one_inventory),
		cmocka_unit_test(error_becomes_its_number),
		cmocka_unit_test(base64_becomes_bytes),
		cmocka_unit_test(text_keeps_inner_newlines),
		cmocka_unit_test(wanted_of_the_document_is_the_hosts),
		cmocka_unit_test(wanted_of_the_host_wins_for_the_host_alone),
		cmocka_unit_test(unknown_members_are_kept),
		cmocka_unit_test(longest_texts_are_accepted),
		cmocka_unit_test(nothing_stays_of_a_file_that_fails),
	};

	return cmocka_run_group_tests_name("inventory", tests, NULL, NULL);
}
