/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Error texts and errno names. Must not print. */
#include "core/facts/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/facts/utf8.h"

#define NAMED_MAX 133 /* EHWPOISON */
/*
 * The kernel's limit. Its internal errors (ENOTSUPP 524) can reach user space and have no
 * name.
 */
#define ERRNO_MAX 4095

int error_set(struct error *err, int code, const char *format, ...)
{
	va_list args;

	if (!err)
		return code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	/*
	 * Names from hostile files must not control a terminal or make a JSON document
	 * invalid.
	 */
	utf8_mend(err->text, strlen(err->text));
	return code;
}

const char *error_name(int code)
{
	static _Thread_local char unknown[16];
	const char *name = strerrorname_np(abs(code));

	if (name)
		return name;
	snprintf(unknown, sizeof(unknown), "E%d", abs(code));
	return unknown;
}

int error_number(const char *name)
{
	/* Second names, which error_name never returns. */
	static const struct {
		const char *name;
		int code;
	} others[] = {{"ENOTSUP", ENOTSUP}, {"EWOULDBLOCK", EWOULDBLOCK}, {"EDEADLOCK", EDEADLOCK}};

	for (int code = 1; code <= NAMED_MAX; code++) {
		const char *known = strerrorname_np(code);

		if (known && strcmp(known, name) == 0)
			return code;
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(others[i].name, name) == 0)
			return others[i].code;
	if (name[0] == 'E') {
		long code = strtol(name + 1, NULL, 10);

		/* Comparing the names refuses "E5", "E+524" and "E524x". */
		if (code > 0 && code <= ERRNO_MAX && strcmp(error_name((int)code), name) == 0)
			return (int)code;
	}
	return 0;
}
