/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loads state files into a small card. The first byte chooses what the rest is: a file, or
 * a list of records that get valid sums, so that the code after the sums is reached. A
 * refused file leaves the card unchanged. An accepted one can be saved and loaded into
 * another card.
 */
#include <stdlib.h>
#include <string.h>

#include "core/regions/load.h"
#include "core/regions/save.h"
#include "core/state/sum.h"
#include "tests/support/card.h"
#include "tests/support/local_port.h"
#include "tests/support/tape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PAGES 2u
#define STRING "card:physical:plain:1;x"

/* A record of the list: eight bytes, then its payload. Missing bytes are zeros. */
struct recipe {
	uint8_t type;
	uint8_t flags;
	uint8_t size[2];     /* of the payload */
	uint8_t position[2]; /* in units of 256 */
	uint8_t given[2];    /* bytes of the payload that follow */
};

static int judge(void *arg, const char *version, size_t len, struct error *err)
{
	(void)arg;
	if (strlen(version) != len)
		abort();
	return len < 4 ? error_set(err, -EINVAL, "too short a string for this judge") : 0;
}

static unsigned number(const uint8_t bytes[2])
{
	return (unsigned)bytes[0] | (unsigned)bytes[1] << 8;
}

static void put_record(struct tape *tape, struct format_record *record, const uint8_t *payload,
		       uint64_t *chain)
{
	record->payload_sum = state_sum(payload, record->size, 0);
	*chain = record->sum = state_sum(record, offsetof(struct format_record, sum), *chain);
	tape_write(tape, record, sizeof(*record));
	tape_write(tape, payload, record->size);
}

/* Make a file of a list of records: string, valid head, records, valid end. */
static void cook(struct tape *tape, const uint8_t *data, size_t size)
{
	static uint8_t payload[65536 + 8];
	struct format_head head = {.magic = FORMAT_MAGIC,
				   .version = 1,
				   .content = FORMAT_REGIONS,
				   .memory_size = PAGES * 4096,
				   .page_size = 4096};
	struct format_record record = {.type = RECORD_HEAD, .size = sizeof(head)};
	uint64_t chain = state_sum(STRING "\n", strlen(STRING) + 1, 0), bytes = sizeof(head);
	struct format_end end;

	tape_write(tape, STRING "\n", strlen(STRING) + 1);
	put_record(tape, &record, (const uint8_t *)&head, &chain);
	while (size >= sizeof(struct recipe)) {
		const struct recipe *recipe = (const void *)data;
		size_t given = number(recipe->given);

		data += sizeof(*recipe);
		size -= sizeof(*recipe);
		given = given < size ? given : size;
		memset(payload, 0, sizeof(payload));
		memcpy(payload, data, given);
		data += given;
		size -= given;
		record = (struct format_record){.type = recipe->type,
						.flags = recipe->flags,
						.number = record.number + 1,
						.size = number(recipe->size),
						.position =
							(uint64_t)number(recipe->position) * 256};
		put_record(tape, &record, payload, &chain);
		bytes += record.size;
	}
	end = (struct format_end){record.number + 1, bytes};
	record = (struct format_record){
		.type = RECORD_END, .number = record.number + 1, .size = sizeof(end)};
	put_record(tape, &record, (const uint8_t *)&end, &chain);
}

struct side {
	struct card card;
	struct state_port *port;
};

static void side_make(struct side *side, uint64_t seed)
{
	struct migcompat_regions *regions = NULL;

	card_make(&side->card, PAGES, MIGCOMPAT_CAP_LOGGING);
	card_fill(&side->card, seed);
	if (migcompat_regions_new(&card_table, &side->card, &regions))
		abort();
	side->port = local_port_new(regions);
}

static void side_free(struct side *side)
{
	local_port_free(side->port);
	card_free(&side->card);
}

static int load(struct side *side, struct tape *tape)
{
	const struct state_transport from = tape_transport(tape);
	const struct load_options options = {.judge = judge};
	struct error err = {0};
	int r = state_load(side->port, &from, &options, &err);

	if (r && !*err.text)
		abort();
	return r;
}

/* An accepted state can be saved and loaded again. */
static void again(struct side *side)
{
	const struct save_options options = {.version = STRING, .version_len = strlen(STRING)};
	struct tape tape = {0};
	const struct state_transport to = tape_transport(&tape);
	struct side other;

	side_make(&other, 3);
	if (state_save(side->port, &to, &options, NULL, NULL) || load(&other, &tape) ||
	    !card_equal(&side->card, &other.card))
		abort();
	side_free(&other);
	tape_free(&tape);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct side side, before;
	struct tape tape = {0};

	if (size < 1)
		return 0;
	if (data[0])
		cook(&tape, data + 1, size - 1);
	else
		tape_write(&tape, data + 1, size - 1);
	side_make(&side, 1);
	side_make(&before, 1);
	if (load(&side, &tape) == 0)
		again(&side);
	else if (!card_equal(&side.card, &before.card) || side.card.staging ||
		 side.card.state != MIGCOMPAT_DEVICE_RUNNING)
		abort();
	side_free(&side);
	side_free(&before);
	tape_free(&tape);
	return 0;
}
