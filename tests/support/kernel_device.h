/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A kernel driver for tests: the states of linux/vfio.h, a stream of any length, data
 * that appears during pre-copy, and a fault at the n-th call of an operation. It refuses
 * what the kernel would refuse.
 */
#ifndef TESTS_SUPPORT_KERNEL_DEVICE_H
#define TESTS_SUPPORT_KERNEL_DEVICE_H

#include "core/state/kernel.h"
#include "tests/support/tape.h"
#include "tests/support/test.h"

#define DRIVER_STATE_MAX (1u << 20)
#define DRIVER_FD 1000

enum driver_op {
	DRIVER_SET_STATE,
	DRIVER_PRECOPY,
	DRIVER_READ,
	DRIVER_WRITE,
	DRIVER_RESET,
	DRIVER_OP_COUNT
};

struct driver {
	struct kernel_device device;
	enum kernel_state state;
	char now[DRIVER_STATE_MAX]; /* of the device */
	size_t len;
	char incoming[DRIVER_STATE_MAX];
	size_t incoming_len;
	size_t at;     /* read position */
	size_t ahead;  /* bytes that can be read while it runs */
	size_t chunk;  /* limit of one read or write in bytes; 0: none */
	unsigned open; /* descriptors of its data session */
	bool same_fd;  /* return the session's descriptor again at STOP_COPY */
	bool forgets;  /* takes a load, and has another state after it */
	bool no_fd;
	unsigned resets;
	enum kernel_state way[16]; /* the states that it was set to */
	size_t nway;
	int fail[DRIVER_OP_COUNT];
	unsigned fail_at[DRIVER_OP_COUNT]; /* the call that fails, from 0 */
	unsigned calls[DRIVER_OP_COUNT];
	bool fail_on[DRIVER_OP_COUNT]; /* and all later ones */
};

static inline struct driver *driver_of(struct kernel_device *device)
{
	return (struct driver *)(void *)device;
}

static inline int driver_fails(struct driver *driver, enum driver_op op)
{
	unsigned call = driver->calls[op]++;

	if (!driver->fail[op] || call < driver->fail_at[op] ||
	    (call > driver->fail_at[op] && !driver->fail_on[op]))
		return 0;
	return driver->fail[op];
}

static inline int driver_load(struct driver *driver)
{
	if (driver->incoming_len != driver->len || memcmp(driver->incoming, "HEAD", 4) != 0)
		return -EINVAL;
	memcpy(driver->now, driver->incoming, driver->len);
	if (driver->forgets)
		driver->now[driver->len - 1]++;
	return 0;
}

static inline int driver_set_state(struct kernel_device *device, enum kernel_state state,
				   int *ret_fd)
{
	struct driver *driver = driver_of(device);
	bool saving = driver->state == KERNEL_PRE_COPY || driver->state == KERNEL_STOP_COPY;
	int r = driver_fails(driver, DRIVER_SET_STATE);

	*ret_fd = -1;
	if (driver->nway < sizeof(driver->way) / sizeof(driver->way[0]))
		driver->way[driver->nway++] = state;
	if (!r && state == KERNEL_PRE_COPY &&
	    (!(device->flags & KERNEL_CAN_PRE_COPY) || driver->state == KERNEL_STOP_COPY))
		r = -EINVAL;
	if (!r && driver->state == KERNEL_RESUMING && state != KERNEL_STOP)
		r = -EINVAL;
	if (!r && driver->state == KERNEL_RESUMING)
		r = driver_load(driver);
	if (r)
		return r;
	if (state == KERNEL_RESUMING ||
	    (!saving && (state == KERNEL_PRE_COPY || state == KERNEL_STOP_COPY))) {
		driver->at = driver->incoming_len = 0;
		*ret_fd = driver->no_fd ? -1 : DRIVER_FD;
	} else if (saving && state == KERNEL_STOP_COPY && driver->same_fd) {
		*ret_fd = DRIVER_FD;
	}
	driver->open += *ret_fd >= 0;
	driver->state = state;
	return 0;
}

static inline int driver_precopy(struct kernel_device *device, int fd, uint64_t *ret_initial,
				 uint64_t *ret_dirty)
{
	struct driver *driver = driver_of(device);

	assert_int_equal(fd, DRIVER_FD);
	assert_int_equal(driver->state, KERNEL_PRE_COPY);
	*ret_initial = driver->at < 4 ? 4 - driver->at : 0;
	*ret_dirty = driver->ahead > driver->at + *ret_initial
			     ? driver->ahead - driver->at - *ret_initial
			     : 0;
	return driver_fails(driver, DRIVER_PRECOPY);
}

static inline ssize_t driver_read(struct kernel_device *device, int fd, void *buffer, size_t len)
{
	struct driver *driver = driver_of(device);
	size_t end = driver->state == KERNEL_PRE_COPY ? driver->ahead : driver->len;
	int r = driver_fails(driver, DRIVER_READ);

	assert_int_equal(fd, DRIVER_FD);
	assert_true(driver->open);
	if (r)
		return r;
	if (driver->at == end)
		return driver->state == KERNEL_PRE_COPY ? -ENOMSG : 0;
	len = len < end - driver->at ? len : end - driver->at;
	len = driver->chunk && driver->chunk < len ? driver->chunk : len;
	memcpy(buffer, driver->now + driver->at, len);
	driver->at += len;
	return (ssize_t)len;
}

static inline ssize_t driver_write(struct kernel_device *device, int fd, const void *bytes,
				   size_t len)
{
	struct driver *driver = driver_of(device);
	int r = driver_fails(driver, DRIVER_WRITE);

	assert_int_equal(fd, DRIVER_FD);
	assert_int_equal(driver->state, KERNEL_RESUMING);
	if (r)
		return r;
	len = driver->chunk && driver->chunk < len ? driver->chunk : len;
	if (len > driver->len - driver->incoming_len)
		return -ENOMEM;
	memcpy(driver->incoming + driver->incoming_len, bytes, len);
	driver->incoming_len += len;
	return (ssize_t)len;
}

static inline void driver_close(struct kernel_device *device, int fd)
{
	assert_int_equal(fd, DRIVER_FD);
	assert_true(driver_of(device)->open > 0);
	driver_of(device)->open--;
}

static inline int driver_reset(struct kernel_device *device)
{
	struct driver *driver = driver_of(device);
	int r = driver_fails(driver, DRIVER_RESET);

	driver->resets++;
	if (!r)
		driver->state = KERNEL_RUNNING;
	return r;
}

static const struct kernel_device_ops driver_ops = {
	.set_state = driver_set_state,
	.precopy = driver_precopy,
	.read = driver_read,
	.write = driver_write,
	.close = driver_close,
	.reset = driver_reset,
};

/*
 * A device with len bytes of state. The last argument makes its bytes differ from those
 * of others.
 */
static inline struct driver *driver_make(size_t len, uint32_t flags, char fill)
{
	struct driver *driver = calloc(1, sizeof(*driver));

	assert_non_null(driver);
	driver->device = (struct kernel_device){.ops = &driver_ops, .name = "x", .flags = flags};
	driver->state = KERNEL_RUNNING;
	driver->len = len;
	memset(driver->now, fill, len);
	memcpy(driver->now, "HEAD", 4);
	return driver;
}

#endif
