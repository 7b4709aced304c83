/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages about a backend, its settings, hosts and devices: complete, cut, and out of
 * range.
 */
#include "tests/support/body.h"

/* ---------------------------------------------------------------- a backend */

static const char *keys[] = {"mtty", "vfio_pci:pci:v00001B36*"};
static struct migcompat_want wants[] = {{"mdev_type", 0},
					{"many/*", MIGCOMPAT_WANT_SENSITIVE},
					{"kernel/release", MIGCOMPAT_WANT_HOST},
					{"bus/*/devices/[a-c]*", MIGCOMPAT_WANT_HOST}};
static struct migcompat_setting settings[] = {
	{"cross_device", MIGCOMPAT_SETTING_BOOL, NULL, "false", "take other devices"},
	{"keys", MIGCOMPAT_SETTING_STRING, "ignore,warn", "warn", NULL},
};

static struct backend_info info_make_good(void)
{
	return (struct backend_info){
		.name = "mtty",
		.version = "1.0.0",
		.description = "Serial cards",
		.operations = "candidates",
		.api_version = MIGCOMPAT_BACKEND_API,
		.struct_size = 200,
		.fallback = true,
		.keys = keys,
		.nkeys = 2,
		.wants = wants,
		.nwants = 4,
		.settings = settings,
		.nsettings = 2,
	};
}

static int info_through(const struct backend_info *info, struct backend_info *ret)
{
	setup(NULL);
	message_put_info(&out, info);
	turn();
	return message_get_info(&reader, &arena, ret);
}

static void a_backend_is_read_as_it_was_written(void **state)
{
	struct backend_info info = info_make_good(), got = {0};

	(void)state;
	assert_int_equal(info_through(&info, &got), 0);
	assert_string_equal(got.name, "mtty");
	assert_string_equal(got.keys[1], keys[1]);
	assert_string_equal(got.wants[1].glob, "many/*");
	assert_int_equal(got.wants[1].flags, MIGCOMPAT_WANT_SENSITIVE);
	assert_string_equal(got.settings[1].allowed, "ignore,warn");
	assert_null(got.settings[0].allowed);
	assert_null(got.settings[1].description);
	assert_int_equal(got.struct_size, 200);
	assert_true(got.fallback);
}

static void only_a_fallback_may_serve_any_driver(void **state)
{
	const char *any[] = {"*"}, *any_of_a_module[] = {"mtty", "*:pci:v1"};
	struct backend_info info = info_make_good(), got = {0};

	(void)state;
	info.keys = any, info.nkeys = 1;
	assert_int_equal(info_through(&info, &got), 0);
	info.fallback = false;
	assert_int_equal(info_through(&info, &got), -EBADMSG);
	info.fallback = true;
	info.keys = any_of_a_module, info.nkeys = 2;
	assert_int_equal(info_through(&info, &got), -EBADMSG);
}

static void a_backend_that_declares_nonsense_is_refused(void **state)
{
	const char *bad_key[] = {"no-key"};
	struct migcompat_want bad_want[] = {{"../etc/passwd", 0}};
	struct migcompat_setting bad_setting[] = {{"a", MIGCOMPAT_SETTING_BOOL, NULL, NULL, NULL}};
	struct backend_info got = {0},
			    bad[] = {info_make_good(), info_make_good(), info_make_good(),
				     info_make_good(), info_make_good(), info_make_good(),
				     info_make_good(), info_make_good(), info_make_good()};

	(void)state;
	bad[0].name = "Upper";
	bad[1].name = NULL;
	bad[2].api_version = 2;
	bad[3].thread_model = 3;
	bad[4].nkeys = 0;
	bad[5].keys = bad_key, bad[5].nkeys = 1;
	bad[6].wants = bad_want, bad[6].nwants = 1;
	bad[7].settings = bad_setting, bad[7].nsettings = 1;
	bad[8].operations = "can\x1b[2J";
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(info_through(&bad[i], &got), -EBADMSG);
	assert_null(got.name);
}

static void a_backend_that_is_cut_anywhere_is_refused(void **state)
{
	struct backend_info info = info_make_good(), got = {0};

	(void)state;
	setup(NULL);
	message_put_info(&out, &info);
	for (size_t missing = 1; missing <= body_len(); missing++) {
		turn_cut(missing);
		assert_int_equal(message_get_info(&reader, &arena, &got), -EBADMSG);
	}
	assert_null(got.name);
}

static void a_worker_of_another_build_is_refused(void **state)
{
	struct backend_info info = info_make_good(), got = {0};

	(void)state;
	message_put_info(&out, &info);
	turn();
	bytes[0]++;
	assert_int_equal(message_get_info(&reader, &arena, &got), -EBADMSG);
}

/* ---------------------------------------------------------------- requests */

static void settings_come_in_the_backends_order(void **state)
{
	const char *const values[] = {"true", "ignore"};
	const struct settings set = {.values = values};
	struct backend_info info = info_make_good();
	const char *const *got = NULL;

	(void)state;
	message_put_settings(&out, &info, &set);
	turn();
	assert_int_equal(message_get_settings(&reader, &info, &arena, &got), 0);
	assert_string_equal(got[0], "true");
	assert_string_equal(got[1], "ignore");
	turn_cut(1);
	assert_int_equal(message_get_settings(&reader, &info, &arena, &got), -EBADMSG);
	turn();
	info.nsettings = 1;
	assert_int_equal(message_get_settings(&reader, &info, &arena, &got), -EBADMSG);
}

static void only_wanted_facts_of_a_host_are_sent(void **state)
{
	static const char *const facts[] = {"bus/ap/devices/b1",
					    "1",
					    "bus/ap/devices/d1",
					    "2",
					    "bus/ap/devices/b1/x",
					    "3",
					    "kernel/release",
					    "6",
					    "kernel/byteorder",
					    "little",
					    "mdev_type",
					    "4",
					    NULL};
	struct backend_info info = info_make_good();
	struct test_host from;
	struct host host = {0};
	uint32_t number = 0;

	(void)state;
	test_host_make(&from, facts);
	message_put_host(&out, 9, from.host, &info);
	turn();
	assert_int_equal(message_get_host(&reader, &arena, &number, &host), 0);
	assert_int_equal(number, 9);
	assert_int_equal(host.facts.count, 2);
	assert_string_equal(host.facts.facts[0].key, "bus/ap/devices/b1");
	assert_string_equal(factset_text(&host.facts, "kernel/release"), "6");
	assert_null(host.wanted.globs);
	test_host_free(&from);
}

static struct device device_make(struct test_host *from)
{
	static const char *const globs[] = {"mdev_type", "many/*"};
	static const char *const facts[] = {"mdev_type", "mtty-2", "many/a", "!EACCES", "many/b",
					    "",          "other",  "x",      NULL};
	struct device device;

	test_host_make(from, NULL);
	device = *test_device(from, MIGCOMPAT_KIND_MDEV_TYPE, "mtty/mtty-2", facts);
	device.driver = "mtty";
	device.wanted = (struct wanted){.globs = globs, .count = 2};
	return device;
}

static void only_wanted_facts_of_a_device_are_sent(void **state)
{
	struct backend_info info = info_make_good();
	struct test_host from;
	struct device device = device_make(&from), got = {0};
	uint32_t host = 0;

	(void)state;
	message_put_device(&out, 3, &device, &info);
	turn();
	assert_int_equal(message_get_device(&reader, &arena, &host, &got), 0);
	assert_int_equal(host, 3);
	assert_string_equal(got.id, "mtty/mtty-2");
	assert_string_equal(got.driver, "mtty");
	assert_int_equal(got.kind, MIGCOMPAT_KIND_MDEV_TYPE);
	assert_int_equal(got.facts.count, 3);
	assert_string_equal(factset_text(&got.facts, "mdev_type"), "mtty-2");
	assert_string_equal(factset_text(&got.facts, "many/b"), "");
	assert_int_equal(factset_find(&got.facts, "many/a")->error, EACCES);
	assert_int_equal(got.wanted.count, 2);
	assert_string_equal(got.wanted.globs[1], "many/*");
	test_host_free(&from);
}

static void a_binary_fact_stays_binary(void **state)
{
	struct backend_info info = info_make_good();
	const struct fact fact = {.key = "many/raw", .value = "a\0b", .len = 3, .binary = true};
	const struct device device = {.id = "x", .facts = {&fact, 1}};
	struct device got = {0};
	uint32_t host;

	(void)state;
	message_put_device(&out, 3, &device, &info);
	turn();
	assert_int_equal(message_get_device(&reader, &arena, &host, &got), 0);
	assert_true(got.facts.facts[0].binary);
	assert_int_equal(got.facts.facts[0].len, 3);
	assert_memory_equal(got.facts.facts[0].value, "a\0b", 4);
}

static void a_device_that_is_cut_anywhere_is_refused(void **state)
{
	struct backend_info info = info_make_good();
	struct test_host from;
	struct device device = device_make(&from), got = {0};
	uint32_t host = 77;

	(void)state;
	message_put_device(&out, 3, &device, &info);
	for (size_t missing = 1; missing <= body_len(); missing++) {
		turn_cut(missing);
		assert_int_equal(message_get_device(&reader, &arena, &host, &got), -EBADMSG);
	}
	assert_int_equal(host, 77);
	assert_null(got.id);
	test_host_free(&from);
}

static void a_fact_with_two_values_is_refused(void **state)
{
	struct backend_info info = info_make_good();
	const struct fact facts[] = {{.key = "many/a", .value = "1", .len = 1},
				     {.key = "many/a", .value = "2", .len = 1}};
	const struct device device = {.id = "x", .facts = {facts, 2}};
	struct device got = {0};
	uint32_t host;

	(void)state;
	message_put_device(&out, 3, &device, &info);
	turn();
	assert_int_equal(message_get_device(&reader, &arena, &host, &got), -EBADMSG);
}

static void an_id_that_would_be_cut_is_not_sent(void **state)
{
	struct backend_info info = info_make_good();
	char *id = malloc(WIRE_TEXT_MAX + 2);
	struct device device = {.id = id};

	(void)state;
	assert_non_null(id);
	memset(id, 'x', WIRE_TEXT_MAX + 1);
	id[WIRE_TEXT_MAX + 1] = '\0';
	message_put_device(&out, 3, &device, &info);
	assert_int_equal(wire_end(&out), -E2BIG);
	free(id);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_backend_is_read_as_it_was_written),
		test(a_backend_that_declares_nonsense_is_refused),
		test(only_a_fallback_may_serve_any_driver),
		test(a_backend_that_is_cut_anywhere_is_refused),
		test(a_worker_of_another_build_is_refused),
		test(settings_come_in_the_backends_order),
		test(only_wanted_facts_of_a_host_are_sent),
		test(only_wanted_facts_of_a_device_are_sent),
		test(a_binary_fact_stays_binary),
		test(a_device_that_is_cut_anywhere_is_refused),
		test(a_fact_with_two_values_is_refused),
		test(an_id_that_would_be_cut_is_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
