/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The correct backend without any change. */
#define PLAIN_NAME "plain"
#include "tests/backends/register.h"
