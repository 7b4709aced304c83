/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Queues that exist and queues that are free now, types as targets, parameters, and the
 * writes that make a target ready.
 */
#include "plugins/vfio-ap/tests/ap_test.h"

#define NO_MASK "0x0000000000000000000000000000000000000000000000000000000000000000"

/* The target is compatible but not available, for this reason. */
static void expect_taken(const struct pair *pair, const char *reason)
{
	expect_fit(pair, 0);
	assert_int_equal(pair->result.availability, MIGCOMPAT_NO);
	assert_contains(pair->result.availability_text, reason);
}

/* ---------------------------------------------------------------- a type as target */

static void a_type_is_a_target_and_no_source(void **state)
{
	struct pair *pair = *state;

	side_type(&pair->target);
	pair_open(pair);
	assert_null(pair->target.opened->payload);
	assert_contains(pair->target.opened->not_source, "an mdev type has no matrix");
	assert_null(pair->target.opened->not_target);
	assert_string_equal(pair->target.opened->type, pair->source.opened->type);
	pair_close(pair);
	pair_compare(pair);
	expect_fit(pair, 0);
	assert_int_equal(pair->result.availability, MIGCOMPAT_YES);
}

static void a_type_without_the_card_has_no_queue(void **state)
{
	struct pair *pair = *state;

	put_config(&pair->source, "5,8", "4", "");
	put_card(&pair->source, 0x08, "12", CCA);
	side_type(&pair->target);
	pair_compare(pair);
	expect_bad(pair, "queue 08.0004", MIGCOMPAT_LIMIT_RESOURCE);
	assert_contains(test_finding(&pair->result, "queue 08.0004")->text, "no adapter 08");
}

static void a_type_without_the_domain_has_no_queue(void **state)
{
	struct pair *pair = *state;

	put_config(&pair->source, "5,6", "4,48", "");
	put_mask(&pair->source.host_facts, "bus/ap/ap_usage_domain_mask", "4,48");
	side_type(&pair->target);
	pair_compare(pair);
	assert_int_equal(pair->result.bad_count, 2);
	assert_contains(test_finding(&pair->result, "queue 05.0048")->text, "no domain 0048");
}

static void a_queue_is_there_by_its_folder_or_by_the_usage_domains(void **state)
{
	struct pair *pair = *state;

	side_type(&pair->target);
	list_drop(&pair->target.host_facts, "bus/ap/ap_usage_domain_mask");
	pair_compare(pair);
	expect_fit(pair, 0);
	put_queue(&pair->target, 0x06, 0x47, "driver", NULL);
	pair_compare(pair);
	expect_bad(pair, "queue 06.0047", MIGCOMPAT_LIMIT_RESOURCE);
	put_mask(&pair->target.host_facts, "bus/ap/ap_usage_domain_mask", "4,47");
	pair_compare(pair);
	expect_fit(pair, 0);
}

static void a_type_needs_the_control_domains_of_its_host(void **state)
{
	struct pair *pair = *state;

	side_type(&pair->target);
	put_mask(&pair->target.host_facts, "bus/ap/ap_control_domain_mask", "4");
	pair_compare(pair);
	expect_bad(pair, "control domain 0047", MIGCOMPAT_LIMIT_RESOURCE);
	list_put(&pair->target.host_facts, "bus/ap/ap_control_domain_mask", "not supported");
	pair_compare(pair);
	expect_bad(pair, "control domains", MIGCOMPAT_LIMIT_RESOURCE);
	put_config(&pair->source, "5,6", "4,47", "");
	pair_compare(pair);
	expect_fit(pair, 0);
}

static void a_type_without_an_instance_left_is_taken(void **state)
{
	struct pair *pair = *state;

	side_type(&pair->target);
	list_put(&pair->target.facts, "mdev_type/available_instances", "0");
	pair_compare(pair);
	expect_taken(pair, "no further instance");
	list_put(&pair->target.facts, "mdev_type/available_instances", "1");
	pair_compare(pair);
	assert_int_equal(pair->result.availability, MIGCOMPAT_YES);
}

/* ---------------------------------------------------------------- taken now */

static void what_the_default_driver_keeps_is_taken(void **state)
{
	struct pair *pair = *state;

	side_type(&pair->target);
	put_mask(&pair->target.host_facts, "bus/ap/apmask", "5");
	pair_compare(pair);
	expect_fit(pair, 0);
	assert_int_equal(pair->result.availability,
			 MIGCOMPAT_YES); /* one mask alone keeps nothing */
	put_mask(&pair->target.host_facts, "bus/ap/aqmask", "4,47");
	pair_compare(pair);
	expect_taken(pair, "queue 05.0004: the default driver keeps it (apmask and aqmask); and 1 "
			   "more");
}

static void what_another_driver_has_is_taken(void **state)
{
	struct pair *pair = *state;

	side_type(&pair->target);
	put_queue(&pair->target, 0x06, 0x47, "driver", "cex4queue");
	pair_compare(pair);
	expect_taken(pair, "queue 06.0047: it is bound to another driver, cex4queue");
}

static void what_a_guest_or_another_mdev_has_is_taken(void **state)
{
	struct pair *pair = *state;

	put_queue(&pair->target, 0x05, 0x04, "status", "assigned");
	pair_compare(pair);
	expect_fit(pair, 0);
	assert_int_equal(pair->result.availability, MIGCOMPAT_YES); /* to this mdev itself */
	side_type(&pair->target);
	pair_compare(pair);
	expect_taken(pair, "queue 05.0004: another mdev has it");
	put_queue(&pair->target, 0x05, 0x04, "status", "in use");
	pair_compare(pair);
	expect_taken(pair, "queue 05.0004: a guest uses it");
	put_queue(&pair->target, 0x05, 0x04, "status", "unassigned");
	pair_compare(pair);
	assert_int_equal(pair->result.availability, MIGCOMPAT_YES);
}

static void a_card_that_is_off_is_taken(void **state)
{
	struct pair *pair = *state;

	list_put(&pair->target.host_facts, "bus/ap/devices/card05/config", "0");
	pair_compare(pair);
	expect_taken(pair, "queue 05.0004: its card is deconfigured; and 1 more");
	list_put(&pair->target.host_facts, "bus/ap/devices/card05/config", "1");
	list_put(&pair->target.host_facts, "bus/ap/devices/card06/chkstop", "1");
	pair_compare(pair);
	expect_taken(pair, "queue 06.0004: its card is checkstopped");
}

static void a_queue_that_no_guest_would_get_is_taken(void **state)
{
	struct pair *pair = *state;

	list_put(&pair->target.facts, "guest_matrix", "05.0004\n05.0047");
	pair_compare(pair);
	expect_taken(pair, "queue 06.0004: guest_matrix lacks it: vfio_ap lacks a queue");
	list_put(&pair->target.facts, "guest_matrix", "");
	pair_compare(pair);
	expect_taken(pair, "and 3 more");
}

static void without_drivers_masks_and_guest_matrix_nothing_is_known(void **state)
{
	struct pair *pair = *state;

	list_drop(&pair->target.host_facts, "bus/ap/apmask");
	for (unsigned adapter = 5; adapter <= 6; adapter++) {
		put_queue(&pair->target, adapter, 0x04, "driver", NULL);
		put_queue(&pair->target, adapter, 0x47, "driver", NULL);
	}
	pair_compare(pair);
	assert_int_equal(pair->result.availability, MIGCOMPAT_YES); /* guest_matrix says so */
	list_drop(&pair->target.facts, "guest_matrix");
	pair_compare(pair);
	expect_fit(pair, 0);
	assert_int_equal(pair->result.availability, MIGCOMPAT_UNKNOWN);
	assert_contains(pair->result.availability_text, "of 4 queues");
}

static void availability_is_of_the_queues_that_the_source_has(void **state)
{
	struct pair *pair = *state;

	put_config(&pair->source, "5", "4", "");
	put_queue(&pair->target, 0x06, 0x47, "driver", "cex4queue");
	pair_compare(pair);
	expect_fit(pair, 4);
	assert_int_equal(pair->result.availability, MIGCOMPAT_YES);
}

/* -------------------------------------------------------------- parameters and writes */

static void expect_writes(struct pair *pair, const char *const *writes)
{
	struct migcompat_sink sink = {0};
	size_t i;

	pair_open(pair);
	assert_int_equal(opened_list(pair->target.opened, PROVIDER_PREPARE,
				     pair->source.opened->payload, pair->source.opened->payload_len,
				     &sink, &pair->err),
			 0);
	for (i = 0; writes[i]; i += 2) {
		assert_true(i / 2 < sink.nwrites);
		assert_string_equal(sink.writes[i / 2].attribute, writes[i]);
		assert_string_equal(sink.writes[i / 2].value, writes[i + 1]);
	}
	assert_int_equal(sink.nwrites, i / 2);
	sink_free(&sink);
	pair_close(pair);
}

static void a_target_that_holds_all_needs_no_write(void **state)
{
	static const char *const none[] = {NULL};
	struct pair *pair = *state;

	expect_writes(pair, none);
	put_config(&pair->source, "5", "47", "");
	expect_writes(pair, none);
}

static void ap_config_is_written_once_with_the_whole_matrix(void **state)
{
	struct pair *pair = *state;
	char config[256];
	const char *const writes[] = {"ap_config", config, NULL};

	config_text("5,6", "4,47", "47", config);
	put_config(&pair->target, "5", "4", "");
	put_guest(&pair->target, "", "");
	expect_writes(pair, writes);
	pair_compare(pair);
	assert_contains(test_finding(&pair->result, "ap_config")->text,
			"\"prepare\" prints what is to be written");
	side_type(&pair->target);
	expect_writes(pair, writes);
}

/* The target lacks something, and this is why nothing is written. */
static void expect_no_write(struct pair *pair, const char *reason)
{
	static const char *const none[] = {NULL};
	const struct finding *finding;

	expect_writes(pair, none);
	pair_compare(pair);
	finding = test_finding(&pair->result, "ap_config");
	assert_non_null(finding);
	assert_int_equal(finding->status, MIGCOMPAT_STATUS_WARN);
	assert_contains(finding->text, "nothing is to be written: ");
	assert_contains(finding->text, reason);
}

static void what_the_target_holds_beyond_the_source_is_not_taken_away(void **state)
{
	struct pair *pair = *state;

	put_config(&pair->target, "5,7", "4", "");
	put_guest(&pair->target, "", "");
	expect_no_write(pair, "holds adapter 07, which the source lacks");
	put_config(&pair->target, "5", "4,48", "");
	put_guest(&pair->target, "", "");
	expect_no_write(pair, "holds domain 0048, which the source lacks");
	put_config(&pair->target, "5", "4", "4");
	put_guest(&pair->target, "", "");
	expect_no_write(pair, "holds control domain 0004, which the source lacks");
}

static void a_matrix_that_a_guest_may_use_is_not_written(void **state)
{
	struct pair *pair = *state;

	put_config(&pair->target, "5", "4", "");
	expect_no_write(pair, "guest_matrix is not empty");
	list_put(&pair->target.facts, "guest_matrix", "!EACCES");
	expect_no_write(pair, "guest_matrix is not known");
	list_drop(&pair->target.facts, "guest_matrix");
	expect_no_write(pair, "guest_matrix is not known");
}

static void what_would_not_fit_then_is_not_written(void **state)
{
	struct pair *pair = *state;

	put_config(&pair->target, "", "", "");
	put_card(&pair->target, 0x05, "11", CCA);
	expect_no_write(pair, "queue 05.0004 of the target's host does not fit");
	put_card(&pair->target, 0x05, "12", CCA);
	put_queue(&pair->target, 0x06, 0x47, "status", "assigned");
	expect_no_write(pair, "queue 06.0047 of the target's host is taken");
	put_queue(&pair->target, 0x06, 0x47, "status", NULL);
	put_queue(&pair->target, 0x06, 0x47, "driver", NULL);
	put_mask(&pair->target.host_facts, "bus/ap/ap_usage_domain_mask", "4");
	expect_no_write(pair, "queue 06.0047 of the target's host is not there");
	put_mask(&pair->target.host_facts, "bus/ap/ap_usage_domain_mask", "4,47");
	list_drop(&pair->target.host_facts, "bus/ap/devices/card06/hwtype");
	expect_no_write(pair, "queue 06.0004 of the target's host has no known hwtype");
	put_card(&pair->target, 0x06, "12", CCA);
	put_mask(&pair->target.host_facts, "bus/ap/ap_control_domain_mask", "4");
	expect_no_write(pair, "host has no control domain 0047");
}

static void a_kernel_that_loads_the_matrix_needs_no_write(void **state)
{
	static const char *const none[] = {NULL};
	struct pair *pair = *state;

	list_put(&pair->target.facts, "parent/features", "guest_matrix dyn ap_config migratable");
	put_config(&pair->target, "", "", "");
	expect_writes(pair, none);
	side_type(&pair->target);
	expect_writes(pair, none);
}

/* The target as it is, then this candidate that "prepare" would set up. NULL: no second
 * one. */
static void expect_candidate(struct pair *pair, const char *name)
{
	struct migcompat_sink sink = {0};

	pair_open(pair);
	assert_int_equal(opened_list(pair->target.opened, PROVIDER_CANDIDATES,
				     pair->source.opened->payload, pair->source.opened->payload_len,
				     &sink, &pair->err),
			 0);
	assert_int_equal(sink.ncandidates, name ? 2 : 1);
	assert_string_equal(sink.candidates[0].name, "");
	if (name) {
		assert_string_equal(sink.candidates[1].name, name);
		assert_null(sink.candidates[1].type);
	}
	assert_true(opened_list(pair->target.opened, PROVIDER_CANDIDATES, "1;nonsense", 10, &sink,
				&pair->err) < 0);
	sink_free(&sink);
	pair_close(pair);
}

static void a_matrix_that_would_be_written_is_a_candidate(void **state)
{
	struct pair *pair = *state;

	expect_candidate(pair, NULL);
	put_config(&pair->target, "", "", "");
	expect_candidate(pair, "ap_config");
	put_config(&pair->target, "7", "4", "");
	expect_candidate(pair, NULL);
	side_type(&pair->target);
	expect_candidate(pair, NULL);
}

static void older_kernels_get_a_write_for_each_number(void **state)
{
	static const char *const all[] = {"assign_adapter",
					  "0x05",
					  "assign_adapter",
					  "0x06",
					  "assign_domain",
					  "0x0004",
					  "assign_domain",
					  "0x0047",
					  "assign_control_domain",
					  "0x0047",
					  NULL};
	static const char *const some[] = {"assign_adapter", "0x06", "assign_control_domain",
					   "0x0047", NULL};
	struct pair *pair = *state;

	list_put(&pair->target.facts, "parent/features",
		 "guest_matrix hotplug no_ap_config ap_configs");
	list_drop(&pair->target.facts, "ap_config");
	list_put(&pair->target.facts, "matrix", "05.0004\n05.0047");
	list_put(&pair->target.facts, "control_domains", "");
	list_drop(&pair->target.facts, "guest_matrix");
	expect_writes(pair, some);
	side_type(&pair->target);
	expect_writes(pair, all);
	list_drop(&pair->target.facts, "parent/features");
	expect_writes(pair, all);
}

static void parameters_are_the_own_matrix_or_the_one_asked_for(void **state)
{
	struct pair *pair = *state;
	struct migcompat_sink sink = {0};

	side_type(&pair->target);
	pair_open(pair);
	assert_int_equal(
		opened_list(pair->target.opened, PROVIDER_PARAMETERS, NULL, 0, &sink, &pair->err),
		0);
	assert_int_equal(opened_list(pair->target.opened, PROVIDER_PARAMETERS,
				     pair->source.opened->payload, pair->source.opened->payload_len,
				     &sink, &pair->err),
			 0);
	assert_int_equal(sink.nparameters, 2);
	assert_string_equal(sink.parameters[0].name, "ap_config");
	assert_string_equal(sink.parameters[0].attribute, "ap_config");
	assert_string_equal(sink.parameters[0].value, NO_MASK "," NO_MASK "," NO_MASK);
	assert_memory_equal(sink.parameters[1].value, "0x06", 4);
	sink_free(&sink);
	sink = (struct migcompat_sink){0};
	assert_true(opened_list(pair->target.opened, PROVIDER_PARAMETERS, "1;nonsense", 10, &sink,
				&pair->err) < 0);
	assert_true(opened_list(pair->target.opened, PROVIDER_PREPARE, "1;nonsense", 10, &sink,
				&pair->err) < 0);
	assert_int_equal(sink.nparameters + sink.nwrites, 0);
	sink_free(&sink);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		pair_test(a_type_is_a_target_and_no_source),
		pair_test(a_type_without_the_card_has_no_queue),
		pair_test(a_type_without_the_domain_has_no_queue),
		pair_test(a_queue_is_there_by_its_folder_or_by_the_usage_domains),
		pair_test(a_type_needs_the_control_domains_of_its_host),
		pair_test(a_type_without_an_instance_left_is_taken),
		pair_test(what_the_default_driver_keeps_is_taken),
		pair_test(what_another_driver_has_is_taken),
		pair_test(what_a_guest_or_another_mdev_has_is_taken),
		pair_test(a_card_that_is_off_is_taken),
		pair_test(a_queue_that_no_guest_would_get_is_taken),
		pair_test(without_drivers_masks_and_guest_matrix_nothing_is_known),
		pair_test(availability_is_of_the_queues_that_the_source_has),
		pair_test(a_target_that_holds_all_needs_no_write),
		pair_test(ap_config_is_written_once_with_the_whole_matrix),
		pair_test(what_the_target_holds_beyond_the_source_is_not_taken_away),
		pair_test(a_matrix_that_a_guest_may_use_is_not_written),
		pair_test(what_would_not_fit_then_is_not_written),
		pair_test(a_kernel_that_loads_the_matrix_needs_no_write),
		pair_test(a_matrix_that_would_be_written_is_a_candidate),
		pair_test(older_kernels_get_a_write_for_each_number),
		pair_test(parameters_are_the_own_matrix_or_the_one_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
