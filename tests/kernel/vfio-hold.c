/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keeps a VFIO device open, as a virtual machine does, until standard input ends. Prints
 * "held" when it is open.
 *
 * usage: vfio-hold group|cdev ID
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* New in Linux 6.6. */
struct bind {
	__u32 argsz;
	__u32 flags;
	__s32 iommufd;
	__u32 out_devid;
};
#define BIND _IO(VFIO_TYPE, VFIO_BASE + 18)

static int fail(const char *what)
{
	fprintf(stderr, "vfio-hold: %s: %s\n", what, strerror(errno));
	return 1;
}

static int folder_of(const char *id, char folder[PATH_MAX])
{
	static const char *const buses[] = {"mdev", "pci"};

	for (size_t i = 0; i < 2; i++) {
		snprintf(folder, PATH_MAX, "/sys/bus/%s/devices/%s", buses[i], id);
		if (access(folder, F_OK) == 0)
			return 0;
	}
	return -1;
}

static int hold_group(const char *folder)
{
	char link[PATH_MAX + 32], target[PATH_MAX] = "", path[PATH_MAX + 32];

	snprintf(link, sizeof(link), "%s/iommu_group", folder);
	if (readlink(link, target, sizeof(target) - 1) < 0)
		return -1;
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(target, '/') + 1);
	return open(path, O_RDWR);
}

static int hold_cdev(const char *folder)
{
	struct bind bind = {.argsz = sizeof(bind), .iommufd = open("/dev/iommu", O_RDWR)};
	char path[PATH_MAX + 300];
	struct dirent *entry;
	int fd = -1;
	DIR *entries;

	snprintf(path, sizeof(path), "%s/vfio-dev", folder);
	entries = opendir(path);
	while (entries && (entry = readdir(entries))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/dev/vfio/devices/%s", entry->d_name);
		fd = open(path, O_RDWR);
	}
	return fd < 0 || ioctl(fd, BIND, &bind) < 0 ? -1 : fd;
}

int main(int argc, char **argv)
{
	char folder[PATH_MAX], byte;

	if (argc != 3 || folder_of(argv[2], folder) < 0)
		return fail("usage: vfio-hold group|cdev ID");
	if ((strcmp(argv[1], "cdev") == 0 ? hold_cdev(folder) : hold_group(folder)) < 0)
		return fail(argv[2]);
	puts("held");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
