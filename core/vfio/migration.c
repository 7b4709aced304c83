/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VFIO's migration feature, version 2, as ioctls: linux/vfio.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/vfio/uapi.h"
#include "core/vfio/vfio.h"

_Static_assert((int)KERNEL_RESUMING == (int)VFIO_DEVICE_STATE_RESUMING &&
		       (int)KERNEL_STOP_COPY == (int)VFIO_DEVICE_STATE_STOP_COPY &&
		       (int)KERNEL_CAN_STOP_COPY == VFIO_MIGRATION_STOP_COPY &&
		       (int)KERNEL_CAN_P2P == VFIO_MIGRATION_P2P,
	       "states and flags are the kernel's");

static const struct vfio_device *mine(const struct kernel_device *device)
{
	return (const struct vfio_device *)(const void *)device;
}

/*
 * The payload follows its header, so both are in one buffer with the kernel's alignment.
 */
static int feature(int device, uint32_t flags, void *payload, size_t size)
{
	union {
		struct vfio_device_feature head;
		unsigned char room[64];
		uint64_t alignment;
	} request = {0};
	const size_t head = sizeof(request.head);

	request.head.argsz = (uint32_t)(head + size);
	request.head.flags = flags;
	memcpy(request.room + head, payload, size);
	/*
	 * If a signal interrupts a state change, the next call goes on from the state
	 * that was reached.
	 */
	while (ioctl(device, VFIO_DEVICE_FEATURE, &request) < 0)
		if (errno != EINTR)
			return -errno;
	memcpy(payload, request.room + head, size);
	return 0;
}

uint32_t vfio_migration_flags(int device)
{
	struct vfio_device_feature_migration migration = {0};

	if (feature(device, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIGRATION, &migration,
		    sizeof(migration)))
		return 0;
	return (uint32_t)migration.flags &
	       (KERNEL_CAN_STOP_COPY | KERNEL_CAN_P2P | KERNEL_CAN_PRE_COPY);
}

static int set_state(struct kernel_device *device, enum kernel_state state, int *ret_fd)
{
	struct vfio_device_feature_mig_state request = {.device_state = (uint32_t)state,
							.data_fd = -1};
	int r = feature(mine(device)->device,
			VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, &request,
			sizeof(request));

	*ret_fd = r ? -1 : request.data_fd;
	/*
	 * Drivers that fill their stream in the background then return EAGAIN instead of
	 * blocking. Others ignore the flag.
	 */
	if (*ret_fd >= 0)
		(void)fcntl(*ret_fd, F_SETFL, fcntl(*ret_fd, F_GETFL) | O_NONBLOCK);
	return r;
}

static int precopy(struct kernel_device *device, int fd, uint64_t *ret_initial, uint64_t *ret_dirty)
{
	struct vfio_precopy_info info = {.argsz = sizeof(info)};

	(void)device;
	if (ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info) < 0)
		return -errno;
	*ret_initial = info.initial_bytes;
	*ret_dirty = info.dirty_bytes;
	return 0;
}

/* Wait for the driver. timeout_ms 0: only check whether the caller wants to stop. */
static int wait_for(const struct kernel_device *device, int fd, short events, int timeout_ms)
{
	struct pollfd fds[] = {{.fd = mine(device)->stop, .events = POLLIN},
			       {.fd = fd, .events = events}};
	int n = poll(fds, timeout_ms ? 2 : 1, timeout_ms);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (fds[0].revents)
		return -ECANCELED;
	return n || !timeout_ms ? 0 : -ETIMEDOUT;
}

static ssize_t data_read(struct kernel_device *device, int fd, void *buffer, size_t len)
{
	int r = wait_for(device, fd, 0, 0);

	while (!r) {
		ssize_t n = read(fd, buffer, len);

		if (n >= 0 || errno != EAGAIN)
			return n < 0 ? -errno : n;
		r = wait_for(device, fd, POLLIN, VFIO_PATIENCE_MS);
	}
	return r;
}

static ssize_t data_write(struct kernel_device *device, int fd, const void *bytes, size_t len)
{
	int r = wait_for(device, fd, 0, 0);

	while (!r) {
		ssize_t n = write(fd, bytes, len);

		if (n >= 0 || errno != EAGAIN)
			return n < 0 ? -errno : n;
		r = wait_for(device, fd, POLLOUT, VFIO_PATIENCE_MS);
	}
	return r;
}

static void data_close(struct kernel_device *device, int fd)
{
	(void)device;
	close(fd);
}

static int reset(struct kernel_device *device)
{
	while (ioctl(mine(device)->device, VFIO_DEVICE_RESET) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

const struct kernel_device_ops vfio_migration_ops = {
	.set_state = set_state,
	.precopy = precopy,
	.read = data_read,
	.write = data_write,
	.close = data_close,
	.reset = reset,
};
