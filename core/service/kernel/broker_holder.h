/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process that has /dev/migcompat-broker open, for the message of a second one. */
#ifndef CORE_SERVICE_KERNEL_BROKER_HOLDER_H
#define CORE_SERVICE_KERNEL_BROKER_HOLDER_H

#include <stdbool.h>
#include <stddef.h>

#define BROKER_HOLDER_BYTES 64

/* As "pid 123 (migcompatd)". False: not found. size: BROKER_HOLDER_BYTES. */
bool broker_holder(char *buffer, size_t size);

#endif
