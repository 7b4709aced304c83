/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A card with its regions, saved to a tape and loaded from it. */
#ifndef TESTS_SUPPORT_STATE_H
#define TESTS_SUPPORT_STATE_H

#include "core/regions/load.h"
#include "core/regions/save.h"
#include "tests/support/card.h"
#include "tests/support/local_port.h"
#include "tests/support/tape.h"
#include "tests/support/test.h"

#define STATE_STRING "card:physical:plain:1;x"

struct side {
	struct card card;
	struct state_port *port;
};

static inline void side_make(struct side *side, uint64_t pages, uint32_t capabilities,
			     uint64_t seed)
{
	struct migcompat_regions *regions = NULL;

	card_make(&side->card, pages, capabilities);
	card_fill(&side->card, seed);
	assert_int_equal(migcompat_regions_new(&card_table, &side->card, &regions), 0);
	side->port = local_port_new(regions);
}

static inline void side_free(struct side *side)
{
	local_port_free(side->port);
	card_free(&side->card);
}

static inline struct save_options save_plain(void)
{
	return (struct save_options){
		.version = STATE_STRING, .version_len = strlen(STATE_STRING), .rounds_max = 3};
}

static inline int side_save(struct side *side, struct tape *tape,
			    const struct save_options *options, struct save_report *report)
{
	const struct state_transport to = tape_transport(tape);
	struct error err = {0};

	int r = state_save(side->port, &to, options, report, &err);

	if (r)
		assert_true(*err.text);
	return r;
}

static inline int judge_yes(void *arg, const char *version, size_t len, struct error *err)
{
	(void)arg;
	(void)err;
	assert_int_equal(len, strlen(STATE_STRING));
	assert_string_equal(version, STATE_STRING);
	return 0;
}

static const struct load_options load_plain __attribute__((unused)) = {.judge = judge_yes};

static inline int side_load(struct side *side, struct tape *tape,
			    const struct load_options *options, struct error *err)
{
	const struct state_transport from = tape_transport(tape);
	int r = state_load(side->port, &from, options, err);

	if (r)
		assert_true(*err->text);
	return r;
}

/* A copy of a card's state, to compare with later. */
struct snapshot {
	struct card_config config;
	uint8_t *memory;
	uint32_t state;
};

static inline struct snapshot snapshot_take(const struct card *card)
{
	struct snapshot snapshot = {.config = card->config,
				    .state = card->state,
				    .memory = malloc(card->info.memory_size + 1)};

	assert_non_null(snapshot.memory);
	memcpy(snapshot.memory, card->memory, card->info.memory_size);
	return snapshot;
}

static inline void snapshot_holds(const struct snapshot *snapshot, const struct card *card)
{
	assert_memory_equal(&snapshot->config, &card->config, sizeof(card->config));
	if (memcmp(snapshot->memory, card->memory, card->info.memory_size) != 0)
		fail_msg("the device's memory is not as it was");
	assert_int_equal(snapshot->state, card->state);
	assert_false(card->staging);
}

static inline void snapshot_free(struct snapshot *snapshot)
{
	free(snapshot->memory);
}

#endif
