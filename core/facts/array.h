/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arrays that grow as elements are appended. */
#ifndef CORE_FACTS_ARRAY_H
#define CORE_FACTS_ARRAY_H

#include <stddef.h>
#include <stdlib.h>

/*
 * Makes room for one more element after count elements of size bytes, in an array that only this
 * function grows. Returns the array, which may have moved. NULL: out of memory, and the array is
 * unchanged. Room doubles when count reaches a power of two, so the array needs no member for it.
 * A count that was lowered or reset is allowed: the next growth may shrink the array.
 */
static inline void *array_grow(void *array, size_t count, size_t size)
{
	return count & (count - 1) ? array : reallocarray(array, count ? count * 2 : 1, size);
}

#endif
