/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One call of a backend's operation. The host table's services check what the backend
 * does against this. They record the first mistake. It becomes the error of the call, so
 * a backend that ignores the error of a service cannot turn a mistake into a yes.
 *
 * The call also knows which fields the source has: each needs a finding. Knows no single
 * service.
 */
#ifndef CORE_OPERATION_OPERATION_H
#define CORE_OPERATION_OPERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/operation/step.h"
#include "core/facts/error.h"
#include "migcompat/backend.h"

#define OPERATION_FIELDS_MAX 128u /* fields that need a finding in one comparison */
#define OPERATION_GIVEN_MAX 32u   /* values of facts that are checked after the call */

/*
 * Hashes of field tables that passed the check, so that each is checked once. Zeroed is
 * valid.
 */
struct checked_tables {
	_Atomic uint64_t keys[8];
};

struct operation {
	enum operation_kind kind;
	const char *backend; /* its name */
	const char *device;  /* its id; NULL: none */

	/* The source's payload, of a comparison or a list; otherwise NULL. */
	const char *payload;
	size_t payload_len;
	/* The device's own payload; NULL: none. */
	const char *own;
	size_t own_len;

	/* Where record_read stored the source's values; NULL: it was not called. */
	const struct migcompat_value *read;
	struct checked_tables *tables; /* of the backend; NULL: check each time */

	/* Fields that need a finding. The names are the backend's. */
	size_t nfields;
	const char *fields[OPERATION_FIELDS_MAX];
	bool judged[OPERATION_FIELDS_MAX];

	/* Values that the backend got, with a hash to see whether it wrote to one. */
	size_t ngiven;
	struct {
		const char *key;
		const char *value;
		size_t len;
		uint64_t sum;
	} given[OPERATION_GIVEN_MAX];

	size_t listed; /* parameters that were in the sink before the call */

	/*
	 * An error of a fact was reported, so EPERM and EACCES need not be the sandbox's.
	 */
	bool unreadable;

	char mistake[512]; /* the first mistake, as a predicate: "it listed …"; "": none */
};

/*
 * Begin a call in this thread. The struct must not move until operation_leave. Calls do
 * not nest.
 */
void operation_enter(struct operation *operation, enum operation_kind kind, const char *backend,
		     const char *device);
/* End the call, after a check of the values that the backend got. */
void operation_leave(struct operation *operation);
/* The call of this thread, or NULL. */
struct operation *operation_now(void);

/*
 * Can a struct that is at least this large have this size? No size ends inside a pointer.
 */
static inline bool operation_size_fits(size_t size, size_t least)
{
	return size >= least && size % sizeof(void *) == 0;
}

/*
 * Record a mistake, unless there is one already. Always returns -EINVAL, for the service
 * to return.
 */
int operation_mistake(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Note a field that needs a finding. The name must live until operation_leave. */
void operation_expect(const char *field);
/* Note that a finding is about this field. */
void operation_judged(const char *field);
/*
 * Note that findings of other names are about this field. The name must live until
 * operation_leave.
 */
void operation_covers(const char *field);

/* Note that the error of a fact was reported. */
void operation_unreadable(void);
/* Note a value that the backend got, and may only read. */
void operation_given(const char *key, const char *value, size_t len);

/*
 * The error of a call that returned r: 0, or a negative errno and "backend NAME:
 * OPERATION of DEVICE: …". A mistake is -EIO. So is a value of r that is no errno.
 */
int operation_error(const struct operation *operation, int r, struct error *err);
/*
 * As operation_error, with a sentence. operation_broken: for a mistake that the caller
 * found.
 */
int operation_failed(const struct operation *operation, int r, struct error *err,
		     const char *format, ...) __attribute__((format(printf, 4, 5)));
#define operation_broken(operation, err, ...) operation_failed(operation, -EIO, err, __VA_ARGS__)
/*
 * The errno of the backend, or -EIO if it is none. -ENOTCONN and -ENOTUNIQ become -EIO,
 * too: to a caller they mean that no backend or two backends serve the device.
 */
int operation_code(int r);
/* strerror, and what this error means in a worker. */
const char *operation_errno_text(const struct operation *operation, int r, char *buffer,
				 size_t size);

#endif
