/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Says of itself just what it must. */
#include "tests/backends/plain.h"

#define PLAIN_NAME "terse"
#define PLAIN_DESCRIPTION NULL
#include "tests/backends/register.h"
