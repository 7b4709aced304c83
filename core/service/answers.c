/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table of fixed size: each answer has one place, and a newer one takes it. */
#include "core/service/answers.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct kept {
	struct stamp stamp;
	int error;
	size_t len;
	size_t text_len;
	char bytes[]; /* question, then text */
};

struct answers {
	pthread_mutex_t lock;
	struct kept *places[ANSWERS_MAX];
};

int answers_new(struct answers **ret)
{
	struct answers *answers = calloc(1, sizeof(*answers));
	int r;

	if (!answers)
		return -ENOMEM;
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

static struct kept **place_of(struct answers *answers, const struct stamp *stamp, const char *question, size_t len)
{
	return &answers->places[XXH3_64bits_withSeed(question, len, stamp->attachment) % ANSWERS_MAX];
}

static bool stamp_equal(const struct stamp *a, const struct stamp *b)
{
	return a->attachment == b->attachment && a->changed == b->changed && a->world == b->world && a->holds == b->holds;
}

bool answers_find(struct answers *answers, const struct stamp *stamp, const char *question, size_t len, int *ret_error, char *text,
		  size_t *ret_text_len)
{
	const struct kept *kept;
	bool found;

	pthread_mutex_lock(&answers->lock);
	kept = *place_of(answers, stamp, question, len);
	found = kept && stamp_equal(&kept->stamp, stamp) && kept->len == len && memcmp(kept->bytes, question, len) == 0;
	if (found) {
		*ret_error = kept->error;
		*ret_text_len = kept->text_len;
		memcpy(text, kept->bytes + len, kept->text_len);
		text[kept->text_len] = '\0';
	}
	pthread_mutex_unlock(&answers->lock);
	return found;
}

void answers_keep(struct answers *answers, const struct stamp *stamp, const char *question, size_t len, int error, const char *text,
		  size_t text_len)
{
	struct kept *kept, *before, **place;

	if (len > BROKER_STRING_MAX || text_len > BROKER_STRING_MAX)
		return;
	kept = malloc(sizeof(*kept) + len + text_len);
	if (!kept)
		return;
	*kept = (struct kept){.stamp = *stamp, .error = error, .len = len, .text_len = text_len};
	memcpy(kept->bytes, question, len);
	if (text_len)
		memcpy(kept->bytes + len, text, text_len);
	pthread_mutex_lock(&answers->lock);
	place = place_of(answers, stamp, question, len);
	before = *place;
	*place = kept;
	pthread_mutex_unlock(&answers->lock);
	free(before);
}
