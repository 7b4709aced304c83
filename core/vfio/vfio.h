/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A device of this host, opened through VFIO: its group, or since Linux 6.6 its own character
 * device. All of the project's I/O on devices is here. Knows no vendor, and decides nothing.
 */
#ifndef CORE_VFIO_VFIO_H
#define CORE_VFIO_VFIO_H

#include "core/facts/model.h"
#include "core/state/kernel.h"

enum vfio_way {
	VFIO_ANY = 0, /* its own character device where there is one, else its group */
	VFIO_GROUP,
	VFIO_CDEV,
};

struct vfio_device {
	struct kernel_device kernel; /* name: the device's id, which must outlive this */
	int device;
	int group;
	int container;
	int iommufd;
	enum vfio_way way; /* that was taken */
	int stop; /* the caller's: readable, whatever waits for the driver ends with -ECANCELED; -1:
		     never. To be set once it is open */
};

#define VFIO_PATIENCE_MS                                                                    \
	60000 /* for a driver that has nothing to read yet, or takes nothing more yet; then \
		 -ETIMEDOUT */

/*
 * Open it and ask what its driver can. -ENODEV: it is not of this host, or no device yet; -EBUSY:
 * another program has it open, or not every device of its group is bound to VFIO; -ENOTTY: it is
 * not bound to VFIO, or cannot be opened that way; else what the kernel says. ret stays as it is
 * unless 0.
 */
int vfio_open(const struct device *device, enum vfio_way way, struct vfio_device *ret,
	      struct error *err);
/* The kernel resets it where its driver wants that. */
void vfio_close(struct vfio_device *device);

/* "cdev", "group" */
const char *vfio_way_name(enum vfio_way way);

/* Which process has a file open, "process 123 (qemu-system-x86)"; NULL where none is found, or none
 * may be seen. */
const char *vfio_holder(const char *path, char *buffer, size_t size);

/* What the driver can (migration.c): enum kernel_flags; 0: it has no migration. */
uint32_t vfio_migration_flags(int device);
extern const struct kernel_device_ops vfio_migration_ops;

#endif
