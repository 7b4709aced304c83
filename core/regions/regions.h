/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The inside of mounted regions: their memory (regions.c), and what each write does
 * (regions_write.c, regions_memory.c). The protocol is in <migcompat/device-state.h>.
 */
#ifndef CORE_REGIONS_REGIONS_H
#define CORE_REGIONS_REGIONS_H

#include <stdbool.h>

#include "core/facts/error.h"
#include "migcompat/backend.h"
#include "migcompat/device-state.h"

/* What a device says of itself, checked. */
struct regions_info {
	uint64_t memory_size;
	uint64_t config_max;
	uint32_t capabilities; /* DEVICE_MEMORY too */
	uint32_t reserved;     /* 0; it goes to other processes, so no byte is padding */
};

enum regions_load {
	REGIONS_LOAD_NONE = 0,
	REGIONS_LOAD_STAGED,  /* the device has memory, but no config yet */
	REGIONS_LOAD_REFUSED, /* nothing is staged any more */
};

struct state_port;

struct migcompat_regions {
	struct migcompat_device_state ops;
	void *session;
	struct regions_info info;
	int fd;
	uint8_t *base; /* all regions; other processes may write to them at any time */
	size_t size;
	struct migcompat_control control; /* the mapped copy is written from it */
	uint8_t *config;   /* config_max bytes: a config is copied here before it is checked */
	bool agreed;       /* a version was written */
	bool config_sized; /* config.size was written after the last action */
	bool memory_sized;
	bool spare; /* actions use the second device-memory region */
	bool lost;  /* the mark of a page was taken, but the page was not read */
	enum regions_load load;
	int refusal;         /* the errno of a refused load */
	struct error reason; /* and its sentence */
	uint64_t staged;     /* bytes of memory that a load has set */
	struct error err;
	/* api.c: a device in another process, and the path of its socket. NULL: it is in this one.
	 */
	struct state_port *remote;
	char *path;
};

/* Copy and check a table, and what its info says. -EPROTO with a sentence, or the errno of the
 * device's info. */
int regions_ops_copy(const struct migcompat_device_state *table, struct migcompat_device_state *ret,
		     struct error *err);
int regions_info_get(const struct migcompat_device_state *ops, void *session,
		     struct regions_info *ret, struct error *err);
int regions_info_check(const struct regions_info *info, struct error *err);
/* Could a state file begin with this string? -EINVAL. */
int regions_version_check(const char *version, size_t len, struct error *err);
/*
 * Where regions of such a device are. Returns the bytes of all, with a second device-memory region
 * after them (the spare): a client and its server use both in turn, so that neither waits while
 * the other one copies.
 */
uint64_t regions_places(const struct regions_info *info,
			struct migcompat_region_place ret[MIGCOMPAT_REGION_ENUM_COUNT]);
/* The device-memory region that actions use now. */
void *regions_window(const struct migcompat_regions *regions);
/* A sealed memfd for such a device, close-on-exec. */
int regions_memory_new(const struct regions_info *info, struct error *err);
/* Mount on memory that regions_memory_new made, in this process or in another one. The regions own
 * fd afterwards, also after an error. */
int regions_mount(const struct migcompat_device_state *ops, void *session,
		  const struct regions_info *info, int fd, struct migcompat_regions **ret,
		  struct error *err);

/* Unmount; a load that is under way is dropped. Takes NULL, returns NULL. */
struct migcompat_regions *regions_free(struct migcompat_regions *regions);
/* migcompat_regions_write and migcompat_regions_read, of a device in this process. */
int regions_write(struct migcompat_regions *regions, uint64_t offset, size_t size, uint64_t value);
int regions_read(struct migcompat_regions *regions, uint64_t offset, size_t size,
		 uint64_t *ret_value);

/* Rules of the fields. Each: 0, or -errno with the sentence in regions->err. */
int regions_write_version(struct migcompat_regions *regions, uint64_t value);
int regions_write_state(struct migcompat_regions *regions, uint64_t value);
int regions_write_config_action(struct migcompat_regions *regions, uint64_t value);
int regions_write_config_size(struct migcompat_regions *regions, uint64_t value);
int regions_write_memory_action(struct migcompat_regions *regions, uint64_t value);
int regions_write_memory_size(struct migcompat_regions *regions, uint64_t value);
int regions_write_memory_position(struct migcompat_regions *regions, uint64_t value);
int regions_write_dirty_start(struct migcompat_regions *regions, uint64_t value);
int regions_write_dirty_count(struct migcompat_regions *regions, uint64_t value);
/* The present memory.total. */
int regions_total(struct migcompat_regions *regions, uint64_t *ret);

/* The result of a device's operation as an errno; its sentence is in regions->err. */
int regions_answered(struct migcompat_regions *regions, const char *what, int r);
/* May a buffer be set in this state? 0, or -errno. */
int regions_load_begin(struct migcompat_regions *regions);
/* End a load with the errno r, which the rest of the load gets as well. Returns r. */
int regions_load_refuse(struct migcompat_regions *regions, int r);
/* Forget the load, and have the device drop what it staged. */
void regions_load_drop(struct migcompat_regions *regions);

static inline bool regions_stopped(const struct migcompat_regions *regions)
{
	return regions->control.device_state & MIGCOMPAT_DEVICE_STOPPED;
}

static inline bool regions_logging(const struct migcompat_regions *regions)
{
	return regions->control.device_state & MIGCOMPAT_DEVICE_LOGGING;
}

/* Where a region is mapped, and its size. Only for a region that exists. */
static inline void *regions_at(const struct migcompat_regions *regions, enum migcompat_region which)
{
	return regions->base + regions->control.regions[which].offset;
}

static inline uint64_t regions_size(const struct migcompat_regions *regions,
				    enum migcompat_region which)
{
	return regions->control.regions[which].size;
}

#endif
