/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One call of a backend's operation: what the services know of it, and what the backend did wrong
 * during it. A mistake that a service meets becomes the error of the whole operation, whatever the
 * backend returns. Knows no single service.
 */
#ifndef CORE_OPERATION_OPERATION_H
#define CORE_OPERATION_OPERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/operation/step.h"
#include "core/facts/error.h"
#include "migcompat/backend.h"

#define OPERATION_FIELDS_MAX 128u /* fields of records that must be judged in one comparison */
#define OPERATION_GIVEN_MAX 32u	  /* values of facts that are looked at again afterwards */

/* Field tables that were found right, so that a comparison need not look again. Zeroed is a valid
 * start. */
struct checked_tables {
	_Atomic uint64_t keys[8];
};

struct operation {
	enum operation_kind kind;
	const char *backend; /* its name */
	const char *device;  /* its id; NULL: none */

	/* Of a comparison, or a list for a source; otherwise NULL. */
	const char *payload;
	size_t payload_len;
	/* The device's own payload; NULL: none. */
	const char *own;
	size_t own_len;

	/* Where record_read put the source's values. NULL: it did not yet. */
	const struct migcompat_value *read;
	struct checked_tables *tables; /* of the backend; NULL: none are kept */

	/* Fields that are there and need a finding; the names are the backend's. */
	size_t nfields;
	const char *fields[OPERATION_FIELDS_MAX];
	bool judged[OPERATION_FIELDS_MAX];

	/* Values that were handed out, to see whether the backend wrote to one of them. */
	size_t ngiven;
	struct {
		const char *key;
		const char *value;
		size_t len;
		uint64_t sum;
	} given[OPERATION_GIVEN_MAX];

	size_t listed; /* parameters that the sink had before */

	/* A fact whose error was told, so that it is not the sandbox that refused something. */
	bool unreadable;

	char slip[512]; /* the first mistake, a sentence without its subject's name; "": none */
};

/* Until operation_leave, services of this thread belong to it. It must not move; one at a time. */
void operation_enter(struct operation *operation, enum operation_kind kind, const char *backend,
		     const char *device);
/* Looks at what was handed out. */
void operation_leave(struct operation *operation);
/* The one of this thread; NULL: none is under way, so nobody can be told. */
struct operation *operation_now(void);

/* Is it the size of a struct that begins with at least so much? No size ends inside of a pointer.
 */
static inline bool operation_size_fits(size_t size, size_t least)
{
	return size >= least && size % sizeof(void *) == 0;
}

/* A mistake. The first one of an operation stays. Returns -EINVAL, for the service to return. */
int operation_slip(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A field that is there: one finding must be about it. The name must live as long as the operation.
 */
void operation_expect(const char *field);
/* A finding was about it. */
void operation_judged(const char *field);
/* It was judged under another name. The name must live as long as the operation. */
void operation_covers(const char *field);

/* It was told that a fact could not be read. */
void operation_unreadable(void);
/* A fact's value goes to the backend, which may only read it. */
void operation_given(const char *key, const char *value, size_t len);

/*
 * The error of an operation that returned r: 0, or err is "backend NAME: OPERATION of DEVICE: …".
 * A mistake is -EIO. What the backend returned stays its own, but is no errno: -EIO.
 */
int operation_error(const struct operation *operation, int r, struct error *err);
/* As operation_error with a sentence of the caller's. Broken: a mistake that the caller found. */
int operation_failed(const struct operation *operation, int r, struct error *err,
		     const char *format, ...) __attribute__((format(printf, 4, 5)));
#define operation_broken(operation, err, ...) operation_failed(operation, -EIO, err, __VA_ARGS__)
/*
 * What the backend returned, as its own error: -EIO if it is no errno, or means to a caller that
 * nobody (-ENOTCONN) or that two backends (-ENOTUNIQ) serve the device.
 */
int operation_code(int r);
/* strerror, and what an error of this kind means for a backend. */
const char *operation_errno_text(const struct operation *operation, int r, char *buffer,
				 size_t size);

#endif
