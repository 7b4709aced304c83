/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Targets that could be set up for a source, of every kind: in checks, choices and plans. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include "core/check/ask.h"
#include "core/check/plan.h"
#include "core/facts/macros.h"
#include "tests/support/test.h"

#define TWO "83b8f4f2-509f-382f-3c1e-e6bfe0fa1002"
#define SILENT "83b8f4f2-509f-382f-3c1e-e6bfe0fa1003"
#define FIXED "83b8f4f2-509f-382f-3c1e-e6bfe0fa1004"
#define PROMISING "83b8f4f2-509f-382f-3c1e-e6bfe0fa1005"
#define FUNCTION "0000:00:01.0"

/* A device of the inventory, and its facts. A fact that is NULL is left out. */
struct entry {
	const char *id;
	const char *kind;
	const char *path;
	const char *plain; /* adaptable: its memory; slips: its mistake */
	const char *max;   /* the memory that it could have */
	const char *how;   /* the mistake in setting it up */
	const char *count;
};

static const struct entry adaptables[] = {
	{"four", "mdev", "/devices/p/four", .plain = "4"},
	{TWO, "mdev", "/devices/p/" TWO, .plain = "2", .max = "8"},
	{FUNCTION, "physical", "/devices/" FUNCTION, .plain = "0", .max = "8"},
	{"p/type", "mdev-type", "/devices/p/mdev_supported_types/type", .plain = "1", .max = "8"},
	{"small", "mdev", "/devices/p/small", .plain = "2", .max = "3"},
	{"empty", "physical", "/devices/empty", .plain = "0"},
	{SILENT, "mdev", "/devices/p/" SILENT, .plain = "2", .max = "8", .how = "set"},
	{FIXED, "mdev", "/devices/p/" FIXED, .plain = "2", .max = "8", .how = "fixed"},
	{PROMISING, "mdev", "/devices/p/" PROMISING, .plain = "2", .max = "3", .how = "promises"},
};

static const struct entry slips[] = {
	{"good", "mdev", "/devices/p/good", .plain = "", .count = "2"},
	{"none", "mdev", "/devices/p/none", .plain = "no candidates", .count = "2"},
	{"fails", "mdev", "/devices/p/fails", .plain = "candidates fail", .count = "2"},
	{"name", "mdev", "/devices/p/name", .plain = "candidate null", .count = "2"},
	{"colon", "mdev", "/devices/p/colon", .plain = "candidate type", .count = "2"},
};

/* The inventory of host "a" as JSON text. */
static char *inventory_text(const char *driver, const struct entry *entries, size_t count)
{
	json_t *devices = json_array(), *inventory;
	char *text;

	for (size_t i = 0; i < count; i++) {
		const struct entry *entry = &entries[i];

		json_array_append_new(devices,
				      json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s*, s:s*, s:s*}}",
						"id", entry->id, "kind", entry->kind, "driver",
						driver, "path", entry->path, "facts", "plain",
						entry->plain, "many/max", entry->max, "many/how",
						entry->how, "many/count", entry->count));
	}
	inventory = json_pack("{s:s, s:{s:s, s:{}}, s:o}", "format", "migcompat-inventory/1",
			      "host", "name", "a", "facts", "devices", devices);
	text = json_dumps(inventory, 0);
	json_decref(inventory);
	assert_non_null(text);
	return text;
}

static struct engine engine;
static struct migcompat_verdict verdict;
static char folder[64];

static void start(const char *backend, const struct entry *entries, size_t count)
{
	char *inventory = inventory_text(backend, entries, count);
	char plugins[512];
	struct engine_options options = {
		.backend_dir = plugins, .config = folder, .in_process = true};
	struct error err = {0};

	snprintf(plugins, sizeof(plugins), TEST_BUILD "/tests/backends/%s", backend);
	strcpy(folder, "/tmp/migcompat-test-XXXXXX");
	assert_non_null(mkdtemp(folder));
	if (engine_start(&engine, &options, &err) ||
	    inventory_read_buffer(&engine.inventory, "a.json", inventory, strlen(inventory),
				  &err) ||
	    engine_ready(&engine, &err))
		fail_msg("%s", err.text);
	free(inventory);
}

static int setup(void **state)
{
	(void)state;
	start("adaptable", adaptables, COUNT(adaptables));
	return 0;
}

static int setup_slips(void **state)
{
	(void)state;
	start("slips", slips, COUNT(slips));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	verdict_clear(&verdict);
	engine_stop(&engine);
	rmdir(folder);
	return 0;
}

static const struct device *device(const char *id)
{
	struct error err = {0};
	const struct device *found = NULL;

	if (inventory_find(&engine.inventory, id, &found, &err))
		fail_msg("%s", err.text);
	return found;
}

static void check(const char *target)
{
	assert_int_equal(check_devices(&engine, device("four"), device(target), &verdict), 0);
}

static void plan(const char *target, int expected, struct plan *ret, struct error *err)
{
	assert_int_equal(plan_make(&engine,
				   &(struct plan_question){.source = device("four"),
							   .target = device(target)},
				   &verdict, ret, err),
			 expected);
	assert_int_equal(verdict.code, MIGCOMPAT_COMPATIBLE);
}

static void a_candidates_type_excuses_every_kind_of_target(void **state)
{
	static const char *const targets[] = {TWO, FUNCTION, "p/type"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		check(targets[i]);
		assert_int_equal(verdict.code, MIGCOMPAT_COMPATIBLE);
		assert_string_equal(verdict.target.type, "adaptable:memory-4");
	}
}

static void a_target_that_cannot_be_set_up_is_refused_by_its_type(void **state)
{
	(void)state;
	check("small");
	assert_int_equal(verdict.code, MIGCOMPAT_INCOMPATIBLE);
	assert_int_equal(verdict.limit, MIGCOMPAT_LIMIT_TYPE);
	check("empty");
	assert_int_equal(verdict.limit, MIGCOMPAT_LIMIT_TYPE);
	assert_string_equal(verdict.target.type, "adaptable:unset");
}

static void a_device_without_a_type_is_no_source(void **state)
{
	(void)state;
	assert_int_equal(check_devices(&engine, device(FUNCTION), device(TWO), &verdict), 0);
	assert_int_equal(verdict.code, MIGCOMPAT_NOT_MIGRATABLE);
	assert_contains(verdict.text.text, "it was not set up yet");
}

static void no_string_has_the_type_of_what_was_not_set_up(void **state)
{
	char string[MIGCOMPAT_STRING_MAX + 1];
	struct opened *opened = NULL;
	struct error err = {0};
	int prefix;

	(void)state;
	assert_int_equal(engine_open(&engine, device("four"), &opened, &err), 0);
	prefix = snprintf(string, sizeof(string), "adaptable:mdev:unset:");
	memcpy(string + prefix, opened->payload, opened->payload_len);
	assert_int_equal(check_text(&engine, string, (size_t)prefix + opened->payload_len,
				    device(FUNCTION), &verdict),
			 0);
	assert_int_equal(verdict.limit, MIGCOMPAT_LIMIT_TYPE);
	opened_close(opened);
}

/* A string of another type that is also damaged is not an error of the backend. */
static void a_damaged_string_of_another_type_is_a_no(void **state)
{
	static const char string[] = "adaptable:mdev:memory-4:1;memory=4;=0000000000000000";

	(void)state;
	assert_int_equal(check_text(&engine, string, strlen(string), device(TWO), &verdict), 0);
	assert_int_equal(verdict.code, MIGCOMPAT_INCOMPATIBLE);
	assert_int_equal(verdict.limit, MIGCOMPAT_LIMIT_FORMAT);
}

static void choices_say_what_would_be_set(void **state)
{
	struct answer answer;
	struct error err = {0};
	size_t set = 0;

	(void)state;
	assert_int_equal(ask_targets(&engine, &(struct ask_question){.source = device("four")},
				     &answer, &err),
			 0);
	assert_int_equal(answer.nchoices, 5);
	for (size_t i = 0; i < answer.nchoices; i++) {
		assert_string_equal(answer.choices[i].type, "adaptable:memory-4");
		set += answer.choices[i].candidate &&
		       strcmp(answer.choices[i].candidate, "memory=4") == 0;
	}
	assert_int_equal(set, 5);
	assert_int_equal(answer.nunanswered, 0);
	answer_free(&answer);
}

static void a_plan_sets_an_existing_target_up(void **state)
{
	static const char *const targets[] = {TWO, FUNCTION, SILENT};
	static const char *const paths[] = {"/sys/devices/p/" TWO "/memory",
					    "/sys/devices/" FUNCTION "/memory",
					    "/sys/devices/p/" SILENT "/memory"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct plan made;
		struct error err = {0};

		plan(targets[i], 0, &made, &err);
		assert_int_equal(made.nwrites, 1);
		assert_string_equal(made.writes[0].path, paths[i]);
		assert_string_equal(made.writes[0].value, "4");
		plan_free(&made);
	}
}

static void a_target_that_nobody_can_set_up_has_no_plan(void **state)
{
	struct plan made;
	struct error err = {0};

	(void)state;
	plan(FIXED, -EINVAL, &made, &err);
	assert_string_equal(err.text, "the target would have to be set up with memory=4, and its "
				      "backend names no write for that");
	plan_free(&made);
}

static void candidates_that_make_no_sense_are_no_choice(void **state)
{
	static const char *const sentences[] = {
		"backend slips: candidates of none: it lists no way in which the target could take "
		"the string, yet its comparison says yes",
		"backend slips: candidates of fails: it failed: Invalid argument",
		"backend slips: candidates of name: a candidate has no name, expected \"\" for the "
		"target as it is",
		"backend slips: candidates of colon: the type of the candidate \"\" has the byte "
		"0x3a at offset 1, expected 0x21 to 0x7e without ':'",
	};
	struct answer answer;
	struct error err = {0};

	(void)state;
	assert_int_equal(ask_targets(&engine, &(struct ask_question){.source = device("good")},
				     &answer, &err),
			 0);
	assert_int_equal(answer.nchoices, 0);
	assert_int_equal(answer.nunanswered, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(answer.unanswered[i].text, sentences[i]);
	answer_free(&answer);
}

/* The target is refused. Its backend promises writes that would make it fit, and names none. */
static void a_plan_without_the_writes_that_were_promised_is_an_error(void **state)
{
	struct error err = {0};
	struct plan made;

	(void)state;
	assert_int_equal(plan_make(&engine,
				   &(struct plan_question){.source = device("four"),
							   .target = device(PROMISING)},
				   &verdict, &made, &err),
			 -EIO);
	assert_int_equal(verdict.code, MIGCOMPAT_INCOMPATIBLE);
	assert_string_equal(err.text, "backend adaptable: it lists a way to set " PROMISING
				      " up, and no write for it");
	plan_free(&made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_candidates_type_excuses_every_kind_of_target,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_target_that_cannot_be_set_up_is_refused_by_its_type, setup, teardown),
		cmocka_unit_test_setup_teardown(a_device_without_a_type_is_no_source, setup,
						teardown),
		cmocka_unit_test_setup_teardown(no_string_has_the_type_of_what_was_not_set_up,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_damaged_string_of_another_type_is_a_no, setup,
						teardown),
		cmocka_unit_test_setup_teardown(choices_say_what_would_be_set, setup, teardown),
		cmocka_unit_test_setup_teardown(a_plan_sets_an_existing_target_up, setup, teardown),
		cmocka_unit_test_setup_teardown(a_target_that_nobody_can_set_up_has_no_plan, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			a_plan_without_the_writes_that_were_promised_is_an_error, setup, teardown),
		cmocka_unit_test_setup_teardown(candidates_that_make_no_sense_are_no_choice,
						setup_slips, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
