/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Formatting that never cuts. Must not allocate. */
#include "core/facts/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int text_format(char *buffer, size_t size, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(buffer, size, format, args);
	va_end(args);
	if (len >= 0 && (size_t)len < size)
		return len;
	if (size)
		buffer[0] = '\0';
	return -ENAMETOOLONG;
}
