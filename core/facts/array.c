/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Growing arrays by doubling. */
#include "core/facts/array.h"

#include <stdlib.h>

#define ROOM_MIN 16u

void *array_grow(void *array, size_t count, size_t *room, size_t size)
{
	size_t wanted = *room ? *room * 2 : ROOM_MIN;
	void *grown;

	if (count < *room)
		return array;
	grown = reallocarray(array, wanted, size);
	if (grown)
		*room = wanted;
	return grown;
}
