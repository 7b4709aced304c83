/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Comments, strings, brackets and @include of configuration files. Pure functions over text in
 * memory.
 */
#include "core/policy/scan.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static char peek(const struct scan_at *at, size_t ahead)
{
	return ahead < at->len - at->at ? at->text[at->at + ahead] : '\0';
}

static void skip_line(struct scan_at *at)
{
	const char *end = memchr(at->text + at->at, '\n', at->len - at->at);

	at->at = end ? (size_t)(end - at->text) : at->len;
}

static const char *skip_comment(struct scan_at *at)
{
	for (at->at += 2; at->at < at->len; at->at++) {
		if (peek(at, 0) == '*' && peek(at, 1) == '/') {
			at->at += 2;
			return NULL;
		}
		at->line += peek(at, 0) == '\n';
	}
	return "the comment is not closed";
}

static const char *skip_string(struct scan *scan, struct scan_at *at)
{
	bool listed = scan->nesting && scan->open[scan->nesting - 1] != '{';

	/* In other places libconfig reports a syntax error and leaks the string. */
	if (!scan->last || !(strchr("=:([\"", scan->last) || (scan->last == ',' && listed)))
		return "syntax error: a string where none is expected";
	for (at->at++; at->at < at->len; at->at++) {
		char c = peek(at, 0);

		if (c == '"') {
			at->at++;
			return NULL;
		}
		if (c == '\\' && (peek(at, 1) == '\\' || peek(at, 1) == '"'))
			at->at++;
		at->line += c == '\n';
	}
	return "the string is not closed";
}

static bool line_begins(const struct scan_at *at, size_t *ret_begin)
{
	size_t begin = at->at;

	while (begin && (at->text[begin - 1] == ' ' || at->text[begin - 1] == '\t'))
		begin--;
	*ret_begin = begin;
	return begin == 0 || at->text[begin - 1] == '\n';
}

/* libconfig 1.5 truncates numbers silently: 4294967297 would be 1. */
static const char *check_number(const char *word, size_t len)
{
	char digits[32], *end;
	bool hex, wide = false, negative = word[0] == '-';
	unsigned long long number, max;

	if (len >= sizeof(digits))
		return "a number is too long";
	memcpy(digits, word, len);
	digits[len] = '\0';
	for (; len && (digits[len - 1] == 'L' || digits[len - 1] == 'l'); wide = true)
		digits[--len] = '\0';
	hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
	errno = 0;
	number = strtoull(digits + (digits[0] == '-' || digits[0] == '+'), &end, hex ? 16 : 10);
	if (*end != '\0')
		return NULL; /* a fraction, or a word that libconfig judges */
	max = wide ? LLONG_MAX : INT_MAX;
	if (errno || number > max + negative)
		return wide ? "a number is too large"
			    : "a number is too large, expected an L after it";
	return NULL;
}

/* A name or a number. */
static const char *skip_word(struct scan_at *at)
{
	const char *word = at->text + at->at;
	size_t len = 0;

	while (len < at->len - at->at &&
	       (isalnum((unsigned char)word[len]) || strchr("_*-+.", word[len])))
		len++;
	at->at += len;
	return (word[0] >= '0' && word[0] <= '9') || word[0] == '-' || word[0] == '+'
		       ? check_number(word, len)
		       : NULL;
}

/* at is at '@'. */
static const char *read_include(struct scan_at *at, char path[SCAN_PATH_MAX], size_t *ret_begin)
{
	static const char word[] = "@include";
	size_t len = 0;

	if (!line_begins(at, ret_begin) || at->len - at->at < sizeof(word) ||
	    memcmp(at->text + at->at, word, sizeof(word) - 1) != 0)
		return "syntax error: \"@\", expected @include \"FILE\" on a line of its own";
	at->at += sizeof(word) - 1;
	while (peek(at, 0) == ' ' || peek(at, 0) == '\t')
		at->at++;
	if (peek(at, 0) != '"')
		return "syntax error: @include, expected the file's name in quotes after it";
	for (at->at++; peek(at, 0) != '"'; at->at++) {
		char c = peek(at, 0);

		if (c == '\\' && (peek(at, 1) == '\\' || peek(at, 1) == '"'))
			c = at->text[++at->at];
		else if (c == '\\')
			return "the name after @include has a backslash, expected \\\\ for one";
		if ((unsigned char)c < 0x20)
			return "the name after @include is not closed on its line";
		if (len == SCAN_PATH_MAX - 1)
			return "the name after @include is too long";
		path[len++] = c;
	}
	at->at++;
	path[len] = '\0';
	return len ? NULL : "the name after @include is empty";
}

static const char *bracket(struct scan *scan, char c)
{
	if (strchr("{([", c)) {
		if (scan->nesting == SCAN_NESTING_MAX)
			return "brackets are nested too deep, expected at most 64";
		scan->open[scan->nesting++] = c;
	} else if (strchr("})]", c) && scan->nesting) {
		scan->nesting--;
	}
	return NULL;
}

int scan_next(struct scan *scan, struct scan_at *at, char path[SCAN_PATH_MAX], size_t *ret_begin,
	      const char **ret_problem)
{
	const char *problem = NULL;

	while (at->at < at->len && !problem) {
		unsigned line = at->line;
		char c = peek(at, 0);

		if (c == '\n' || strchr(" \t\r\f", c)) {
			at->line += c == '\n';
			at->at++;
			continue;
		}
		if (c == '#' || (c == '/' && peek(at, 1) == '/')) {
			skip_line(at);
			continue;
		}
		if (c == '/' && peek(at, 1) == '*') {
			problem = skip_comment(at);
		} else if (c == '"') {
			problem = skip_string(scan, at);
			scan->last = c;
		} else if (c == '@') {
			problem = read_include(at, path, ret_begin);
			if (!problem)
				return 1;
		} else if (isalnum((unsigned char)c) || strchr("_*-+.", c)) {
			problem = skip_word(at);
			scan->last = c;
		} else {
			problem = bracket(scan, c);
			scan->last = c;
			at->at++;
		}
		/* Report the line on which an unclosed part was opened. */
		if (problem)
			at->line = line;
	}
	*ret_problem = problem;
	return problem ? -EINVAL : 0;
}
