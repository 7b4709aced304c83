/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * 64 writers and some sessions run at once. Sources are compatible or not, and strings
 * were written before or not. The right answer to each is known. The test runs the
 * service, and disturbs it.
 */
#ifndef CROWD_H
#define CROWD_H

#include <stdatomic.h>

#define CROWD_WRITERS 64

/* ENOTCONN is a valid answer, too. */
extern atomic_bool crowd_may_refuse;
/* Answered writes, and how many of them got ENOTCONN. */
extern atomic_ulong crowd_done, crowd_refused;

/* Wait until all devices are attached, and read their strings. */
void crowd_prepare(void);
/* WRITES is the number of all writers together; 0: until crowd_end(). */
void crowd_start(unsigned long writes);
/* The number of writes that the writers make for this count. */
unsigned long crowd_all(unsigned long writes);
/* Wait for the writers, then end the sessions. */
void crowd_wait(void);
/* End the writers, then wait. */
void crowd_end(void);

#endif
