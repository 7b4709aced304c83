/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The body of a message, written and then read from memory that ends exactly there, so
 * that a sanitizer sees reads beyond it.
 */
#ifndef TESTS_SUPPORT_BODY_H
#define TESTS_SUPPORT_BODY_H

#include <errno.h>

#include "core/wire/message.h"
#include "tests/support/device.h"

static struct wire_out out;
static struct arena arena;
static char *bytes; /* the copy */
static struct wire_reader reader;

/* Start an empty body. */
static inline int setup(void **state)
{
	(void)state;
	out.len = 0;
	wire_begin(&out, 1, WIRE_OPEN, 0, WIRE_REQUEST_MAX);
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	wire_out_free(&out);
	arena_free(&arena);
	free(bytes);
	bytes = NULL;
	return 0;
}

/* Make a reader of what was written, without its last bytes. */
static inline void turn_cut(size_t missing)
{
	size_t len = out.len - sizeof(struct wire_head);

	assert_int_equal(wire_end(&out), 0);
	assert_true(missing <= len);
	free(bytes);
	bytes = malloc(len - missing + 1);
	assert_non_null(bytes);
	memcpy(bytes, out.bytes + sizeof(struct wire_head), len - missing);
	reader = (struct wire_reader){.at = bytes, .end = bytes + len - missing};
}

static inline void turn(void)
{
	turn_cut(0);
}

static inline size_t body_len(void)
{
	return out.len - sizeof(struct wire_head);
}

#endif
