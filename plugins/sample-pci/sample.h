/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the two files of this backend share. */
#ifndef SAMPLE_PCI_SAMPLE_H
#define SAMPLE_PCI_SAMPLE_H

#include "migcompat/backend.h"

/* The fields of the version string. */
enum { MODEL_FIELD, PORTS, STATE, FIELD_COUNT };

/* The handle: one opened device. Only open writes it, so the other operations may run in
 * parallel. */
struct serial {
	const struct migcompat_host *host;   /* services; valid until close */
	const struct migcompat_facts *facts; /* valid until close */
	struct migcompat_value values[FIELD_COUNT];
	char type[24];
	char ports[8];
	uint32_t mechanism; /* enum migcompat_state */
	const char *mechanism_text;
};

/* A table of fields in format 1. */
#define SERIAL_RECORD(table, count)                                                            \
	{                                                                                      \
		.struct_size = sizeof(struct migcompat_record), .fields = (table),             \
		.field_size = sizeof((table)[0]), .nfields = (count), .oldest = 1, .newest = 1 \
	}

static inline struct migcompat_value serial_number(uint64_t number)
{
	return (struct migcompat_value){MIGCOMPAT_VALUE_NUMBER, 0, {number}};
}

/* The operation "stream" (stream.c). */
int serial_stream(const struct migcompat_host *host, void *handle, const void *bytes, size_t len,
		  uint64_t size, struct migcompat_result *result);

#endif
