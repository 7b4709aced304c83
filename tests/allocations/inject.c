/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The preloaded library counts allocations and lets some fail. The dynamic linker
 * allocates before the C library's functions are known: it gets memory from a small array
 * here, which is never freed.
 */
#include "tests/allocations/inject.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define EARLY_ROOM 65536u

static struct {
	void *(*malloc)(size_t);
	void *(*calloc)(size_t, size_t);
	void *(*realloc)(void *, size_t);
	void *(*aligned)(size_t, size_t);
	void (*free)(void *);
} real;

static struct inject *control;
static _Alignas(16) char early[EARLY_ROOM];
static size_t early_used;

static void *early_take(size_t size)
{
	size_t at = (early_used + 15) & ~(size_t)15;

	if (size > EARLY_ROOM - at)
		abort();
	early_used = at + size;
	return early + at;
}

static bool is_early(const void *memory)
{
	return (const char *)memory >= early && (const char *)memory < early + EARLY_ROOM;
}

static void *find(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

/* False: the real functions are not known yet, or do not exist. */
static bool ready(void)
{
	static bool asking;

	if (real.free || asking)
		return real.free;
	asking = true;
	real.malloc = (void *(*)(size_t))find("malloc");
	real.calloc = (void *(*)(size_t, size_t))find("calloc");
	real.realloc = (void *(*)(void *, size_t))find("realloc");
	real.aligned = (void *(*)(size_t, size_t))find("aligned_alloc");
	real.free = (void (*)(void *))find("free");
	asking = false;
	return true;
}

__attribute__((constructor)) static void control_map(void)
{
	const char *name = getenv(INJECT_VARIABLE);
	int fd = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
	void *map;

	ready();
	if (fd < 0)
		return;
	map = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		abort();
	control = map;
}

static bool fails(void)
{
	uint64_t number, at;

	if (!control)
		return false;
	number = atomic_fetch_add(&control->count, 1) + 1;
	at = atomic_load(&control->at);
	if (!at || number < at || (number > at && !atomic_load(&control->all)))
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	if (!ready())
		return early_take(size);
	return fails() ? NULL : real.malloc(size);
}

void *calloc(size_t count, size_t size)
{
	if (!ready())
		return early_take(count * size);
	return fails() ? NULL : real.calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
	void *copy;

	if (!ready() || is_early(memory)) {
		copy = malloc(size);
		if (copy && memory)
			memcpy(copy, memory,
			       size < (size_t)(early + EARLY_ROOM - (char *)memory)
				       ? size
				       : (size_t)(early + EARLY_ROOM - (char *)memory));
		return copy;
	}
	return fails() ? NULL : real.realloc(memory, size);
}

void *reallocarray(void *memory, size_t count, size_t size)
{
	size_t bytes;

	if (!__builtin_mul_overflow(count, size, &bytes))
		return realloc(memory, bytes);
	errno = ENOMEM;
	return NULL;
}

void *aligned_alloc(size_t align, size_t size)
{
	if (!ready())
		abort();
	return fails() ? NULL : real.aligned(align, size);
}

void *memalign(size_t align, size_t size)
{
	return aligned_alloc(align, size);
}

int posix_memalign(void **ret, size_t align, size_t size)
{
	int before = errno;

	*ret = aligned_alloc(align, size);
	if (*ret)
		return 0;
	errno = before;
	return ENOMEM;
}

void free(void *memory)
{
	if (memory && !is_early(memory) && ready())
		real.free(memory);
}
