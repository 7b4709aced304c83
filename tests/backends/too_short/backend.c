/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Its struct ends before the last required operation. */
#include <stddef.h>

#define PLAIN_NAME "too_short"
#define PLAIN_SIZE offsetof(struct migcompat_backend, payload)
#include "tests/backends/register.h"
