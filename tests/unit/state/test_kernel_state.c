/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A kernel driver's stream into a state file and back: the order of states, and what is refused. */
#include "tests/support/kernel_state.h"

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
				at; /* to STOP_COPY, or to RUNNING after it */
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
		cmocka_unit_test(another_file_than_the_one_that_was_looked_at_is_not_loaded),
		cmocka_unit_test(what_the_driver_refused_is_told_apart_from_what_the_file_lacks),
		cmocka_unit_test(records_reach_the_driver_joined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
