/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a write to each field of the control region does, except for device memory
 * (regions_memory.c). The table of <migcompat/device-state.h> has the errors.
 */
#include <errno.h>
#include <string.h>

#include "core/regions/regions.h"

#define PAGE MIGCOMPAT_STATE_PAGE

static const char *const state_names[] = {
	[MIGCOMPAT_DEVICE_RUNNING] = "RUNNING",
	[MIGCOMPAT_DEVICE_STOPPED] = "STOPPED",
	[MIGCOMPAT_DEVICE_RUNNING_LOGGING] = "RUNNING | LOGGING",
	[MIGCOMPAT_DEVICE_STOPPED_LOGGING] = "STOPPED | LOGGING",
};

int regions_answered(struct migcompat_regions *regions, const char *what, int r)
{
	const char *text =
		r && regions->ops.message ? regions->ops.message(regions->session) : NULL;

	if (!r)
		return 0;
	if (r > 0 || r < -4095)
		return error_set(&regions->err, -EPROTO, "%s answered %d, which is no errno", what,
				 r);
	return error_set(&regions->err, r, "%s: %s", what, text && *text ? text : strerror(-r));
}

/* ---------------------------------------------------------------- loads */

void regions_load_drop(struct migcompat_regions *regions)
{
	if (regions->load == REGIONS_LOAD_STAGED && regions->ops.memory_discard)
		regions->ops.memory_discard(regions->session);
	regions->load = REGIONS_LOAD_NONE;
	regions->staged = 0;
}

int regions_load_refuse(struct migcompat_regions *regions, int r)
{
	regions_load_drop(regions);
	regions->load = REGIONS_LOAD_REFUSED;
	regions->refusal = r;
	regions->reason = regions->err;
	return r;
}

/* May a buffer be set now? */
int regions_load_begin(struct migcompat_regions *regions)
{
	if (!regions_stopped(regions))
		return error_set(&regions->err, -EBUSY,
				 "SET_BUFFER while the device is %s, expected STOPPED",
				 state_names[regions->control.device_state]);
	if (regions->load != REGIONS_LOAD_REFUSED)
		return 0;
	regions->err = regions->reason;
	return regions->refusal;
}

/* ---------------------------------------------------------------- version and state */

int regions_write_version(struct migcompat_regions *regions, uint64_t value)
{
	if (value != MIGCOMPAT_REGIONS_VERSION)
		return error_set(&regions->err, -EPROTONOSUPPORT,
				 "version %llu of the regions is not known, expected %u",
				 (unsigned long long)value, MIGCOMPAT_REGIONS_VERSION);
	regions->agreed = true;
	return 0;
}

int regions_write_state(struct migcompat_regions *regions, uint64_t value)
{
	uint32_t state = (uint32_t)value;
	int r;

	if (value & ~(uint64_t)MIGCOMPAT_DEVICE_STATE_MASK)
		return error_set(&regions->err, -EINVAL,
				 "0x%llx is no device state, expected 0 to 3",
				 (unsigned long long)value);
	if ((state & MIGCOMPAT_DEVICE_LOGGING) &&
	    !(regions->info.capabilities & MIGCOMPAT_CAP_LOGGING))
		return error_set(&regions->err, -EOPNOTSUPP,
				 "%s: the device cannot log what becomes dirty",
				 state_names[state]);
	if (state == regions->control.device_state) {
		regions_load_drop(regions);
		return 0;
	}
	if (!(state & MIGCOMPAT_DEVICE_STOPPED) && regions->load)
		return error_set(&regions->err, -EBUSY,
				 "%s while a load is %s; write %s again to drop it",
				 state_names[state],
				 regions->load == REGIONS_LOAD_STAGED ? "under way" : "refused",
				 state_names[regions->control.device_state]);
	r = regions_answered(regions, "set_state", regions->ops.set_state(regions->session, state));
	if (r)
		return r;
	regions->control.device_state = state;
	regions->control.memory.position = 0;
	regions->control.memory.size = 0;
	regions->memory_sized = false;
	regions->control.memory.total =
		state & MIGCOMPAT_DEVICE_LOGGING ? 0 : regions->info.memory_size;
	return 0;
}

/* ---------------------------------------------------------------- config */

static int config_get(struct migcompat_regions *regions)
{
	int len = regions->ops.config_read(regions->session, regions->config,
					   regions->info.config_max);

	if (len < 0)
		return regions_answered(regions, "config_read", len);
	if (len == 0 || (uint64_t)len > regions->info.config_max)
		return error_set(&regions->err, -EPROTO,
				 "config_read gave %d bytes, expected 1 to %llu", len,
				 (unsigned long long)regions->info.config_max);
	memcpy(regions_at(regions, MIGCOMPAT_REGION_CONFIG), regions->config, (size_t)len);
	regions->control.config.size = (uint64_t)len;
	return 0;
}

static int config_set(struct migcompat_regions *regions)
{
	size_t len = regions->control.config.size;
	int r = regions_load_begin(regions);

	if (r)
		return r;
	if (!regions->config_sized)
		return regions_load_refuse(
			regions,
			error_set(&regions->err, -ENODATA, "SET_BUFFER of config without a size"));
	if (regions->staged < regions->info.memory_size)
		return regions_load_refuse(
			regions,
			error_set(&regions->err, -ENODATA,
				  "SET_BUFFER of config after %llu of %llu bytes of memory",
				  (unsigned long long)regions->staged,
				  (unsigned long long)regions->info.memory_size));
	/* Copied before it is checked: other processes may write to the region at any time. */
	memcpy(regions->config, regions_at(regions, MIGCOMPAT_REGION_CONFIG), len);
	r = regions_answered(regions, "config_write",
			     regions->ops.config_write(regions->session, regions->config, len));
	if (r)
		return regions_load_refuse(regions, r);
	regions->load = REGIONS_LOAD_NONE;
	regions->staged = 0;
	return 0;
}

int regions_write_config_action(struct migcompat_regions *regions, uint64_t value)
{
	int r;

	switch (value) {
	case MIGCOMPAT_GET_BUFFER:
		r = config_get(regions);
		break;
	case MIGCOMPAT_SET_BUFFER:
		r = config_set(regions);
		break;
	default:
		return error_set(&regions->err, -EINVAL, "%llu is no action, expected 1 or 2",
				 (unsigned long long)value);
	}
	regions->config_sized = false;
	return r;
}

int regions_write_config_size(struct migcompat_regions *regions, uint64_t value)
{
	uint64_t most = regions_size(regions, MIGCOMPAT_REGION_CONFIG);

	if (value == 0)
		return error_set(&regions->err, -EINVAL, "a config has 1 to %llu bytes, not 0",
				 (unsigned long long)most);
	if (value > most)
		return error_set(&regions->err, -ERANGE, "a config has 1 to %llu bytes, not %llu",
				 (unsigned long long)most, (unsigned long long)value);
	regions->control.config.size = value;
	regions->config_sized = true;
	return 0;
}

/* ---------------------------------------------------------------- dirty system memory */

static int no_system_memory(struct migcompat_regions *regions)
{
	return regions->info.capabilities & MIGCOMPAT_CAP_SYSTEM_MEMORY
		       ? 0
		       : error_set(&regions->err, -EOPNOTSUPP,
				   "the device does not tell what it writes to system memory");
}

int regions_write_dirty_start(struct migcompat_regions *regions, uint64_t value)
{
	int r = no_system_memory(regions);

	if (r)
		return r;
	if (value % PAGE)
		return error_set(&regions->err, -EINVAL, "system memory at 0x%llx is no whole page",
				 (unsigned long long)value);
	regions->control.dirty.start = value;
	return 0;
}

int regions_write_dirty_count(struct migcompat_regions *regions, uint64_t value)
{
	uint64_t bits = regions_size(regions, MIGCOMPAT_REGION_DIRTY) * 8;
	uint64_t start = regions->control.dirty.start;
	uint8_t *bitmap = regions_at(regions, MIGCOMPAT_REGION_DIRTY);
	int r = no_system_memory(regions);

	if (r)
		return r;
	/* Outside LOGGING, an empty bitmap would say that nothing is dirty, which is not known. */
	if (!regions_logging(regions))
		return error_set(&regions->err, -EBUSY,
				 "dirty system memory while the device is %s, expected LOGGING",
				 state_names[regions->control.device_state]);
	if (value == 0)
		return error_set(&regions->err, -EINVAL,
				 "the dirty-bitmap region takes 1 to %llu pages, not 0",
				 (unsigned long long)bits);
	if (value > bits || value > (UINT64_MAX - start) / PAGE + 1)
		return error_set(&regions->err, -ERANGE,
				 "%llu pages from 0x%llx are more than the dirty-bitmap region or "
				 "memory has",
				 (unsigned long long)value, (unsigned long long)start);
	memset(bitmap, 0, (value + 7) / 8);
	r = regions_answered(regions, "system_dirty",
			     regions->ops.system_dirty(regions->session, start, value, bitmap));
	regions->control.dirty.count = r ? 0 : value;
	return r;
}
