/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of known words, and the distance of an unknown word from them. */
#include "core/policy/words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/policy/policy_private.h"

#define WORD_MAX 64u /* longer words are compared by their beginning */

const char *const action_words[] = {"deny", "require", "allow", "override", NULL};
const char *const scope_words[] = {"device", "host", NULL};
const char *const side_words[] = {"source", "target", "any", NULL};
const char *const require_words[] = {
	[MIGCOMPAT_RULE_EQUAL] = "equal",
	[MIGCOMPAT_RULE_SUPERSET] = "superset",
	[MIGCOMPAT_RULE_AT_LEAST] = "at-least",
	[MIGCOMPAT_RULE_VERSION] = "version",
	[MIGCOMPAT_RULE_ONE_OF] = "one-of",
	[MIGCOMPAT_RULE_RANGE] = "range",
	[REQUIRE_GLOB] = "glob",
	NULL,
};
const char *const mechanism_words[] = {"report", "require", "prove", NULL};
const char *const generic_words[] = {"refuse", "equal", NULL};

static const char *word_at(const void *words, size_t i, size_t size)
{
	return *(const char *const *)(const void *)((const char *)words + i * size);
}

/* Levenshtein's distance, in two rows. */
static size_t distance(const char *a, const char *b)
{
	size_t na = strnlen(a, WORD_MAX), nb = strnlen(b, WORD_MAX);
	size_t rows[2][WORD_MAX + 1];

	for (size_t j = 0; j <= nb; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= na; i++) {
		const size_t *above = rows[(i - 1) % 2];
		size_t *row = rows[i % 2];

		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			size_t changed = above[j - 1] + (a[i - 1] != b[j - 1]);
			size_t moved = (above[j] < row[j - 1] ? above[j] : row[j - 1]) + 1;

			row[j] = changed < moved ? changed : moved;
		}
	}
	return rows[na % 2][nb];
}

const char *nearest_word(const char *word, const void *words, size_t count, size_t size)
{
	const char *nearest = NULL;
	size_t least = 0;

	for (size_t i = 0; i < count; i++) {
		size_t edits = distance(word, word_at(words, i, size));

		if (!nearest || edits < least) {
			nearest = word_at(words, i, size);
			least = edits;
		}
	}
	return nearest;
}

bool word_is_near(const char *word, const char *known)
{
	size_t len = strlen(word);

	return distance(word, known) * 3 <= (len < WORD_MAX ? len : WORD_MAX) + 2;
}

const char *words_render(char *buffer, size_t room, const void *words, size_t count, size_t size,
			 bool quoted)
{
	const char *quote = quoted ? "\"" : "";
	size_t used = 0;

	buffer[0] = '\0';
	for (size_t i = 0; i < count && used < room; i++) {
		const char *joint = i == 0 ? "" : i + 1 == count ? " or " : ", ";

		used += (size_t)snprintf(buffer + used, room - used, "%s%s%s%s", joint, quote,
					 word_at(words, i, size), quote);
	}
	return buffer;
}

int word_find(const char *name, const char *word, const char *const *words, unsigned *ret,
	      struct error *err)
{
	char expected[256], shown[80];
	unsigned count = 0;

	for (; words[count]; count++) {
		if (strcmp(words[count], word) == 0) {
			*ret = count;
			return 0;
		}
	}
	return error_set(
		err, -EINVAL, "%s is \"%s\", expected %s; nearest is \"%s\"", name,
		policy_text_shown(word, shown, sizeof(shown)),
		words_render(expected, sizeof(expected), words, count, sizeof(*words), true),
		nearest_word(word, words, count, sizeof(*words)));
}

const char *policy_bytes_shown(const char *text, size_t len, char *buffer, size_t size)
{
	static const char more[] = "…";

	if (len >= size) {
		len = size - sizeof(more);
		while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
		memcpy(buffer + len, more, sizeof(more));
	} else {
		buffer[len] = '\0';
	}
	for (size_t i = 0; i < len; i++)
		buffer[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? ' ' : text[i];
	return buffer;
}

const char *policy_text_shown(const char *text, char *buffer, size_t size)
{
	return policy_bytes_shown(text, strlen(text), buffer, size);
}
