/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A device for tests of device state: memory, a config and dirty marks. A test can have every
 * operation fail, and sees how often it was called. Both banks of memory are allocated at the
 * start, so a load allocates nothing.
 */
#ifndef TESTS_SUPPORT_CARD_H
#define TESTS_SUPPORT_CARD_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "migcompat/backend.h"
#include "migcompat/device-state.h"

enum card_op {
	CARD_INFO,
	CARD_SET_STATE,
	CARD_CONFIG_READ,
	CARD_CONFIG_WRITE,
	CARD_MEMORY_READ,
	CARD_MEMORY_WRITE,
	CARD_DIRTY_COUNT,
	CARD_DIRTY_TAKE,
	CARD_SYSTEM_DIRTY,
	CARD_OP_COUNT,
};

#define CARD_MAGIC 0x44524143u
#define CARD_SYSTEM_PAGES 1024u

/* The config. Half of it is invalid. */
struct card_config {
	uint32_t magic;
	uint32_t size;
	uint64_t registers[126];
};

struct card {
	struct migcompat_device_state_info info;
	uint8_t *memory;
	uint8_t *staged;
	uint64_t *marks;
	struct card_config config;
	uint64_t system[MIGCOMPAT_DIRTY_WORDS(CARD_SYSTEM_PAGES)];
	uint32_t state;
	bool staging;
	int fail[CARD_OP_COUNT];            /* what an operation returns, if not 0 */
	unsigned fail_after[CARD_OP_COUNT]; /* calls that succeed before */
	unsigned calls[CARD_OP_COUNT];
	const char *message;
	void (*during_read)(struct card *card,
			    uint64_t position); /* called while the memory is read */
	bool foreign_pages; /* dirty_take returns pages that were not asked for */
};

static inline int card_fails(struct card *card, enum card_op op)
{
	card->calls[op]++;
	return card->fail[op] && card->calls[op] > card->fail_after[op] ? card->fail[op] : 0;
}

static inline int card_info(void *session, struct migcompat_device_state_info *ret)
{
	struct card *card = session;

	*ret = card->info;
	return card_fails(card, CARD_INFO);
}

static inline const char *card_message(void *session)
{
	struct card *card = session;

	return card->message;
}

static inline int card_set_state(void *session, uint32_t state)
{
	struct card *card = session;
	int r = card_fails(card, CARD_SET_STATE);

	if (!r)
		card->state = state;
	return r;
}

static inline int card_config_read(void *session, void *buffer, size_t size)
{
	struct card *card = session;
	int r = card_fails(card, CARD_CONFIG_READ);

	if (r)
		return r;
	if (size < sizeof(card->config))
		return -ENOBUFS;
	memcpy(buffer, &card->config, sizeof(card->config));
	return (int)sizeof(card->config);
}

static inline int card_config_write(void *session, const void *config, size_t len)
{
	struct card *card = session;
	const struct card_config *given = config;
	int r = card_fails(card, CARD_CONFIG_WRITE);

	if (r)
		return r;
	if (len != sizeof(*given) || given->magic != CARD_MAGIC || given->size != sizeof(*given))
		return -EINVAL;
	card->config = *given;
	if (card->staging) {
		uint8_t *before = card->memory;

		card->memory = card->staged;
		card->staged = before;
		card->staging = false;
		migcompat_dirty_mark_bytes(card->marks, 0, card->info.memory_size);
	}
	return 0;
}

static inline int card_memory_read(void *session, uint64_t position, void *buffer, size_t len)
{
	struct card *card = session;
	int r = card_fails(card, CARD_MEMORY_READ);

	if (r)
		return r;
	memcpy(buffer, card->memory + position, len);
	if (card->during_read)
		card->during_read(card, position);
	return 0;
}

static inline int card_memory_write(void *session, uint64_t position, const void *bytes, size_t len)
{
	struct card *card = session;
	int r = card_fails(card, CARD_MEMORY_WRITE);

	if (r)
		return r;
	card->staging = true;
	memcpy(card->staged + position, bytes, len);
	return 0;
}

static inline void card_memory_discard(void *session)
{
	struct card *card = session;

	card->staging = false;
}

static inline int card_dirty_count(void *session, uint64_t *ret_pages)
{
	struct card *card = session;

	*ret_pages =
		migcompat_dirty_count(card->marks, card->info.memory_size / MIGCOMPAT_STATE_PAGE);
	return card_fails(card, CARD_DIRTY_COUNT);
}

static inline int card_dirty_take(void *session, uint64_t first, uint64_t count,
				  uint64_t *ret_pages, size_t max)
{
	struct card *card = session;
	int r = card_fails(card, CARD_DIRTY_TAKE);

	if (r)
		return r;
	r = (int)migcompat_dirty_take(card->marks, first, count, ret_pages, max);
	if (card->foreign_pages && r)
		ret_pages[0] = first + count;
	return r;
}

static inline int card_system_dirty(void *session, uint64_t start, uint64_t count, uint8_t *bitmap)
{
	struct card *card = session;
	int r = card_fails(card, CARD_SYSTEM_DIRTY);
	uint64_t page;

	for (uint64_t i = 0; i < count && !r; i++) {
		if (start / MIGCOMPAT_STATE_PAGE + i < CARD_SYSTEM_PAGES &&
		    migcompat_dirty_take(card->system, start / MIGCOMPAT_STATE_PAGE + i, 1, &page,
					 1))
			bitmap[i / 8] = (uint8_t)(bitmap[i / 8] | 1u << (i % 8));
	}
	return r;
}

static const struct migcompat_device_state card_table __attribute__((unused)) = {
	.struct_size = sizeof(card_table),
	.info = card_info,
	.message = card_message,
	.set_state = card_set_state,
	.config_read = card_config_read,
	.config_write = card_config_write,
	.memory_read = card_memory_read,
	.memory_write = card_memory_write,
	.memory_discard = card_memory_discard,
	.dirty_count = card_dirty_count,
	.dirty_take = card_dirty_take,
	.system_dirty = card_system_dirty,
};

static inline void *card_bank(uint64_t size)
{
	void *bank = mmap(NULL, size ? size : 1, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (bank == MAP_FAILED)
		abort();
	return bank;
}

/* A card of so many pages, with these capabilities besides device memory. */
static inline void card_make(struct card *card, uint64_t pages, uint32_t capabilities)
{
	uint64_t size = pages * MIGCOMPAT_STATE_PAGE;

	*card = (struct card){
		.info = {sizeof(card->info), size, sizeof(struct card_config), capabilities},
		.memory = card_bank(size),
		.staged = card_bank(size),
		.marks = calloc(MIGCOMPAT_DIRTY_WORDS(pages) + 1, sizeof(uint64_t)),
		.config = {.magic = CARD_MAGIC, .size = sizeof(struct card_config)},
	};
	if (!card->marks)
		abort();
	if (size)
		migcompat_dirty_mark_bytes(card->marks, 0, size);
}

static inline void card_free(struct card *card)
{
	munmap(card->memory, card->info.memory_size ? card->info.memory_size : 1);
	munmap(card->staged, card->info.memory_size ? card->info.memory_size : 1);
	free(card->marks);
	*card = (struct card){0};
}

/* The device writes to its memory: the byte first, then the mark. */
static inline void card_poke(struct card *card, uint64_t position, uint8_t byte)
{
	__atomic_store_n(&card->memory[position], byte, __ATOMIC_RELAXED);
	migcompat_dirty_mark(card->marks, position / MIGCOMPAT_STATE_PAGE);
}

/* Fill memory and registers with numbers from a seed. */
static inline void card_fill(struct card *card, uint64_t seed)
{
	uint64_t *words = (void *)card->memory;

	for (uint64_t i = 0; i < card->info.memory_size / sizeof(*words); i++)
		words[i] = seed = seed * 6364136223846793005u + 1442695040888963407u;
	for (size_t i = 0; i < sizeof(card->config.registers) / sizeof(card->config.registers[0]);
	     i++)
		card->config.registers[i] = seed =
			seed * 6364136223846793005u + 1442695040888963407u;
	if (card->info.memory_size)
		migcompat_dirty_mark_bytes(card->marks, 0, card->info.memory_size);
}

static inline bool card_equal(const struct card *a, const struct card *b)
{
	return a->info.memory_size == b->info.memory_size &&
	       memcmp(&a->config, &b->config, sizeof(a->config)) == 0 &&
	       memcmp(a->memory, b->memory, a->info.memory_size) == 0;
}

#endif
