/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors that a backend returns: the sentence names the operation, the device and the cause. */
#include "tests/support/worker_slips.h"

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
	for (size_t i = 0; i < COUNT(cases); i++) {
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
	for (size_t i = 0; i < COUNT(deaths); i++) {
		struct provider *provider = worker_good("slips");
		struct error err = {0};
		char sentence[ERROR_TEXT_MAX];

		snprintf(sentence, sizeof(sentence), "backend slips: %s", deaths[i].sentence);
		assert_int_equal(run(provider, deaths[i].how, deaths[i].step, "3", &err), -EIO);
		assert_string_equal(err.text, sentence);
		provider_free(provider);
	}
}

static void facts_that_were_not_collected_are_not_walked(void **state)
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

#ifdef TEST_CONFINED
static void an_error_names_the_sandbox_as_a_cause(void **state)
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
		cmocka_unit_test(an_error_without_a_sentence_names_the_operation),
		cmocka_unit_test(the_sentence_about_a_dead_worker_names_operation_and_device),
		cmocka_unit_test(facts_that_were_not_collected_are_not_walked),
		cmocka_unit_test(an_unreadable_fact_is_not_blamed_on_the_sandbox),
#ifdef TEST_CONFINED
		cmocka_unit_test(an_error_names_the_sandbox_as_a_cause),
#endif
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
