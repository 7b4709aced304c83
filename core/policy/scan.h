/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The part of libconfig's lexical rules that finds @include lines. It also refuses texts that
 * libconfig accepts or leaks memory for: a comment that is not closed would hide all rules after
 * it, and a string in a wrong place leaks.
 */
#ifndef CORE_POLICY_SCAN_H
#define CORE_POLICY_SCAN_H

#include <stddef.h>

#define SCAN_NESTING_MAX 64u
#define SCAN_PATH_MAX 4096u

/* State that a file shares with the files that it includes. Starts zeroed. */
struct scan {
	char open[SCAN_NESTING_MAX]; /* brackets */
	unsigned nesting;
	char last; /* significant character; 0: none yet */
};

/* A position in one file. */
struct scan_at {
	const char *text;
	size_t len;
	size_t at;
	unsigned line; /* from 1 */
};

/*
 * Find the next @include. 1: path is set, *ret_begin is the start of its line, and at is after it.
 * 0: the text ended. -EINVAL: *ret_problem says what is wrong on the line of at.
 */
int scan_next(struct scan *scan, struct scan_at *at, char path[SCAN_PATH_MAX], size_t *ret_begin,
	      const char **ret_problem);

#endif
