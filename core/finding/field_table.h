/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The field table of a record, checked when it is first given. Must not look at any value. */
#ifndef CORE_FINDING_FIELD_TABLE_H
#define CORE_FINDING_FIELD_TABLE_H

#include "migcompat/backend.h"

#define TABLE_FIELDS_MAX 64u

/*
 * 0; or -EINVAL, and the operation under way has the mistake: a wrong size, a name that is none or
 * stands twice, a rule that is not known or does not fit the value, a limit that is the core's own.
 */
int table_check(const struct migcompat_record *record);

/* For a table that was checked: fields have the backend's size. */
static inline const struct migcompat_field *table_field(const struct migcompat_record *record,
							size_t i)
{
	return (const struct migcompat_field *)(const void *)((const char *)record->fields +
							      i * record->field_size);
}

const char *table_value_name(uint32_t type); /* "a number"; "none" */

#endif
