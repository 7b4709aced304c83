// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which bytes are allowed in which place. Pure functions. Both the daemon and users are
 * hostile. The content of migration strings is not known here.
 */
#include <linux/string.h>
#include "shim.h"

bool string_is_graphic(const char *bytes, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		if ((u8)bytes[i] < 0x21 || (u8)bytes[i] > 0x7e)
			return false;
	return true;
}

bool string_is_line(const char *bytes, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		if ((u8)bytes[i] < 0x20 || (u8)bytes[i] == 0x7f)
			return false;
	return true;
}

bool string_is_lines(const char *bytes, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		if (((u8)bytes[i] < 0x20 && bytes[i] != '\n') || (u8)bytes[i] == 0x7f)
			return false;
	return !length || bytes[length - 1] == '\n';
}

/*
 * A path as made by kobject_get_path(), with no component that a lookup would have to
 * resolve.
 */
bool string_is_path(const char *path, size_t length)
{
	static const char top[] = "/devices/";
	size_t start = sizeof(top) - 1, end;

	if (length <= start || length > MIGCOMPAT_BROKER_PATH_MAX || memcmp(path, top, start) ||
	    !string_is_line(path, length))
		return false;
	for (; start <= length; start = end + 1) {
		for (end = start; end < length && path[end] != '/'; end++)
			;
		if (end == start || end - start > MIGCOMPAT_BROKER_NAME_MAX)
			return false;
		if (path[start] == '.' &&
		    (end - start == 1 || (end - start == 2 && path[start + 1] == '.')))
			return false;
	}
	return true;
}

/*
 * PARENT!TYPE-ID. No device has such a name, because the driver core only replaces '/' by
 * '!'.
 */
bool string_is_type_name(const char *name, size_t length)
{
	const char *mark = memchr(name, '!', length);

	if (!mark || mark == name || mark == name + length - 1 ||
	    length > MIGCOMPAT_BROKER_NAME_MAX || name[0] == '.')
		return false;
	return string_is_graphic(name, length) && !memchr(name, '/', length);
}

bool string_is_parameter_name(const char *name, size_t length)
{
	return length > 0 && length <= MIGCOMPAT_BROKER_PARAMETER_NAME_MAX &&
	       string_is_graphic(name, length) && name[0] != '.' && !memchr(name, '/', length) &&
	       !memchr(name, '=', length);
}

/*
 * A string as written by a user, with at most one newline. sysfs truncates a longer write
 * to a page, so a full page may be the beginning of a longer string. The beginning must
 * not pass for a whole string.
 */
int string_accept(const char *bytes, size_t count, size_t *ret_length)
{
	size_t length = count;

	if (length > MIGCOMPAT_BROKER_STRING_MAX + 1)
		return -E2BIG;
	if (length > 0 && bytes[length - 1] == '\n')
		length--;
	if (length > MIGCOMPAT_BROKER_STRING_MAX)
		return -E2BIG;
	if (length == 0 || !string_is_graphic(bytes, length))
		return -EINVAL;
	*ret_length = length;
	return 0;
}
