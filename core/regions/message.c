/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sizes and checks of messages. Every function is pure. */
#include "core/regions/message.h"

#include <errno.h>
#include <string.h>

#define REQUEST_HEAD offsetof(struct message_request, writes)
#define REPLY_HEAD offsetof(struct message_reply, text)

_Static_assert(REQUEST_HEAD == 16 && REPLY_HEAD == 72, "messages have no gaps");

size_t message_request_size(const struct message_request *request)
{
	switch (request->op) {
	case MESSAGE_RUN:
		return REQUEST_HEAD + request->count * sizeof(request->writes[0]);
	case MESSAGE_CHECK:
		return REQUEST_HEAD + request->count;
	default:
		return REQUEST_HEAD;
	}
}

size_t message_reply_size(const struct message_reply *reply)
{
	return REPLY_HEAD + reply->len;
}

bool message_request_sound(const struct message_request *request, size_t size)
{
	if (size < REQUEST_HEAD || request->op == 0 || request->op >= MESSAGE_OP_COUNT)
		return false;
	if (request->op == MESSAGE_RUN &&
	    (request->count > STATE_WRITES_MAX || request->flags > (MESSAGE_TOTAL | MESSAGE_SPARE)))
		return false;
	if (request->op == MESSAGE_CHECK && request->count > MESSAGE_TEXT_MAX)
		return false;
	return size == message_request_size(request);
}

bool message_reply_sound(const struct message_reply *reply, size_t size)
{
	return size >= REPLY_HEAD && reply->len <= MESSAGE_TEXT_MAX && reply->error <= 4095 &&
	       size == message_reply_size(reply);
}

void message_reply_text(struct message_reply *reply, const char *text)
{
	size_t len = strlen(text);

	if (len > MESSAGE_TEXT_MAX)
		len = MESSAGE_TEXT_MAX;
	memcpy(reply->text, text, len);
	reply->len = (uint32_t)len;
}

void message_control_put(struct message_control *to, const struct migcompat_control *from)
{
	*to = (struct message_control){
		.version = from->version,
		.device_state = from->device_state,
		.config_size = from->config.size,
		.memory_size = from->memory.size,
		.memory_position = from->memory.position,
		.memory_total = from->memory.total,
		.dirty_start = from->dirty.start,
		.dirty_count = from->dirty.count,
	};
}

int message_control_get(const struct message_control *from, const struct state_port *port,
			struct migcompat_control *ret)
{
	if (from->device_state & ~(uint32_t)MIGCOMPAT_DEVICE_STATE_MASK ||
	    from->config_size > port->places[MIGCOMPAT_REGION_CONFIG].size ||
	    from->memory_size > port->places[MIGCOMPAT_REGION_MEMORY].size ||
	    from->memory_position > port->info.memory_size)
		return -EBADMSG;
	*ret = (struct migcompat_control){
		.version = from->version,
		.device_state = from->device_state,
		.capabilities = port->info.capabilities,
		.page_size = MIGCOMPAT_STATE_PAGE,
		.config.size = from->config_size,
		.memory.size = from->memory_size,
		.memory.position = from->memory_position,
		.memory.total = from->memory_total,
		.dirty.start = from->dirty_start,
		.dirty.count = from->dirty_count,
	};
	memcpy(ret->regions, port->places, sizeof(ret->regions));
	return 0;
}
