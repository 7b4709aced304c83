/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The *.json files of a folder, in name order. */
#ifndef CORE_FACTS_LISTING_H
#define CORE_FACTS_LISTING_H

#include <dirent.h>

struct listing {
	struct dirent **entries;
	int count;
};

/*
 * folder is below fd, or with AT_FDCWD a path. Names that begin with a dot are left out. Returns
 * the count, or -errno; listing_free in each case.
 */
int listing_make(struct listing *listing, int fd, const char *folder);
void listing_free(struct listing *listing);

#endif
