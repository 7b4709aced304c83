/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mistakes of a backend during one call. Takes no memory: a comparison that is right costs nothing.
 */
#include "core/operation/operation.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define ERRNO_MAX 4095

static _Thread_local struct operation *now;

void operation_enter(struct operation *operation, enum operation_kind kind, const char *backend,
		     const char *device)
{
	operation->kind = kind;
	operation->backend = backend;
	operation->device = device;
	operation->payload = operation->own = NULL;
	operation->payload_len = operation->own_len = 0;
	operation->read = NULL;
	operation->tables = NULL;
	operation->listed = 0;
	operation->unreadable = false;
	operation->nfields = operation->ngiven = 0;
	operation->slip[0] = '\0';
	now = operation;
	step_begin(kind, device);
}

void operation_leave(struct operation *operation)
{
	for (size_t i = 0; i < operation->ngiven; i++)
		if (XXH3_64bits(operation->given[i].value, operation->given[i].len) !=
		    operation->given[i].sum)
			operation_slip("it wrote to the value of the fact \"%s\"",
				       operation->given[i].key);
	now = NULL;
	step_end();
}

struct operation *operation_now(void)
{
	return now;
}

int operation_slip(const char *format, ...)
{
	va_list args;

	if (!now || *now->slip)
		return -EINVAL;
	va_start(args, format);
	vsnprintf(now->slip, sizeof(now->slip), format, args);
	va_end(args);
	return -EINVAL;
}

/* ---------------------------------------------------------------- fields */

/* Tables and findings of one backend mostly share the very string. */
static bool same(const char *a, const char *b)
{
	return a == b || strcmp(a, b) == 0;
}

void operation_expect(const char *field)
{
	if (!now)
		return;
	for (size_t i = 0; i < now->nfields; i++)
		if (same(now->fields[i], field))
			return;
	if (now->nfields == OPERATION_FIELDS_MAX) {
		operation_slip("its records have more than %u fields", OPERATION_FIELDS_MAX);
		return;
	}
	now->fields[now->nfields] = field;
	now->judged[now->nfields++] = false;
}

void operation_judged(const char *field)
{
	for (size_t i = 0; now && i < now->nfields; i++) {
		if (!same(now->fields[i], field))
			continue;
		now->judged[i] = true;
		return;
	}
}

/* It may be expected later. */
void operation_covers(const char *field)
{
	operation_expect(field);
	operation_judged(field);
}

/* ---------------------------------------------------------------- facts */

void operation_unreadable(void)
{
	if (now)
		now->unreadable = true;
}

void operation_given(const char *key, const char *value, size_t len)
{
	if (!now || !value || now->ngiven == OPERATION_GIVEN_MAX)
		return;
	now->given[now->ngiven].key = key;
	now->given[now->ngiven].value = value;
	now->given[now->ngiven].len = len;
	now->given[now->ngiven].sum = XXH3_64bits(value, len);
	now->ngiven++;
}

/* ---------------------------------------------------------------- errors */

const char *operation_errno_text(const struct operation *operation, int r, char *buffer,
				 size_t size)
{
	static const struct {
		int code;
		const char *text;
	} meanings[] = {
		{EPERM, "a backend may open no file, thread or socket"},
		{EACCES, "a backend may open no file, thread or socket"},
		{ENOMEM, "its share of memory is used up; does it leak?"},
	};

	snprintf(buffer, size, "%s", strerror(abs(r)));
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].code == abs(r) && (!operation->unreadable || r == -ENOMEM))
			snprintf(buffer, size, "%s (%s)", strerror(abs(r)), meanings[i].text);
	return buffer;
}

int operation_code(int r)
{
	return r >= 0 || r < -ERRNO_MAX || r == -ENOTCONN || r == -ENOTUNIQ ? -EIO : r;
}

/* "backend NAME: OPERATION of DEVICE: " is said once, whatever follows. */
static int say(const struct operation *operation, int code, struct error *err, const char *text)
{
	return error_set(err, code, "backend %s: %s%s%s: %s", operation->backend,
			 operation_name(operation->kind), operation->device ? " of " : "",
			 operation->device ? operation->device : "", text);
}

int operation_failed(const struct operation *operation, int r, struct error *err,
		     const char *format, ...)
{
	char text[ERROR_TEXT_MAX / 2];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return say(operation, operation_code(r), err, text);
}

int operation_error(const struct operation *operation, int r, struct error *err)
{
	char why[ERROR_TEXT_MAX / 4];

	if (*operation->slip)
		return say(operation, -EIO, err, operation->slip);
	if (!r)
		return 0;
	if (r > 0)
		return operation_broken(operation, err,
					"it returned %d, expected 0 or a negative errno", r);
	return operation_failed(operation, r, err, "it failed: %s",
				operation_errno_text(operation, r, why, sizeof(why)));
}
