/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Version strings, NAMESPACE:KIND:TYPE:PAYLOAD, parsed and written. Pure functions. Parts point
 * into the text.
 */
#ifndef CORE_CHECK_VERSION_STRING_H
#define CORE_CHECK_VERSION_STRING_H

#include <stddef.h>

#include "core/facts/error.h"
#include "migcompat/backend.h"

struct version_string {
	const char *namespace;
	size_t namespace_len;
	enum migcompat_kind kind;
	const char *type;
	size_t type_len;
	const char *payload;
	size_t payload_len;
};

/*
 * Parse a string, with or without a newline at its end. -E2BIG: longer than MIGCOMPAT_STRING_MAX;
 * -EINVAL: malformed, and err says where.
 */
int version_string_parse(const char *text, size_t len, struct version_string *ret,
			 struct error *err);

/*
 * Write a string without a newline, and return its length. -E2BIG: it does not fit the buffer or
 * the limits of the format.
 */
int version_string_write(const struct version_string *string, char *buffer, size_t size);

#endif
