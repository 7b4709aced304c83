/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A shared object that is no backend. */
int migcompat_something_else(void);

int migcompat_something_else(void)
{
	return 0;
}
