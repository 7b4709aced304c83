/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For tests of state files: a source, a target and a tape between them. */
#ifndef TESTS_SUPPORT_STATE_BENCH_H
#define TESTS_SUPPORT_STATE_BENCH_H

#include "tests/support/state.h"

#define PAGE MIGCOMPAT_STATE_PAGE
#define PAGES 150u
#define LOGGING MIGCOMPAT_CAP_LOGGING

struct bench {
	struct side source, target;
	struct tape tape;
	struct error err;
};

static inline int setup_with(void **state, uint64_t pages, uint32_t capabilities)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	side_make(&bench->source, pages, capabilities, 1);
	side_make(&bench->target, pages, capabilities, 2);
	*state = bench;
	return 0;
}

static inline int setup(void **state)
{
	return setup_with(state, PAGES, LOGGING);
}

static inline int teardown(void **state)
{
	struct bench *bench = *state;

	side_free(&bench->source);
	side_free(&bench->target);
	tape_free(&bench->tape);
	free(bench);
	return 0;
}

static inline struct save_report save(struct bench *bench)
{
	const struct save_options options = save_plain();
	struct save_report report = {0};

	assert_int_equal(side_save(&bench->source, &bench->tape, &options, &report), 0);
	return report;
}

static inline int load(struct bench *bench)
{
	return side_load(&bench->target, &bench->tape, &load_plain, &bench->err);
}

static inline int judge_anything(void *arg, const char *version, size_t len, struct error *err)
{
	(void)arg;
	(void)version;
	(void)len;
	(void)err;
	return 0;
}

/* The device writes the same pages repeatedly. */
static inline int keep_writing(void *arg, const struct save_progress *progress)
{
	struct card *card = arg;

	if (progress->phase <= SAVE_ROUND)
		for (uint64_t page = 0; page < 20; page++)
			card_poke(card, page * PAGE, (uint8_t)(card->memory[page * PAGE] + 1));
	return 0;
}

/* The target refuses the tape with that errno and is as it was; so is a second attempt. */
static inline void refused(struct bench *bench, int expected, const char *part)
{
	struct snapshot before = snapshot_take(&bench->target.card);
	const struct state_transport from = tape_transport(&bench->tape);
	struct state_load again;
	int r;

	tape_rewind(&bench->tape);
	assert_int_equal(load(bench), expected);
	assert_contains(bench->err.text, part);
	snapshot_holds(&before, &bench->target.card);
	tape_rewind(&bench->tape);
	r = state_load_begin(&again, bench->target.port, &from, &load_plain, &bench->err);
	while (!r)
		r = state_load_step(&again, &bench->err) > 0 ? 0 : again.reader.refused;
	for (int i = 0; i < 3; i++)
		assert_int_equal(state_load_step(&again, &bench->err), expected);
	state_load_end(&again);
	snapshot_holds(&before, &bench->target.card);
	snapshot_free(&before);
}

#endif
