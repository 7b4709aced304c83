/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Has the same key as the sample backend. */
#define PLAIN_NAME "rival"
#define PLAIN_KEY "mtty"
#include "tests/backends/register.h"
