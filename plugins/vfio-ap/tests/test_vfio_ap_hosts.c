/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two recorded hosts whose kernel migrates, an older and a newer one, in both
 * directions.
 */
#include <unistd.h>

#include "core/check/check.h"
#include "plugins/vfio-ap/tests/ap_test.h"

/* z14: adapter 05 with domains 0004 and 0047, in use; 06 with 0004, taken without ap_config. */
#define OLD_CCA "5b8f1c2e-7a44-4d0b-9e36-0c14a5d20501"
#define OLD_EP11 "5b8f1c2e-7a44-4d0b-9e36-0c14a5d20602"
#define OLD_TYPE "ap-z14//matrix/vfio_ap-passthrough"
/* z16: adapters 05 and 06 with domains 0004 and 0047; 07 with both, taken without ap_config. */
#define NEW_BOTH "c4d9e7a0-31b5-4f68-8a27-16c8f0e30503"
#define NEW_OTHER "c4d9e7a0-31b5-4f68-8a27-16c8f0e30704"
#define NEW_TYPE "ap-z16//matrix/vfio_ap-passthrough"

struct hosts {
	struct engine engine;
	struct migcompat_verdict verdict;
	char folder[64];
};

static int setup(void **state)
{
	struct hosts *hosts = calloc(1, sizeof(*hosts));
	struct engine_options options = {.backend_dir = TEST_BACKENDS, .in_process = true};
	struct error err = {0};

	assert_non_null(hosts);
	strcpy(hosts->folder, "/tmp/migcompat-test-XXXXXX");
	assert_non_null(mkdtemp(hosts->folder));
	options.config = hosts->folder;
	if (engine_start(&hosts->engine, &options, &err) ||
	    engine_add_file(&hosts->engine, TEST_SOURCE "/tests/hosts/ap-z14.json", &err) ||
	    engine_add_file(&hosts->engine, TEST_SOURCE "/tests/hosts/ap-z16.json", &err) ||
	    engine_ready(&hosts->engine, &err))
		fail_msg("%s", err.text);
	*state = hosts;
	return 0;
}

static int teardown(void **state)
{
	struct hosts *hosts = *state;

	verdict_clear(&hosts->verdict);
	engine_stop(&hosts->engine);
	rmdir(hosts->folder);
	free(hosts);
	return 0;
}

static const struct device *find(struct hosts *hosts, const char *name)
{
	const struct device *device = NULL;
	struct error err = {0};

	if (inventory_find(&hosts->engine.inventory, name, &device, &err))
		fail_msg("%s", err.text);
	return device;
}

static const struct migcompat_verdict *ask(struct hosts *hosts, const char *source,
					   const char *target)
{
	assert_int_equal(check_devices(&hosts->engine, find(hosts, source), find(hosts, target),
				       &hosts->verdict),
			 0);
	return &hosts->verdict;
}

struct expected {
	const char *source, *target;
	enum migcompat_verdict_code code;
	enum verdict_grade grade;
	enum migcompat_limit limit;
	enum migcompat_state availability; /* of a compatible target */
};

#define EQUAL MIGCOMPAT_COMPATIBLE, GRADE_IDENTICAL, MIGCOMPAT_LIMIT_NONE
#define LARGER MIGCOMPAT_COMPATIBLE, GRADE_SUPERSET, MIGCOMPAT_LIMIT_NONE
#define REFUSED(limit) \
	MIGCOMPAT_INCOMPATIBLE, GRADE_NONE, MIGCOMPAT_LIMIT_##limit, MIGCOMPAT_UNKNOWN
#define IMMOVABLE MIGCOMPAT_NOT_MIGRATABLE, GRADE_NONE, MIGCOMPAT_LIMIT_NONE, MIGCOMPAT_UNKNOWN

static void each_is(struct hosts *hosts, const struct expected *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct migcompat_verdict *verdict =
			ask(hosts, cases[i].source, cases[i].target);

		if (verdict->code != cases[i].code || verdict->grade != cases[i].grade ||
		    verdict->limit != cases[i].limit)
			fail_msg("%s to %s: %s, %s, %s", cases[i].source, cases[i].target,
				 verdict_name(verdict->code), grade_name(verdict->grade),
				 limit_name(verdict->limit));
		if (verdict->code == MIGCOMPAT_COMPATIBLE &&
		    verdict->result.availability != cases[i].availability)
			fail_msg("%s to %s: availability %s", cases[i].source, cases[i].target,
				 state_name(verdict->result.availability));
	}
}

static void sources_of_the_older_host_fit_every_target(void **state)
{
	static const struct expected cases[] = {
		{OLD_CCA, OLD_CCA, EQUAL, MIGCOMPAT_NO},
		{OLD_CCA, OLD_EP11, EQUAL, MIGCOMPAT_NO},
		{OLD_CCA, OLD_TYPE, EQUAL, MIGCOMPAT_NO},
		{OLD_CCA, NEW_BOTH, LARGER, MIGCOMPAT_YES},
		{OLD_CCA, NEW_OTHER, LARGER, MIGCOMPAT_NO},
		{OLD_CCA, NEW_TYPE, LARGER, MIGCOMPAT_NO},
		{OLD_EP11, OLD_CCA, EQUAL, MIGCOMPAT_NO},
		{OLD_EP11, OLD_EP11, EQUAL, MIGCOMPAT_YES},
		{OLD_EP11, OLD_TYPE, EQUAL, MIGCOMPAT_NO},
		{OLD_EP11, NEW_BOTH, LARGER, MIGCOMPAT_YES},
		{OLD_EP11, NEW_OTHER, LARGER, MIGCOMPAT_NO},
		{OLD_EP11, NEW_TYPE, LARGER, MIGCOMPAT_NO},
	};

	each_is(*state, cases, sizeof(cases) / sizeof(cases[0]));
}

static void sources_of_the_newer_host_fit_only_there(void **state)
{
	static const struct expected cases[] = {
		{NEW_BOTH, OLD_CCA, REFUSED(HARDWARE)},
		{NEW_BOTH, OLD_EP11, REFUSED(HARDWARE)},
		{NEW_BOTH, OLD_TYPE, REFUSED(HARDWARE)},
		{NEW_BOTH, NEW_BOTH, EQUAL, MIGCOMPAT_YES},
		{NEW_BOTH, NEW_OTHER, EQUAL, MIGCOMPAT_NO},
		{NEW_BOTH, NEW_TYPE, EQUAL, MIGCOMPAT_NO},
		{NEW_OTHER, OLD_CCA, REFUSED(RESOURCE)},
		{NEW_OTHER, OLD_TYPE, REFUSED(RESOURCE)},
		{NEW_OTHER, NEW_BOTH, EQUAL, MIGCOMPAT_NO},
		{NEW_OTHER, NEW_OTHER, EQUAL, MIGCOMPAT_YES},
	};

	each_is(*state, cases, sizeof(cases) / sizeof(cases[0]));
}

static void a_type_is_no_source(void **state)
{
	static const struct expected cases[] = {
		{OLD_TYPE, NEW_BOTH, IMMOVABLE},
		{NEW_TYPE, OLD_TYPE, IMMOVABLE},
	};

	each_is(*state, cases, sizeof(cases) / sizeof(cases[0]));
}

static void the_way_back_names_every_reason(void **state)
{
	const struct migcompat_verdict *verdict = ask(*state, NEW_BOTH, OLD_CCA);

	/* Both hosts have all queues and control domains, but cards of two generations. */
	assert_int_equal(verdict->result.bad_count, 2);
	assert_non_null(test_finding(&verdict->result, "adapter 06 hwtype"));
	assert_contains(test_finding(&verdict->result, "adapter 05 hwtype")->text,
			"hwtype 14 (CEX8), target an older 12 (CEX6)");
}

static void keys_that_nobody_stated_are_a_warning(void **state)
{
	const struct migcompat_verdict *verdict = ask(*state, OLD_EP11, NEW_BOTH);
	const struct finding *finding = test_finding(&verdict->result, "master keys");

	assert_int_equal(finding->status, MIGCOMPAT_STATUS_WARN);
	assert_contains(finding->text, "of 1 adapters at the target (first 06)");
	verdict = ask(*state, OLD_CCA, NEW_BOTH);
	assert_int_equal(test_finding(&verdict->result, "master keys")->status,
			 MIGCOMPAT_STATUS_OK);
}

/* If any one fact of the target's host is missing, there is still an answer, and never a
 * better one. */
static void a_host_without_one_fact_still_answers(void **state)
{
	struct hosts *hosts = *state;
	const struct device *source = find(hosts, OLD_CCA);
	const char *const names[] = {NEW_BOTH, NEW_TYPE};

	for (size_t n = 0; n < 2; n++) {
		struct device target = *find(hosts, names[n]);
		struct host host = *target.host;
		struct fact *facts = calloc(host.facts.count, sizeof(*facts));

		assert_non_null(facts);
		target.host = &host;
		for (size_t i = 0; i < host.facts.count; i++) {
			const struct factset *all = &find(hosts, names[n])->host->facts;

			memcpy(facts, all->facts, i * sizeof(*facts));
			memcpy(facts + i, all->facts + i + 1,
			       (all->count - i - 1) * sizeof(*facts));
			host.facts = (struct factset){.facts = facts, .count = all->count - 1};
			assert_int_equal(
				check_devices(&hosts->engine, source, &target, &hosts->verdict), 0);
			if (strstr(all->facts[i].key, "card05/hwtype"))
				assert_int_not_equal(hosts->verdict.code, MIGCOMPAT_COMPATIBLE);
		}
		free(facts);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sources_of_the_older_host_fit_every_target, setup,
						teardown),
		cmocka_unit_test_setup_teardown(sources_of_the_newer_host_fit_only_there, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_type_is_no_source, setup, teardown),
		cmocka_unit_test_setup_teardown(the_way_back_names_every_reason, setup, teardown),
		cmocka_unit_test_setup_teardown(keys_that_nobody_stated_are_a_warning, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_host_without_one_fact_still_answers, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
