/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A kernel driver's stream into a state file and out of it: the way through the states, faults at
 * every call, and that a device always goes on. */
#include "tests/support/kernel_device.h"

#define STRING "x:mdev:x:1;x"
#define LEN 600000u /* three records */
#define BOTH (KERNEL_CAN_STOP_COPY | KERNEL_CAN_PRE_COPY)

static const struct kernel_options plain = {
	.version = STRING, .version_len = sizeof(STRING) - 1, .rounds_max = 5};

static int save(struct driver *driver, struct tape *tape, struct kernel_report *report,
		struct error *err)
{
	const struct state_transport to = tape_transport(tape);

	return kernel_save(&driver->device, &to, &plain, report, err);
}

/* From the beginning of a tape, as a program does that has checked it before. */
static int load(struct driver *driver, struct tape *tape, struct kernel_report *report,
		struct error *err)
{
	const struct state_transport from = tape_transport(tape);
	struct state_reader reader;
	int r;

	tape->at = 0;
	r = reader_begin(&reader, &from, err);
	if (!r)
		r = reader_head(&reader, err);
	return r ? r : kernel_load(&driver->device, &reader, &plain, report, err);
}

static void expect_copy(struct driver *source, struct driver *target)
{
	struct kernel_report saved = {0}, loaded = {0};
	struct tape tape = {0};
	struct error err = {0};

	if (save(source, &tape, &saved, &err) || load(target, &tape, &loaded, &err))
		fail_msg("%s", err.text);
	assert_int_equal(saved.bytes, source->len);
	assert_int_equal(loaded.bytes, source->len);
	assert_true(loaded.verified);
	assert_memory_equal(source->now, target->now, source->len);
	assert_int_equal(source->state, KERNEL_RUNNING);
	assert_int_equal(target->state, KERNEL_RUNNING);
	assert_int_equal(source->resets + target->resets, 0);
	assert_int_equal(source->open + target->open, 0);
	tape_free(&tape);
}

static void a_stream_is_copied_by_stop_copy(void **state)
{
	struct driver *source = driver_make(LEN, KERNEL_CAN_STOP_COPY, 'a'),
		      *target = driver_make(LEN, KERNEL_CAN_STOP_COPY, 'b');

	(void)state;
	expect_copy(source, target);
	free(source);
	free(target);
}

static void a_driver_that_copies_ahead_is_asked_for_its_initial_bytes_first(void **state)
{
	struct driver *source = driver_make(LEN, BOTH, 'a'), *target = driver_make(LEN, BOTH, 'b');
	struct kernel_report report = {0};
	struct tape tape = {0};
	struct error err = {0};

	(void)state;
	source->ahead = 1000;
	assert_int_equal(save(source, &tape, &report, &err), 0);
	assert_int_equal(report.ahead_bytes, 1000);
	assert_int_equal(report.rounds, 1);
	assert_int_equal(report.bytes, LEN);
	assert_int_equal(load(target, &tape, &report, &err), 0);
	assert_memory_equal(source->now, target->now, LEN);
	tape_free(&tape);
	free(source);
	free(target);
}

static void a_device_goes_the_kernels_way_through_the_states(void **state)
{
	static const enum kernel_state saving[] = {KERNEL_PRE_COPY, KERNEL_STOP_COPY,
						   KERNEL_RUNNING};
	static const enum kernel_state loading[] = {KERNEL_RESUMING, KERNEL_STOP, KERNEL_STOP_COPY,
						    KERNEL_STOP, KERNEL_RUNNING};
	struct driver *source = driver_make(LEN, BOTH, 'a'), *target = driver_make(LEN, BOTH, 'b');

	(void)state;
	source->ahead = 4;
	expect_copy(source, target);
	assert_int_equal(source->nway, 3);
	assert_memory_equal(source->way, saving, sizeof(saving));
	assert_int_equal(target->nway, 5);
	assert_memory_equal(target->way, loading, sizeof(loading));
	free(source);
	source = driver_make(LEN, KERNEL_CAN_STOP_COPY, 'a');
	free(target);
	target = driver_make(LEN, BOTH, 'b');
	expect_copy(source, target);
	assert_int_equal(source->nway, 2);
	assert_memory_equal(source->way, saving + 1, 2 * sizeof(saving[0]));
	free(source);
	free(target);
}

static void a_session_may_be_told_of_again_or_not(void **state)
{
	(void)state;
	for (int again = 0; again < 2; again++) {
		struct driver *source = driver_make(LEN, BOTH, 'a'),
			      *target = driver_make(LEN, BOTH, 'b');

		source->ahead = 4;
		source->same_fd = again;
		expect_copy(source, target);
		free(source);
		free(target);
	}
}

static void reads_and_writes_may_be_short(void **state)
{
	struct driver *source = driver_make(10000, KERNEL_CAN_STOP_COPY, 'a'),
		      *target = driver_make(10000, KERNEL_CAN_STOP_COPY, 'b');

	(void)state;
	source->chunk = 7;
	target->chunk = 3;
	expect_copy(source, target);
	free(source);
	free(target);
}

static void a_driver_without_migration_is_refused_at_once(void **state)
{
	struct driver *driver = driver_make(10, 0, 'a');
	struct kernel_report report = {0};
	struct tape tape = {0};
	struct error err = {0};

	(void)state;
	assert_int_equal(save(driver, &tape, &report, &err), -ENOTTY);
	assert_int_equal(tape.len, 0);
	assert_int_equal(driver->calls[DRIVER_SET_STATE], 0);
	free(driver);
}

static void a_driver_that_gives_no_session_is_refused(void **state)
{
	struct driver *driver = driver_make(10, KERNEL_CAN_STOP_COPY, 'a');
	struct kernel_report report = {0};
	struct tape tape = {0};
	struct error err = {0};

	(void)state;
	driver->no_fd = true;
	assert_int_equal(save(driver, &tape, &report, &err), -EPROTO);
	assert_int_equal(driver->state, KERNEL_RUNNING);
	free(driver);
	tape_free(&tape);
}

static void a_stream_that_ends_for_now_while_it_is_stopped_is_no_stream(void **state)
{
	struct driver *driver = driver_make(LEN, KERNEL_CAN_STOP_COPY, 'a');
	struct kernel_report report = {0};
	struct tape tape = {0};
	struct error err = {0};

	(void)state;
	driver->fail[DRIVER_READ] = -ENOMSG;
	driver->fail_at[DRIVER_READ] = 1;
	assert_int_equal(save(driver, &tape, &report, &err), -ENOMSG);
	assert_int_equal(driver->state, KERNEL_RUNNING);
	free(driver);
	tape_free(&tape);
}

static void a_load_that_is_refused_ends_with_a_reset(void **state)
{
	struct driver *source = driver_make(LEN, KERNEL_CAN_STOP_COPY, 'a'),
		      *target = driver_make(LEN - 1, KERNEL_CAN_STOP_COPY, 'b');
	struct kernel_report report = {0};
	struct tape tape = {0};
	struct error err = {0};

	(void)state;
	assert_int_equal(save(source, &tape, &report, &err), 0);
	assert_int_equal(load(target, &tape, &report, &err), -ENOMEM);
	assert_contains(err.text, "x: its state could not be loaded: Cannot allocate memory");
	assert_int_equal(target->resets, 1);
	assert_int_equal(target->state, KERNEL_RUNNING);
	assert_int_equal(target->now[LEN - 2], 'b');
	assert_int_equal(target->calls[DRIVER_SET_STATE],
			 1); /* to RESUMING, and never to anything else */
	tape_free(&tape);
	free(source);
	free(target);
}

static void a_reset_that_fails_too_is_told(void **state)
{
	struct driver *source = driver_make(LEN, KERNEL_CAN_STOP_COPY, 'a'),
		      *target = driver_make(LEN - 1, KERNEL_CAN_STOP_COPY, 'b');
	struct kernel_report report = {0};
	struct tape tape = {0};
	struct error err = {0};

	(void)state;
	target->fail[DRIVER_RESET] = -EIO;
	assert_int_equal(save(source, &tape, &report, &err), 0);
	assert_int_equal(load(target, &tape, &report, &err), -ENOMEM);
	assert_contains(err.text, "could not be reset: Input/output error");
	tape_free(&tape);
	free(source);
	free(target);
}

static void a_device_that_does_not_go_on_after_a_save_is_reset_and_that_is_told(void **state)
{
	(void)state;
	for (unsigned at = 0; at < 2; at++) {
		for (int works = 0; works < 2; works++) {
			struct driver *driver = driver_make(LEN, KERNEL_CAN_STOP_COPY, 'a');
			struct kernel_report report = {0};
			struct tape tape = {0};
			struct error err = {0};

			driver->fail[DRIVER_SET_STATE] = -EIO;
			driver->fail_at[DRIVER_SET_STATE] =
				at; /* to STOP_COPY, or to RUNNING behind it */
			driver->fail_on[DRIVER_SET_STATE] = true;
			driver->fail[DRIVER_RESET] = works ? 0 : -ENODEV;
			assert_int_equal(save(driver, &tape, &report, &err), -EIO);
			assert_contains(err.text,
					at ? "does not go to RUNNING" : "does not go to STOP_COPY");
			assert_contains(err.text,
					works ? "; it was reset"
					      : "; and it could not be reset: No such device");
			assert_int_equal(driver->resets, 1);
			tape_free(&tape);
			free(driver);
		}
	}
}

static void a_device_that_has_something_else_afterwards_is_found_out(void **state)
{
	struct driver *source = driver_make(LEN, KERNEL_CAN_STOP_COPY, 'a'),
		      *target = driver_make(LEN, KERNEL_CAN_STOP_COPY, 'b');
	struct kernel_report report = {0};
	struct tape tape = {0};
	struct error err = {0};

	(void)state;
	target->forgets = true;
	assert_int_equal(save(source, &tape, &report, &err), 0);
	assert_int_equal(load(target, &tape, &report, &err), -EBADMSG);
	assert_contains(err.text, "differ");
	assert_int_equal(target->resets, 1);
	tape_free(&tape);
	free(source);
	free(target);
}

static void a_damaged_file_ends_with_a_reset(void **state)
{
	struct driver *source = driver_make(LEN, KERNEL_CAN_STOP_COPY, 'a'),
		      *target = driver_make(LEN, KERNEL_CAN_STOP_COPY, 'b');
	struct kernel_report report = {0};
	struct tape tape = {0};
	struct error err = {0};

	(void)state;
	assert_int_equal(save(source, &tape, &report, &err), 0);
	for (size_t i = 0; i < 20; i++) {
		size_t at = 100 + i * (tape.len - 100) / 20;

		tape.bytes[at]++;
		assert_int_equal(load(target, &tape, &report, &err), -EBADMSG);
		assert_int_equal(target->state, KERNEL_RUNNING);
		assert_int_equal(target->now[100], 'b');
		tape.bytes[at]--;
	}
	assert_int_equal(load(target, &tape, &report, &err), 0);
	tape_free(&tape);
	free(source);
	free(target);
}

/* One call of one operation fails while saving. Returns false where it was never reached. */
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

static void another_file_than_the_one_that_was_looked_at_is_not_loaded(void **state)
{
	struct driver *source = driver_make(LEN, KERNEL_CAN_STOP_COPY, 'a'),
		      *target = driver_make(LEN, KERNEL_CAN_STOP_COPY, 'b');
	struct kernel_report report = {0};
	struct tape tape = {0};
	struct error err = {0};
	const struct state_transport from = tape_transport(&tape);
	struct kernel_options options = {.sum = 1};
	struct state_reader reader;

	(void)state;
	assert_int_equal(save(source, &tape, &report, &err), 0);
	for (int same = 0; same < 2; same++) {
		tape.at = 0;
		assert_int_equal(reader_begin(&reader, &from, &err), 0);
		assert_int_equal(reader_head(&reader, &err), 0);
		assert_int_equal(kernel_load(&target->device, &reader, &options, &report, &err),
				 same ? 0 : -ESTALE);
		assert_int_equal(target->now[LEN - 1], same ? 'a' : 'b');
		options.sum = reader.chain;
	}
	assert_int_equal(target->resets, 1);
	tape_free(&tape);
	free(source);
	free(target);
}

static void what_the_driver_refused_is_told_apart_from_what_the_file_lacks(void **state)
{
	struct driver *source = driver_make(LEN, KERNEL_CAN_STOP_COPY, 'a'),
		      *target = driver_make(LEN - 1, KERNEL_CAN_STOP_COPY, 'b');
	struct kernel_report report = {0};
	struct tape tape = {0};
	struct error err = {0};

	(void)state;
	assert_int_equal(save(source, &tape, &report, &err), 0);
	assert_int_equal(load(target, &tape, &report, &err), -ENOMEM);
	assert_int_equal(report.refused, -ENOMEM);
	tape.bytes[tape.len - 1]++;
	assert_int_equal(load(target, &tape, &report, &err), -EBADMSG);
	assert_int_equal(report.refused, 0);
	tape_free(&tape);
	free(source);
	free(target);
}

static void records_reach_the_driver_joined(void **state)
{
	struct driver *source = driver_make(1000, BOTH, 'a'),
		      *target = driver_make(1000, BOTH, 'b');
	struct kernel_report report = {0};
	struct tape tape = {0};
	struct error err = {0};

	(void)state;
	source->ahead = 24;
	assert_int_equal(save(source, &tape, &report, &err), 0);
	assert_int_equal(load(target, &tape, &report, &err), 0);
	assert_int_equal(target->calls[DRIVER_WRITE], 1);
	tape_free(&tape);
	free(source);
	free(target);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_is_copied_by_stop_copy),
		cmocka_unit_test(a_driver_that_copies_ahead_is_asked_for_its_initial_bytes_first),
		cmocka_unit_test(a_device_goes_the_kernels_way_through_the_states),
		cmocka_unit_test(a_session_may_be_told_of_again_or_not),
		cmocka_unit_test(reads_and_writes_may_be_short),
		cmocka_unit_test(a_driver_without_migration_is_refused_at_once),
		cmocka_unit_test(a_driver_that_gives_no_session_is_refused),
		cmocka_unit_test(a_stream_that_ends_for_now_while_it_is_stopped_is_no_stream),
		cmocka_unit_test(a_load_that_is_refused_ends_with_a_reset),
		cmocka_unit_test(a_reset_that_fails_too_is_told),
		cmocka_unit_test(
			a_device_that_does_not_go_on_after_a_save_is_reset_and_that_is_told),
		cmocka_unit_test(a_device_that_has_something_else_afterwards_is_found_out),
		cmocka_unit_test(a_damaged_file_ends_with_a_reset),
		cmocka_unit_test(a_fault_at_any_call_of_a_save_lets_the_device_go_on),
		cmocka_unit_test(a_fault_at_any_call_of_a_load_ends_with_a_reset),
		cmocka_unit_test(a_fault_at_any_write_of_the_transport_lets_the_device_go_on),
		cmocka_unit_test(an_interrupt_at_any_step_leaves_a_device_that_runs),
		cmocka_unit_test(another_file_than_the_one_that_was_looked_at_is_not_loaded),
		cmocka_unit_test(what_the_driver_refused_is_told_apart_from_what_the_file_lacks),
		cmocka_unit_test(records_reach_the_driver_joined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
