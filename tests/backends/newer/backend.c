/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The next version of the plain backend. */
#define PLAIN_NAME "plain"
#define PLAIN_VERSION "2.0.0"
#include "tests/backends/register.h"
