/* SPDX-License-Identifier: LGPL-2.1-or-later */
const char *migcompat_companion(void);

__attribute__((visibility("default"))) const char *migcompat_companion(void)
{
	return "from beside";
}
