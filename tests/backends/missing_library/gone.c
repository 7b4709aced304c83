/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The library that the backend needs, and that is not found when it is loaded. */
int migcompat_gone(void);

__attribute__((visibility("default"))) int migcompat_gone(void)
{
	return 0;
}
