/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Its member fallback has a value of a later release. */
#define PLAIN_NAME "half_fallback"
#define PLAIN_FALLBACK 2
#include "tests/backends/register.h"
