/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether the kernel migrates an AP matrix, which fact says so, and how a target is
 * judged then.
 */
#include "plugins/vfio-ap/tests/ap_test.h"

#define MIGRATABLE "guest_matrix dyn ap_config migratable"

static void expect_mechanism(struct pair *pair, enum migcompat_state mechanism, const char *text)
{
	pair_open(pair);
	assert_int_equal(pair->target.opened->mechanism, mechanism);
	assert_contains(pair->target.opened->mechanism_text, text);
	pair_close(pair);
}

/* ---------------------------------------------------------------- who says so */

static void a_released_kernel_does_not_migrate(void **state)
{
	struct pair *pair = *state;

	expect_mechanism(pair, MIGCOMPAT_NO, "detached from the guest first");
	expect_mechanism(pair, MIGCOMPAT_NO, "vfio-ap.rst, Limitations");
	list_drop(&pair->target.facts, "parent/features");
	expect_mechanism(pair, MIGCOMPAT_NO, "detached from the guest first");
	list_put(&pair->target.facts, "parent/features",
		 "guest_matrix not_migratable migratables ap_config");
	expect_mechanism(pair, MIGCOMPAT_NO, "detached from the guest first");
}

static void the_drivers_features_say_that_it_migrates(void **state)
{
	struct pair *pair = *state;

	list_put(&pair->target.facts, "parent/features", MIGRATABLE);
	expect_mechanism(pair, MIGCOMPAT_YES, "migratable in parent/features");
	side_type(&pair->target);
	expect_mechanism(pair, MIGCOMPAT_YES, "migratable in parent/features");
	list_put(&pair->target.facts, "parent/features", "migratable");
	expect_mechanism(pair, MIGCOMPAT_YES, "migratable in parent/features");
}

static void features_that_cannot_be_read_say_nothing(void **state)
{
	struct pair *pair = *state;

	list_put(&pair->target.facts, "parent/features", "!EACCES");
	expect_mechanism(pair, MIGCOMPAT_UNKNOWN, "could not be read");
}

static void features_of_the_kernel_that_are_no_text_are_no_yes(void **state)
{
	struct pair *pair = *state;

	list_put(&pair->target.facts, "vfio/migration/features", "\xff");
	expect_mechanism(pair, MIGCOMPAT_NO, "detached from the guest first");
}

static void the_kernels_word_says_that_it_migrates(void **state)
{
	struct pair *pair = *state;

	list_put(&pair->target.facts, "vfio/migration/features", "stop-copy");
	expect_mechanism(pair, MIGCOMPAT_YES, "the kernel offers migration");
	list_put(&pair->target.facts, "vfio/migration/features", "stop-copy\np2p");
	expect_mechanism(pair, MIGCOMPAT_YES, "the kernel offers migration");
	list_drop(&pair->target.facts, "vfio/migration/features");
	list_put(&pair->target.facts, "vfio/migration/state", "RUNNING");
	expect_mechanism(pair, MIGCOMPAT_YES, "the kernel offers migration");
	list_put(&pair->target.facts, "vfio/migration/state", "!EINVAL");
	expect_mechanism(pair, MIGCOMPAT_YES, "the kernel offers migration");
}

static void the_kernels_no_comes_before_the_drivers_features(void **state)
{
	struct pair *pair = *state;

	list_put(&pair->target.facts, "parent/features", MIGRATABLE);
	list_put(&pair->target.facts, "vfio/migration/features", "p2p");
	expect_mechanism(pair, MIGCOMPAT_NO, "the kernel offers no migration");
	list_drop(&pair->target.facts, "vfio/migration/features");
	list_put(&pair->target.facts, "vfio/debugfs", "yes");
	expect_mechanism(pair, MIGCOMPAT_NO, "the kernel offers no migration");
	list_put(&pair->target.facts, "parent/features", "guest_matrix");
	expect_mechanism(pair, MIGCOMPAT_NO, "detached from the guest first");
}

static void under_secure_execution_nothing_migrates(void **state)
{
	struct pair *pair = *state;

	list_put(&pair->target.facts, "parent/features", MIGRATABLE);
	list_put(&pair->target.host_facts, "firmware/uv/prot_virt_guest", "1");
	expect_mechanism(pair, MIGCOMPAT_NO, "Secure Execution");
	list_put(&pair->target.host_facts, "bus/ap/features", "APSC APXA QACT RC8A APSB");
	expect_mechanism(pair, MIGCOMPAT_NO, "Secure Execution");
	list_put(&pair->target.host_facts, "bus/ap/features", "APSC APXA QACT RC8A");
	expect_mechanism(pair, MIGCOMPAT_YES, "migratable in parent/features");
	list_put(&pair->target.host_facts, "firmware/uv/prot_virt_guest", "0");
	list_drop(&pair->target.host_facts, "bus/ap/features");
	expect_mechanism(pair, MIGCOMPAT_YES, "migratable in parent/features");
}

/* --------------------------------------------------------- what a target is judged by */

/* An empty mdev whose kernel migrates, as the driver's features say. */
static void loads(struct pair *pair)
{
	list_put(&pair->target.facts, "parent/features", MIGRATABLE);
	put_config(&pair->target, "", "", "");
}

static void own_matrix_counts_where_the_kernel_does_not_migrate(void **state)
{
	struct pair *pair = *state;

	put_config(&pair->target, "", "", "");
	pair_compare(pair);
	assert_int_equal(pair->result.bad_count, 5);
	assert_int_equal(pair->result.bad_limits, 1u << MIGCOMPAT_LIMIT_RESOURCE);
	assert_string_equal(test_finding(&pair->result, "queue 05.0004")->text,
			    "queue 05.0004 is not in the target's matrix");
}

static void own_matrix_does_not_matter_where_the_kernel_replaces_it(void **state)
{
	struct pair *pair = *state;

	loads(pair);
	pair_compare(pair);
	expect_fit(pair, 0);
	assert_null(test_finding(&pair->result, "ap_config"));
	list_put(&pair->target.facts, "parent/features", "guest_matrix dyn ap_config");
	list_put(&pair->target.facts, "vfio/migration/state", "RUNNING");
	pair_compare(pair);
	expect_fit(pair, 0);
	put_config(&pair->target, "5,6,8", "4,47", "47"); /* and it is no superset */
	pair_compare(pair);
	expect_fit(pair, 0);
}

static void the_host_must_have_every_queue(void **state)
{
	struct pair *pair = *state;

	loads(pair);
	put_mask(&pair->target.host_facts, "bus/ap/ap_usage_domain_mask", "4");
	put_queue(&pair->target, 0x06, 0x47, "driver", NULL);
	pair_compare(pair);
	expect_bad(pair, "queue 06.0047", MIGCOMPAT_LIMIT_RESOURCE);
	assert_contains(test_finding(&pair->result, "queue 06.0047")->text,
			"the target's host has no domain 0047 there");
}

static void the_host_must_have_every_control_domain(void **state)
{
	struct pair *pair = *state;

	loads(pair);
	put_mask(&pair->target.host_facts, "bus/ap/ap_control_domain_mask", "4");
	put_config(&pair->target, "5,6", "4,47", "47");
	pair_compare(pair);
	expect_bad(pair, "control domain 0047", MIGCOMPAT_LIMIT_RESOURCE);
	assert_contains(test_finding(&pair->result, "control domain 0047")->text,
			"is not in the target's host");
}

static void a_source_whose_control_domains_are_not_known_is_none(void **state)
{
	struct pair *pair = *state;

	list_put(&pair->source.facts, "parent/features", MIGRATABLE);
	list_drop(&pair->source.host_facts, "bus/ap/ap_control_domain_mask");
	assert_int_equal(side_open(pair, &pair->source), 0);
	assert_contains(
		pair->source.opened->not_source,
		"control domain 0047 is assigned, but whether the host has it is not known");
	pair->source.opened = opened_close(pair->source.opened);
	put_config(&pair->source, "5,6", "4,47", "");
	assert_int_equal(side_open(pair, &pair->source), 0);
	assert_null(pair->source.opened->not_source);
}

static void own_control_domains_count_as_far_as_the_host_has_them(void **state)
{
	struct pair *pair = *state;

	put_mask(&pair->target.host_facts, "bus/ap/ap_control_domain_mask", "4");
	pair_compare(pair);
	expect_bad(pair, "control domain 0047", MIGCOMPAT_LIMIT_RESOURCE);
	assert_contains(test_finding(&pair->result, "control domain 0047")->text,
			"is not in the target's host");
}

static void the_hosts_queues_are_held_to_the_same_rules(void **state)
{
	struct pair *pair = *state;

	loads(pair);
	put_card(&pair->target, 0x05, "11", CCA);
	pair_compare(pair);
	expect_bad(pair, "adapter 05 hwtype", MIGCOMPAT_LIMIT_HARDWARE);
}

/* -------------------------------------------------------- what could be given out now */

static void expect_availability(struct pair *pair, enum migcompat_state availability,
				const char *text)
{
	pair_compare(pair);
	expect_fit(pair, 0);
	assert_int_equal(pair->result.availability, availability);
	assert_contains(pair->result.availability_text, text);
}

/* Sets the status of all queues of the target. */
static void put_status(struct pair *pair, const char *value)
{
	for (unsigned adapter = 5; adapter <= 6; adapter++) {
		put_queue(&pair->target, adapter, 0x04, "status", value);
		put_queue(&pair->target, adapter, 0x47, "status", value);
	}
}

static void a_queue_of_another_mdev_is_not_available(void **state)
{
	struct pair *pair = *state;

	loads(pair);
	put_status(pair, "unassigned");
	put_queue(&pair->target, 0x06, 0x04, "status", "assigned");
	expect_availability(pair, MIGCOMPAT_NO, "queue 06.0004: another mdev has it");
	put_queue(&pair->target, 0x06, 0x04, "status", "in use");
	expect_availability(pair, MIGCOMPAT_NO, "queue 06.0004: a guest uses it");
}

static void its_own_queues_are_available(void **state)
{
	struct pair *pair = *state;

	loads(pair);
	put_config(&pair->target, "5,6", "4,47", "");
	put_guest(&pair->target, "", "");
	put_status(pair, "assigned");
	pair_compare(pair);
	expect_fit(pair, 0);
	assert_int_equal(pair->result.availability, MIGCOMPAT_YES);
}

static void a_queue_of_another_driver_is_not_available(void **state)
{
	struct pair *pair = *state;

	loads(pair);
	put_status(pair, "unassigned");
	put_queue(&pair->target, 0x06, 0x04, "driver", "cex4queue");
	expect_availability(pair, MIGCOMPAT_NO, "queue 06.0004: it is bound to another driver");
}

/* The kernel binds nothing while it loads, so the masks prove nothing. */
static void a_queue_that_is_not_known_to_be_bound_or_free_is_a_doubt(void **state)
{
	struct pair *pair = *state;

	loads(pair);
	put_status(pair, "unassigned");
	put_queue(&pair->target, 0x06, 0x04, "driver", NULL);
	expect_availability(pair, MIGCOMPAT_UNKNOWN,
			    "of 1 queues it is not known that vfio_ap has them");
	put_queue(&pair->target, 0x06, 0x04, "driver", "vfio_ap");
	put_status(pair, NULL);
	expect_availability(pair, MIGCOMPAT_UNKNOWN, "of 4 queues");
	side_type(&pair->target);
	expect_availability(pair, MIGCOMPAT_UNKNOWN, "of 4 queues");
}

/* -------------------------------------------------- the type that the kernel compares */

static void the_raw_type_counts_before_the_one_that_the_kernel_knows(void **state)
{
	struct pair *pair = *state;

	list_put(&pair->source.host_facts, "bus/ap/devices/card05/raw_hwtype", "15");
	pair_compare(pair);
	expect_bad(pair, "adapter 05 hwtype", MIGCOMPAT_LIMIT_HARDWARE);
	list_put(&pair->target.host_facts, "bus/ap/devices/card05/raw_hwtype", "15");
	pair_compare(pair);
	expect_fit(pair, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		pair_test(a_released_kernel_does_not_migrate),
		pair_test(the_drivers_features_say_that_it_migrates),
		pair_test(features_that_cannot_be_read_say_nothing),
		pair_test(features_of_the_kernel_that_are_no_text_are_no_yes),
		pair_test(the_kernels_word_says_that_it_migrates),
		pair_test(the_kernels_no_comes_before_the_drivers_features),
		pair_test(under_secure_execution_nothing_migrates),
		pair_test(own_matrix_counts_where_the_kernel_does_not_migrate),
		pair_test(own_matrix_does_not_matter_where_the_kernel_replaces_it),
		pair_test(the_host_must_have_every_queue),
		pair_test(the_host_must_have_every_control_domain),
		pair_test(a_source_whose_control_domains_are_not_known_is_none),
		pair_test(own_control_domains_count_as_far_as_the_host_has_them),
		pair_test(the_hosts_queues_are_held_to_the_same_rules),
		pair_test(a_queue_of_another_mdev_is_not_available),
		pair_test(its_own_queues_are_available),
		pair_test(a_queue_of_another_driver_is_not_available),
		pair_test(a_queue_that_is_not_known_to_be_bound_or_free_is_a_doubt),
		pair_test(the_raw_type_counts_before_the_one_that_the_kernel_knows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
