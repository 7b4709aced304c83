/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Faults at every read and write of the transport, and in every call of the device. A state is
 * saved or loaded as a whole, or the devices are as they were.
 */
#include "tests/support/state.h"

#define PAGES 130u /* more than a window holds */

static const char *const fault_names[] = {"none", "short", "EINTR", "ENOSPC", "EIO", "closed"};

/* Faults that are not errors: the call is repeated. */
static bool harmless(enum tape_fault fault)
{
	return fault == TAPE_SHORT || fault == TAPE_EINTR;
}

/* Between records the device writes to a page, so that there are rounds and a rest. */
static int keep_writing(void *arg, const struct save_progress *progress)
{
	struct card *card = arg;

	if (progress->phase <= SAVE_ROUND)
		for (uint64_t page = 3; page < PAGES; page += 41)
			card_poke(card, page * MIGCOMPAT_STATE_PAGE + progress->phase,
				  (uint8_t)(card->memory[page] + 1));
	return 0;
}

static struct save_options busy(struct card *card)
{
	struct save_options options = save_plain();

	options.progress = keep_writing;
	options.arg = card;
	return options;
}

/* ---------------------------------------------------------------- the transport */

/* Save with one fault. False: the save ended before it. */
static bool save_with(enum tape_fault fault, size_t at)
{
	struct side source, target;
	struct tape tape = {.fault = fault, .fault_at = at};
	struct error err = {0};
	struct save_options options;
	bool met;
	int r;

	side_make(&source, PAGES, MIGCOMPAT_CAP_LOGGING, 1);
	options = busy(&source.card);
	r = side_save(&source, &tape, &options, NULL);
	met = tape.calls > at;
	if (met && !harmless(fault)) {
		assert_true(r < 0);
		assert_int_equal(source.card.state, MIGCOMPAT_DEVICE_RUNNING);
	} else {
		assert_int_equal(r, 0);
		assert_int_equal(source.card.state, MIGCOMPAT_DEVICE_STOPPED);
	}
	side_make(&target, PAGES, MIGCOMPAT_CAP_LOGGING, 2);
	tape_rewind(&tape);
	/* What was written before the fault is no state; what was written in spite of it is all of
	 * it. */
	if (side_load(&target, &tape, &load_plain, &err) == 0)
		assert_true(card_equal(&source.card, &target.card));
	else if (r == 0)
		fail_msg("%s", err.text);
	side_free(&source);
	side_free(&target);
	tape_free(&tape);
	return met;
}

static void faults_while_saving(void **state)
{
	const enum tape_fault fault = *(const enum tape_fault *)*state;
	size_t at = 0;

	while (save_with(fault, at))
		at++;
	assert_true(at > 20);
}

/* Load with one fault from a sound tape. */
static bool load_with(struct side *source, struct tape *tape, enum tape_fault fault, size_t at)
{
	static const int errors[TAPE_FAULT_COUNT] = {
		[TAPE_ENOSPC] = -ENOSPC, [TAPE_EIO] = -EIO, [TAPE_CLOSED] = -EBADMSG};
	struct snapshot before;
	struct side target;
	struct error err = {0};
	bool met;
	int r;

	side_make(&target, PAGES, MIGCOMPAT_CAP_LOGGING, 2);
	before = snapshot_take(&target.card);
	tape_rewind(tape);
	tape->fault = fault;
	tape->fault_at = at;
	r = side_load(&target, tape, &load_plain, &err);
	met = tape->calls > at;
	/* A pipe that is closed after the last byte is whole. */
	if (r == 0) {
		assert_true(!met || harmless(fault) ||
			    (fault == TAPE_CLOSED && tape->at == tape->len));
		assert_true(card_equal(&source->card, &target.card));
	} else {
		assert_true(met && !harmless(fault));
		assert_int_equal(r, errors[fault]); /* a read error is not a damaged file */
		snapshot_holds(&before, &target.card);
	}
	/* After a fault the target still takes a sound file. */
	tape_rewind(tape);
	assert_int_equal(side_load(&target, tape, &load_plain, &err), 0);
	assert_true(card_equal(&source->card, &target.card));
	snapshot_free(&before);
	side_free(&target);
	return met;
}

static void faults_while_loading(void **state)
{
	const enum tape_fault fault = *(const enum tape_fault *)*state;
	struct save_options options;
	struct tape tape = {0};
	struct side source;
	size_t at = 0;

	side_make(&source, PAGES, MIGCOMPAT_CAP_LOGGING, 1);
	options = busy(&source.card);
	assert_int_equal(side_save(&source, &tape, &options, NULL), 0);
	while (load_with(&source, &tape, fault, at))
		at++;
	assert_true(at > 20);
	side_free(&source);
	tape_free(&tape);
}

/* ---------------------------------------------------------------- the vendor */

static bool save_failing(enum card_op op, unsigned after)
{
	struct side source;
	struct tape tape = {0};
	struct save_options options;
	bool met;
	int r;

	side_make(&source, PAGES, MIGCOMPAT_CAP_LOGGING, 1);
	options = busy(&source.card);
	memset(source.card.calls, 0, sizeof(source.card.calls));
	source.card.fail[op] = -ENODEV;
	source.card.fail_after[op] = after;
	r = side_save(&source, &tape, &options, NULL);
	met = source.card.calls[op] > after;
	assert_int_equal(r, met ? -ENODEV : 0);
	/* A device that cannot leave its state is not restored. */
	if (op != CARD_SET_STATE)
		assert_int_equal(source.card.state,
				 met ? MIGCOMPAT_DEVICE_RUNNING : MIGCOMPAT_DEVICE_STOPPED);
	side_free(&source);
	tape_free(&tape);
	return met;
}

static void vendors_that_fail_while_saving(void **state)
{
	(void)state;
	for (int op = CARD_SET_STATE; op < CARD_OP_COUNT; op++) {
		unsigned after = 0;

		while (save_failing((enum card_op)op, after))
			after++;
	}
}

static bool load_failing(struct side *source, struct tape *tape, enum card_op op, unsigned after)
{
	struct snapshot before;
	struct side target;
	struct error err = {0};
	bool met;
	int r;

	side_make(&target, PAGES, MIGCOMPAT_CAP_LOGGING, 2);
	before = snapshot_take(&target.card);
	memset(target.card.calls, 0, sizeof(target.card.calls));
	target.card.fail[op] = -ENODEV;
	target.card.fail_after[op] = after;
	tape_rewind(tape);
	r = side_load(&target, tape, &load_plain, &err);
	met = target.card.calls[op] > after;
	assert_int_equal(r, met ? -ENODEV : 0);
	/* The last change of state: the device has everything by then. */
	if (met && target.card.calls[CARD_CONFIG_WRITE] && op == CARD_SET_STATE) {
		assert_true(card_equal(&source->card, &target.card));
	} else if (met) {
		before.state = target.card.state;
		snapshot_holds(&before, &target.card);
	} else {
		assert_true(card_equal(&source->card, &target.card));
	}
	snapshot_free(&before);
	side_free(&target);
	return met;
}

static void vendors_that_fail_while_loading(void **state)
{
	struct save_options options;
	struct tape tape = {0};
	struct side source;

	(void)state;
	side_make(&source, PAGES, MIGCOMPAT_CAP_LOGGING, 1);
	options = busy(&source.card);
	assert_int_equal(side_save(&source, &tape, &options, NULL), 0);
	for (int op = CARD_SET_STATE; op < CARD_OP_COUNT; op++) {
		unsigned after = 0;

		while (load_failing(&source, &tape, (enum card_op)op, after))
			after++;
	}
	side_free(&source);
	tape_free(&tape);
}

int main(void)
{
	static enum tape_fault faults[TAPE_FAULT_COUNT];
	static char names[2 * TAPE_FAULT_COUNT][64];
	struct CMUnitTest tests[2 * TAPE_FAULT_COUNT + 2] = {0};
	size_t n = 0;

	for (int i = TAPE_SHORT; i < TAPE_FAULT_COUNT; i++) {
		faults[i] = (enum tape_fault)i;
		snprintf(names[n], sizeof(names[n]), "%s at every write of a save", fault_names[i]);
		tests[n] =
			(struct CMUnitTest){names[n], faults_while_saving, NULL, NULL, &faults[i]};
		n++;
		snprintf(names[n], sizeof(names[n]), "%s at every read of a load", fault_names[i]);
		tests[n] =
			(struct CMUnitTest){names[n], faults_while_loading, NULL, NULL, &faults[i]};
		n++;
	}
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(vendors_that_fail_while_saving);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(vendors_that_fail_while_loading);
	return _cmocka_run_group_tests("faults", tests, n, NULL, NULL);
}
