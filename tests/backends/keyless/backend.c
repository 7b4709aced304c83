/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Serves nothing and reads nothing. */
#define PLAIN_NAME "keyless"
#define PLAIN_KEY NULL
#include "tests/backends/register.h"
