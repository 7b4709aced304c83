/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of this backend share. */
#ifndef SAMPLE_PCI_SAMPLE_H
#define SAMPLE_PCI_SAMPLE_H

#include "migcompat/backend.h"

/* How many ports the device of a handle has (backend.c). */
unsigned serial_ports(const void *handle);

/* The version of the state that its driver writes, as MIGCOMPAT_VERSION. */
uint64_t serial_state_version(const void *handle);

/* The operation for the driver's streams (stream.c). */
int serial_stream(const struct migcompat_host *host, void *handle, const void *bytes, size_t len,
		  uint64_t size, struct migcompat_result *result);

#endif
