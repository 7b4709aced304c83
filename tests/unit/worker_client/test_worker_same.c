/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A backend in a worker answers as in this process: the same descriptions, strings,
 * findings, lists and errors.
 */
#include <glob.h>

#include "core/backend/registry.h"
#include "core/facts/inventory_json.h"
#include "tests/support/same.h"
#include "tests/support/worker.h"

static const char *const host_facts[] = {"kernel/release", "6.12.0-amd64",
					 "bus/ap/devices/card05/hwtype", "14", NULL};
static const char *const two_ports[] = {"mdev_type", "mtty-2", NULL};
static const char *const one_port[] = {"mdev_type", "mtty-1", NULL};
static const char *const unreadable[] = {"mdev_type", "!EACCES", NULL};
static const char *const unknown[] = {"device", "0x0009", NULL};

static void same_lists(struct opened *local, struct opened *worker, const char *payload, size_t len)
{
	for (int which = 0; which < PROVIDER_LIST_COUNT; which++) {
		struct migcompat_sink a = {0}, b = {0};
		struct error x = {0}, y = {0};

		assert_int_equal(
			opened_list(local, (enum provider_list)which, payload, len, &a, &x),
			opened_list(worker, (enum provider_list)which, payload, len, &b, &y));
		assert_string_equal(x.text, y.text);
		same_sink(&a, &b);
		sink_free(&a);
		sink_free(&b);
	}
}

static void same_comparison(struct opened *local, struct opened *worker, const char *payload,
			    size_t len)
{
	struct migcompat_result a = {0}, b = {0};
	struct error x = {0}, y = {0};

	assert_int_equal(result_reset(&a) | result_reset(&b), 0);
	assert_int_equal(opened_compare(local, payload, len, &a, &x),
			 opened_compare(worker, payload, len, &b, &y));
	assert_string_equal(x.text, y.text);
	same_result(&a, &b);
	result_free(&a);
	result_free(&b);
}

/* A backend in this process and in a worker, and devices that are open in both. */
struct pair {
	struct provider *local;
	struct provider *worker;
	struct opened *in_local[64];
	struct opened *in_worker[64];
	size_t count;
};

static void pair_open(struct pair *pair, const struct device *device)
{
	struct opened *a = NULL, *b = NULL;
	struct error x = {0}, y = {0};

	assert_int_equal(provider_open(pair->local, device, &a, &x),
			 provider_open(pair->worker, device, &b, &y));
	assert_string_equal(x.text, y.text);
	if (!a)
		return;
	same_opened(a, b);
	assert_true(pair->count < 64);
	pair->in_local[pair->count] = a;
	pair->in_worker[pair->count++] = b;
}

/* Compare each device with each other one, and with invalid strings. */
static void pair_compare(struct pair *pair)
{
	static const char *const foreign[] = {"", "1", "9;ports=2;=0000000000000000", "x;\x01\xff"};

	for (size_t target = 0; target < pair->count; target++) {
		struct opened *local = pair->in_local[target], *worker = pair->in_worker[target];

		for (size_t source = 0; source < pair->count; source++) {
			const char *payload = pair->in_local[source]->payload;
			size_t len = pair->in_local[source]->payload_len;

			if (!payload)
				continue;
			same_comparison(local, worker, payload, len);
			same_comparison(local, worker, payload, len - 1);
			same_lists(local, worker, payload, len);
		}
		for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
			same_comparison(local, worker, foreign[i], strlen(foreign[i]));
		same_lists(local, worker, NULL, 0);
	}
}

static void pair_start(struct pair *pair, const char *name)
{
	*pair = (struct pair){.local = test_backend(name, NULL), .worker = worker_good(name)};
}

static size_t pair_end(struct pair *pair)
{
	size_t count = pair->count;

	for (size_t i = 0; i < pair->count; i++) {
		opened_close(pair->in_local[i]);
		opened_close(pair->in_worker[i]);
	}
	provider_free(pair->local);
	provider_free(pair->worker);
	return count;
}

/* Open the devices of a recorded host that a backend serves. Returns how many. */
static size_t same_on_host(const char *name, const char *path)
{
	const struct backend_info *found, *infos[1];
	const struct registry registry = {.infos = infos, .count = 1};
	struct inventory inventory;
	struct pair pair;
	struct error err = {0};

	pair_start(&pair, name);
	infos[0] = &pair.local->info;
	inventory_init(&inventory);
	if (inventory_read_file(&inventory, path, &err) || inventory_finish(&inventory, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < inventory.ndevices && pair.count < 12; i++)
		if (registry_find_device(&registry, &inventory.devices[i], &found, &err) >= 0 &&
		    found)
			pair_open(&pair, &inventory.devices[i]);
	pair_compare(&pair);
	size_t count = pair_end(&pair);

	inventory_free(&inventory);
	return count;
}

static size_t same_on_all_hosts(const char *name)
{
	glob_t hosts;
	size_t count = 0;

	assert_int_equal(glob(TEST_SOURCE "/tests/hosts/*.json", 0, NULL, &hosts), 0);
	for (size_t i = 0; i < hosts.gl_pathc; i++)
		count += same_on_host(name, hosts.gl_pathv[i]);
	globfree(&hosts);
	return count;
}

static const struct {
	const char *backend;
	enum migcompat_kind kind;
	const char *const *facts;
} table[] = {
	{"mtty", MIGCOMPAT_KIND_MDEV, two_ports},
	{"mtty", MIGCOMPAT_KIND_MDEV_TYPE, one_port},
	{"mtty", MIGCOMPAT_KIND_PHYSICAL,
	 (const char *const[]){"device", "0x0004", "stated/state_version", "1.2.3", NULL}},
	{"mtty", MIGCOMPAT_KIND_PHYSICAL, unknown},
	{"mtty", MIGCOMPAT_KIND_MDEV, unreadable},
	{"mtty", MIGCOMPAT_KIND_MDEV, NULL},
	{"vfio_ap", MIGCOMPAT_KIND_MDEV,
	 (const char *const[]){"mdev_type", "vfio_ap-passthrough", "matrix", "05.0001\n05.0002",
			       "control_domains", "0001", NULL}},
	{"vfio_ap", MIGCOMPAT_KIND_MDEV_TYPE,
	 (const char *const[]){"mdev_type", "vfio_ap-passthrough", NULL}},
	{"vfio_ap", MIGCOMPAT_KIND_MDEV, NULL},
	{"i915", MIGCOMPAT_KIND_MDEV,
	 (const char *const[]){"mdev_type", "i915-GVTg_V5_4", "parent/device", "0x5916", NULL}},
	{"i915", MIGCOMPAT_KIND_MDEV_TYPE, NULL},
};

static void same_in_table(const char *name)
{
	struct test_host host;
	struct pair pair;

	pair_start(&pair, name);
	test_host_make(&host, host_facts);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i].backend, name) == 0)
			pair_open(&pair, test_device(&host, table[i].kind, "x", table[i].facts));
	pair_compare(&pair);
	pair_end(&pair);
	test_host_free(&host);
}

static void serial_cards_get_the_same_answers(void **state)
{
	(void)state;
	same_in_table("mtty");
	same_on_all_hosts("mtty");
}

static void crypto_cards_get_the_same_answers(void **state)
{
	(void)state;
	same_in_table("vfio_ap");
	same_on_all_hosts("vfio_ap");
}

static void graphics_cards_get_the_same_answers(void **state)
{
	(void)state;
	same_in_table("i915");
	assert_true(same_on_all_hosts("i915") > 0);
}

static void the_fallback_is_the_same(void **state)
{
	(void)state;
	assert_true(same_on_all_hosts("generic") > 0);
}

static void same_declaration(const char *name)
{
	struct provider *local = test_backend(name, NULL), *worker = worker_good(name);
	const struct backend_info *a = &local->info, *b = &worker->info;

	same_text(a->path, b->path);
	same_text(a->name, b->name);
	same_text(a->version, b->version);
	same_text(a->description, b->description);
	same_text(a->operations, b->operations);
	assert_int_equal(a->api_version, b->api_version);
	assert_int_equal(a->thread_model, b->thread_model);
	assert_int_equal(a->fallback, b->fallback);
	assert_int_equal(a->struct_size, b->struct_size);
	assert_int_equal(a->nkeys, b->nkeys);
	for (size_t i = 0; i < a->nkeys; i++)
		same_text(a->keys[i], b->keys[i]);
	assert_int_equal(a->nwants, b->nwants);
	for (size_t i = 0; i < a->nwants; i++) {
		same_text(a->wants[i].glob, b->wants[i].glob);
		assert_int_equal(a->wants[i].flags, b->wants[i].flags);
	}
	assert_int_equal(a->nsettings, b->nsettings);
	for (size_t i = 0; i < a->nsettings; i++) {
		same_text(a->settings[i].name, b->settings[i].name);
		same_text(a->settings[i].allowed, b->settings[i].allowed);
		same_text(a->settings[i].init, b->settings[i].init);
		same_text(a->settings[i].description, b->settings[i].description);
		assert_int_equal(a->settings[i].type, b->settings[i].type);
	}
	provider_free(local);
	provider_free(worker);
}

static void what_a_backend_declares_arrives_whole(void **state)
{
	(void)state;
	same_declaration("mtty");
	same_declaration("generic");
}

static void a_fact_that_was_not_collected_stays_so(void **state)
{
	static const char *const globs[] = {"vendor"};
	struct test_host host;
	struct device device;
	struct pair pair;

	(void)state;
	pair_start(&pair, "mtty");
	test_host_make(&host, NULL);
	device = *test_device(&host, MIGCOMPAT_KIND_MDEV, "x", NULL);
	device.wanted = (struct wanted){.globs = globs, .count = 1};
	pair_open(&pair, &device);
	device.wanted = (struct wanted){0};
	host.host->wanted = (struct wanted){.globs = globs, .count = 1};
	pair_open(&pair, &device);
	pair_end(&pair);
	test_host_free(&host);
}

static const char *refused(void *arg, const char *namespace, const char *name)
{
	(void)namespace;
	return arg && strcmp(name, "emit_format") == 0 ? arg : NULL;
}

static void settings_reach_the_backend(void **state)
{
	struct provider *worker = worker_good("mtty");
	struct test_host host;
	struct opened *opened = NULL;
	struct error err = {0};

	(void)state;
	test_host_make(&host, host_facts);
	/* The backend does not write this format, so it can make no string. */
	assert_int_equal(provider_settle(worker, refused, (void *)(uintptr_t) "7"), 0);
	assert_true(provider_open(worker, test_device(&host, MIGCOMPAT_KIND_MDEV, "x", two_ports),
				  &opened, &err) < 0);
	assert_contains(err.text, "version string");
	assert_int_equal(provider_settle(worker, refused, (void *)(uintptr_t) "1"), 0);
	opened_close(test_open(worker, &host.devices[0]));
	provider_free(worker);
	test_host_free(&host);
}

static void another_host_at_the_same_address_is_another_host(void **state)
{
	static const char *const older[] = {"kernel/release", "6.1.0-18-amd64", NULL};
	struct provider *worker = worker_good("mtty");
	struct test_host host;
	struct opened *opened;

	(void)state;
	test_host_make(&host, host_facts);
	opened = test_open(worker, test_device(&host, MIGCOMPAT_KIND_MDEV, "x", two_ports));
	assert_int_equal(opened->mechanism, MIGCOMPAT_YES);
	opened_close(opened);
	host.host->facts = test_facts(&host.inventory.arena, older);
	opened = test_open(worker, &host.devices[0]);
	assert_int_equal(opened->mechanism, MIGCOMPAT_NO);
	opened_close(opened);
	provider_free(worker);
	test_host_free(&host);
}

static void many_devices_open_and_close_in_any_order(void **state)
{
	struct opened *opened[100];
	struct provider *worker = worker_good("mtty");
	struct migcompat_result result = {0};
	struct test_host host;

	(void)state;
	test_host_make(&host, host_facts);
	test_device(&host, MIGCOMPAT_KIND_MDEV, "two", two_ports);
	test_device(&host, MIGCOMPAT_KIND_MDEV, "one", one_port);
	for (int i = 0; i < 100; i++)
		opened[i] = test_open(worker, &host.devices[i & 1]);
	for (int i = 0; i < 100; i += 3)
		opened[i] = opened_close(opened[i]);
	for (int i = 0; i < 100; i += 3)
		opened[i] = test_open(worker, &host.devices[i & 1]);
	for (int i = 0; i < 100; i++) {
		test_compare(opened[0], opened[i], &result);
		assert_int_equal(result.bad_count != 0, i & 1);
		assert_string_equal(opened[i]->type, i & 1 ? "serial-1port" : "serial-2port");
	}
	for (int i = 0; i < 100; i++)
		opened_close(opened[i]);
	result_free(&result);
	provider_free(worker);
	test_host_free(&host);
}

#define test(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(serial_cards_get_the_same_answers),
		test(crypto_cards_get_the_same_answers),
		test(graphics_cards_get_the_same_answers),
		test(the_fallback_is_the_same),
		test(what_a_backend_declares_arrives_whole),
		test(a_fact_that_was_not_collected_stays_so),
		test(settings_reach_the_backend),
		test(another_host_at_the_same_address_is_another_host),
		test(many_devices_open_and_close_in_any_order),
	};

	worker_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
