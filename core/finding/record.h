/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records: the payload form that backends share through the host table. See backend.h for the
 * contract. */
#ifndef CORE_FINDING_RECORD_H
#define CORE_FINDING_RECORD_H

#include "migcompat/backend.h"

int record_write(const struct migcompat_record *record, uint32_t format,
		 const struct migcompat_value *values, char *buffer, size_t size);
int record_read(struct migcompat_result *result, const struct migcompat_record *record,
		const char *payload, size_t len, struct migcompat_value *ret_values,
		uint32_t *ret_format);
void record_compare(struct migcompat_result *result, const struct migcompat_record *record,
		    const struct migcompat_value *source, const struct migcompat_value *target);

#endif
