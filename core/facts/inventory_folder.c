/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds the files of an inventory: a file, all files of a folder, or standard input. The
 * command line, the library and the service use it; only the service refuses standard
 * input, because a reload reads everything again. Must not know what is in the files.
 */
#include "core/facts/inventory_json.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "core/facts/listing.h"
#include "core/facts/text.h"

/* The files to read, or why there is none. */
static int list(struct listing *listing, const char *folder, struct error *err)
{
	int r = listing_make(listing, AT_FDCWD, folder);

	if (r < 0)
		return error_set(err, r, "%s: cannot be read: %s", folder, strerrordesc_np(-r));
	if (r == 0)
		return error_set(err, -ENODATA,
				 "%s: no *.json is in this folder, expected inventories", folder);
	if ((size_t)r > INVENTORY_FOLDER_MAX)
		return error_set(err, -EFBIG, "%s: holds %d *.json, expected at most %u", folder, r,
				 INVENTORY_FOLDER_MAX);
	return 0;
}

static int entry_read(struct inventory *inventory, const char *folder, const char *entry,
		      struct error *err)
{
	size_t len = strlen(folder);
	char path[PATH_MAX];
	int r = text_format(path, sizeof(path), "%s%s%s", folder,
			    len && folder[len - 1] == '/' ? "" : "/", entry);

	if (r < 0)
		return error_set(err, r, "%s: the path of a file in it is longer than %u bytes",
				 folder, PATH_MAX - 1);
	return inventory_read_file(inventory, path, err);
}

static int folder_read(struct inventory *inventory, const char *folder, struct error *err)
{
	struct arena_mark mark = arena_mark(&inventory->arena);
	size_t nhosts = inventory->nhosts, ndevices = inventory->ndevices;
	struct listing listing = {0};
	int r = list(&listing, folder, err);

	for (int i = 0; i < listing.count && !r; i++)
		r = entry_read(inventory, folder, listing.entries[i]->d_name, err);
	if (r) {
		inventory->nhosts = nhosts;
		inventory->ndevices = ndevices;
		arena_rewind(&inventory->arena, mark);
	}
	listing_free(&listing);
	return r;
}

int inventory_read(struct inventory *inventory, const char *path, struct error *err)
{
	struct stat st;

	if (strcmp(path, INVENTORY_STANDARD) == 0)
		return inventory_read_standard(inventory, err);
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return folder_read(inventory, path, err);
	return inventory_read_file(inventory, path, err);
}
