/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A table of fixed size. The hash of a question selects its slot, and a newer answer
 * replaces an older one there.
 */
#include "core/service/kernel/answer_cache.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "core/check/check.h"
#include "core/service/log.h"

struct entry {
	struct stamp stamp;
	int error;
	uint32_t repeats; /* since it was logged */
	const char *verdict;
	const char *limit;
	uint32_t op;
	bool forced;
	size_t len;
	size_t text_len;
	char bytes[]; /* question, text, then the device, zero-terminated */
};

struct answer_cache {
	void (*unlogged)(void *arg);
	void *arg;
	pthread_mutex_t lock; /* guards all below */
	bool log_due;         /* unlogged was called, answer_cache_log was not */
	struct entry *slots[ANSWER_CACHE_MAX];
};

int answer_cache_new(void (*unlogged)(void *arg), void *arg, struct answer_cache **ret)
{
	struct answer_cache *cache = calloc(1, sizeof(*cache));
	int r;

	if (!cache)
		return -ENOMEM;
	cache->unlogged = unlogged;
	cache->arg = arg;
	r = -pthread_mutex_init(&cache->lock, NULL);
	if (r)
		free(cache);
	else
		*ret = cache;
	return r;
}

struct answer_cache *answer_cache_free(struct answer_cache *cache)
{
	if (!cache)
		return NULL;
	for (size_t i = 0; i < ANSWER_CACHE_MAX; i++)
		free(cache->slots[i]);
	pthread_mutex_destroy(&cache->lock);
	free(cache);
	return NULL;
}

static struct entry **slot_of(struct answer_cache *cache, const struct stamp *stamp,
			      const char *question, size_t len)
{
	uint64_t hash = XXH3_64bits_withSeed(question, len, stamp->attachment);

	return &cache->slots[hash % ANSWER_CACHE_MAX];
}

bool stamp_equal(const struct stamp *a, const struct stamp *b)
{
	return a->attachment == b->attachment && a->changed == b->changed && a->world == b->world &&
	       a->holds == b->holds && a->life == b->life;
}

/* An empty string may be written, so the operation has to be compared, too. */
static bool entry_answers(const struct entry *entry, const struct broker_request *request)
{
	return entry->op == request->op && entry->len == request->len &&
	       memcmp(entry->bytes, request->string, request->len) == 0;
}

bool answer_cache_find(struct answer_cache *cache, const struct stamp *stamp,
		       const struct broker_request *request, int *ret_error, char *text,
		       size_t *ret_text_len)
{
	struct entry *entry;
	bool found;

	pthread_mutex_lock(&cache->lock);
	entry = *slot_of(cache, stamp, request->string, request->len);
	found = entry && stamp_equal(&entry->stamp, stamp) && entry_answers(entry, request);
	if (found) {
		*ret_error = entry->error;
		*ret_text_len = entry->text_len;
		memcpy(text, entry->bytes + entry->len, entry->text_len);
		text[entry->text_len] = '\0';
		entry->repeats++;
		if (!cache->log_due)
			cache->unlogged(cache->arg);
		cache->log_due = true;
	}
	pthread_mutex_unlock(&cache->lock);
	return found;
}

/*
 * Log a repeated answer. The entry must belong to the caller, or the lock must be held.
 */
static void entry_log(const struct entry *entry)
{
	const char *device = entry->bytes + entry->len + entry->text_len;
	char hash[FINGERPRINT_SIZE] = "";
	bool write = entry->op == MIGCOMPAT_BROKER_OP_WRITE;
	const struct log_answer answer = {
		.method = write ? "migration_version, write" : "migration_version, read",
		.source = write ? NULL : device,
		.target = write ? device : NULL,
		.hash = hash,
		.verdict = entry->verdict,
		.limit = entry->limit,
		.error = entry->error ? error_name(entry->error) : NULL,
		.forced = entry->forced,
		.again = entry->repeats,
		.uid = LOG_UID_UNKNOWN,
	};

	if (write)
		fingerprint_text(entry->bytes, entry->len, hash);
	log_answered(&answer);
}

void answer_cache_add(struct answer_cache *cache, const struct cached_answer *answer)
{
	size_t name = strlen(answer->device) + 1;
	size_t len = answer->len, text_len = answer->text_len;
	struct entry *entry, *before, **slot;
	char *at;

	if (len + text_len + name > ANSWER_CACHE_ENTRY_BYTES)
		return;
	entry = malloc(sizeof(*entry) + len + text_len + name);
	if (!entry)
		return;
	*entry = (struct entry){
		.stamp = *answer->stamp,
		.error = answer->error,
		.verdict = answer->verdict,
		.limit = answer->limit,
		.op = answer->op,
		.forced = answer->forced,
		.len = len,
		.text_len = text_len,
	};
	at = (char *)memcpy(entry->bytes, answer->question, len) + len;
	at = (char *)memcpy(at, answer->text, text_len) + text_len;
	memcpy(at, answer->device, name);
	pthread_mutex_lock(&cache->lock);
	slot = slot_of(cache, &entry->stamp, answer->question, len);
	before = *slot;
	*slot = entry;
	pthread_mutex_unlock(&cache->lock);
	if (before && before->repeats)
		entry_log(before);
	free(before);
}

/*
 * A copy of the next entry that has to be logged, from *index on; NULL: none is left. A
 * copy, so that no question waits for the log.
 */
static struct entry *unlogged_next(struct answer_cache *cache, size_t *index)
{
	struct entry *copy = NULL;

	pthread_mutex_lock(&cache->lock);
	while (*index < ANSWER_CACHE_MAX && !copy) {
		struct entry *entry = cache->slots[(*index)++];
		size_t size;

		if (!entry || !entry->repeats)
			continue;
		size = sizeof(*entry) + entry->len + entry->text_len;
		size += strlen(entry->bytes + entry->len + entry->text_len) + 1;
		copy = malloc(size);
		if (!copy)
			entry_log(entry);
		else
			memcpy(copy, entry, size);
		entry->repeats = 0;
	}
	pthread_mutex_unlock(&cache->lock);
	return copy;
}

bool answer_cache_unlogged(struct answer_cache *cache)
{
	bool log_due;

	pthread_mutex_lock(&cache->lock);
	log_due = cache->log_due;
	pthread_mutex_unlock(&cache->lock);
	return log_due;
}

void answer_cache_log(struct answer_cache *cache)
{
	struct entry *entry;
	size_t index = 0;

	pthread_mutex_lock(&cache->lock);
	cache->log_due = false;
	pthread_mutex_unlock(&cache->lock);
	while ((entry = unlogged_next(cache, &index))) {
		entry_log(entry);
		free(entry);
	}
}
