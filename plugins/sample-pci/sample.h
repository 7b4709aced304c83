/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What backend.c and state.c of this backend share. */
#ifndef SAMPLE_PCI_SAMPLE_H
#define SAMPLE_PCI_SAMPLE_H

#include "migcompat/backend.h"

/* A handle, as far as device state is concerned: serial_ports and serial_seed tell of one (backend.c). */
unsigned serial_ports(const void *handle);
uint64_t serial_seed(const void *handle);

/* The operations for device state. */
extern const struct migcompat_device_state serial_state;

#endif
