/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tracking mistakes of a backend during one call. Allocates nothing. */
#include "core/operation/operation.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/facts/macros.h"

#define ERRNO_MAX 4095

static _Thread_local struct operation *current;

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
	operation->mistake[0] = '\0';
	current = operation;
	step_begin(kind, device);
}

void operation_leave(struct operation *operation)
{
	for (size_t i = 0; i < operation->ngiven; i++)
		if (XXH3_64bits(operation->given[i].value, operation->given[i].len) !=
		    operation->given[i].sum)
			operation_mistake("it wrote to the value of the fact \"%s\"",
					  operation->given[i].key);
	current = NULL;
	step_end();
}

struct operation *operation_now(void)
{
	return current;
}

int operation_mistake(const char *format, ...)
{
	va_list args;

	if (!current || *current->mistake)
		return -EINVAL;
	va_start(args, format);
	vsnprintf(current->mistake, sizeof(current->mistake), format, args);
	va_end(args);
	return -EINVAL;
}

/* ---------------------------------------------------------------- fields */

/* Tables and findings of a backend mostly have the same pointer, not only equal text. */
static bool same_name(const char *a, const char *b)
{
	return a == b || strcmp(a, b) == 0;
}

void operation_expect(const char *field)
{
	if (!current)
		return;
	for (size_t i = 0; i < current->nfields; i++)
		if (same_name(current->fields[i], field))
			return;
	if (current->nfields == OPERATION_FIELDS_MAX) {
		operation_mistake("its records have more than %u fields", OPERATION_FIELDS_MAX);
		return;
	}
	current->fields[current->nfields] = field;
	current->judged[current->nfields++] = false;
}

void operation_judged(const char *field)
{
	for (size_t i = 0; current && i < current->nfields; i++) {
		if (!same_name(current->fields[i], field))
			continue;
		current->judged[i] = true;
		return;
	}
}

/* The backend may read the record that has the field after this. */
void operation_covers(const char *field)
{
	operation_expect(field);
	operation_judged(field);
}

/* ---------------------------------------------------------------- facts */

void operation_unreadable(void)
{
	if (current)
		current->unreadable = true;
}

void operation_given(const char *key, const char *value, size_t len)
{
	if (!current || !value || current->ngiven == OPERATION_GIVEN_MAX)
		return;
	current->given[current->ngiven].key = key;
	current->given[current->ngiven].value = value;
	current->given[current->ngiven].len = len;
	current->given[current->ngiven].sum = XXH3_64bits(value, len);
	current->ngiven++;
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
	for (size_t i = 0; i < COUNT(meanings); i++)
		if (meanings[i].code == abs(r) && (!operation->unreadable || r == -ENOMEM))
			snprintf(buffer, size, "%s (%s)", strerror(abs(r)), meanings[i].text);
	return buffer;
}

int operation_code(int r)
{
	return r >= 0 || r < -ERRNO_MAX || r == -ENOTCONN || r == -ENOTUNIQ ? -EIO : r;
}

/* All errors begin with "backend NAME: OPERATION of DEVICE: ". */
static int operation_error_set(const struct operation *operation, int code, struct error *err,
			       const char *text)
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
	return operation_error_set(operation, operation_code(r), err, text);
}

int operation_error(const struct operation *operation, int r, struct error *err)
{
	char why[ERROR_TEXT_MAX / 4];

	if (*operation->mistake)
		return operation_error_set(operation, -EIO, err, operation->mistake);
	if (!r)
		return 0;
	if (r > 0)
		return operation_broken(operation, err,
					"it returned %d, expected 0 or a negative errno", r);
	return operation_failed(operation, r, err, "it failed: %s",
				operation_errno_text(operation, r, why, sizeof(why)));
}
