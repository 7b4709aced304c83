/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Faults at every call while a kernel driver's stream moves: the device runs on, always. */
#include "tests/support/kernel_state.h"

/* One call of one operation fails while saving. False: the call was never made. */
static bool save_failing(enum driver_op op, unsigned at, bool on)
{
	struct driver *driver = driver_make(LEN, BOTH, 'a');
	struct kernel_report report = {0};
	struct tape tape = {0};
	struct error err = {0};
	bool met;
	int r;

	driver->ahead = 300000;
	driver->chunk = 100000;
	driver->fail[op] = -ENODEV;
	driver->fail_at[op] = at;
	driver->fail_on[op] = on;
	r = save(driver, &tape, &report, &err);
	met = driver->calls[op] > at;
	assert_int_equal(r, met ? -ENODEV : 0);
	assert_int_equal(driver->state, KERNEL_RUNNING);
	assert_int_equal(driver->open, 0);
	assert_memory_equal(driver->now, "HEADaaaa", 8);
	free(driver);
	tape_free(&tape);
	return met;
}

static void a_fault_at_any_call_of_a_save_lets_the_device_go_on(void **state)
{
	(void)state;
	for (int on = 0; on < 2; on++)
		for (int op = DRIVER_SET_STATE; op <= DRIVER_READ; op++) {
			unsigned at = 0;

			while (save_failing((enum driver_op)op, at, on))
				at++;
			assert_true(at > 0);
		}
}

static bool load_failing(struct tape *tape, enum driver_op op, unsigned at)
{
	struct driver *driver = driver_make(LEN, BOTH, 'b');
	struct kernel_report report = {0};
	struct error err = {0};
	bool met;
	int r;

	driver->chunk = 100000;
	driver->fail[op] = -ENODEV;
	driver->fail_at[op] = at;
	r = load(driver, tape, &report, &err);
	met = driver->calls[op] > at;
	assert_int_equal(r, met ? -ENODEV : 0);
	assert_int_equal(driver->resets, met);
	assert_int_equal(driver->state, KERNEL_RUNNING);
	assert_int_equal(driver->open, 0);
	free(driver);
	return met;
}

static void a_fault_at_any_call_of_a_load_ends_with_a_reset(void **state)
{
	static const enum driver_op ops[] = {DRIVER_SET_STATE, DRIVER_READ, DRIVER_WRITE};
	struct driver *source = driver_make(LEN, BOTH, 'a');
	struct kernel_report report = {0};
	struct tape tape = {0};
	struct error err = {0};

	(void)state;
	assert_int_equal(save(source, &tape, &report, &err), 0);
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		unsigned at = 0;

		while (load_failing(&tape, ops[i], at))
			at++;
		assert_true(at > 0);
	}
	tape_free(&tape);
	free(source);
}

/* The transport fails at its n-th call while saving. */
static bool save_to_bad(enum tape_fault fault, size_t at)
{
	struct driver *driver = driver_make(LEN, BOTH, 'a');
	struct tape tape = {.fault = fault, .fault_at = at};
	struct kernel_report report = {0};
	struct error err = {0};
	bool harmless = fault == TAPE_SHORT || fault == TAPE_EINTR, met;
	int r;

	driver->ahead = 300000;
	r = save(driver, &tape, &report, &err);
	met = tape.calls > at;
	assert_int_equal(r < 0, met && !harmless);
	assert_int_equal(driver->state, KERNEL_RUNNING);
	free(driver);
	tape_free(&tape);
	return met;
}

static void a_fault_at_any_write_of_the_transport_lets_the_device_go_on(void **state)
{
	(void)state;
	for (int fault = TAPE_SHORT; fault < TAPE_FAULT_COUNT; fault++) {
		size_t at = 0;

		while (save_to_bad((enum tape_fault)fault, at))
			at++;
		assert_true(at > 8);
	}
}

struct countdown {
	unsigned left;
	bool fired;
};

static int interrupt(void *arg, const struct kernel_progress *progress)
{
	struct countdown *countdown = arg;

	(void)progress;
	countdown->fired = countdown->left == 0;
	return countdown->left-- == 0;
}

static void an_interrupt_at_any_step_leaves_a_device_that_runs(void **state)
{
	struct driver *source = driver_make(LEN, BOTH, 'a'), *target = driver_make(LEN, BOTH, 'b');
	struct kernel_report report = {0};
	struct error err = {0};
	unsigned at = 0, resets = 0;
	int r;

	(void)state;
	source->ahead = 300000;
	for (bool met = true; met; at++) {
		struct countdown countdown = {.left = at};
		const struct kernel_options options = {.version = STRING,
						       .version_len = sizeof(STRING) - 1,
						       .rounds_max = 5,
						       .progress = interrupt,
						       .arg = &countdown};
		struct tape tape = {0};
		const struct state_transport transport = tape_transport(&tape);
		struct state_reader reader;

		r = kernel_save(&source->device, &transport, &options, &report, &err);
		met = countdown.fired;
		assert_int_equal(r, met ? -ECANCELED : 0);
		assert_int_equal(source->state, KERNEL_RUNNING);
		assert_int_equal(report.refused, 0);
		tape_free(&tape);

		assert_int_equal(save(source, &tape, &report, &err), 0);
		tape.at = 0;
		countdown = (struct countdown){.left = at};
		assert_int_equal(reader_begin(&reader, &transport, &err), 0);
		assert_int_equal(reader_head(&reader, &err), 0);
		r = kernel_load(&target->device, &reader, &options, &report, &err);
		assert_int_equal(r, countdown.fired ? -ECANCELED : 0);
		resets += countdown.fired;
		assert_int_equal(target->resets, resets);
		assert_int_equal(target->state, KERNEL_RUNNING);
		tape_free(&tape);
	}
	assert_true(at > 3 && resets > 2);
	free(source);
	free(target);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault_at_any_call_of_a_save_lets_the_device_go_on),
		cmocka_unit_test(a_fault_at_any_call_of_a_load_ends_with_a_reset),
		cmocka_unit_test(a_fault_at_any_write_of_the_transport_lets_the_device_go_on),
		cmocka_unit_test(an_interrupt_at_any_step_leaves_a_device_that_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
