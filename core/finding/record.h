/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records: payloads of the form "FORMAT;name=value;~name=value;=CHECKSUM", written, read
 * and compared by a table of fields. The checksum (XXH3, 16 hexadecimal digits) covers
 * all bytes before its '=', so a cut or damaged payload is never a valid one.
 *
 * record_write, record_read and record_compare are services of the host table; backend.h
 * has their contract.
 */
#ifndef CORE_FINDING_RECORD_H
#define CORE_FINDING_RECORD_H

#include <stdbool.h>

#include "migcompat/backend.h"

int record_write(const struct migcompat_record *record, uint32_t format,
		 const struct migcompat_value *values, char *buffer, size_t size);
int record_read(struct migcompat_result *result, const struct migcompat_record *record,
		const char *payload, size_t len, struct migcompat_value *ret_values,
		uint32_t *ret_format);
void record_compare(struct migcompat_result *result, const struct migcompat_record *record,
		    const struct migcompat_value *source, const struct migcompat_value *target);

/*
 * As record_read, for a table that was checked, and without a note in the operation. If
 * result is NULL, no finding says what is malformed.
 */
int record_parse(struct migcompat_result *result, const struct migcompat_record *record,
		 const char *payload, size_t len, struct migcompat_value *ret_values,
		 uint32_t *ret_format);

/* Hexadecimal digits, as payloads have them. */
extern const char record_digits[];

static inline bool value_is_none(const struct migcompat_value *value)
{
	return value->type == MIGCOMPAT_VALUE_NONE || value->type == MIGCOMPAT_VALUE_ABSENT;
}

#endif
