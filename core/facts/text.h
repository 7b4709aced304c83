/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Texts that decide something: paths, ids, keys. Such a text is whole, or it is an error.
 */
#ifndef CORE_FACTS_TEXT_H
#define CORE_FACTS_TEXT_H

#include <stddef.h>

/*
 * snprintf for a text that must not be cut. Returns its length. -ENAMETOOLONG: it does
 * not fit; buffer is "" then.
 */
int text_format(char *buffer, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
