/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Words of configuration files: the known ones, the known one that is nearest to an unknown
 * one, and text that is fit for a sentence. Needs no other file of this room.
 */
#ifndef CORE_POLICY_WORDS_H
#define CORE_POLICY_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/facts/error.h"

/* Words in the order of their enums, NULL-terminated. */
extern const char *const action_words[];
extern const char *const scope_words[]; /* from SCOPE_DEVICE on */
extern const char *const side_words[];
extern const char *const require_words[];
extern const char *const mechanism_words[];
extern const char *const generic_words[];

/*
 * The word that is the fewest edits away. Each of the count elements has the given size and
 * begins with a const char *. NULL: count is 0.
 */
const char *nearest_word(const char *word, const void *words, size_t count, size_t size);
/* Is the word probably a slip of the known one? */
bool word_is_near(const char *word, const char *known);
/* Render "a, b or c", each word in quotes if quoted. Returns buffer. */
const char *words_render(char *buffer, size_t room, const void *words, size_t count, size_t size,
			 bool quoted);
/*
 * Set *ret to the index of a word in a NULL-terminated list. -EINVAL: it is not there, and err
 * says "NAME is "WORD", expected …" with the nearest word.
 */
int word_find(const char *name, const char *word, const char *const *words, unsigned *ret,
	      struct error *err);

/*
 * Copy len bytes of text for a sentence. A text that is too long is cut at a character's end.
 * Control characters become blanks. Returns buffer.
 */
const char *policy_bytes_shown(const char *text, size_t len, char *buffer, size_t size);
/* The same for a zero-terminated text. */
const char *policy_text_shown(const char *text, char *buffer, size_t size);

#endif
