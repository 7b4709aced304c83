/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Saving a kernel driver's stream to a tape and loading it from there. */
#ifndef TESTS_SUPPORT_KERNEL_STATE_H
#define TESTS_SUPPORT_KERNEL_STATE_H

#include "tests/support/kernel_device.h"

#define STRING "x:mdev:x:1;x"
#define LEN 600000u /* three records */
#define BOTH (KERNEL_CAN_STOP_COPY | KERNEL_CAN_PRE_COPY)

static const struct kernel_options plain __attribute__((unused)) = {
	.version = STRING, .version_len = sizeof(STRING) - 1, .rounds_max = 5};

static inline int save(struct driver *driver, struct tape *tape, struct kernel_report *report,
		       struct error *err)
{
	const struct state_transport to = tape_transport(tape);

	return kernel_save(&driver->device, &to, &plain, report, err);
}

/* Load from the beginning of a tape, as a program does after it has checked the tape. */
static inline int load(struct driver *driver, struct tape *tape, struct kernel_report *report,
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

static inline void expect_copy(struct driver *source, struct driver *target)
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

#endif
