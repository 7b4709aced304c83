/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Globs over values. Not fnmatch: that one asks the locale, takes memory for long values, refuses
 * bytes that are no text in it, and needs time without bound for many stars; a deny rule must not
 * hang on any of these.
 */
#include "core/policy/policy_private.h"

#include <string.h>

/* The end of a set that begins behind '['; NULL: it is not closed. */
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

/* One element of the glob that is no star, against one byte; *ret_next is the element behind it. */
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

bool policy_glob_match(const char *glob, const char *text)
{
	const char *star = NULL, *retry = NULL, *next;

	/* Only the last star is ever taken back: that is enough, and keeps the time below glob
	 * times text. */
	while (*text) {
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
