/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For a sample that is a backend of plugins/ with device state added. It includes this header and
 * then the backend.c of the product. MIGCOMPAT_REGISTER at the end of that file then registers the
 * operation "table" as well, which SAMPLE_TABLE defines.
 */
#ifndef SAMPLES_REGISTER_H
#define SAMPLES_REGISTER_H

#include <string.h>

#include "migcompat/backend.h"

static const void *sample_table(const char *name, uint32_t version);

#undef MIGCOMPAT_REGISTER
#define MIGCOMPAT_REGISTER(...)                                  \
	const struct migcompat_backend migcompat_backend = {     \
		.struct_size = sizeof(struct migcompat_backend), \
		.api_version = MIGCOMPAT_BACKEND_API,            \
		.table = sample_table,                           \
		__VA_ARGS__}

/* The operation "table" of a backend whose device state is *state. */
#define SAMPLE_TABLE(state)                                                  \
	static const void *sample_table(const char *name, uint32_t version)  \
	{                                                                    \
		return strcmp(name, MIGCOMPAT_DEVICE_STATE) == 0 &&          \
				       version == MIGCOMPAT_DEVICE_STATE_API \
			       ? &(state)                                    \
			       : NULL;                                       \
	}

#endif
