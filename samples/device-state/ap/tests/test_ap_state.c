/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A matrix as state: the configs that a target takes, and the sentence if it
 * refuses one.
 */
#include "plugins/vfio-ap/tests/ap_test.h"
#include "tests/support/provider_state.h"

/* Saves the source and loads the target. */
static int move(struct pair *pair, struct error *err)
{
	struct state_port *source = provider_port(pair->source.opened),
			  *target = provider_port(pair->target.opened);
	struct tape tape = {0};
	int r;

	assert_int_equal(source->info.memory_size, 0);
	assert_int_equal(source->info.capabilities, 0);
	assert_int_equal(provider_save(source, &tape, err), 0);
	r = provider_load(target, &tape, err);
	tape_free(&tape);
	port_close(source);
	port_close(target);
	return r;
}

static void an_equal_matrix_is_taken(void **state)
{
	struct pair *pair = *state;
	struct state_port *source, *target;

	pair_open(pair);
	source = provider_port(pair->source.opened);
	target = provider_port(pair->target.opened);
	provider_copy(source, target);
	port_close(source);
	port_close(target);
}

static void a_queue_that_the_target_lacks_is_named(void **state)
{
	struct pair *pair = *state;
	struct error err = {0};

	put_config(&pair->target, "5", "4,47", "47");
	pair_open(pair);
	assert_int_equal(move(pair, &err), -EINVAL);
	assert_contains(err.text, "queue 06.0004 is not there");
}

static void a_control_domain_that_the_target_lacks_is_named(void **state)
{
	struct pair *pair = *state;
	struct error err = {0};

	put_config(&pair->target, "5,6", "4,47", "");
	pair_open(pair);
	assert_int_equal(move(pair, &err), -EINVAL);
	assert_contains(err.text, "control domain 0047 is not there");
}

static void a_larger_target_takes_just_the_sources_matrix(void **state)
{
	struct pair *pair = *state;
	struct state_port *source, *target;

	put_config(&pair->source, "5", "4", "");
	pair_open(pair);
	source = provider_port(pair->source.opened);
	target = provider_port(pair->target.opened);
	provider_copy(source, target);
	port_close(source);
	port_close(target);
}

/* Sets a config of these bytes. */
static int set(struct state_port *port, const void *bytes, size_t len, struct error *err)
{
	const struct state_write writes[] = {
		{STATE_FIELD(version), 1},
		{STATE_FIELD(device_state), MIGCOMPAT_DEVICE_STOPPED},
		{STATE_FIELD(device_state), MIGCOMPAT_DEVICE_STOPPED},
		{STATE_FIELD(config.size), len},
		{STATE_FIELD(config.action), MIGCOMPAT_SET_BUFFER},
	};
	struct migcompat_control control;

	memcpy(port_region(port, MIGCOMPAT_REGION_CONFIG), bytes, len);
	return port_run(port, writes, 5, false, &control, err);
}

static void what_is_no_matrix_is_refused(void **state)
{
	static const uint8_t good[112] = {'A', 'P', 'M', 'A', 'T', 'R', 'I', 'X', 1, 0, 0, 0, 112};
	struct pair *pair = *state;
	struct state_port *port;
	struct error err = {0};
	uint8_t bytes[112];

	pair_open(pair);
	port = provider_port(pair->target.opened);
	assert_int_equal(set(port, good, sizeof(good), &err), 0);
	assert_int_equal(set(port, good, sizeof(good) / 2, &err), -EINVAL);
	assert_contains(err.text, "56 bytes, expected 112");
	for (size_t at = 0; at < 13; at += 4) {
		memcpy(bytes, good, sizeof(good));
		bytes[at]++;
		assert_int_equal(set(port, bytes, sizeof(bytes), &err), -EINVAL);
	}
	memset(bytes + 13, 0xff, sizeof(bytes) - 13);
	assert_int_equal(set(port, bytes, sizeof(bytes), &err), -EINVAL);
	port_close(port);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_equal_matrix_is_taken),
		TEST(a_queue_that_the_target_lacks_is_named),
		TEST(a_control_domain_that_the_target_lacks_is_named),
		TEST(a_larger_target_takes_just_the_sources_matrix),
		TEST(what_is_no_matrix_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
