/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Small mistakes of a vendor. Each is an error of the backend, in this process and in a
 * worker, and the sentence tells which mistake.
 */
#include <errno.h>

#include "tests/support/worker.h"

enum step { OPEN, COMPARE, CANDIDATES, PARAMETERS, PREPARE };

struct slip {
	const char *how;
	const char *sentence; /* after "backend slips: " */
	enum step step;
};

static struct test_host host;
static struct provider *sides[2]; /* in this process, and in a worker */
static struct migcompat_result result;

static int setup(void **state)
{
	static const char *const host_facts[] = {"module/plain/version", "1", NULL};
	struct error err = {0};
	char path[4096];

	(void)state;
	worker_environment();
	test_host_make(&host, host_facts);
	assert_int_equal(
		provider_local_new(worker_path("slips", path, sizeof(path)), &sides[0], &err), 0);
	assert_null(sides[0]->info.error);
	assert_int_equal(provider_settle(sides[0], NULL, NULL), 0);
	sides[1] = worker_good("slips");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++)
		provider_free(sides[i]);
	result_free(&result);
	test_host_free(&host);
	return 0;
}

static const struct device *device(const char *how, const char *count)
{
	const char *const facts[] = {"many/count", count, "plain", how, NULL};

	host.ndevices = 0;
	return test_device(&host, MIGCOMPAT_KIND_MDEV, "x", facts);
}

/* The payload of a source with this count, from a device that makes no mistake. */
static void source_of(struct provider *provider, const char *count, const char *how,
		      char payload[MIGCOMPAT_PAYLOAD_MAX + 1])
{
	struct opened *opened = test_open(provider, device(how, count));

	snprintf(payload, MIGCOMPAT_PAYLOAD_MAX + 1, "%.*s", (int)opened->payload_len,
		 opened->payload);
	opened_close(opened);
}

/*
 * Open a device of count 2, and compare a source of this count with it, or list
 * something.
 */
static int run(struct provider *provider, const char *how, enum step step, const char *count,
	       struct error *err)
{
	static const enum provider_list lists[] = {[CANDIDATES] = PROVIDER_CANDIDATES,
						   [PARAMETERS] = PROVIDER_PARAMETERS,
						   [PREPARE] = PROVIDER_PREPARE};
	char payload[MIGCOMPAT_PAYLOAD_MAX + 1];
	struct migcompat_sink sink = {0};
	struct opened *opened = NULL;
	int r;

	source_of(provider, count, strcmp(how, "card absent") == 0 ? how : "", payload);
	r = provider_open(provider, device(how, "2"), &opened, err);
	assert_int_equal(result_reset(&result), 0);
	if (!r && step == COMPARE)
		r = opened_compare(opened, payload, strlen(payload), &result, err);
	else if (!r && step == PARAMETERS)
		r = opened_list(opened, PROVIDER_PARAMETERS, NULL, 0, &sink, err);
	else if (!r && step != OPEN)
		r = opened_list(opened, lists[step], payload, strlen(payload), &sink, err);
	sink_free(&sink);
	opened_close(opened);
	return r;
}

static void are_errors(const struct slip *slips, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t side = 0; side < 2; side++) {
			struct error err = {0};
			char sentence[ERROR_TEXT_MAX];
			int r = run(sides[side], slips[i].how, slips[i].step, "3", &err);

			snprintf(sentence, sizeof(sentence), "backend slips: %s",
				 slips[i].sentence);
			if (r != -EIO || strcmp(err.text, sentence) != 0)
				fail_msg("%s: %d \"%s\", expected \"%s\"", slips[i].how, r,
					 err.text, sentence);
		}
	}
}

#define SLIPS(...)                                                   \
	do {                                                         \
		static const struct slip slips[] = {__VA_ARGS__};    \
		are_errors(slips, sizeof(slips) / sizeof(slips[0])); \
	} while (0)

static void without_a_mistake_the_fields_decide(void **state)
{
	(void)state;
	for (size_t side = 0; side < 2; side++) {
		struct error err = {0};

		assert_int_equal(run(sides[side], "", COMPARE, "2", &err), 0);
		assert_int_equal(result.bad_count, 0);
		assert_int_equal(run(sides[side], "", COMPARE, "3", &err), 0);
		assert_int_equal(result.bad_limits, 1u << MIGCOMPAT_LIMIT_RESOURCE);
		assert_int_equal(run(sides[side], "parameter", PARAMETERS, "3", &err), 0);
		assert_int_equal(run(sides[side], "", CANDIDATES, "3", &err), 0);
		assert_int_equal(run(sides[side], "", PREPARE, "3", &err), 0);
	}
}

static void a_finding_that_makes_no_sense_is_no_yes(void **state)
{
	(void)state;
	SLIPS({"size 0", "compare of x: a finding has struct_size 0, expected at least 88",
	       COMPARE},
	      {"size 8", "compare of x: a finding has struct_size 8, expected at least 88",
	       COMPARE},
	      {"no field", "compare of x: a finding has no field", COMPARE},
	      {"null finding", "compare of x: a finding, or its result, is NULL", COMPARE},
	      {"status 9", "compare of x: the finding \"card\" has the status 9, expected 0 to 3",
	       COMPARE},
	      {"finding rule 9",
	       "compare of x: the finding \"card\" has the rule 9, expected 0 to 6", COMPARE},
	      {"value of type 9",
	       "compare of x: the source's value of the finding \"card\" is of no known type",
	       COMPARE},
	      {"null text",
	       "compare of x: the target's value of the finding \"card\" is a text that is NULL",
	       COMPARE},
	      {"long text",
	       "compare of x: the text of the finding \"card\" has more than 2047 bytes", COMPARE},
	      {"availability", "compare of x: the availability is 9, expected 0 to 2", COMPARE});
}

static void a_limit_of_the_cores_own_is_refused(void **state)
{
	(void)state;
	SLIPS({"limit policy",
	       "compare of x: the finding \"card\" has the limit 9 (policy), which is no backend's",
	       COMPARE},
	      {"limit hold",
	       "compare of x: the finding \"card\" has the limit 10 (hold), which is no backend's",
	       COMPARE},
	      {"limit hypervisor",
	       "compare of x: the finding \"card\" has the limit 11 (hypervisor), which is no "
	       "backend's",
	       COMPARE},
	      {"limit 42",
	       "compare of x: the finding \"card\" has the limit 42 (unknown), which is no "
	       "backend's",
	       COMPARE},
	      {"table of hold",
	       "payload of x: it could not make the version string: the field \"count\" has the "
	       "limit 10 (hold), which is no backend's",
	       OPEN});
}

static void a_field_that_is_there_must_be_judged(void **state)
{
	(void)state;
	SLIPS({"custom forgotten",
	       "compare of x: it has no finding about the field \"card\", which is there", COMPARE},
	      {"card forgotten",
	       "compare of x: it has no finding about the field \"card\", which is there",
	       COMPARE});
}

/* A verdict has findings of the core before its backend is asked. */
static void what_others_found_is_no_finding_of_the_backend(void **state)
{
	static const char *const hows[] = {"compares nothing", "custom forgotten"};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(hows) / sizeof(hows[0]); i++) {
		struct provider *provider = sides[i % 2];
		char payload[MIGCOMPAT_PAYLOAD_MAX + 1];
		struct opened *opened;
		struct error err = {0};

		source_of(provider, "3", "", payload);
		opened = test_open(provider, device(hows[i / 2], "3"));
		assert_int_equal(result_reset(&result), 0);
		result_add_text(&result, "card", MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_STATUS_OK,
				MIGCOMPAT_LIMIT_NONE, NULL, NULL, NULL);
		if (opened_compare(opened, payload, strlen(payload), &result, &err) != -EIO)
			fail_msg("%s in %s", hows[i / 2], i % 2 ? "a worker" : "this process");
		opened_close(opened);
	}
}

static void a_field_that_only_the_target_has_must_be_judged(void **state)
{
	(void)state;
	for (size_t side = 0; side < 2; side++) {
		char payload[MIGCOMPAT_PAYLOAD_MAX + 1];
		struct opened *opened;
		struct error err = {0};

		source_of(sides[side], "1", "card absent", payload);
		opened = test_open(sides[side], device("custom forgotten", "2"));
		assert_int_equal(result_reset(&result), 0);
		assert_int_equal(opened_compare(opened, payload, strlen(payload), &result, &err),
				 -EIO);
		assert_contains(err.text, "no finding about the field \"card\"");
		opened_close(opened);
	}
}

static void a_field_may_be_covered_or_absent(void **state)
{
	(void)state;
	for (size_t side = 0; side < 2; side++) {
		struct error err = {0};

		assert_int_equal(run(sides[side], "covers", COMPARE, "2", &err), 0);
		assert_int_equal(run(sides[side], "card absent", COMPARE, "2", &err), 0);
		assert_int_equal(result.bad_count, 0);
	}
}

static void what_was_not_compared_is_an_error(void **state)
{
	(void)state;
	SLIPS({"swapped",
	       "compare of x: it gave record_compare the source's values as the target's", COMPARE},
	      {"swapped copies",
	       "compare of x: it gave record_compare the source's values as the target's", COMPARE},
	      {"never filled",
	       "compare of x: the optional field \"option\" has a value on neither side: it was "
	       "never filled, or is MIGCOMPAT_VALUE_ABSENT",
	       COMPARE},
	      {"no record_compare",
	       "compare of x: it has no finding about the field \"count\", which is there",
	       COMPARE},
	      {"null values", "compare of x: it compares a record with NULL", COMPARE},
	      {"compares nothing", "compare of x: it compared nothing", COMPARE});
}

static void a_value_has_the_type_that_its_table_says(void **state)
{
	(void)state;
	SLIPS({"target type",
	       "compare of x: the target's value of the field \"mask\" is text, its rule "
	       "\"superset\" takes a hexadecimal number",
	       COMPARE},
	      {"source type",
	       "compare of x: the source's value of the field \"mask\" is a number, its table says "
	       "a hexadecimal number",
	       COMPARE},
	      {"range of a number",
	       "compare of x: the target's value of the field \"count\" is a number, its rule "
	       "\"range\" takes text",
	       COMPARE},
	      {"range of nonsense",
	       "compare of x: the target's value of the field \"count\" is \"1..\", expected "
	       "<min>-<max>",
	       COMPARE},
	      {"text for a number",
	       "payload of x: it could not make the version string: the value of the field "
	       "\"count\" is a number, its table says text",
	       OPEN},
	      {"wrong type",
	       "payload of x: it could not make the version string: the value of the field "
	       "\"mask\" is a number, its table says a "
	       "hexadecimal number",
	       OPEN},
	      {"missing",
	       "payload of x: it could not make the version string: the mandatory field \"mask\" "
	       "has no value",
	       OPEN},
	      {"format 7",
	       "payload of x: it could not make the version string: it writes format 7, its record "
	       "has 1 to 1",
	       OPEN});
}

static void a_table_is_checked(void **state)
{
#define MAKE "payload of x: it could not make the version string: "
	(void)state;
	SLIPS({"field size",
	       MAKE
	       "its record has field_size 0, expected sizeof(struct migcompat_field), at least 32",
	       OPEN},
	      {"record size", MAKE "its record has struct_size 8, expected at least 40", OPEN},
	      {"no fields", MAKE "its record has 0 fields, expected 1 to 64", OPEN},
	      {"field name",
	       MAKE "field 1 of its record is named \"Count\", expected 1 to 64 of a-z, 0-9 and _",
	       OPEN},
	      {"field twice", MAKE "its record has the field \"mask\" twice", OPEN},
	      {"rule 99", MAKE "the field \"count\" has the rule 99, expected 0 to 6", OPEN},
	      {"rule and value",
	       MAKE "the field \"count\" is a version, which the rule \"superset\" cannot compare",
	       OPEN},
	      {"value type 9", MAKE "the field \"count\" has the value type 9, expected 1 to 4",
	       OPEN},
	      {"flags", MAKE "the field \"count\" has the flags 0x40, which are not known here",
	       OPEN});
#undef MAKE
}

static void what_a_device_is_is_checked(void **state)
{
	(void)state;
	SLIPS({"type with colon",
	       "describe of x: the migration type has the byte 0x3a at offset 1, expected 0x21 to "
	       "0x7e without ':'",
	       OPEN},
	      {"type empty", "describe of x: the migration type is empty", OPEN},
	      {"type null", "describe of x: the migration type is NULL", OPEN},
	      {"type too long",
	       "describe of x: the migration type has 100 bytes, expected at most 83", OPEN},
	      {"unset and source",
	       "describe of x: the migration type is \"unset\", yet the device can be a source",
	       OPEN},
	      {"mechanism", "describe of x: the mechanism is 7, expected 0 to 2", OPEN},
	      {"payload blank",
	       "payload of x: the version string has the byte 0x20 at offset 3, expected 0x21 to "
	       "0x7e",
	       OPEN},
	      {"payload empty", "payload of x: the version string has 0 bytes, expected 1 to 3965",
	       OPEN},
	      {"payload unstable",
	       "payload of x: the version string is another one when it is asked for again, from "
	       "offset 0 on",
	       OPEN});
}

static void what_was_not_declared_is_an_error(void **state)
{
	(void)state;
	SLIPS({"setting",
	       "open of x: it asked for the setting \"never_declared\", which it had not declared",
	       OPEN},
	      {"setting in compare",
	       "compare of x: it asked for the setting \"never_declared\", which it had not "
	       "declared",
	       COMPARE},
	      {"kernel",
	       "open of x: it asked for the fact \"vfio/debugfs\", which it had not declared",
	       OPEN},
	      {"scope",
	       "open of x: it asked for the fact \"module/plain/version\" of the device, which it "
	       "had declared of the host "
	       "(MIGCOMPAT_WANT_HOST)",
	       OPEN},
	      {"write to a fact", "open of x: it wrote to the value of the fact \"many/count\"",
	       OPEN});
}

static void parameters_are_checked(void **state)
{
	(void)state;
	SLIPS({"parameter size",
	       "parameters of x: a parameter has struct_size 0, expected at least 80", PARAMETERS},
	      {"parameter name",
	       "parameters of x: a parameter is named \"a b\", expected a word without \"=\" and "
	       "\"/\"",
	       PARAMETERS},
	      {"parameter type",
	       "parameters of x: the parameter \"p\" has the type 9, expected 0 to 2", PARAMETERS},
	      {"parameter value", "parameters of x: the parameter \"p\" has no value", PARAMETERS},
	      {"parameter init", "parameters of x: the parameter \"p\" has no init", PARAMETERS},
	      {"parameter twice", "parameters of x: the parameter \"p\" is listed twice",
	       PARAMETERS},
	      {"value two",
	       "parameters of x: the parameter \"p\" has the value \"two\", expected a whole "
	       "number",
	       PARAMETERS},
	      {"value 9", "parameters of x: the parameter \"p\" has the value \"9\", it allows 1-4",
	       PARAMETERS},
	      {"init 9",
	       "parameters of x: the parameter \"p\" has the initial value \"9\", it allows 1-4",
	       PARAMETERS},
	      {"off 9",
	       "parameters of x: the parameter \"p\" has the off value \"9\", it allows 1,2",
	       PARAMETERS},
	      {"bool maybe",
	       "parameters of x: the parameter \"p\" has the value \"maybe\", expected 0, 1, true, "
	       "false, y, n, yes, no, on or off",
	       PARAMETERS},
	      {"attribute",
	       "parameters of x: the parameter \"p\" has the attribute \"../../x\", expected a "
	       "file "
	       "below the device's folder",
	       PARAMETERS});
}

static void candidates_and_writes_are_checked(void **state)
{
	(void)state;
	SLIPS({"candidate size",
	       "candidates of x: a candidate has struct_size 0, expected at least 24", CANDIDATES},
	      {"half a pointer",
	       "candidates of x: a candidate has struct_size 27, expected at least 24", CANDIDATES},
	      {"candidate null",
	       "candidates of x: a candidate has no name, expected \"\" for the target as it is",
	       CANDIDATES},
	      {"candidate name",
	       "candidates of x: a candidate's name is not UTF-8 or has control characters",
	       CANDIDATES},
	      {"candidate type",
	       "candidates of x: the type of the candidate \"\" has the byte 0x3a at offset 1, "
	       "expected 0x21 to 0x7e without ':'",
	       CANDIDATES},
	      {"write",
	       "prepare of x: it writes to \"../../x\", expected a file below the device's folder",
	       PREPARE},
	      {"write null",
	       "prepare of x: what it writes to \"x\" is NULL, not UTF-8 or has control characters",
	       PREPARE});
}

static void an_error_without_a_sentence_names_the_operation(void **state)
{
	static const struct {
		const char *how;
		enum step step;
		int code;
		const char *sentence;
	} cases[] = {
		{"open without a sentence", OPEN, -EINVAL,
		 "backend slips: open of x: it failed: Invalid argument"},
		{"positive", OPEN, -EIO,
		 "backend slips: open of x: it returned 22, expected 0 or a negative errno"},
		/*
		 * To a caller these would mean that no backend or two backends serve the
		 * device.
		 */
		{"not connected", OPEN, -EIO, "the card hangs"},
		{"not unique", OPEN, -EIO,
		 "backend slips: open of x: it failed: Name not unique on network"},
		{"describe fails", OPEN, -EINVAL,
		 "backend slips: describe of x: it failed: Invalid argument"},
		{"payload fails", OPEN, -EINVAL,
		 "backend slips: payload of x: it could not make the version string: Invalid "
		 "argument"},
		{"compare fails", COMPARE, -EINVAL,
		 "backend slips: compare of x: it failed: Invalid argument"},
		{"candidates fail", CANDIDATES, -EINVAL,
		 "backend slips: candidates of x: it failed: Invalid argument"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t side = 0; side < 2; side++) {
			struct error err = {0};

			assert_int_equal(run(sides[side], cases[i].how, cases[i].step, "3", &err),
					 cases[i].code);
			assert_string_equal(err.text, cases[i].sentence);
		}
	}
}

static void the_sentence_about_a_dead_worker_names_operation_and_device(void **state)
{
	static const struct slip deaths[] = {
		{"crash in describe",
		 "its worker was killed by signal 11 (Segmentation fault) in describe of x", OPEN},
		{"crash in payload",
		 "its worker was killed by signal 11 (Segmentation fault) in payload of x", OPEN},
		{"exit in candidates", "its worker ended (exit status 0) in candidates of x",
		 CANDIDATES},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(deaths) / sizeof(deaths[0]); i++) {
		struct provider *provider = worker_good("slips");
		struct error err = {0};
		char sentence[ERROR_TEXT_MAX];

		snprintf(sentence, sizeof(sentence), "backend slips: %s", deaths[i].sentence);
		assert_int_equal(run(provider, deaths[i].how, deaths[i].step, "3", &err), -EIO);
		assert_string_equal(err.text, sentence);
		provider_free(provider);
	}
}

/* The fact cannot be read; the sandbox refused nothing. */
static void an_unreadable_fact_is_not_blamed_on_the_sandbox(void **state)
{
	static const char *const facts[] = {"mdev_type", "!EACCES", NULL};
	struct provider *providers[] = {test_backend("mtty", NULL), worker_good("mtty")};

	(void)state;
	for (size_t side = 0; side < 2; side++) {
		const struct device *device;
		struct opened *opened = NULL;
		struct error err = {0};

		host.ndevices = 0;
		device = test_device(&host, MIGCOMPAT_KIND_MDEV, "x", facts);
		assert_int_equal(provider_open(providers[side], device, &opened, &err), -EACCES);
		assert_contains(err.text, "\"mdev_type\" is unreadable");
		assert_null(strstr(err.text, "a backend may open"));
		provider_free(providers[side]);
	}
}

static void what_was_not_collected_is_not_walked(void **state)
{
	static const char *const globs[] = {"plain"};

	(void)state;
	for (size_t side = 0; side < 2; side++) {
		struct opened *opened = NULL;
		struct error err = {0};
		struct device *looked = (struct device *)(uintptr_t)device("each", "2");

		assert_int_equal(provider_open(sides[side], looked, &opened, &err), 0);
		opened_close(opened);
		looked->facts = test_facts(&host.inventory.arena,
					   (const char *const[]){"plain", "each", NULL});
		looked->wanted = (struct wanted){.globs = globs, .count = 1};
		assert_int_equal(provider_open(sides[side], looked, &opened, &err), -ENODATA);
		assert_string_equal(err.text, "nobody looked for many/*, and 0 were counted");
	}
}

#ifdef TEST_CONFINED
static void what_the_sandbox_refuses_is_said(void **state)
{
	struct error err = {0};

	(void)state;
	assert_int_equal(run(sides[1], "thread", OPEN, "3", &err), -EPERM);
	assert_string_equal(err.text, "backend slips: open of x: it failed: Operation not "
				      "permitted (a backend may open no file, thread or socket)");
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_mistake_the_fields_decide),
		cmocka_unit_test(a_finding_that_makes_no_sense_is_no_yes),
		cmocka_unit_test(a_limit_of_the_cores_own_is_refused),
		cmocka_unit_test(a_field_that_is_there_must_be_judged),
		cmocka_unit_test(what_others_found_is_no_finding_of_the_backend),
		cmocka_unit_test(a_field_that_only_the_target_has_must_be_judged),
		cmocka_unit_test(a_field_may_be_covered_or_absent),
		cmocka_unit_test(what_was_not_compared_is_an_error),
		cmocka_unit_test(a_value_has_the_type_that_its_table_says),
		cmocka_unit_test(a_table_is_checked),
		cmocka_unit_test(what_a_device_is_is_checked),
		cmocka_unit_test(what_was_not_declared_is_an_error),
		cmocka_unit_test(parameters_are_checked),
		cmocka_unit_test(candidates_and_writes_are_checked),
		cmocka_unit_test(an_error_without_a_sentence_names_the_operation),
		cmocka_unit_test(the_sentence_about_a_dead_worker_names_operation_and_device),
		cmocka_unit_test(what_was_not_collected_is_not_walked),
		cmocka_unit_test(an_unreadable_fact_is_not_blamed_on_the_sandbox),
#ifdef TEST_CONFINED
		cmocka_unit_test(what_the_sandbox_refuses_is_said),
#endif
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
