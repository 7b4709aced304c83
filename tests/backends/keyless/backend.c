/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Has neither keys nor streams. */
#define PLAIN_NAME "keyless"
#define PLAIN_KEY NULL
#include "tests/backends/register.h"
