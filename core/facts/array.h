/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CORE_FACTS_ARRAY_H
#define CORE_FACTS_ARRAY_H

#include <stddef.h>
#include <stdlib.h>

/*
 * Make room for one more item in an array that only this function grows; size is that of an item.
 * NULL: out of memory, and items stay valid. Room doubles when count, the number of items, reaches
 * a power of two, so the array needs no member for it.
 */
static inline void *array_grow(void *items, size_t count, size_t size)
{
	return count & (count - 1) ? items : reallocarray(items, count ? count * 2 : 1, size);
}

#endif
