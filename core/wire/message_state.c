/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages about sessions on device state. The library reads only as much of the regions
 * as the checked sizes allow.
 */
#include <errno.h>
#include <string.h>

#include "core/wire/message.h"

void message_put_session(struct wire_out *out, uint32_t number, const struct regions_info *info)
{
	wire_put_u32(out, number);
	wire_put_u32(out, info->capabilities);
	wire_put_u64(out, info->memory_size);
	wire_put_u64(out, info->config_max);
}

int message_get_session(struct wire_reader *body, uint32_t *ret_number, struct regions_info *ret)
{
	struct regions_info info = {0};
	uint32_t number = wire_get_u32(body);

	info.capabilities = wire_get_u32(body);
	info.memory_size = wire_get_u64(body);
	info.config_max = wire_get_u64(body);
	if (!wire_done(body) || regions_info_check(&info, NULL))
		return -EBADMSG;
	*ret_number = number;
	*ret = info;
	return 0;
}

void message_put_run(struct wire_out *out, uint32_t session, const struct state_write *writes,
		     size_t count, bool total)
{
	wire_put_u32(out, session);
	wire_put_u32(out, total);
	wire_put_u32(out, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		wire_put_u64(out, writes[i].offset);
		wire_put_u64(out, writes[i].size);
		wire_put_u64(out, writes[i].value);
	}
}

int message_get_run(struct wire_reader *body, uint32_t *ret_session, struct state_write *ret_writes,
		    size_t *ret_count, bool *ret_total)
{
	uint32_t session = wire_get_u32(body), total = wire_get_enum(body, 1);
	uint32_t count = wire_get_count(body, STATE_WRITES_MAX, sizeof(struct state_write));

	for (uint32_t i = 0; i < count; i++) {
		ret_writes[i].offset = wire_get_u64(body);
		ret_writes[i].size = wire_get_u64(body);
		ret_writes[i].value = wire_get_u64(body);
	}
	if (!wire_done(body))
		return -EBADMSG;
	*ret_session = session;
	*ret_count = count;
	*ret_total = total;
	return 0;
}

void message_put_control(struct wire_out *out, int r, const char *text,
			 const struct migcompat_control *control)
{
	wire_put_u32(out, (uint32_t)-r);
	wire_put_string(out, text);
	wire_put_u32(out, control->version);
	wire_put_u32(out, control->device_state);
	wire_put_u64(out, control->config.size);
	wire_put_u64(out, control->memory.size);
	wire_put_u64(out, control->memory.position);
	wire_put_u64(out, control->memory.total);
	wire_put_u64(out, control->dirty.start);
	wire_put_u64(out, control->dirty.count);
}

int message_get_control(struct wire_reader *body, const struct state_port *port, int *ret_r,
			struct migcompat_control *ret, struct error *err)
{
	struct migcompat_control control = {.capabilities = port->info.capabilities,
					    .page_size = MIGCOMPAT_STATE_PAGE};
	uint32_t r = wire_get_enum(body, 4095);
	const char *text = wire_get_words(body, ERROR_TEXT_MAX);

	control.version = wire_get_u32(body);
	control.device_state = wire_get_enum(body, MIGCOMPAT_DEVICE_STATE_MASK);
	control.config.size = wire_get_u64(body);
	control.memory.size = wire_get_u64(body);
	control.memory.position = wire_get_u64(body);
	control.memory.total = wire_get_u64(body);
	control.dirty.start = wire_get_u64(body);
	control.dirty.count = wire_get_u64(body);
	if (!wire_done(body) || control.config.size > port->places[MIGCOMPAT_REGION_CONFIG].size ||
	    control.memory.size > port->places[MIGCOMPAT_REGION_MEMORY].size ||
	    control.memory.position > port->info.memory_size)
		return -EBADMSG;
	memcpy(control.regions, port->places, sizeof(control.regions));
	if (r)
		error_set(err, -(int)r, "%s", text && *text ? text : strerror((int)r));
	*ret_r = -(int)r;
	*ret = control;
	return 0;
}
