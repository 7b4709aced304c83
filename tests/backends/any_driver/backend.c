/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Has the key "*" without being a fallback. */
#define PLAIN_NAME "any_driver"
#define PLAIN_KEY "*"
#include "tests/backends/register.h"
