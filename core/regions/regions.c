/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Regions in memory: one sealed memfd, mapped here and perhaps in other processes. What another
 * process writes into it is data for the device at most: no decision reads the mapped control
 * region.
 */
#include "core/regions/regions.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/facts/macros.h"
#include "core/state/format.h"

_Static_assert(sizeof(struct migcompat_control) == 144, "the control region has no gaps");
_Static_assert(sizeof(struct migcompat_dirty_record) == 8 + MIGCOMPAT_STATE_PAGE,
	       "a record has no gaps");

/* ---------------------------------------------------------------- the table and its info */

int regions_ops_copy(const struct migcompat_device_state *table, struct migcompat_device_state *ret,
		     struct error *err)
{
	const size_t least =
		offsetof(struct migcompat_device_state, config_write) + sizeof(table->config_write);
	size_t size = table->struct_size;

	if (size < least || size > 65536) {
		error_set(err, -EPROTO,
			  "its device-state table has %zu bytes, expected at least %zu", size,
			  least);
		return -EPROTO;
	}
	*ret = (struct migcompat_device_state){0};
	memcpy(ret, table, size < sizeof(*ret) ? size : sizeof(*ret));
	if (ret->info && ret->set_state && ret->config_read && ret->config_write)
		return 0;
	error_set(err, -EPROTO,
		  "its device-state table lacks info, set_state, config_read or config_write");
	return -EPROTO;
}

int regions_info_check(const struct regions_info *info, struct error *err)
{
	const uint32_t known =
		MIGCOMPAT_CAP_DEVICE_MEMORY | MIGCOMPAT_CAP_SYSTEM_MEMORY | MIGCOMPAT_CAP_LOGGING;

	if (info->memory_size % MIGCOMPAT_STATE_PAGE || info->memory_size > FORMAT_MEMORY_MAX)
		return error_set(
			err, -EPROTO,
			"its device memory has %llu bytes, expected whole pages and at most 2^40",
			(unsigned long long)info->memory_size);
	if (info->config_max < 1 || info->config_max > MIGCOMPAT_STATE_CONFIG_MAX)
		return error_set(err, -EPROTO, "its config has up to %llu bytes, expected 1 to %u",
				 (unsigned long long)info->config_max, MIGCOMPAT_STATE_CONFIG_MAX);
	if (info->capabilities & ~known ||
	    !(info->capabilities & MIGCOMPAT_CAP_DEVICE_MEMORY) != !info->memory_size)
		return error_set(err, -EPROTO, "its capabilities are 0x%x, which makes no sense",
				 info->capabilities);
	if ((info->capabilities & MIGCOMPAT_CAP_SYSTEM_MEMORY) &&
	    !(info->capabilities & MIGCOMPAT_CAP_LOGGING))
		return error_set(err, -EPROTO, "it tells dirty system memory, but cannot log");
	return 0;
}

int regions_version_check(const char *version, size_t len, struct error *err)
{
	unsigned colons = 0;

	if (len == 0 || len > MIGCOMPAT_STRING_MAX)
		return error_set(err, -EINVAL, "the version string has 1 to %u bytes",
				 MIGCOMPAT_STRING_MAX);
	for (size_t i = 0; i < len; i++) {
		if (version[i] < 0x21 || version[i] > 0x7e)
			return error_set(err, -EINVAL,
					 "a byte of the version string is outside 0x21 to 0x7e");
		colons += version[i] == ':';
	}
	if (colons < 3)
		return error_set(err, -EINVAL,
				 "the version string is not of the form "
				 "NAMESPACE:KIND:TYPE:PAYLOAD");
	return 0;
}

static int ops_suffice(const struct migcompat_device_state *ops, const struct regions_info *info,
		       struct error *err)
{
	if (info->memory_size && (!ops->memory_read || !ops->memory_write || !ops->memory_discard))
		return error_set(err, -EPROTO,
				 "it has device memory, but not all of memory_read, memory_write "
				 "and memory_discard");
	if (info->memory_size && (info->capabilities & MIGCOMPAT_CAP_LOGGING) &&
	    (!ops->dirty_count || !ops->dirty_take))
		return error_set(err, -EPROTO,
				 "it logs dirty memory, but lacks dirty_count or dirty_take");
	if ((info->capabilities & MIGCOMPAT_CAP_SYSTEM_MEMORY) && !ops->system_dirty)
		return error_set(err, -EPROTO,
				 "it tells dirty system memory, but lacks system_dirty");
	return 0;
}

int regions_info_get(const struct migcompat_device_state *ops, void *session,
		     struct regions_info *ret, struct error *err)
{
	struct migcompat_device_state_info told = {.struct_size = sizeof(told)};
	struct regions_info info;
	int r = ops->info(session, &told);

	if (r) {
		r = r < 0 && r >= -4095 ? r : -EPROTO;
		error_set(err, r, "it could not tell the sizes of its state: %s", strerror(-r));
		return r;
	}
	info = (struct regions_info){told.memory_size, told.config_max, told.capabilities, 0};
	if (info.memory_size)
		info.capabilities |= MIGCOMPAT_CAP_DEVICE_MEMORY;
	r = regions_info_check(&info, err);
	if (!r)
		r = ops_suffice(ops, &info, err);
	if (!r)
		*ret = info;
	return r;
}

/* ---------------------------------------------------------------- memory */

uint64_t regions_places(const struct regions_info *info,
			struct migcompat_region_place ret[MIGCOMPAT_REGION_ENUM_COUNT])
{
	const uint64_t window = info->memory_size < MIGCOMPAT_STATE_WINDOW ? info->memory_size
									   : MIGCOMPAT_STATE_WINDOW;
	/* A device of one page still needs room for a record. */
	const uint64_t least = window && window < sizeof(struct migcompat_dirty_record)
				       ? 2 * MIGCOMPAT_STATE_PAGE
				       : window;
	const uint64_t sizes[MIGCOMPAT_REGION_ENUM_COUNT] = {
		[MIGCOMPAT_REGION_CONTROL] = MIGCOMPAT_STATE_PAGE,
		[MIGCOMPAT_REGION_CONFIG] = info->config_max,
		[MIGCOMPAT_REGION_MEMORY] = least,
		[MIGCOMPAT_REGION_DIRTY] = info->capabilities & MIGCOMPAT_CAP_SYSTEM_MEMORY
						   ? MIGCOMPAT_STATE_BITMAP
						   : 0,
	};
	uint64_t at = 0;

	for (int i = 0; i < MIGCOMPAT_REGION_ENUM_COUNT; i++) {
		ret[i] = (struct migcompat_region_place){sizes[i] ? at : 0, sizes[i]};
		at += (sizes[i] + MIGCOMPAT_STATE_PAGE - 1) / MIGCOMPAT_STATE_PAGE *
		      MIGCOMPAT_STATE_PAGE;
	}
	return at + sizes[MIGCOMPAT_REGION_MEMORY];
}

void *regions_window(const struct migcompat_regions *regions)
{
	uint64_t size = regions_size(regions, MIGCOMPAT_REGION_MEMORY);

	if (regions->spare)
		return regions->base + regions->size - size;
	return regions_at(regions, MIGCOMPAT_REGION_MEMORY);
}

int regions_memory_new(const struct regions_info *info, struct error *err)
{
	struct migcompat_region_place places[MIGCOMPAT_REGION_ENUM_COUNT];
	int fd = memfd_create("migcompat-regions", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r;

	if (fd < 0 || ftruncate(fd, (off_t)regions_places(info, places)) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return error_set(err, r, "no memory for regions: %s", strerror(-r));
	}
	return fd;
}

/* Copy the control region to where other processes see it. */
static void control_show(struct migcompat_regions *regions)
{
	memcpy(regions->base, &regions->control, sizeof(regions->control));
}

int regions_mount(const struct migcompat_device_state *ops, void *session,
		  const struct regions_info *info, int fd, struct migcompat_regions **ret,
		  struct error *err)
{
	struct migcompat_regions *regions = calloc(1, sizeof(*regions));
	void *base;

	if (!regions || !(regions->config = malloc(info->config_max))) {
		free(regions);
		close(fd);
		return error_set(err, -ENOMEM, "out of memory");
	}
	regions->ops = *ops;
	regions->session = session;
	regions->info = *info;
	regions->fd = fd;
	regions->control = (struct migcompat_control){
		.version = MIGCOMPAT_REGIONS_VERSION,
		.device_state = MIGCOMPAT_DEVICE_RUNNING,
		.capabilities = info->capabilities,
		.page_size = MIGCOMPAT_STATE_PAGE,
		.memory.total = info->memory_size,
	};
	regions->size = regions_places(info, regions->control.regions);
	base = mmap(NULL, regions->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED) {
		int r = -errno;

		regions_free(regions);
		return error_set(err, r, "regions could not be mapped: %s", strerror(-r));
	}
	regions->base = base;
	control_show(regions);
	*ret = regions;
	return 0;
}

struct migcompat_regions *regions_free(struct migcompat_regions *regions)
{
	if (!regions)
		return NULL;
	regions_load_drop(regions);
	if (regions->base)
		munmap(regions->base, regions->size);
	close(regions->fd);
	free(regions->config);
	free(regions);
	return NULL;
}

/* ---------------------------------------------------------------- fields */

typedef int write_fn(struct migcompat_regions *regions, uint64_t value);

#define AT(member)                                  \
	offsetof(struct migcompat_control, member), \
		sizeof(((struct migcompat_control *)NULL)->member), #member

static const struct field {
	size_t offset;
	size_t size;
	const char *name;
	write_fn *write; /* NULL: read-only */
} fields[] = {
	{AT(version), regions_write_version},
	{AT(device_state), regions_write_state},
	{AT(capabilities), NULL},
	{AT(page_size), NULL},
	{AT(config.action), regions_write_config_action},
	{AT(config.size), regions_write_config_size},
	{AT(memory.action), regions_write_memory_action},
	{AT(memory.size), regions_write_memory_size},
	{AT(memory.position), regions_write_memory_position},
	{AT(memory.total), NULL},
	{AT(dirty.start), regions_write_dirty_start},
	{AT(dirty.count), regions_write_dirty_count},
	{AT(regions[0].offset), NULL},
	{AT(regions[0].size), NULL},
	{AT(regions[1].offset), NULL},
	{AT(regions[1].size), NULL},
	{AT(regions[2].offset), NULL},
	{AT(regions[2].size), NULL},
	{AT(regions[3].offset), NULL},
	{AT(regions[3].size), NULL},
};

static const struct field *field_find(struct migcompat_regions *regions, uint64_t offset,
				      size_t size)
{
	for (size_t i = 0; i < COUNT(fields); i++)
		if (fields[i].offset == offset && fields[i].size == size)
			return &fields[i];
	error_set(&regions->err, -EINVAL,
		  "the control region has no field of %zu bytes at offset %llu", size,
		  (unsigned long long)offset);
	return NULL;
}

int regions_write(struct migcompat_regions *regions, uint64_t offset, size_t size, uint64_t value)
{
	const struct field *field = field_find(regions, offset, size);
	int r;

	if (!field)
		return -EINVAL;
	if (!regions->agreed && field->write != regions_write_version)
		return error_set(&regions->err, -EPROTO, "%s was written before version",
				 field->name);
	if (!field->write)
		return error_set(&regions->err, -EROFS, "%s can only be read", field->name);
	if (size < sizeof(value) && value >> (8 * size))
		return error_set(&regions->err, -EINVAL,
				 "%s is %zu bytes wide, and the value is larger", field->name,
				 size);
	r = field->write(regions, value);
	control_show(regions);
	return r;
}

int regions_read(struct migcompat_regions *regions, uint64_t offset, size_t size,
		 uint64_t *ret_value)
{
	const struct field *field = field_find(regions, offset, size);
	uint64_t value = 0;
	int r = 0;

	if (!field)
		return -EINVAL;
	if (offset == offsetof(struct migcompat_control, memory.total))
		r = regions_total(regions, &regions->control.memory.total);
	if (r)
		return r;
	if (size == sizeof(uint32_t)) {
		uint32_t half;

		memcpy(&half, (const uint8_t *)&regions->control + offset, sizeof(half));
		value = half;
	} else {
		memcpy(&value, (const uint8_t *)&regions->control + offset, sizeof(value));
	}
	*ret_value = value;
	return 0;
}
