/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Several instances as one device: only memory is multiplied, and a type can be set up
 * for it.
 */
#include "plugins/intel-gvt/tests/bench.h"

/* i915-GVTg_V5_8 without a description: 64 MB low, 384 MB high. */
#define EIGHTH "mdev_type", "i915-GVTg_V5_8", "mdev_type/description", "-"

static struct opened *twice(struct bench *bench)
{
	return bench_mdev(bench, CHANGES(EIGHTH, "aggregated_instances", "2"));
}

static struct opened *type(struct bench *bench, const char *max, const char *free)
{
	return bench_open(bench, MIGCOMPAT_KIND_MDEV_TYPE,
			  CHANGES(EIGHTH, "mdev_type/aggregation", max,
				  "mdev_type/available_instances", free));
}

static void list(struct opened *target, enum provider_list which, const struct opened *source,
		 struct migcompat_sink *sink)
{
	struct error err = {0};

	if (opened_list(target, which, source ? source->payload : NULL,
			source ? source->payload_len : 0, sink, &err) != 0)
		fail_msg("%s", err.text);
}

static void aggregation_multiplies_memory_alone(void **state)
{
	struct opened *opened = twice(*state);

	assert_string_equal(opened->type, "gvtg-gen9-128-768-4-1024x768");
	opened_close(opened);
}

static void the_last_proposals_place_of_the_attribute_counts_too(void **state)
{
	struct opened *opened =
		bench_mdev(*state, CHANGES(EIGHTH, "mdev/aggregated_instances", "2"));

	assert_string_equal(opened->type, "gvtg-gen9-128-768-4-1024x768");
	opened_close(opened);
}

static void one_aggregated_instance_is_a_plain_device(void **state)
{
	struct bench *bench = *state;
	struct opened *plain = bench_mdev(bench, CHANGES(EIGHTH));
	struct opened *one = bench_mdev(bench, CHANGES(EIGHTH, "aggregated_instances", "1"));

	assert_string_equal(plain->payload, one->payload);
	opened_close(plain);
	opened_close(one);
}

static void equal_memory_fits_whether_aggregated_or_not(void **state)
{
	struct bench *bench = *state;
	struct opened *source = twice(bench);
	struct opened *target = bench_mdev(
		bench,
		CHANGES("mdev_type/description",
			"low_gm_size: 128MB high_gm_size: 768MB fence: 4 resolution: 1024x768"));

	assert_string_equal(source->type, target->type);
	assert_int_equal(bench_compare(bench, source, target), 0);
}

static void a_device_without_enough_aggregation_is_refused(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(bench_compare(bench, twice(bench), bench_mdev(bench, CHANGES(EIGHTH))), 2);
	assert_int_equal(bench_compare(bench, bench_mdev(bench, CHANGES(EIGHTH)), twice(bench)), 2);
}

/* An existing device keeps what its owner gave it. */
static void a_device_that_exists_is_not_set_up_anew(void **state)
{
	struct bench *bench = *state;
	struct opened *source = twice(bench);
	struct opened *target = bench_mdev(
		bench, CHANGES(EIGHTH, "mdev_type/aggregation", "4", "aggregated_instances", "1"));
	struct migcompat_sink sink = {0};

	list(target, PROVIDER_CANDIDATES, source, &sink);
	assert_string_equal(sink.candidates[0].name, "");
	sink_free(&sink);
	assert_int_equal(bench_compare(bench, source, target), 2);
}

static void a_type_that_can_aggregate_enough_fits(void **state)
{
	struct bench *bench = *state;
	const struct finding *finding;

	assert_int_equal(bench_compare(bench, twice(bench), type(bench, "4", "4")), 0);
	assert_int_equal(bench->result.extra, 0);
	assert_int_equal(bench->result.availability,
			 MIGCOMPAT_UNKNOWN); /* the core reads it from the same fact */
	finding = test_finding(&bench->result, "aggregated_instances");
	assert_non_null(finding);
	assert_int_equal(finding->rule, MIGCOMPAT_RULE_INFO);
	assert_int_equal(finding->target.as.number, 2);
}

static void a_type_that_cannot_aggregate_enough_is_refused(void **state)
{
	struct bench *bench = *state;
	struct opened *source = bench_mdev(bench, CHANGES(EIGHTH, "aggregated_instances", "5"));

	assert_int_equal(bench_compare(bench, source, type(bench, "4", "4")), 2);
	assert_null(test_finding(&bench->result, "aggregated_instances"));
	assert_int_equal(
		bench_compare(bench, twice(bench),
			      bench_open(bench, MIGCOMPAT_KIND_MDEV_TYPE, CHANGES(EIGHTH))),
		2);
}

static void memory_that_is_no_multiple_is_refused(void **state)
{
	struct bench *bench = *state;
	struct opened *low_only = bench_mdev(
		bench,
		CHANGES("mdev_type/description",
			"low_gm_size: 128MB high_gm_size: 512MB fence: 4 resolution: 1024x768"));
	struct opened *odd = bench_mdev(
		bench,
		CHANGES("mdev_type/description",
			"low_gm_size: 96MB high_gm_size: 768MB fence: 4 resolution: 1024x768"));

	assert_int_equal(bench_compare(bench, low_only, type(bench, "4", "4")), 2);
	assert_int_equal(bench_compare(bench, odd, type(bench, "4", "4")), 2);
}

static void too_few_free_instances_make_it_unavailable_not_incompatible(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(bench_compare(bench, twice(bench), type(bench, "4", "1")), 0);
	assert_int_equal(bench->result.availability, MIGCOMPAT_NO);
	assert_string_equal(bench->result.availability_text,
			    "it takes 2 instances of i915-GVTg_V5_8, and 1 are left");
}

static void a_number_of_free_instances_that_is_wrong_spoils_no_verdict(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(bench_compare(bench, twice(bench), type(bench, "4", "-1")), 0);
	assert_int_equal(bench->result.availability, MIGCOMPAT_UNKNOWN);
}

static void a_candidate_names_the_setting_and_the_type_that_it_makes(void **state)
{
	struct bench *bench = *state;
	struct opened *source = twice(bench), *target = type(bench, "4", "4");
	struct migcompat_sink sink = {0};

	list(target, PROVIDER_CANDIDATES, source, &sink);
	assert_int_equal(sink.ncandidates, 1);
	assert_string_equal(sink.candidates[0].name, "aggregated_instances=2");
	assert_string_equal(sink.candidates[0].type, source->type);
	assert_int_equal(sink.candidates[0].extra, 0);
	sink_free(&sink);
	opened_close(source);
	opened_close(target);
}

static void a_target_that_fits_as_it_is_is_its_own_candidate(void **state)
{
	struct bench *bench = *state;
	struct opened *source = bench_mdev(bench, CHANGES(EIGHTH)), *target = type(bench, "4", "4");
	struct migcompat_sink sink = {0};

	list(target, PROVIDER_CANDIDATES, source, &sink);
	assert_int_equal(sink.ncandidates, 1);
	assert_string_equal(sink.candidates[0].name, "");
	assert_null(sink.candidates[0].type);
	sink_free(&sink);
	opened_close(source);
	opened_close(target);
}

static void the_parameter_is_what_the_payload_asks_for(void **state)
{
	struct bench *bench = *state;
	struct opened *source = twice(bench), *target = type(bench, "4", "4");
	struct migcompat_sink sink = {0};

	list(target, PROVIDER_PARAMETERS, NULL, &sink);
	list(target, PROVIDER_PARAMETERS, source, &sink);
	assert_int_equal(sink.nparameters, 2);
	assert_string_equal(sink.parameters[0].value, "1");
	assert_string_equal(sink.parameters[1].value, "2");
	assert_string_equal(sink.parameters[1].name, "aggregated_instances");
	assert_string_equal(sink.parameters[1].attribute, "aggregated_instances");
	assert_string_equal(sink.parameters[1].allowed, "1-4");
	assert_string_equal(sink.parameters[1].off, "1");
	assert_int_equal(sink.parameters[1].runtime, 0);
	sink_free(&sink);
	opened_close(source);
	opened_close(target);
}

static void a_device_tells_its_own_parameter(void **state)
{
	struct bench *bench = *state;
	struct opened *flat = twice(bench);
	struct opened *below = bench_mdev(bench, CHANGES(EIGHTH, "mdev/aggregated_instances", "3",
							 "mdev_type/aggregation", "4"));
	struct opened *plain = bench_mdev(bench, CHANGES(EIGHTH));
	struct migcompat_sink sink = {0};

	list(flat, PROVIDER_PARAMETERS, NULL, &sink);
	list(below, PROVIDER_PARAMETERS, flat, &sink);
	list(plain, PROVIDER_PARAMETERS, NULL, &sink);
	assert_int_equal(sink.nparameters, 2);
	assert_string_equal(sink.parameters[0].value, "2");
	assert_null(sink.parameters[0].allowed);
	assert_string_equal(sink.parameters[1].value, "3");
	assert_string_equal(sink.parameters[1].attribute, "mdev/aggregated_instances");
	sink_free(&sink);
	opened_close(flat);
	opened_close(below);
	opened_close(plain);
}

static void a_malformed_payload_lists_nothing(void **state)
{
	struct bench *bench = *state;
	struct opened *target = type(bench, "4", "4");
	struct migcompat_sink sink = {0};
	struct error err = {0};

	assert_int_equal(opened_list(target, PROVIDER_CANDIDATES, "garbage", 7, &sink, &err),
			 -EINVAL);
	assert_int_equal(opened_list(target, PROVIDER_PARAMETERS, "garbage", 7, &sink, &err),
			 -EINVAL);
	assert_int_equal(sink.ncandidates + sink.nparameters, 0);
	sink_free(&sink);
	opened_close(target);
}

static void more_than_the_gpu_has_is_never_offered(void **state)
{
	struct bench *bench = *state;
	struct opened *target = type(bench, "4096", "4");
	struct migcompat_sink sink = {0};

	list(target, PROVIDER_PARAMETERS, NULL, &sink);
	assert_string_equal(sink.parameters[0].allowed,
			    "1-10"); /* 384 MB fit ten times into 4096 MB */
	sink_free(&sink);
	opened_close(target);
}

static void wrong_numbers_are_refused(void **state)
{
	struct bench *bench = *state;
	static const char *const wrong[] = {"0", "-1", "two", "", "4097", "18446744073709551617"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		bench_refused(bench, MIGCOMPAT_KIND_MDEV, CHANGES("aggregated_instances", wrong[i]),
			      -ERANGE, "expected a number of instances");
		bench_refused(bench, MIGCOMPAT_KIND_MDEV,
			      CHANGES("mdev/aggregated_instances", wrong[i]), -ERANGE,
			      "mdev/aggregated_instances");
		bench_refused(bench, MIGCOMPAT_KIND_MDEV_TYPE,
			      CHANGES("mdev_type/aggregation", wrong[i]), -ERANGE,
			      "mdev_type/aggregation");
	}
	bench_refused(bench, MIGCOMPAT_KIND_MDEV, CHANGES(EIGHTH, "aggregated_instances", "11"),
		      -ERANGE, "are more than 4096 MB");
	bench_refused(bench, MIGCOMPAT_KIND_MDEV,
		      CHANGES("aggregated_instances", "2", "mdev/aggregated_instances", "3"),
		      -EINVAL, "differ: 2 and 3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(aggregation_multiplies_memory_alone),
		bench_test(the_last_proposals_place_of_the_attribute_counts_too),
		bench_test(one_aggregated_instance_is_a_plain_device),
		bench_test(equal_memory_fits_whether_aggregated_or_not),
		bench_test(a_device_without_enough_aggregation_is_refused),
		bench_test(a_device_that_exists_is_not_set_up_anew),
		bench_test(a_type_that_can_aggregate_enough_fits),
		bench_test(a_type_that_cannot_aggregate_enough_is_refused),
		bench_test(memory_that_is_no_multiple_is_refused),
		bench_test(too_few_free_instances_make_it_unavailable_not_incompatible),
		bench_test(a_number_of_free_instances_that_is_wrong_spoils_no_verdict),
		bench_test(a_candidate_names_the_setting_and_the_type_that_it_makes),
		bench_test(a_target_that_fits_as_it_is_is_its_own_candidate),
		bench_test(the_parameter_is_what_the_payload_asks_for),
		bench_test(a_device_tells_its_own_parameter),
		bench_test(a_malformed_payload_lists_nothing),
		bench_test(more_than_the_gpu_has_is_never_offered),
		bench_test(wrong_numbers_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
