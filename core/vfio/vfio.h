/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A device of this host, opened through VFIO: its group, or its own character device
 * since Linux 6.6. All I/O of the project on devices is here. Must not know a vendor, and
 * decides nothing.
 */
#ifndef CORE_VFIO_VFIO_H
#define CORE_VFIO_VFIO_H

#include "core/facts/model.h"
#include "core/state/kernel.h"

enum vfio_way {
	VFIO_ANY = 0, /* its own character device if it has one, otherwise its group */
	VFIO_GROUP,
	VFIO_CDEV,
};

struct vfio_device {
	/* its name is the device's id, which must outlive this */
	struct kernel_device kernel;
	int device;
	int group;
	int container;
	int iommufd;
	enum vfio_way way; /* the way that was used */
	/*
	 * if readable, waiting for the driver ends with -ECANCELED; -1: none. The
	 * caller's, set after opening
	 */
	int stop;
};

/* How long a driver may have nothing to read, or take nothing; then -ETIMEDOUT. */
#define VFIO_PATIENCE_MS 60000

/*
 * Open a device and ask for its migration features. -ENODEV: it is no device of this
 * host. -EBUSY: another program has it open, or a device of its group is not bound to
 * VFIO. -ENOTTY: it is not bound to VFIO, or cannot be opened in that way. Other errors
 * are the kernel's. On an error ret is unchanged.
 */
int vfio_open(const struct device *device, enum vfio_way way, struct vfio_device *ret,
	      struct error *err);
/* The kernel resets the device if its driver wants that. */
void vfio_close(struct vfio_device *device);

/* "cdev", "group" */
const char *vfio_way_name(enum vfio_way way);

/*
 * A process that has a file open, "process 123 (qemu-system-x86)". NULL: none was found,
 * or none is visible.
 */
const char *vfio_holder(const char *path, char *buffer, size_t size);

/* The features of the driver, enum kernel_flags (migration.c). 0: it cannot migrate. */
uint32_t vfio_migration_flags(int device);
extern const struct kernel_device_ops vfio_migration_ops;

#endif
