/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lets allocations of another program fail: a library that is preloaded into it, and a
 * file that both map. The program's children get no environment, so its workers are not
 * affected.
 */
#ifndef TESTS_ALLOCATIONS_INJECT_H
#define TESTS_ALLOCATIONS_INJECT_H

#include <stdatomic.h>
#include <stdint.h>

#define INJECT_VARIABLE "MIGCOMPAT_INJECT" /* names the file */

struct inject {
	_Atomic uint64_t count; /* allocations since it was set to 0 */
	_Atomic uint64_t at;    /* the one that fails, from 1; 0: none */
	_Atomic uint32_t all;   /* later ones fail too */
};

#endif
