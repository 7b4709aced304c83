/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checking the field table of a record. Must not look at any value. */
#ifndef CORE_FINDING_FIELD_TABLE_H
#define CORE_FINDING_FIELD_TABLE_H

#include "migcompat/backend.h"

#define TABLE_FIELDS_MAX 64u

/*
 * 0, or -EINVAL with a mistake of the call: a wrong size, a name that is invalid or
 * repeated, a rule that does not fit the type, a limit that only the core may use.
 */
int table_check(const struct migcompat_record *record);

/* For a table that was checked: elements have the backend's size. */
static inline const struct migcompat_field *table_field(const struct migcompat_record *record,
							size_t i)
{
	return (const struct migcompat_field *)(const void *)((const char *)record->fields +
							      i * record->field_size);
}

const char *table_value_name(uint32_t type); /* "a number", "none" */

#endif
