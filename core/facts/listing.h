/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The *.json files of a folder, in the order of their names. */
#ifndef CORE_FACTS_LISTING_H
#define CORE_FACTS_LISTING_H

#include <dirent.h>

struct listing {
	struct dirent **entries;
	int count;
};

/*
 * folder is below fd; if that is AT_FDCWD, it is a path. Hidden files are left out.
 * Returns the count, or -errno. Call listing_free in any case.
 */
int listing_make(struct listing *listing, int fd, const char *folder);
void listing_free(struct listing *listing);

#endif
