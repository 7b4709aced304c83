/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Declares its facts as sensitive. */
#define PLAIN_NAME "secretive"
#define PLAIN_WANT_FLAGS MIGCOMPAT_WANT_SENSITIVE
#include "tests/backends/register.h"
