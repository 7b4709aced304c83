/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A temporary folder with files, for tests that read files. Any failure ends the test. */
#ifndef TESTS_SUPPORT_FILES_H
#define TESTS_SUPPORT_FILES_H

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/test.h"

struct folder {
	char path[64];
	char file[160]; /* result of the last folder_write or folder_path */
};

static inline void folder_make(struct folder *folder)
{
	snprintf(folder->path, sizeof(folder->path), "/tmp/migcompat-test-XXXXXX");
	assert_non_null(mkdtemp(folder->path));
}

static inline const char *folder_path(struct folder *folder, const char *name)
{
	snprintf(folder->file, sizeof(folder->file), "%s/%s", folder->path, name);
	return folder->file;
}

static inline const char *folder_write_bytes(struct folder *folder, const char *name,
					     const void *bytes, size_t len)
{
	FILE *file = fopen(folder_path(folder, name), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	/* The same for all umasks. */
	assert_int_equal(chmod(folder->file, 0644), 0);
	return folder->file;
}

static inline const char *folder_write(struct folder *folder, const char *name, const char *text)
{
	return folder_write_bytes(folder, name, text, strlen(text));
}

static inline int folder_remove_entry(const char *path, const struct stat *st, int type,
				      struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

static inline void folder_remove(struct folder *folder)
{
	assert_int_equal(nftw(folder->path, folder_remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

#endif
