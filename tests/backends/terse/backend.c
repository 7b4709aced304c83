/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Declares only what is required. */
#include "tests/backends/plain.h"

#define PLAIN_NAME "terse"
#define PLAIN_DESCRIPTION NULL
#include "tests/backends/register.h"
