/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NAMESPACE:KIND:TYPE:PAYLOAD: the parts that the core makes and checks. Pure functions; a view
 * points into the text. */
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

/* One newline at the end is dropped. -E2BIG: longer than MIGCOMPAT_STRING_MAX; -EINVAL: malformed.
 * err says what and where. */
int version_string_parse(const char *text, size_t len, struct version_string *ret,
			 struct error *err);

/* Returns the length (without a newline, zero-terminated); -E2BIG where it does not fit size or the
 * limits of the format. */
int version_string_write(const char *namespace, enum migcompat_kind kind, const char *type,
			 const char *payload, size_t payload_len, char *buffer, size_t size);

#endif
