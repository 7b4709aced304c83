/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plain crash: an access to an address that nothing is at, and that no sanitizer knows
 * beforehand. */
#ifndef TESTS_BACKENDS_CRASH_H
#define TESTS_BACKENDS_CRASH_H

#include <stdint.h>

static inline void crash(void)
{
	volatile uintptr_t address = 64;

	*(volatile int *)address = 1;
}

#endif
