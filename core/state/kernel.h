/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A device whose kernel driver migrates it (VFIO_DEVICE_FEATURE_MIGRATION): states and data
 * sessions, behind an interface that tests implement too. The driver's bytes are opaque and go into
 * a state file unchanged.
 */
#ifndef CORE_STATE_KERNEL_H
#define CORE_STATE_KERNEL_H

#include <stdint.h>

#include "core/state/reader.h"
#include "core/state/transport.h"

/* enum vfio_device_mig_state of linux/vfio.h; older headers lack the last ones. */
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
	/* Change the state. ret_fd: a data session that begins with it, which the caller closes;
	 * -1: none begins. */
	int (*set_state)(struct kernel_device *device, enum kernel_state state, int *ret_fd);
	/* In PRE_COPY: the bytes that can be read. */
	int (*precopy)(struct kernel_device *device, int fd, uint64_t *ret_initial,
		       uint64_t *ret_dirty);
	/* As read(2) and write(2), but -errno. They never return -EAGAIN: they wait up to a limit
	 * of their own, or until -ECANCELED. */
	ssize_t (*read)(struct kernel_device *device, int fd, void *buffer, size_t len);
	ssize_t (*write)(struct kernel_device *device, int fd, const void *bytes, size_t len);
	void (*close)(struct kernel_device *device, int fd);
	/* The only way out of a failed load and out of KERNEL_ERROR. The device is RUNNING then. */
	int (*reset)(struct kernel_device *device);
};

struct kernel_device {
	const struct kernel_device_ops *ops;
	const char *name; /* for sentences */
	uint32_t flags;   /* enum kernel_flags */
};

struct kernel_progress {
	uint64_t bytes; /* so far */
	uint64_t rest;  /* initial and dirty bytes while the driver copies ahead; of a load, the
			   bytes that are left */
	bool stopped;
};

struct kernel_options {
	const char *version; /* of a save */
	size_t version_len;
	const char *info;
	uint64_t rest_max;
	unsigned rounds_max; /* 0: do not copy ahead, even if the driver can */
	uint64_t sum;        /* of a load: the chain of the file that was checked; another file is
				not loaded. 0: any */
	/* Called after each record, or NULL. Another result than 0: -ECANCELED. */
	int (*progress)(void *arg, const struct kernel_progress *progress);
	void *arg;
};

struct kernel_report {
	uint64_t bytes;       /* of the stream */
	uint64_t ahead_bytes; /* of those, before the device was stopped */
	unsigned rounds;
	int refused;   /* 0, or the errno of the kernel driver itself */
	bool verified; /* of a load: the device gave the same stream back */
};

/*
 * Save: PRE_COPY if the driver supports it, STOP_COPY, and back to RUNNING also after an error.
 * -ENOTTY: the driver cannot; -ECANCELED; otherwise the errno of the driver or of the transport.
 * The report is always filled.
 */
int kernel_save(struct kernel_device *device, const struct state_transport *to,
		const struct kernel_options *options, struct kernel_report *ret, struct error *err);

/*
 * Load from a reader whose head was read: RESUMING, the whole stream, STOP, and RUNNING. Before
 * RUNNING the device's state is read back and must be the same. If the source copied ahead, it may
 * be another stream of the same state. A load that fails ends with a reset.
 *
 * Errors as above, and those of the reader. -ESTALE: it is another file; -EBADMSG: the device gave
 * another state back.
 */
int kernel_load(struct kernel_device *device, struct state_reader *reader,
		const struct kernel_options *options, struct kernel_report *ret, struct error *err);

#endif
