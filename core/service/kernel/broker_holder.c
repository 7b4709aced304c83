/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Searches /proc for the process that has the broker open. Descriptors are compared by
 * device number, because paths differ between mount namespaces.
 */
#include "core/service/kernel/broker_holder.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/service/kernel/broker.h"

static bool holds(int process, dev_t device)
{
	int folder = openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = folder < 0 ? NULL : fdopendir(folder);
	struct dirent *found;
	struct stat st;
	bool held = false;

	if (!listing) {
		if (folder >= 0)
			close(folder);
		return false;
	}
	while (!held && (found = readdir(listing)))
		held = fstatat(folder, found->d_name, &st, 0) == 0 && S_ISCHR(st.st_mode) &&
		       st.st_rdev == device;
	closedir(listing);
	return held;
}

/* A process sets its name itself, so control characters must not reach a terminal. */
static void name_read(int process, char *name, size_t size)
{
	int fd = openat(process, "comm", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? 0 : read(fd, name, size - 1);

	if (fd >= 0)
		close(fd);
	name[got > 0 ? got : 0] = '\0';
	name[strcspn(name, "\n")] = '\0';
	for (char *at = name; *at; at++)
		if (!isprint((unsigned char)*at))
			*at = '?';
}

bool broker_holder(char *buffer, size_t size)
{
	DIR *listing = opendir("/proc");
	struct dirent *found;
	struct stat device;
	char name[20];
	bool held = false;

	if (listing && stat(BROKER_PATH, &device) == 0 && S_ISCHR(device.st_mode)) {
		while (!held && (found = readdir(listing))) {
			int process = isdigit((unsigned char)found->d_name[0])
					      ? openat(dirfd(listing), found->d_name,
						       O_PATH | O_DIRECTORY | O_CLOEXEC)
					      : -1;

			if (process < 0)
				continue;
			held = holds(process, device.st_rdev);
			if (held) {
				name_read(process, name, sizeof(name));
				snprintf(buffer, size, "pid %.10s (%s)", found->d_name,
					 *name ? name : "unknown");
			}
			close(process);
		}
	}
	if (listing)
		closedir(listing);
	return held;
}
