/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pages of shared memory. They are sealed before a worker gets them, so they cannot
 * shrink.
 */
#include "core/operation/step.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/facts/utf8.h"

static struct step *published; /* set once, before the first call */

const char *operation_name(enum operation_kind kind)
{
	static const char *const names[OPERATION_KIND_COUNT] = {
		[OPERATION_NONE] = "nothing",
		[OPERATION_OPEN] = "open",
		[OPERATION_CLOSE] = "close",
		[OPERATION_DESCRIBE] = "describe",
		[OPERATION_PAYLOAD] = "payload",
		[OPERATION_COMPARE] = "compare",
		[OPERATION_CANDIDATES] = "candidates",
		[OPERATION_PARAMETERS] = "parameters",
		[OPERATION_PREPARE] = "prepare",
		[OPERATION_STREAM] = "stream",
		[OPERATION_STATE_OPEN] = "open of the state",
		[OPERATION_STATE] = "the state",
		[OPERATION_STATE_CLOSE] = "close of the state",
	};

	return kind < OPERATION_KIND_COUNT ? names[kind] : names[OPERATION_NONE];
}

int step_make(size_t count)
{
	struct rlimit limit;
	int fd, r;

	/* Beyond its limit for files, a signal would end this process. */
	if (getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur < count * STEP_BYTES)
		return -EFBIG;
	fd = memfd_create("migcompat-step", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)(count * STEP_BYTES)) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

static struct step *map(int fd, size_t number, int protection)
{
	void *page = fd < 0 ? MAP_FAILED
			    : mmap(NULL, STEP_BYTES, protection, MAP_SHARED, fd,
				   (off_t)(number * STEP_BYTES));

	return page == MAP_FAILED ? NULL : page;
}

struct step *step_read(int fd, size_t number)
{
	return map(fd, number, PROT_READ);
}

struct step *step_write(int fd, size_t number)
{
	return map(fd, number, PROT_READ | PROT_WRITE);
}

void step_free(struct step *step)
{
	if (step)
		munmap(step, STEP_BYTES);
}

void step_publish(struct step *step)
{
	published = step;
}

void step_begin(enum operation_kind kind, const char *device)
{
	size_t len = device ? strnlen(device, sizeof(published->device) - 1) : 0;

	if (!published)
		return;
	atomic_store_explicit(&published->busy, 0, memory_order_relaxed);
	atomic_store_explicit(&published->operation, kind, memory_order_relaxed);
	if (len)
		memcpy(published->device, device, len);
	published->device[len] = '\0';
	atomic_fetch_add_explicit(&published->count, 1, memory_order_relaxed);
	atomic_store_explicit(&published->busy, 1, memory_order_release);
}

void step_end(void)
{
	if (published)
		atomic_store_explicit(&published->busy, 0, memory_order_release);
}

const char *step_text(const struct step *step, char *buffer, size_t size)
{
	bool busy = step && atomic_load_explicit(&step->busy, memory_order_acquire);
	uint32_t kind = busy ? atomic_load_explicit(&step->operation, memory_order_acquire)
			     : OPERATION_NONE;
	char device[sizeof(step->device)];

	buffer[0] = '\0';
	if (kind == OPERATION_NONE || kind >= OPERATION_KIND_COUNT)
		return buffer;
	/* The worker may write to it at any time, and anything. */
	memcpy(device, step->device, sizeof(device));
	device[sizeof(device) - 1] = '\0';
	utf8_mend(device, strlen(device));
	snprintf(buffer, size, " in %s%s%s", operation_name((enum operation_kind)kind),
		 *device ? " of " : "", device);
	return buffer;
}
