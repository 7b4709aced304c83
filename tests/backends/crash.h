/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A crash: access to an address that is not mapped, and that no sanitizer checks before.
 */
#ifndef TESTS_BACKENDS_CRASH_H
#define TESTS_BACKENDS_CRASH_H

#include <stdint.h>

static inline void crash(void)
{
	volatile uintptr_t address = 64;

	*(volatile int *)address = 1;
}

#endif
