/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/facts/listing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int entry_fits(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0;
}

/* Compare bytes: alphasort would use the locale. */
static int entry_compare(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int listing_make(struct listing *listing, int fd, const char *folder)
{
	*listing = (struct listing){0};
	listing->count = scandirat(fd, folder, &listing->entries, entry_fits, entry_compare);
	return listing->count < 0 ? -errno : listing->count;
}

void listing_free(struct listing *listing)
{
	for (int i = 0; i < listing->count; i++)
		free(listing->entries[i]);
	free(listing->entries);
}
