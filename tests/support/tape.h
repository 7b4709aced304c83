/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A transport in memory that grows as it is written. At the n-th read or write it fails as files,
 * pipes and sockets can fail.
 */
#ifndef TESTS_SUPPORT_TAPE_H
#define TESTS_SUPPORT_TAPE_H

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/state/transport.h"

enum tape_fault {
	TAPE_NONE,
	TAPE_SHORT,  /* a byte only */
	TAPE_EINTR,  /* once */
	TAPE_ENOSPC, /* from then on */
	TAPE_EIO,    /* once; later calls succeed */
	TAPE_CLOSED, /* from then on: the end when reading, EPIPE when writing */
	TAPE_FAULT_COUNT,
};

struct tape {
	char *bytes;
	size_t len;
	size_t room;
	size_t at; /* the next byte to read */
	enum tape_fault fault;
	size_t fault_at; /* the first read or write that fails, from 0 */
	size_t calls;
};

static inline bool tape_meets(struct tape *tape, enum tape_fault fault, bool for_ever)
{
	return tape->fault == fault &&
	       (for_ever ? tape->calls > tape->fault_at : tape->calls == tape->fault_at + 1);
}

/* What a call returns instead of its result; 1: nothing. */
static inline ssize_t tape_fault_now(struct tape *tape, ssize_t closed)
{
	tape->calls++;
	if (tape_meets(tape, TAPE_EINTR, false))
		return -EINTR;
	if (tape_meets(tape, TAPE_ENOSPC, true))
		return -ENOSPC;
	if (tape_meets(tape, TAPE_EIO, false))
		return -EIO;
	return tape_meets(tape, TAPE_CLOSED, true) ? closed : 1;
}

static inline ssize_t tape_read(void *arg, void *buffer, size_t len)
{
	struct tape *tape = arg;
	ssize_t n = tape_fault_now(tape, 0);

	if (n != 1)
		return n;
	if (tape_meets(tape, TAPE_SHORT, false))
		len = 1;
	if (len > tape->len - tape->at)
		len = tape->len - tape->at;
	if (len)
		memcpy(buffer, tape->bytes + tape->at, len);
	tape->at += len;
	return (ssize_t)len;
}

static inline ssize_t tape_write(void *arg, const void *bytes, size_t len)
{
	struct tape *tape = arg;
	ssize_t n = tape_fault_now(tape, -EPIPE);

	if (n != 1)
		return n;
	if (tape_meets(tape, TAPE_SHORT, false))
		len = 1;
	while (len > tape->room - tape->len) {
		tape->room = tape->room ? tape->room * 2 : 65536;
		tape->bytes = realloc(tape->bytes, tape->room);
		if (!tape->bytes)
			abort();
	}
	if (len)
		memcpy(tape->bytes + tape->len, bytes, len);
	tape->len += len;
	return (ssize_t)len;
}

static inline struct state_transport tape_transport(struct tape *tape)
{
	return (struct state_transport){
		.read = tape_read, .write = tape_write, .arg = tape, .name = "tape"};
}

/* Read from the beginning, without faults. */
static inline void tape_rewind(struct tape *tape)
{
	tape->at = tape->calls = 0;
	tape->fault = TAPE_NONE;
}

static inline void tape_free(struct tape *tape)
{
	free(tape->bytes);
	*tape = (struct tape){0};
}

#endif
