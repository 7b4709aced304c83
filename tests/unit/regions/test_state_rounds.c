/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A thousand saves of a device that is written to at random, between records and while a page is
 * read, each loaded into another device: the copy equals the stopped source. Whatever differs from
 * save to save comes from one number, which a failure tells.
 */
#include "tests/support/state.h"

#define SAVES 1000u
#define SAVES_PER_PAIR 20u
#define PAGE MIGCOMPAT_STATE_PAGE

static uint64_t seed;

static uint64_t random_below(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

/* The device works: it writes runs of bytes to memory, then a register. */
static void work(struct card *card)
{
	for (uint64_t writes = random_below(6); writes; writes--) {
		uint64_t at = random_below(card->info.memory_size),
			 len = 1 + random_below(3 * PAGE);

		for (uint64_t i = 0; i < len && at + i < card->info.memory_size;
		     i += 1 + random_below(100))
			card_poke(card, at + i, (uint8_t)random_below(256));
	}
	card->config.registers[random_below(126)] = random_below(UINT64_MAX);
}

static void work_during_read(struct card *card, uint64_t position)
{
	if (card->state & MIGCOMPAT_DEVICE_STOPPED)
		return;
	if (random_below(4) == 0)
		card_poke(card, position + random_below(PAGE), (uint8_t)random_below(256));
	if (random_below(8) == 0)
		work(card);
}

static int work_between(void *arg, const struct save_progress *progress)
{
	struct card *card = arg;

	(void)progress;
	if (!(card->state & MIGCOMPAT_DEVICE_STOPPED))
		work(card);
	return 0;
}

static uint64_t pages_of(unsigned pair)
{
	static const uint64_t some[] = {1, 2, 63, 64, 65, 127, 128, 200, 300};

	return some[pair % (sizeof(some) / sizeof(some[0]))];
}

static struct save_report save_and_load(struct side *source, struct side *target, unsigned number)
{
	static const struct state_write run = {STATE_FIELD(device_state), MIGCOMPAT_DEVICE_RUNNING};
	struct save_options options = save_plain();
	struct save_report report = {0};
	struct tape tape = {0};
	struct migcompat_control control;
	struct error err = {0};
	uint64_t began = seed;

	options.rounds_max = (unsigned)random_below(6);
	options.rest_max = random_below(2) ? random_below(40) * PAGE : 0;
	options.progress = work_between;
	options.arg = &source->card;
	options.run_on = random_below(2);
	assert_int_equal(side_save(source, &tape, &options, &report), 0);
	if (side_load(target, &tape, &load_plain, &err))
		fail_msg("save %u, seed 0x%llx: %s", number, (unsigned long long)began, err.text);
	if (!card_equal(&source->card, &target->card))
		fail_msg("save %u, seed 0x%llx: the copy is not equal", number,
			 (unsigned long long)began);
	tape_free(&tape);
	assert_int_equal(port_run(source->port, &run, 1, false, &control, &err), 0);
	return report;
}

static void a_thousand_copies_equal_their_source(void **state)
{
	struct side source, target;
	uint64_t dirty = 0;
	unsigned rounds = 0;

	(void)state;
	seed = 0x6d6967636f6d7061;
	for (unsigned n = 0; n < SAVES; n++) {
		struct save_report report;

		if (n % SAVES_PER_PAIR == 0) {
			side_make(&source, pages_of(n / SAVES_PER_PAIR), MIGCOMPAT_CAP_LOGGING, n);
			side_make(&target, pages_of(n / SAVES_PER_PAIR), MIGCOMPAT_CAP_LOGGING,
				  n + 1);
			source.card.during_read = work_during_read;
		}
		report = save_and_load(&source, &target, n);
		rounds += report.rounds;
		dirty += report.dirty_bytes;
		if (n % SAVES_PER_PAIR == SAVES_PER_PAIR - 1) {
			side_free(&source);
			side_free(&target);
		}
	}
	/* Otherwise this would be no test of rounds. */
	assert_true(rounds > SAVES);
	assert_true(dirty > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thousand_copies_equal_their_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
