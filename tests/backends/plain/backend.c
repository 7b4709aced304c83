/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Does everything right: what the others are held against. */
#define PLAIN_NAME "plain"
#include "tests/backends/register.h"
