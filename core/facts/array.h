/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arrays that grow as elements are appended. */
#ifndef CORE_FACTS_ARRAY_H
#define CORE_FACTS_ARRAY_H

#include <stddef.h>

/*
 * Makes room for one more element after count elements of size bytes. room is the number
 * of elements that fit. Returns the array, which may have moved. NULL: out of memory; the
 * array and room are unchanged then.
 */
void *array_grow(void *array, size_t count, size_t *room, size_t size);

#endif
