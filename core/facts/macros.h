/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CORE_FACTS_MACROS_H
#define CORE_FACTS_MACROS_H

#include <stddef.h>

/* The number of elements of an array, which must not be a pointer. */
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Where a member of a struct ends: the least size of a struct that has the member. */
#define MEMBER_END(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))

#endif
