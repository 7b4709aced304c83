/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opening a device. Each failing step says what it was about, because the kernel returns
 * EINVAL for most of them.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/facts/text.h"
#include "core/vfio/uapi.h"
#include "core/vfio/vfio.h"

#define SYS "/sys"

static int failed(const struct vfio_device *self, int r, struct error *err, const char *what)
{
	return error_set(err, r, "%s: %s: %s", self->kernel.name, what, strerror(-r));
}

/* ---------------------------------------------------------------- where it is */

/* "/dev/vfio/GROUP" */
static int group_path(const struct device *device, char *path, size_t size)
{
	char link[PATH_MAX], target[PATH_MAX];
	const char *slash;
	ssize_t len;
	int r = text_format(link, sizeof(link), SYS "%s/iommu_group", device->path);

	if (r < 0)
		return r;
	len = readlink(link, target, sizeof(target) - 1);
	if (len < 0)
		return -errno;
	target[len] = '\0';
	slash = strrchr(target, '/');
	r = text_format(path, size, "/dev/vfio/%s", slash ? slash + 1 : target);
	return r < 0 ? r : 0;
}

/* "/dev/vfio/devices/vfioN" */
static int cdev_path(const struct device *device, char *path, size_t size)
{
	struct dirent *entry;
	char folder[PATH_MAX];
	DIR *entries;
	int r = text_format(folder, sizeof(folder), SYS "%s/vfio-dev", device->path);

	if (r < 0)
		return r;
	r = -ENOENT;
	entries = opendir(folder);
	if (!entries)
		return -errno;
	while ((entry = readdir(entries)))
		if (strncmp(entry->d_name, "vfio", 4) == 0)
			r = text_format(path, size, "/dev/vfio/devices/%s", entry->d_name);
	closedir(entries);
	return r < 0 ? r : access(path, F_OK) == 0 && access("/dev/iommu", F_OK) == 0 ? 0 : -errno;
}

/* Another program has the device open: name its process if it can be found. */
static int in_use(const struct vfio_device *self, const struct device *device, struct error *err)
{
	char paths[2][PATH_MAX], who[128];
	const char *holder = NULL;

	if (cdev_path(device, paths[0], sizeof(paths[0])) == 0)
		holder = vfio_holder(paths[0], who, sizeof(who));
	if (!holder && group_path(device, paths[1], sizeof(paths[1])) == 0)
		holder = vfio_holder(paths[1], who, sizeof(who));
	return error_set(err, -EBUSY, "%s: it is in use: %s has it open", self->kernel.name,
			 holder ? holder : "another process");
}

/* ------------------------------------------------ by its own character device */

static int cdev_open(struct vfio_device *self, const struct device *device, const char *path,
		     struct error *err)
{
	struct vfio_device_bind_iommufd bind = {.argsz = sizeof(bind)};

	self->way = VFIO_CDEV;
	self->iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (self->iommufd < 0)
		return failed(self, -errno, err, "/dev/iommu could not be opened");
	self->device = open(path, O_RDWR | O_CLOEXEC);
	if (self->device < 0)
		return failed(self, -errno, err, "its character device could not be opened");
	bind.iommufd = self->iommufd;
	if (ioctl(self->device, VFIO_DEVICE_BIND_IOMMUFD, &bind) == 0)
		return 0;
	/*
	 * A second open is EINVAL, and EBUSY if the group is open: vfio_df_open in
	 * drivers/vfio/vfio_main.c.
	 */
	if (errno == EINVAL || errno == EBUSY)
		return in_use(self, device, err);
	return failed(self, -errno, err, "it could not be bound to an iommufd");
}

/* ---------------------------------------------------------------- by its group */

static int group_enter(struct vfio_device *self, const struct device *device, const char *path,
		       struct error *err)
{
	struct vfio_group_status status = {.argsz = sizeof(status)};

	self->group = open(path, O_RDWR | O_CLOEXEC);
	if (self->group < 0 && errno == EBUSY)
		return in_use(self, device, err);
	if (self->group < 0)
		return failed(self, -errno, err, "its group could not be opened");
	if (ioctl(self->group, VFIO_GROUP_GET_STATUS, &status) < 0)
		return failed(self, -errno, err, "the status of its group could not be read");
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		return error_set(err, -EBUSY,
				 "%s: not every device of its group is bound to VFIO (%s)",
				 self->kernel.name, path);
	return 0;
}

static int group_open(struct vfio_device *self, const struct device *device, const char *path,
		      struct error *err)
{
	int r;

	self->way = VFIO_GROUP;
	self->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (self->container < 0)
		return failed(self, -errno, err, "/dev/vfio/vfio could not be opened");
	r = group_enter(self, device, path, err);
	if (r)
		return r;
	if (ioctl(self->group, VFIO_GROUP_SET_CONTAINER, &self->container) < 0)
		return failed(self, -errno, err, "its group could not be put into a container");
	if (ioctl(self->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) < 0)
		return failed(self, -errno, err, "the container has no IOMMU of type 1");
	self->device = ioctl(self->group, VFIO_GROUP_GET_DEVICE_FD, device->id);
	return self->device < 0 ? failed(self, -errno, err, "it could not be opened") : 0;
}

/* ---------------------------------------------------------------- either */

static int open_either(struct vfio_device *self, const struct device *device, enum vfio_way way,
		       struct error *err)
{
	char path[PATH_MAX];
	int r = way == VFIO_GROUP ? -ENOENT : cdev_path(device, path, sizeof(path));

	if (!r)
		return cdev_open(self, device, path, err);
	if (way == VFIO_CDEV)
		return error_set(err, -ENOTTY,
				 "%s: it has no character device of its own here (%s)", device->id,
				 strerror(-r));
	r = group_path(device, path, sizeof(path));
	if (r)
		return error_set(err, -ENOTTY, "%s: it is not bound to VFIO: it has no IOMMU group",
				 device->id);
	return group_open(self, device, path, err);
}

int vfio_open(const struct device *device, enum vfio_way way, struct vfio_device *ret,
	      struct error *err)
{
	struct vfio_device self = {.kernel = {.ops = &vfio_migration_ops, .name = device->id},
				   .device = -1,
				   .group = -1,
				   .container = -1,
				   .iommufd = -1,
				   .stop = -1};
	int r;

	if (device->kind == MIGCOMPAT_KIND_MDEV_TYPE)
		return error_set(err, -ENODEV, "%s: no device of this type exists yet", device->id);
	if (device->host->source || !device->path)
		return error_set(err, -ENODEV, "%s: it is not a device of this host", device->id);
	r = open_either(&self, device, way, err);
	if (r) {
		vfio_close(&self);
		return r;
	}
	self.kernel.flags = vfio_migration_flags(self.device);
	*ret = self;
	return 0;
}

const char *vfio_way_name(enum vfio_way way)
{
	static const char *const names[] = {
		[VFIO_ANY] = "any", [VFIO_GROUP] = "group", [VFIO_CDEV] = "cdev"};

	return names[way];
}

void vfio_close(struct vfio_device *device)
{
	const int descriptors[] = {device->device, device->group, device->container,
				   device->iommufd};

	for (size_t i = 0; i < sizeof(descriptors) / sizeof(descriptors[0]); i++)
		if (descriptors[i] >= 0)
			close(descriptors[i]);
}
