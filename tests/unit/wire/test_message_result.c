/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replies with findings: complete, cut, out of range, and contradictory. */
#include "tests/support/body.h"
#include "tests/support/same.h"

static void add(struct migcompat_result *result, uint32_t status, uint32_t limit, uint64_t extra)
{
	const struct migcompat_finding finding = {
		.struct_size = sizeof(finding),
		.field = "ports",
		.noun = "ports",
		.rule = MIGCOMPAT_RULE_AT_LEAST,
		.status = status,
		.limit = limit,
		.source = {MIGCOMPAT_VALUE_NUMBER, 0, {.number = 2}},
		.target = {MIGCOMPAT_VALUE_TEXT, 3, {.text = "two"}},
		.extra = extra,
		.text = "a sentence",
	};

	result_add(result, &finding, false);
}

/* Two findings that are ok and one that is bad. */
static void result_make(struct migcompat_result *result)
{
	assert_int_equal(result_reset(result), 0);
	add(result, MIGCOMPAT_STATUS_OK, MIGCOMPAT_LIMIT_NONE, 3);
	add(result, MIGCOMPAT_STATUS_BAD, MIGCOMPAT_LIMIT_HARDWARE, 0);
	add(result, MIGCOMPAT_STATUS_OK, MIGCOMPAT_LIMIT_NONE, 4);
	result_availability(result, MIGCOMPAT_NO, "taken");
}

/* Make a reader of the reply. */
static void result_turn(const struct migcompat_result *result)
{
	setup(NULL);
	message_put_result(&out, result);
	turn();
}

static void findings_are_read_as_they_were_written(void **state)
{
	struct migcompat_result result = {0}, got = {0};

	(void)state;
	result_make(&result);
	for (int i = 0; i < 3000; i++)
		add(&result, i == 2999 ? MIGCOMPAT_STATUS_BAD : MIGCOMPAT_STATUS_OK,
		    MIGCOMPAT_LIMIT_FIRMWARE, 1);
	result_turn(&result);
	assert_int_equal(result_reset(&got), 0);
	assert_int_equal(message_get_result(&reader, &got), 0);
	same_result(&result, &got);
	assert_int_equal(got.bad_count, 2);
	assert_int_equal(got.bad_limits,
			 1u << MIGCOMPAT_LIMIT_HARDWARE | 1u << MIGCOMPAT_LIMIT_FIRMWARE);
	result_free(&result);
	result_free(&got);
}

static void findings_that_are_cut_anywhere_are_refused_whole(void **state)
{
	struct migcompat_result result = {0}, got = {0};

	(void)state;
	result_make(&result);
	result_turn(&result);
	assert_int_equal(result_reset(&got), 0);
	for (size_t missing = 1; missing <= body_len(); missing++) {
		turn_cut(missing);
		assert_int_equal(message_get_result(&reader, &got), -EBADMSG);
		assert_int_equal(got.count, 0);
		assert_int_equal(got.bad_count, 0);
	}
	result_free(&result);
	result_free(&got);
}

/* Read the reply with another number at this offset. */
static int result_with(size_t offset, uint32_t value)
{
	struct migcompat_result result = {0}, got = {0};
	int r;

	result_make(&result);
	result_turn(&result);
	assert_true(offset + sizeof(value) <= body_len());
	memcpy(bytes + offset, &value, sizeof(value));
	assert_int_equal(result_reset(&got), 0);
	r = message_get_result(&reader, &got);
	assert_int_equal(got.count, r ? 0 : 3);
	result_free(&result);
	result_free(&got);
	return r;
}

static void counts_that_contradict_the_findings_are_refused(void **state)
{
	/*
	 * Offsets. The reply has: availability, its text "taken" (4 + 6 bytes), extra,
	 * dropped, dropped and bad, their limits, count. Then rule, status and limit of
	 * the first finding.
	 */
	enum {
		AVAILABILITY = 0,
		EXTRA = 14,
		DROPPED = 22,
		BAD = 30,
		LIMITS = 34,
		COUNT = 38,
		RULE = 42,
		STATUS = 46,
		LIMIT = 50
	};

	(void)state;
	assert_int_equal(result_with(AVAILABILITY, MIGCOMPAT_YES), 0);
	assert_int_equal(result_with(AVAILABILITY, 3), -EBADMSG);
	assert_int_equal(result_with(EXTRA, 0), 0);
	assert_int_equal(result_with(DROPPED, 5), 0);
	assert_int_equal(result_with(BAD, 1), -EBADMSG); /* none was dropped */
	assert_int_equal(result_with(LIMITS, 1u << MIGCOMPAT_LIMIT_TYPE),
			 -EBADMSG); /* none of the dropped is bad */
	assert_int_equal(result_with(LIMITS, UINT32_MAX), -EBADMSG);
	assert_int_equal(result_with(COUNT, 0), -EBADMSG);
	assert_int_equal(result_with(COUNT, 4), -EBADMSG);
	assert_int_equal(result_with(COUNT, RESULT_FINDINGS_MAX + 1), -EBADMSG);
	assert_int_equal(result_with(RULE, MIGCOMPAT_RULE_INFO), 0);
	assert_int_equal(result_with(RULE, MIGCOMPAT_RULE_INFO + 1), -EBADMSG);
	assert_int_equal(result_with(STATUS, MIGCOMPAT_STATUS_WARN), 0);
	assert_int_equal(result_with(STATUS, MIGCOMPAT_STATUS_BAD),
			 -EBADMSG); /* bad, without a limit */
	assert_int_equal(result_with(STATUS, MIGCOMPAT_STATUS_UNKNOWN + 1), -EBADMSG);
	assert_int_equal(result_with(LIMIT, MIGCOMPAT_LIMIT_RESOURCE), 0);
	for (uint32_t cores = MIGCOMPAT_LIMIT_POLICY; cores <= MIGCOMPAT_LIMIT_HYPERVISOR + 1;
	     cores++)
		assert_int_equal(result_with(LIMIT, cores), -EBADMSG);
}

/*
 * Read a reply with five dropped findings: this many are bad, have these limits, and this
 * sum of extra.
 */
static int dropped_with(uint32_t bad, uint32_t limits, uint64_t extra, struct migcompat_result *got)
{
	struct migcompat_result result = {0};
	int r;

	result_make(&result);
	result.truncated = 5;
	result.dropped_bad = bad;
	result.dropped_limits = limits;
	result.extra = extra;
	result_turn(&result);
	assert_int_equal(result_reset(got), 0);
	r = message_get_result(&reader, got);
	result_free(&result);
	return r;
}

static void dropped_findings_decide_as_the_worker_says(void **state)
{
	struct migcompat_result got = {0};

	(void)state;
	assert_int_equal(dropped_with(2, 1u << MIGCOMPAT_LIMIT_TYPE, 10, &got), 0);
	assert_int_equal(got.truncated, 5);
	assert_int_equal(got.bad_count, 3);
	assert_int_equal(got.bad_limits,
			 1u << MIGCOMPAT_LIMIT_TYPE | 1u << MIGCOMPAT_LIMIT_HARDWARE);
	assert_true(got.extra == 10);
	result_recount(&got);
	assert_int_equal(got.bad_count, 3);
	assert_int_equal(dropped_with(0, 0, 0, &got), 0);
	assert_true(got.extra == 7); /* the sum of the findings in the reply */
	assert_int_equal(dropped_with(6, 1u << MIGCOMPAT_LIMIT_TYPE, 10, &got), -EBADMSG);
	assert_int_equal(dropped_with(1, 0, 10, &got), -EBADMSG);
	assert_int_equal(dropped_with(1, 1u << MIGCOMPAT_LIMIT_NONE, 10, &got), -EBADMSG);
	for (uint32_t cores = MIGCOMPAT_LIMIT_POLICY; cores <= MIGCOMPAT_LIMIT_HYPERVISOR + 1;
	     cores++)
		assert_int_equal(dropped_with(1, 1u << cores, 10, &got), -EBADMSG);
	result_free(&got);
}

static void no_findings_are_no_answer(void **state)
{
	struct migcompat_result result = {0}, got = {0};

	(void)state;
	assert_int_equal(result_reset(&result) | result_reset(&got), 0);
	result_turn(&result);
	assert_int_equal(message_get_result(&reader, &got), -EBADMSG);
	result_free(&result);
	result_free(&got);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(findings_are_read_as_they_were_written),
		test(findings_that_are_cut_anywhere_are_refused_whole),
		test(counts_that_contradict_the_findings_are_refused),
		test(dropped_findings_decide_as_the_worker_says),
		test(no_findings_are_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
