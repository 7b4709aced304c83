/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A device whose kernel driver migrates it (VFIO_DEVICE_FEATURE_MIGRATION): states and data
 * sessions, behind an interface that tests implement too. What a driver writes is opaque; it goes
 * into a state file as it is.
 */
#ifndef CORE_STATE_KERNEL_H
#define CORE_STATE_KERNEL_H

#include <stdint.h>

#include "core/state/reader.h"
#include "core/state/transport.h"

/* linux/vfio.h: enum vfio_device_mig_state, of which older headers lack the last ones. */
enum kernel_state {
	KERNEL_ERROR = 0,
	KERNEL_STOP = 1,
	KERNEL_RUNNING = 2,
	KERNEL_STOP_COPY = 3,
	KERNEL_RESUMING = 4,
	KERNEL_RUNNING_P2P = 5,
	KERNEL_PRE_COPY = 6,
	KERNEL_PRE_COPY_P2P = 7,
	KERNEL_STATE_COUNT,
};

/* VFIO_MIGRATION_… */
enum kernel_flags {
	KERNEL_CAN_STOP_COPY = 1,
	KERNEL_CAN_P2P = 2,
	KERNEL_CAN_PRE_COPY = 4,
};

struct kernel_device;

struct kernel_device_ops {
	/* Change the state. ret_fd: of a data session that begins with this, the caller's to close;
	 * -1: none does. */
	int (*set_state)(struct kernel_device *device, enum kernel_state state, int *ret_fd);
	/* In PRE_COPY: how much there is to be read. */
	int (*precopy)(struct kernel_device *device, int fd, uint64_t *ret_initial,
		       uint64_t *ret_dirty);
	/* As read(2) and write(2), but -errno. -EAGAIN is none of them: they wait, as long as they
	 * see fit, or until -ECANCELED. */
	ssize_t (*read)(struct kernel_device *device, int fd, void *buffer, size_t len);
	ssize_t (*write)(struct kernel_device *device, int fd, const void *bytes, size_t len);
	void (*close)(struct kernel_device *device, int fd);
	/* The one way out of a load that failed, and out of KERNEL_ERROR; the device is RUNNING
	 * then. */
	int (*reset)(struct kernel_device *device);
};

struct kernel_device {
	const struct kernel_device_ops *ops;
	const char *name; /* for sentences */
	uint32_t flags;	  /* enum kernel_flags */
};

struct kernel_progress {
	uint64_t bytes; /* so far */
	uint64_t rest; /* initial and dirty bytes that the driver tells of while it copies ahead; of
			  a load, what is left */
	bool stopped;
};

struct kernel_options {
	const char *version; /* of a save */
	size_t version_len;
	const char *info;
	uint64_t rest_max;
	unsigned rounds_max; /* 0: do not copy ahead, also where the driver can */
	uint64_t sum;	     /* of a load: the chain of the file that was looked at before; what has
				another is not loaded. 0: any */
	/* Called after each record; anything but 0 ends it with -ECANCELED. May be NULL. */
	int (*progress)(void *arg, const struct kernel_progress *progress);
	void *arg;
};

struct kernel_report {
	uint64_t bytes;	      /* of the stream */
	uint64_t ahead_bytes; /* of those, before the device was stopped */
	unsigned rounds;
	int refused;   /* 0, or what the kernel's driver itself failed with */
	bool verified; /* of a load: the device gave the same stream back */
};

/* "RUNNING" */
const char *kernel_state_name(enum kernel_state state);

/*
 * Save: PRE_COPY as far as the driver offers it, STOP_COPY, and back to RUNNING whatever happens.
 * Errors: -ENOTTY: the driver cannot; -ECANCELED; what the driver or the transport fail with. The
 * report is filled in any case.
 */
int kernel_save(struct kernel_device *device, const struct state_transport *to,
		const struct kernel_options *options, struct kernel_report *ret, struct error *err);

/*
 * Load what a reader gives whose head was read: RESUMING, all of the stream, STOP, and RUNNING.
 * What the device then has is read again and must be the same, unless the source copied ahead,
 * which may make another stream of the same state. A load that fails anywhere ends with a reset.
 * Errors: as above; the reader's; -ESTALE: it is another file; -EBADMSG: what was read back is not
 * what was written.
 */
int kernel_load(struct kernel_device *device, struct state_reader *reader,
		const struct kernel_options *options, struct kernel_report *ret, struct error *err);

#endif
