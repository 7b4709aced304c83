/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table of fixed size: each answer has one place, and a newer one takes it. */
#include "core/service/kernel/answer_cache.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "core/check/check.h"
#include "core/service/log.h"

struct kept {
	struct stamp stamp;
	int error;
	uint32_t again; /* how often it was given since the log had it */
	const char *verdict;
	const char *limit;
	enum broker_op op;
	bool forced;
	size_t len;
	size_t text_len;
	char bytes[]; /* question, text, then the device with its zero */
};

struct answers {
	void (*untold)(void *arg);
	void *arg;
	pthread_mutex_t lock; /* guards all below */
	bool telling;	      /* untold was called, answers_tell was not */
	struct kept *places[ANSWERS_MAX];
};

int answers_new(void (*untold)(void *arg), void *arg, struct answers **ret)
{
	struct answers *answers = calloc(1, sizeof(*answers));
	int r;

	if (!answers)
		return -ENOMEM;
	answers->untold = untold;
	answers->arg = arg;
	r = -pthread_mutex_init(&answers->lock, NULL);
	if (r)
		free(answers);
	else
		*ret = answers;
	return r;
}

struct answers *answers_free(struct answers *answers)
{
	if (!answers)
		return NULL;
	for (size_t i = 0; i < ANSWERS_MAX; i++)
		free(answers->places[i]);
	pthread_mutex_destroy(&answers->lock);
	free(answers);
	return NULL;
}

static struct kept **place_of(struct answers *answers, const struct stamp *stamp,
			      const char *question, size_t len)
{
	uint64_t hash = XXH3_64bits_withSeed(question, len, stamp->attachment);

	return &answers->places[hash % ANSWERS_MAX];
}

bool stamp_equal(const struct stamp *a, const struct stamp *b)
{
	return a->attachment == b->attachment && a->changed == b->changed && a->world == b->world &&
	       a->holds == b->holds && a->life == b->life;
}

/* An empty string may be written: it is not the question of a read. */
static bool is_about(const struct kept *kept, const struct broker_request *request)
{
	return kept->op == request->op && kept->len == request->len &&
	       memcmp(kept->bytes, request->string, request->len) == 0;
}

bool answers_find(struct answers *answers, const struct stamp *stamp,
		  const struct broker_request *request, int *ret_error, char *text,
		  size_t *ret_text_len)
{
	struct kept *kept;
	bool found;

	pthread_mutex_lock(&answers->lock);
	kept = *place_of(answers, stamp, request->string, request->len);
	found = kept && stamp_equal(&kept->stamp, stamp) && is_about(kept, request);
	if (found) {
		*ret_error = kept->error;
		*ret_text_len = kept->text_len;
		memcpy(text, kept->bytes + kept->len, kept->text_len);
		text[kept->text_len] = '\0';
		kept->again++;
		if (!answers->telling)
			answers->untold(answers->arg);
		answers->telling = true;
	}
	pthread_mutex_unlock(&answers->lock);
	return found;
}

/* Log one that was given again. It must be the caller's alone, or locked. */
static void say_again(const struct kept *kept)
{
	const char *device = kept->bytes + kept->len + kept->text_len;
	char hash[FINGERPRINT_SIZE] = "";
	bool write = kept->op == BROKER_WRITE;
	const struct log_answer answer = {
		.method = write ? "migration_version, write" : "migration_version, read",
		.source = write ? NULL : device,
		.target = write ? device : NULL,
		.hash = hash,
		.verdict = kept->verdict,
		.limit = kept->limit,
		.error = kept->error ? error_name(kept->error) : NULL,
		.forced = kept->forced,
		.again = kept->again,
		.uid = LOG_UID_UNKNOWN,
	};

	if (write)
		fingerprint_text(kept->bytes, kept->len, hash);
	log_answered(&answer);
}

void answers_keep(struct answers *answers, const struct answered *answered)
{
	size_t name = strlen(answered->device) + 1;
	size_t len = answered->len, text_len = answered->text_len;
	struct kept *kept, *before, **place;
	char *at;

	if (len + text_len + name > ANSWER_BYTES)
		return;
	kept = malloc(sizeof(*kept) + len + text_len + name);
	if (!kept)
		return;
	*kept = (struct kept){
		.stamp = *answered->stamp,
		.error = answered->error,
		.verdict = answered->verdict,
		.limit = answered->limit,
		.op = answered->op,
		.forced = answered->forced,
		.len = len,
		.text_len = text_len,
	};
	at = (char *)memcpy(kept->bytes, answered->question, len) + len;
	at = (char *)memcpy(at, answered->text, text_len) + text_len;
	memcpy(at, answered->device, name);
	pthread_mutex_lock(&answers->lock);
	place = place_of(answers, &kept->stamp, answered->question, len);
	before = *place;
	*place = kept;
	pthread_mutex_unlock(&answers->lock);
	if (before && before->again)
		say_again(before);
	free(before);
}

/* The next one at or behind an index that the log lacks, as a copy; NULL: none is left. */
static struct kept *untold_next(struct answers *answers, size_t *index)
{
	struct kept *copy = NULL;

	pthread_mutex_lock(&answers->lock);
	while (*index < ANSWERS_MAX && !copy) {
		struct kept *kept = answers->places[(*index)++];
		size_t size;

		if (!kept || !kept->again)
			continue;
		size = sizeof(*kept) + kept->len + kept->text_len;
		size += strlen(kept->bytes + kept->len + kept->text_len) + 1;
		copy = malloc(size);
		if (!copy)
			say_again(kept);
		else
			memcpy(copy, kept, size);
		kept->again = 0;
	}
	pthread_mutex_unlock(&answers->lock);
	return copy;
}

bool answers_untold(struct answers *answers)
{
	bool telling;

	pthread_mutex_lock(&answers->lock);
	telling = answers->telling;
	pthread_mutex_unlock(&answers->lock);
	return telling;
}

void answers_tell(struct answers *answers)
{
	struct kept *kept;
	size_t index = 0;

	pthread_mutex_lock(&answers->lock);
	answers->telling = false;
	pthread_mutex_unlock(&answers->lock);
	while ((kept = untold_next(answers, &index))) {
		say_again(kept);
		free(kept);
	}
}
