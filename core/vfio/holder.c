/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds a process that has a device open, from /proc. Used in messages, never to decide.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/vfio/vfio.h"

/*
 * Does one of its descriptors refer to that file? Descriptors of other users' processes
 * may be hidden.
 */
static bool has_open(const char *process, const char *path)
{
	char folder[300], target[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *files;

	snprintf(folder, sizeof(folder), "/proc/%s/fd", process);
	files = opendir(folder);
	while (files && !found && (entry = readdir(files))) {
		ssize_t len = readlinkat(dirfd(files), entry->d_name, target, sizeof(target) - 1);

		target[len > 0 ? len : 0] = '\0';
		found = strcmp(target, path) == 0;
	}
	if (files)
		closedir(files);
	return found;
}

static void name_read(const char *process, char name[32])
{
	char path[300];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/comm", process);
	file = fopen(path, "re");
	if (!file || !fgets(name, 32, file))
		snprintf(name, 32, "?");
	name[strcspn(name, "\n")] = '\0';
	if (file)
		fclose(file);
}

const char *vfio_holder(const char *path, char *buffer, size_t size)
{
	DIR *processes = opendir("/proc");
	const char *found = NULL;
	struct dirent *entry;
	char name[32];

	while (processes && !found && (entry = readdir(processes))) {
		if (!isdigit((unsigned char)entry->d_name[0]) || atoi(entry->d_name) == getpid() ||
		    !has_open(entry->d_name, path))
			continue;
		name_read(entry->d_name, name);
		snprintf(buffer, size, "process %s (%s)", entry->d_name, name);
		found = buffer;
	}
	if (processes)
		closedir(processes);
	return found;
}
