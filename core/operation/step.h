/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A page that a worker shares with the process that started it: its current operation and
 * device. It serves only the sentence about a worker that ended or did not answer. A
 * message for each operation would cost a switch between processes.
 *
 * The worker may write anything here, so no answer depends on it.
 */
#ifndef CORE_OPERATION_STEP_H
#define CORE_OPERATION_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STEP_BYTES 4096u /* of each worker's page */

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
	_Atomic uint32_t operation; /* enum operation_kind, of the last call */
	_Atomic uint32_t busy;      /* the call is under way */
	_Atomic uint32_t count;     /* of calls, to tell one from the next */
	char device[256];           /* its id; "": none */
};

const char *operation_name(enum operation_kind kind); /* "compare" */

/* In the parent: a descriptor of pages for this many workers, or a negative errno. */
int step_make(size_t count);
/* The page of a worker, for reading; NULL: not available. */
struct step *step_read(int fd, size_t number);
/* In the worker: its page, for writing; NULL: not available. */
struct step *step_write(int fd, size_t number);
void step_free(struct step *step); /* takes NULL */

/* In the worker: publish the calls of this process in the page, which may be NULL. */
void step_publish(struct step *step);
void step_begin(enum operation_kind kind, const char *device); /* device may be NULL */
void step_end(void);

/*
 * In the parent: " in compare of DEVICE" if a call is under way, otherwise "". step may
 * be NULL. Returns buffer.
 */
const char *step_text(const struct step *step, char *buffer, size_t size);

#endif
