/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Built for an API version that does not exist yet. */
#define PLAIN_NAME "api_version"
#define PLAIN_API 99
#include "tests/backends/register.h"
