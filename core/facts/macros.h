/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CORE_FACTS_MACROS_H
#define CORE_FACTS_MACROS_H

/* The number of elements of an array, which must not be a pointer. */
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#endif
