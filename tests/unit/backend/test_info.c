/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The declarations of a backend are checked when it is loaded. A mistake makes it
 * unusable.
 */
#include <errno.h>

#include "core/backend/info.h"
#include "tests/support/test.h"

static int nothing_open(const struct migcompat_host *host, const struct migcompat_facts *facts,
			void **ret_handle)
{
	(void)host, (void)facts, (void)ret_handle;
	return -ENODEV;
}

static void nothing_close(void *handle)
{
	(void)handle;
}

static int nothing_describe(void *handle, struct migcompat_description *ret)
{
	(void)handle, (void)ret;
	return -ENODEV;
}

static int nothing_payload(void *handle, char *buffer, size_t size)
{
	(void)handle, (void)buffer, (void)size;
	return -ENODEV;
}

static int nothing_compare(void *handle, const char *payload, size_t len,
			   struct migcompat_result *result)
{
	(void)handle, (void)payload, (void)len, (void)result;
	return -ENODEV;
}

static const char *const keys[] = {"example", NULL};
static const struct migcompat_want wants[] = {{"vendor", 0}, {"vendor", MIGCOMPAT_WANT_HOST}};
static const struct migcompat_setting settings[] = {
	{"limit", MIGCOMPAT_SETTING_INT, "1-4", "1", NULL},
	{"strict", MIGCOMPAT_SETTING_BOOL, NULL, "false", NULL},
	{"mode", MIGCOMPAT_SETTING_STRING, "a,b", "b", NULL},
	{"offset", MIGCOMPAT_SETTING_INT, "-5--2", "-3", NULL},
};

static struct migcompat_backend right(void)
{
	return (struct migcompat_backend){
		.struct_size = sizeof(struct migcompat_backend),
		.api_version = MIGCOMPAT_BACKEND_API,
		.name = "example",
		.version = "1.0.0",
		.keys = keys,
		.wants = wants,
		.want_size = sizeof(wants[0]),
		.nwants = 2,
		.settings = settings,
		.setting_size = sizeof(settings[0]),
		.nsettings = 4,
		.open = nothing_open,
		.close = nothing_close,
		.describe = nothing_describe,
		.payload = nothing_payload,
		.compare = nothing_compare,
	};
}

/* Check info_make. sentence NULL: it accepts ops. */
static void check(const struct migcompat_backend *ops, const char *sentence)
{
	struct backend_info info = {0};
	struct arena arena = {0};
	struct error err = {0};

	assert_int_equal(info_make(ops, "/x.so", &arena, &info, &err), sentence ? -EINVAL : 0);
	assert_string_equal(err.text, sentence ? sentence : "");
	arena_free(&arena);
}

static void correct_declarations_are_accepted(void **state)
{
	const struct migcompat_backend ops = right();

	(void)state;
	check(&ops, NULL);
}

static void the_initial_value_of_a_setting_is_allowed(void **state)
{
	static const struct {
		struct migcompat_setting setting;
		const char *sentence;
	} cases[] = {
		{{"limit", MIGCOMPAT_SETTING_INT, "1-4", "9", NULL},
		 "its setting \"limit\" is \"9\" initially, it allows 1-4"},
		{{"mode", MIGCOMPAT_SETTING_STRING, "a,b", "c", NULL},
		 "its setting \"mode\" is \"c\" initially, it allows a,b"},
		{{"limit", MIGCOMPAT_SETTING_INT, NULL, "two", NULL},
		 "its setting \"limit\" is \"two\" initially, expected a whole number"},
		{{"strict", MIGCOMPAT_SETTING_BOOL, NULL, "maybe", NULL},
		 "its setting \"strict\" is \"maybe\" initially, expected true or false"},
		{{"limit", 9, NULL, "1", NULL},
		 "its setting 1 (\"limit\") lacks a name, a type or an initial value"},
		{{"li mit", MIGCOMPAT_SETTING_INT, NULL, "1", NULL},
		 "its setting 1 (\"li mit\") lacks a name, a type or an initial value"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct migcompat_backend ops = right();

		ops.settings = &cases[i].setting;
		ops.nsettings = 1;
		check(&ops, cases[i].sentence);
	}
}

static void no_name_is_declared_twice(void **state)
{
	static const struct migcompat_setting two_settings[] = {
		{"a", MIGCOMPAT_SETTING_INT, NULL, "1", NULL},
		{"a", MIGCOMPAT_SETTING_INT, NULL, "2", NULL}};
	static const struct migcompat_want two_wants[] = {{"vendor", 0},
							  {"vendor", MIGCOMPAT_WANT_AVAILABILITY}};
	static const char *const two_keys[] = {"an-example", "an_example", NULL};
	struct migcompat_backend ops = right();

	(void)state;
	ops.settings = two_settings;
	ops.nsettings = 2;
	check(&ops, "its setting \"a\" is declared twice");
	ops = right();
	ops.wants = two_wants;
	check(&ops, "its want \"vendor\" of the device is declared twice");
	ops = right();
	ops.keys = two_keys;
	check(&ops, "its key \"an_example\" is declared twice");
}

static void the_size_of_an_element_is_named(void **state)
{
	struct migcompat_backend ops = right();

	(void)state;
	ops.want_size = 0;
	check(&ops, "its want_size is 0, expected sizeof(struct migcompat_want), at least 12");
	ops = right();
	ops.setting_size = 8;
	check(&ops,
	      "its setting_size is 8, expected sizeof(struct migcompat_setting), at least 40");
	ops = right();
	ops.nwants = INFO_WANTS_MAX + 1;
	check(&ops, "it wants 257 globs, expected at most 256");
}

/* Declare keys "module_0" and so on. */
static void has_keys(size_t count, const char *sentence)
{
	static char names[INFO_KEYS_MAX + 2][32];
	static const char *many[INFO_KEYS_MAX + 3];
	struct migcompat_backend ops = right();

	for (size_t i = 0; i < count; i++) {
		snprintf(names[i], sizeof(names[i]), "module_%zu", i);
		many[i] = names[i];
	}
	many[count] = NULL;
	ops.keys = many;
	check(&ops, sentence);
}

static void up_to_64_keys_are_allowed(void **state)
{
	(void)state;
	has_keys(0, "it has 0 keys, expected 1 to 64");
	has_keys(1, NULL);
	has_keys(INFO_KEYS_MAX, NULL);
}

static void more_than_64_keys_are_an_error(void **state)
{
	(void)state;
	has_keys(INFO_KEYS_MAX + 1, "it has more than 64 keys");
	has_keys(INFO_KEYS_MAX + 2, "it has more than 64 keys");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(correct_declarations_are_accepted),
		cmocka_unit_test(the_initial_value_of_a_setting_is_allowed),
		cmocka_unit_test(no_name_is_declared_twice),
		cmocka_unit_test(the_size_of_an_element_is_named),
		cmocka_unit_test(up_to_64_keys_are_allowed),
		cmocka_unit_test(more_than_64_keys_are_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
