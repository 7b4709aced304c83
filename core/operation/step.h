/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a worker is at: a page that it shares with the process that started it. If the worker dies,
 * or does not answer, the page names the operation and the device. Nobody waits for it, and no
 * answer depends on it: the worker may write anything there.
 */
#ifndef CORE_OPERATION_STEP_H
#define CORE_OPERATION_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STEP_BYTES 4096u /* of a child's page, at its number's place */

enum operation_kind {
	OPERATION_NONE = 0,
	OPERATION_OPEN,
	OPERATION_CLOSE,
	OPERATION_DESCRIBE,
	OPERATION_PAYLOAD,
	OPERATION_COMPARE,
	OPERATION_CANDIDATES,
	OPERATION_PARAMETERS,
	OPERATION_PREPARE,
	OPERATION_STREAM,
	OPERATION_STATE_OPEN,
	OPERATION_STATE,
	OPERATION_STATE_CLOSE,
	OPERATION_KIND_COUNT,
};

struct step {
	_Atomic uint32_t operation; /* enum operation_kind, of the last one */
	_Atomic uint32_t busy;	    /* it is under way */
	_Atomic uint32_t count;	    /* of operations, to see whether one follows another */
	char device[256];	    /* its id, "" for none */
};

const char *operation_name(enum operation_kind kind); /* "compare" */

/* In the parent: the descriptor of pages for so many children, or -errno. */
int step_make(size_t count);
/* The page of this child, for reading; NULL: none can be had, and nothing is told. */
struct step *step_read(int fd, size_t number);
/* In the child, likewise for writing. */
struct step *step_write(int fd, size_t number);
void step_free(struct step *step); /* takes NULL */

/* In the child: where the operations of this process are written from now on. */
void step_publish(struct step *step);
void step_begin(enum operation_kind kind, const char *device); /* device may be NULL */
void step_end(void);

/*
 * In the parent: " in compare of DEVICE", of the operation under way, or "" if there is none or
 * step is NULL. Returns buffer.
 */
const char *step_text(const struct step *step, char *buffer, size_t size);

#endif
