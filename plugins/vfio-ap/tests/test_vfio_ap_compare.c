/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each rule between two matrices: queues, control domains, hwtype and function bits. */
#include "plugins/vfio-ap/tests/ap_test.h"

static void equal_matrices_are_identical(void **state)
{
	struct pair *pair = *state;

	pair_compare(pair);
	expect_fit(pair, 0);
	assert_non_null(test_finding(&pair->result, "queues"));
	assert_non_null(test_finding(&pair->result, "control domains"));
	assert_non_null(test_finding(&pair->result, "hwtype"));
	assert_non_null(test_finding(&pair->result, "function bits"));
	assert_non_null(test_finding(&pair->result, "master keys"));
	assert_int_equal(pair->result.availability, MIGCOMPAT_YES);
}

/* --------------------------------------------------------- queues and control domains */

static void more_queues_on_the_target_are_a_superset(void **state)
{
	struct pair *pair = *state;

	put_config(&pair->source, "5", "4", "");
	pair_compare(pair);
	expect_fit(pair, 4); /* three queues and a control domain */
}

static void queues_that_no_guest_gets_are_no_superset(void **state)
{
	struct pair *pair = *state;

	put_config(&pair->source, "5,6", "4,47", "");
	put_guest(&pair->source, "5", "4,47");
	put_config(&pair->target, "5,6", "4,47", "");
	put_guest(&pair->target, "5", "4,47");
	pair_compare(pair);
	expect_fit(pair, 0);
}

static void every_missing_queue_is_told(void **state)
{
	struct pair *pair = *state;
	const struct finding *finding;

	put_config(&pair->target, "6", "4", "47");
	pair_compare(pair);
	assert_int_equal(pair->result.bad_count, 3);
	assert_int_equal(pair->result.bad_limits, 1u << MIGCOMPAT_LIMIT_RESOURCE);
	assert_non_null(test_finding(&pair->result, "queue 05.0004"));
	assert_non_null(test_finding(&pair->result, "queue 05.0047"));
	finding = test_finding(&pair->result, "queue 06.0047");
	assert_non_null(finding);
	assert_string_equal(finding->text, "queue 06.0047 is not in the target's matrix");
	assert_null(test_finding(&pair->result, "queue 06.0004"));
	assert_null(test_finding(&pair->result, "queues"));
}

static void a_queue_without_a_card_is_not_there(void **state)
{
	struct pair *pair = *state;

	list_drop(&pair->target.host_facts, "bus/ap/devices/card06/hwtype");
	list_drop(&pair->target.host_facts, "bus/ap/devices/card06/ap_functions");
	put_queue(&pair->target, 0x06, 0x04, "driver", NULL);
	put_queue(&pair->target, 0x06, 0x47, "driver", NULL);
	pair_compare(pair);
	assert_int_equal(pair->result.bad_count, 2);
	assert_contains(test_finding(&pair->result, "queue 06.0004")->text,
			"the target's host has no adapter 06");
}

static void a_domain_that_the_host_says_it_lacks_is_not_there(void **state)
{
	struct pair *pair = *state;

	put_mask(&pair->target.host_facts, "bus/ap/ap_usage_domain_mask", "4");
	put_queue(&pair->target, 0x06, 0x47, "driver", NULL);
	pair_compare(pair);
	expect_bad(pair, "queue 06.0047", MIGCOMPAT_LIMIT_RESOURCE);
	assert_contains(test_finding(&pair->result, "queue 06.0047")->text, "no domain 0047");
}

static void a_malformed_mask_of_the_host_is_refused(void **state)
{
	static const char *const keys[] = {"bus/ap/apmask", "bus/ap/aqmask",
					   "bus/ap/ap_control_domain_mask",
					   "bus/ap/ap_usage_domain_mask"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct pair *pair = *state;

		list_put(&pair->source.host_facts, keys[i], "0x12");
		expect_error(pair, -EINVAL, keys[i]);
		list_put(&pair->source.host_facts, keys[i], "not supported");
		assert_int_equal(side_open(pair, &pair->source), 0);
		pair->source.opened = opened_close(pair->source.opened);
	}
}

static void every_missing_control_domain_is_told(void **state)
{
	struct pair *pair = *state;

	put_config(&pair->source, "5,6", "4,47", "0,47,ff");
	put_mask(&pair->source.host_facts, "bus/ap/ap_control_domain_mask", "0,47,ff");
	pair_compare(pair);
	assert_int_equal(pair->result.bad_count, 2);
	assert_int_equal(pair->result.bad_limits, 1u << MIGCOMPAT_LIMIT_RESOURCE);
	assert_non_null(test_finding(&pair->result, "control domain 0000"));
	assert_non_null(test_finding(&pair->result, "control domain 00ff"));
}

/* ---------------------------------------------------------------- hwtype */

static void a_newer_card_on_the_target_fits(void **state)
{
	struct pair *pair = *state;

	put_card(&pair->target, 0x05, "14", CCA);
	pair_compare(pair);
	expect_fit(pair, 2);
}

static void an_older_card_on_the_target_is_refused(void **state)
{
	struct pair *pair = *state;

	put_card(&pair->target, 0x05, "11", CCA);
	pair_compare(pair);
	expect_bad(pair, "adapter 05 hwtype", MIGCOMPAT_LIMIT_HARDWARE);
	assert_contains(test_finding(&pair->result, "adapter 05 hwtype")->text,
			"source has hwtype 12 (CEX6), target an older 11 (CEX5)");
}

static void a_malformed_hwtype_of_the_source_is_named(void **state)
{
	static const char *const wrong[] = {
		"", "CEX6", "256", "-1", "12 ", "0x0c", "99999999999999999999", "!EIO"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct pair *pair = *state;

		list_put(&pair->source.host_facts, "bus/ap/devices/card06/hwtype", wrong[i]);
		expect_error(pair, -EINVAL, "bus/ap/devices/card06/hwtype");
	}
}

static void a_malformed_card_elsewhere_hurts_nobody(void **state)
{
	struct pair *pair = *state;

	put_card(&pair->source, 0x07, "CEX6", CCA);
	put_card(&pair->target, 0x07, "CEX6", CCA);
	pair_compare(pair);
	expect_fit(pair, 0);
}

/* ---------------------------------------------------------------- function bits */

/* Source and target have these bits. field: the one that must be refused; NULL:
 * they fit. */
static void check_functions(struct pair *pair, const char *source, const char *target,
			    const char *bits, uint64_t extra)
{
	char field[64];

	put_card(&pair->source, 0x05, "12", source);
	put_card(&pair->target, 0x05, "12", target);
	pair_compare(pair);
	if (bits) {
		snprintf(field, sizeof(field), "adapter 05 function bits %s", bits);
		expect_bad(pair, field, MIGCOMPAT_LIMIT_HARDWARE);
	} else {
		expect_fit(pair, extra);
	}
}

static void bits_0_to_2_must_be_equal(void **state)
{
	check_functions(*state, "0x92800000", "0x92800000", NULL, 0);
	check_functions(*state, "0x92800000", "0x12800000", "0-2", 0);
	check_functions(*state, "0x12800000", "0x92800000", "0-2", 0);
	check_functions(*state, "0x92800000", "0xD2800000", "0-2", 0);
	check_functions(*state, "0x92800000", "0xB2800000", "0-2", 0);
}

static void the_mode_must_be_equal(void **state)
{
	check_functions(*state, "0x02800000", "0x12800000", "3-5", 0);
	check_functions(*state, "0x12800000", "0x0A800000", "3-5", 0);
	check_functions(*state, "0x0A800000", "0x06800000", "3-5", 0);
	check_functions(*state, "0x06800000", "0x06800000", NULL, 0);
}

static void bits_6_and_7_must_be_equal(void **state)
{
	check_functions(*state, "0x90800000", "0x92800000", "6", 0);
	check_functions(*state, "0x92800000", "0x90800000", "6", 0);
	check_functions(*state, "0x92800000", "0x93800000", "7", 0);
	check_functions(*state, "0x93800000", "0x92800000", "7", 0);
	check_functions(*state, "0x93800000", "0x93800000", NULL, 0);
}

static void a_stateless_source_fits_a_native_target_only(void **state)
{
	check_functions(*state, CCA_STATELESS, CCA_STATELESS, NULL, 0);
	check_functions(*state, CCA_STATELESS, CCA, NULL, 1);
	check_functions(*state, CCA, CCA_STATELESS, "8-9", 0);
	check_functions(*state, "0x92000000", CCA, "8-9", 0);
	check_functions(*state, CCA_STATELESS, "0x92000000", "8-9", 0);
	check_functions(*state, CCA_STATELESS, "0x92C00000", "8-9", 0);
}

static void bits_16_and_17_must_be_zero_on_both_sides(void **state)
{
	check_functions(*state, "0x92808000", CCA, "16-17", 0);
	check_functions(*state, CCA, "0x92804000", "16-17", 0);
	check_functions(*state, "0x92808000", "0x92808000", "16-17", 0);
}

static void other_bits_are_free(void **state)
{
	check_functions(*state, "0x92800000", "0x92BF3FFF", NULL, 0);
	check_functions(*state, "0x92BF3FFF", "0x92800000", NULL, 0);
}

static void malformed_function_bits_are_named(void **state)
{
	static const char *const wrong[] = {"",           "0x",        "92800000", "0x928000000",
					    "0x9280000g", "S--D--NF-", "!EACCES"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct pair *pair = *state;

		list_put(&pair->source.host_facts, "bus/ap/devices/card05/ap_functions", wrong[i]);
		expect_error(pair, -EINVAL, "bus/ap/devices/card05/ap_functions");
	}
}

static void all_mismatches_are_told_at_once(void **state)
{
	struct pair *pair = *state;

	put_config(&pair->source, "5,6", "4,47", "4");
	put_config(&pair->target, "5", "4,47", "47");
	put_card(&pair->target, 0x05, "10", "0x0E404000");
	pair_compare(pair);
	/* Two queues, a control domain, hwtype, and bits 0-2, 3-5, 8-9, 16-17. */
	assert_int_equal(pair->result.bad_count, 8);
	assert_int_equal(pair->result.bad_limits,
			 1u << MIGCOMPAT_LIMIT_RESOURCE | 1u << MIGCOMPAT_LIMIT_HARDWARE);
}

/* ------------------------------------------------- queues that differ from their card */

static void a_source_whose_queues_differ_is_not_migratable(void **state)
{
	struct pair *pair = *state;

	put_queue(&pair->source, 0x06, 0x47, "ap_functions", CCA_STATELESS);
	assert_int_equal(side_open(pair, &pair->source), 0);
	assert_null(pair->source.opened->payload);
	assert_contains(pair->source.opened->not_source, "the queues of adapter 06 differ");
}

static void a_queue_that_differs_elsewhere_does_not_matter(void **state)
{
	struct pair *pair = *state;

	put_queue(&pair->source, 0x06, 0x48, "ap_functions", CCA_STATELESS);
	put_queue(&pair->target, 0x06, 0x48, "ap_functions", CCA_STATELESS);
	pair_compare(pair);
	expect_fit(pair, 0);
}

static void queues_count_before_their_card(void **state)
{
	struct pair *pair = *state;

	put_card(&pair->target, 0x06, "10", EP11);
	put_queue(&pair->target, 0x06, 0x04, "ap_functions", CCA);
	put_queue(&pair->target, 0x06, 0x47, "ap_functions", CCA);
	put_queue(&pair->target, 0x06, 0x04, "hwtype", "12");
	put_queue(&pair->target, 0x06, 0x47, "hwtype", "12");
	pair_compare(pair);
	expect_fit(pair, 0);
}

static void target_queues_that_differ_are_told_one_by_one(void **state)
{
	struct pair *pair = *state;

	put_queue(&pair->target, 0x06, 0x47, "ap_functions", EP11);
	pair_compare(pair);
	assert_int_equal(pair->result.bad_count, 2);
	assert_int_equal(pair->result.bad_limits, 1u << MIGCOMPAT_LIMIT_HARDWARE);
	assert_non_null(test_finding(&pair->result, "queue 06.0047 function bits 0-2"));
	assert_non_null(test_finding(&pair->result, "queue 06.0047 function bits 3-5"));
}

static void what_is_not_known_of_the_target_is_refused(void **state)
{
	struct pair *pair = *state;

	list_drop(&pair->target.host_facts, "bus/ap/devices/card06/hwtype");
	pair_compare(pair);
	assert_int_equal(pair->result.bad_count, 2); /* both queues of the adapter */
	assert_int_equal(pair->result.bad_limits, 1u << MIGCOMPAT_LIMIT_HARDWARE);
	assert_contains(test_finding(&pair->result, "queue 06.0004 hwtype")->text,
			"not known on the target's host");
}

static void a_malformed_card_of_the_target_is_refused(void **state)
{
	struct pair *pair = *state;

	put_card(&pair->target, 0x06, "CEX6", CCA);
	side_type(&pair->target);
	pair_compare(pair);
	expect_bad(pair, "adapter 06 hwtype", MIGCOMPAT_LIMIT_HARDWARE);
	assert_contains(test_finding(&pair->result, "adapter 06 hwtype")->text,
			"bus/ap/devices/card06/hwtype");
}

static void what_is_no_card_and_no_queue_is_passed_over(void **state)
{
	static const char *const names[] = {"foo", "card5", "card0g",  "card055",  "5.0004", "05",
					    "05.", "05.4",  "05.0100", "05.00044", "05:0004"};
	struct pair *pair = *state;
	char key[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(key, sizeof(key), "bus/ap/devices/%s/hwtype", names[i]);
		list_put(&pair->target.host_facts, key, "nonsense");
		snprintf(key, sizeof(key), "bus/ap/devices/%s/driver", names[i]);
		list_put(&pair->target.host_facts, key, "cex4queue");
	}
	list_put(&pair->target.host_facts, "bus/ap/devices/card05/driver", "cex4card");
	list_put(&pair->target.host_facts, "bus/ap/devices/card05/status", "in use");
	pair_compare(pair);
	expect_fit(pair, 0);
	assert_int_equal(pair->result.availability, MIGCOMPAT_YES);
}

static void what_is_not_known_of_the_source_makes_it_none(void **state)
{
	struct pair *pair = *state;

	list_drop(&pair->source.host_facts, "bus/ap/devices/card06/ap_functions");
	assert_int_equal(side_open(pair, &pair->source), 0);
	assert_contains(pair->source.opened->not_source, "queue 06.0004 are not known");
	pair->source.opened = opened_close(pair->source.opened);
	put_config(&pair->source, "5,8", "4", "");
	assert_int_equal(side_open(pair, &pair->source), 0);
	assert_contains(pair->source.opened->not_source,
			"adapter 08 is assigned, but the host has no such card");
	pair->source.opened = opened_close(pair->source.opened);
	put_config(&pair->source, "5,6", "4,48", "");
	assert_int_equal(side_open(pair, &pair->source), 0);
	assert_contains(pair->source.opened->not_source,
			"queue 05.0048 is assigned, but the host has no such domain");
}

static void cards_that_were_not_collected_are_an_error(void **state)
{
	static const char *const globs[] = {"ap_config", "mdev_type"};
	struct pair *pair = *state;
	struct opened *opened = NULL;

	test_host_make(&pair->source.host, pair->source.host_facts.items);
	pair->source.host.host->wanted = (struct wanted){.globs = globs, .count = 2};
	assert_int_equal(provider_open(pair->provider,
				       test_device(&pair->source.host, MIGCOMPAT_KIND_MDEV, "x",
						   pair->source.facts.items),
				       &opened, &pair->err),
			 -ENODATA);
	assert_contains(pair->err.text, "not collected");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		pair_test(equal_matrices_are_identical),
		pair_test(more_queues_on_the_target_are_a_superset),
		pair_test(queues_that_no_guest_gets_are_no_superset),
		pair_test(every_missing_queue_is_told),
		pair_test(a_queue_without_a_card_is_not_there),
		pair_test(a_domain_that_the_host_says_it_lacks_is_not_there),
		pair_test(a_malformed_mask_of_the_host_is_refused),
		pair_test(every_missing_control_domain_is_told),
		pair_test(a_newer_card_on_the_target_fits),
		pair_test(an_older_card_on_the_target_is_refused),
		pair_test(a_malformed_hwtype_of_the_source_is_named),
		pair_test(a_malformed_card_elsewhere_hurts_nobody),
		pair_test(bits_0_to_2_must_be_equal),
		pair_test(the_mode_must_be_equal),
		pair_test(bits_6_and_7_must_be_equal),
		pair_test(a_stateless_source_fits_a_native_target_only),
		pair_test(bits_16_and_17_must_be_zero_on_both_sides),
		pair_test(other_bits_are_free),
		pair_test(malformed_function_bits_are_named),
		pair_test(all_mismatches_are_told_at_once),
		pair_test(a_source_whose_queues_differ_is_not_migratable),
		pair_test(a_queue_that_differs_elsewhere_does_not_matter),
		pair_test(queues_count_before_their_card),
		pair_test(target_queues_that_differ_are_told_one_by_one),
		pair_test(what_is_not_known_of_the_target_is_refused),
		pair_test(a_malformed_card_of_the_target_is_refused),
		pair_test(what_is_no_card_and_no_queue_is_passed_over),
		pair_test(what_is_not_known_of_the_source_makes_it_none),
		pair_test(cards_that_were_not_collected_are_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
