/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one header through which tests include cmocka, with a few common helpers. */
#ifndef TESTS_SUPPORT_TEST_H
#define TESTS_SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define assert_contains(text, part)                                                 \
	do {                                                                        \
		if (strstr((text), (part)) == NULL)                                 \
			fail_msg("\"%s\" does not contain \"%s\"", (text), (part)); \
	} while (0)

#endif
