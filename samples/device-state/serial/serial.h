/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device state of the serial card, for a backend or a program that serves it. */
#ifndef SAMPLES_SERIAL_H
#define SAMPLES_SERIAL_H

#include "migcompat/backend.h"

/* The operations (state.c). Each session has a card of its own, which starts at power on. */
extern const struct migcompat_device_state serial_state;

/*
 * The program that links state.c defines these. They get the handle that was passed to
 * serial_state.open. They return the number of ports (1, 2 or 4), and a seed for the
 * bytes that come over the lines.
 */
unsigned serial_ports(const void *handle);
uint64_t serial_seed(const void *handle);

#endif
