/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Just enough of libconfig's lexical rules to find the @include lines, and to refuse what libconfig
 * would let pass (a comment that is not closed swallows all rules behind it) or leak over (a string
 * where none may stand).
 */
#ifndef CORE_POLICY_SCAN_H
#define CORE_POLICY_SCAN_H

#include <stddef.h>

#define SCAN_NESTING_MAX 64u
#define SCAN_PATH_MAX 4096u

/* What goes on from a file into the files that it includes and back. Starts zeroed. */
struct scan {
	char open[SCAN_NESTING_MAX]; /* brackets */
	unsigned nesting;
	char last; /* significant character */
};

/* A position in one file. */
struct scan_at {
	const char *text;
	size_t len;
	size_t at;
	unsigned line; /* from 1 */
};

/*
 * Go on to the next @include. 1: path is set, *ret_begin is where its line begins and at stands
 * behind it; 0: at the end; -EINVAL: *ret_problem says what is wrong on the line.
 */
int scan_next(struct scan *scan, struct scan_at *at, char path[SCAN_PATH_MAX], size_t *ret_begin,
	      const char **ret_problem);

#endif
