/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Globs over values. fnmatch(3) does not fit: it depends on the locale, allocates for long
 * values, refuses bytes that the locale does not know, and takes exponential time for many
 * stars. A deny rule must not depend on any of these.
 */
#include <string.h>

#include "core/policy/policy_private.h"

/* The closing bracket of a set; at is after the opening one. NULL: it is not closed. */
static const char *set_end(const char *at)
{
	if (*at == '!' || *at == '^')
		at++;
	if (*at == ']')
		at++;
	for (; *at && *at != ']'; at++)
		if (*at == '\\' && *++at == '\0')
			return NULL;
	return *at ? at : NULL;
}

static unsigned char set_char(const char **at)
{
	if (**at == '\\')
		++*at;
	return (unsigned char)*(*at)++;
}

static bool set_has(const char *at, const char *end, unsigned char c)
{
	bool negated = *at == '!' || *at == '^';
	bool found = false;

	for (at += negated; at < end;) {
		unsigned char low = set_char(&at), high = low;

		if (at + 1 < end && *at == '-') {
			at++;
			high = set_char(&at);
		}
		found = found || (low <= c && c <= high);
	}
	return found != negated;
}

/* Match one element that is no star against one byte. *ret_next is the next element. */
static bool element_fits(const char *glob, unsigned char c, const char **ret_next)
{
	const char *end;

	switch (*glob) {
	case '?':
		*ret_next = glob + 1;
		return true;
	case '[':
		end = set_end(glob + 1);
		if (!end)
			return false;
		*ret_next = end + 1;
		return set_has(glob + 1, end, c);
	case '\\':
		glob++;
		break;
	}
	*ret_next = glob + 1;
	return *glob && (unsigned char)*glob == c;
}

bool policy_glob_match_bytes(const char *glob, const char *text, size_t len)
{
	const char *star = NULL, *retry = NULL, *next, *end = text + len;

	/* Going back to the last star alone is enough. It bounds the time to the product of both
	 * lengths. */
	while (text < end) {
		if (*glob == '*') {
			star = ++glob;
			retry = text;
		} else if (*glob && element_fits(glob, (unsigned char)*text, &next)) {
			glob = next;
			text++;
		} else if (star) {
			glob = star;
			text = ++retry;
		} else {
			return false;
		}
	}
	return glob[strspn(glob, "*")] == '\0';
}

bool policy_glob_match(const char *glob, const char *text)
{
	return policy_glob_match_bytes(glob, text, strlen(text));
}

const char *policy_glob_check(const char *glob)
{
	for (; *glob; glob++) {
		if (*glob == '[') {
			glob = set_end(glob + 1);
			if (!glob)
				return "its \"[\" is not closed";
		} else if (*glob == '\\' && *++glob == '\0') {
			return "it ends in a backslash";
		}
	}
	return NULL;
}
