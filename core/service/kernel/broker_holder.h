/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who has /dev/migcompat-broker open: for the sentence of whoever comes second. */
#ifndef CORE_SERVICE_KERNEL_BROKER_HOLDER_H
#define CORE_SERVICE_KERNEL_BROKER_HOLDER_H

#include <stdbool.h>
#include <stddef.h>

#define BROKER_HOLDER_BYTES 64

/* "pid 123 (migcompatd)"; false: it could not be told. */
bool broker_holder(char *buffer, size_t size);

#endif
