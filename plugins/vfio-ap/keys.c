/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Master keys: the verification patterns in "mkvps", from which nobody learns a key. Only
 * the current key of each kind counts, because it wraps the guest's secure keys. A new or
 * an old register changes nothing for a guest.
 */
#include <stdio.h>
#include <string.h>

#include "ap.h"

#define KINDS_MAX 8u
#define KIND_MAX 8u
#define PATTERN_MAX 64u
#define CANONICAL_MAX (KINDS_MAX * (KIND_MAX + PATTERN_MAX + 2u))

/* The current key of one kind: "AES" and its pattern in lower case, or "-" if none is
 * set. */
struct current {
	const char *kind;
	size_t kind_len;
	char pattern[PATTERN_MAX];
	size_t pattern_len;
};

/* The next word of a line, up to a blank or the end. */
static const char *word(const char **at, const char *end, size_t *ret_len)
{
	const char *start = *at;

	while (*at < end && **at != ' ')
		(*at)++;
	*ret_len = (size_t)(*at - start);
	if (*at < end)
		(*at)++;
	return start;
}

static bool word_is(const char *text, size_t len, const char *expected)
{
	return strlen(expected) == len && memcmp(text, expected, len) == 0;
}

/* Reads 0x and 1 to 64 hexadecimal digits, and makes them lower case. */
static bool pattern_read(const char *text, size_t len, struct current *ret)
{
	uint64_t unused;

	if (len < 3 || len - 2 > PATTERN_MAX || text[0] != '0' || text[1] != 'x')
		return false;
	for (size_t i = 2; i < len; i++) {
		if (!hex_read(text + i, text + len, 1, &unused))
			return false;
		ret->pattern[i - 2] =
			(char)(text[i] >= 'A' && text[i] <= 'F' ? text[i] - 'A' + 'a' : text[i]);
	}
	ret->pattern_len = len - 2;
	return true;
}

enum line { LINE_CURRENT, LINE_OTHER, LINE_UNKNOWN };

/* "AES CUR: valid 0x…" and "WK CUR: invalid -" are known; "- -" and anything
 * else is not. */
static enum line line_read(const char *at, const char *end, struct current *ret)
{
	size_t slot_len, state_len, pattern_len;
	const char *slot, *state, *pattern;

	ret->kind = word(&at, end, &ret->kind_len);
	slot = word(&at, end, &slot_len);
	state = word(&at, end, &state_len);
	pattern = word(&at, end, &pattern_len);
	if (at != end || ret->kind_len == 0 || ret->kind_len > KIND_MAX)
		return LINE_UNKNOWN;
	if (word_is(slot, slot_len, "NEW:") || word_is(slot, slot_len, "OLD:"))
		return LINE_OTHER;
	if (!word_is(slot, slot_len, "CUR:"))
		return LINE_UNKNOWN;
	if (word_is(state, state_len, "valid"))
		return pattern_read(pattern, pattern_len, ret) ? LINE_CURRENT : LINE_UNKNOWN;
	if (!word_is(state, state_len, "invalid"))
		return LINE_UNKNOWN;
	ret->pattern[0] = '-';
	ret->pattern_len = 1;
	return LINE_CURRENT;
}

static int kind_order(const struct current *a, const struct current *b)
{
	size_t len = a->kind_len < b->kind_len ? a->kind_len : b->kind_len;
	int order = memcmp(a->kind, b->kind, len);

	return order ? order : (int)a->kind_len - (int)b->kind_len;
}

/* Inserts by kind. False: there are too many, or a kind stands twice. */
static bool current_insert(struct current *keys, size_t *count, const struct current *key)
{
	size_t at = *count;

	if (at == KINDS_MAX)
		return false;
	while (at && kind_order(key, &keys[at - 1]) < 0)
		at--;
	if (at && kind_order(key, &keys[at - 1]) == 0)
		return false;
	memmove(&keys[at + 1], &keys[at], (*count - at) * sizeof(*keys));
	keys[at] = *key;
	++*count;
	return true;
}

uint64_t keys_parse(const struct migcompat_host *host, const char *text, size_t len)
{
	struct current keys[KINDS_MAX], key;
	char canonical[CANONICAL_MAX];
	size_t count = 0, size = 0;
	const char *end = text + len;

	for (const char *at = text; at < end;) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		enum line line = line_read(at, newline ? newline : end, &key);

		if (line == LINE_UNKNOWN ||
		    (line == LINE_CURRENT && !current_insert(keys, &count, &key)))
			return 0;
		at = newline ? newline + 1 : end;
	}
	if (!count)
		return 0;
	for (size_t i = 0; i < count; i++) {
		memcpy(canonical + size, keys[i].kind, keys[i].kind_len);
		size += keys[i].kind_len;
		canonical[size++] = '=';
		memcpy(canonical + size, keys[i].pattern, keys[i].pattern_len);
		size += keys[i].pattern_len;
		canonical[size++] = '\n';
	}
	uint64_t hash = host->hash(canonical, size);

	return hash ? hash : 1;
}

/* ------------------------------------------------------------ a hash for each adapter */

/* Over the domain and the key hash of each queue, in network byte order, so that every
 * host gets the same hash. */
static uint64_t adapter_hash(const struct migcompat_host *host, const struct ap_card *card,
			     const struct ap_mask *domains)
{
	uint8_t bytes[AP_IDS * 9], *at = bytes;

	mask_each(domain, domains)
	{
		uint64_t key = card ? card->keys[domain] : 0;

		if (!key)
			return 0;
		*at++ = (uint8_t)domain;
		for (int shift = 56; shift >= 0; shift -= 8)
			*at++ = (uint8_t)(key >> shift);
	}
	if (at == bytes)
		return 0;
	uint64_t hash = host->hash(bytes, (size_t)(at - bytes)) & KEY_MAX;

	return hash ? hash : 1;
}

void keys_prepare(struct ap *ap, const struct ap_mask *domains)
{
	if (ap->keys_ready && mask_equal(domains, &ap->keys_domains))
		return;
	for (unsigned adapter = 0; adapter < AP_IDS; adapter++)
		ap->keys[adapter] = adapter_hash(ap->host, ap->cards[adapter], domains);
	ap->keys_domains = *domains;
	ap->keys_ready = true;
}

void keys_unknown_text(struct ap_unknown *unknown)
{
	char source[64] = "", target[64] = "";

	if (!unknown->source && !unknown->target)
		return;
	if (unknown->source)
		snprintf(source, sizeof(source), " of %u adapters at the source (first %02x)",
			 unknown->source, unknown->first_source);
	if (unknown->target)
		snprintf(target, sizeof(target), " of %u adapters at the target (first %02x)",
			 unknown->target, unknown->first_target);
	snprintf(unknown->text, sizeof(unknown->text),
		 "the current master keys%s%s%s are not known, so they were not compared", source,
		 unknown->source && unknown->target ? " and" : "", target);
}
