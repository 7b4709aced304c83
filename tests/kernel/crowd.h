/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * 64 writers and some sessions at once, compatible and not, with strings that were and were not
 * written before. Each answer is known beforehand; who serves, and what happens to it meanwhile, is
 * the test's business.
 */
#ifndef CROWD_H
#define CROWD_H

#include <stdatomic.h>

#define CROWD_WRITERS 64

/* ENOTCONN is an answer, too. */
extern atomic_bool crowd_may_refuse;
/* Writes that were answered, and how many of them by ENOTCONN. */
extern atomic_ulong crowd_done, crowd_refused;

/* Waits until all is attached, and reads the strings. */
void crowd_prepare(void);
/* WRITES in all, a part of which falls to each; 0: until crowd_end(). */
void crowd_start(unsigned long writes);
/* How many writes that many come to. */
unsigned long crowd_all(unsigned long writes);
/* Waits for the writers, and ends the sessions. */
void crowd_wait(void);
/* Ends the writers first. */
void crowd_end(void);

#endif
