/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The library that the backend beside this needs, and that nobody finds when it is loaded. */
int migcompat_gone(void);

__attribute__((visibility("default"))) int migcompat_gone(void)
{
	return 0;
}
