/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device state of the serial card, for a backend or a program that serves it. */
#ifndef SAMPLES_SERIAL_H
#define SAMPLES_SERIAL_H

#include "migcompat/backend.h"

/* The operations (state.c). Each session has a card of its own, which starts at power on. */
extern const struct migcompat_device_state serial_state;

/*
 * Whatever links state.c defines these for the handle that it gives to serial_state.open: the
 * number of ports (1, 2 or 4), and the number that decides which bytes come over the lines.
 */
unsigned serial_ports(const void *handle);
uint64_t serial_seed(const void *handle);

#endif
