/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Replies that are lists. Values and attributes may be written into files, so texts
 * arrive unchanged or not at all.
 */
#include <errno.h>

#include "core/facts/macros.h"
#include "core/wire/message.h"

void message_put_list(struct wire_out *out, const struct migcompat_sink *sink)
{
	wire_put_u32(out, (uint32_t)sink->nparameters);
	for (size_t i = 0; i < sink->nparameters; i++) {
		const struct migcompat_parameter *parameter = &sink->parameters[i];

		wire_put_u32(out, parameter->type);
		wire_put_u32(out, parameter->runtime != 0);
		wire_put_string(out, parameter->name);
		wire_put_string(out, parameter->value);
		wire_put_string(out, parameter->allowed);
		wire_put_string(out, parameter->init);
		wire_put_string(out, parameter->off);
		wire_put_string(out, parameter->attribute);
		wire_put_string(out, parameter->description);
	}
	wire_put_u32(out, (uint32_t)sink->ncandidates);
	for (size_t i = 0; i < sink->ncandidates; i++) {
		wire_put_u64(out, sink->candidates[i].extra);
		wire_put_string(out, sink->candidates[i].name);
		wire_put_string(out, sink->candidates[i].type);
	}
	wire_put_u32(out, (uint32_t)sink->nwrites);
	for (size_t i = 0; i < sink->nwrites; i++) {
		wire_put_string(out, sink->writes[i].attribute);
		wire_put_string(out, sink->writes[i].value);
	}
}

static int get_parameter(struct wire_reader *body, struct migcompat_sink *sink)
{
	struct migcompat_parameter parameter = {.struct_size = sizeof(parameter)};

	parameter.type = wire_get_enum(body, MIGCOMPAT_PARAMETER_STRING);
	parameter.runtime = (int)wire_get_enum(body, 1);
	parameter.name = wire_get_name(body, SINK_TEXT_MAX);
	parameter.value = wire_get_name(body, SINK_TEXT_MAX);
	parameter.allowed = wire_get_optional(body, SINK_TEXT_MAX);
	parameter.init = wire_get_name(body, SINK_TEXT_MAX);
	parameter.off = wire_get_optional(body, SINK_TEXT_MAX);
	parameter.attribute = wire_get_optional(body, SINK_TEXT_MAX);
	parameter.description = wire_get_words(body, SINK_TEXT_MAX);
	return body->bad ? -EBADMSG : sink_parameter(sink, &parameter);
}

static int get_candidate(struct wire_reader *body, struct migcompat_sink *sink)
{
	struct migcompat_candidate candidate = {.struct_size = sizeof(candidate),
						.extra = wire_get_u64(body)};

	candidate.name = wire_get_name(body, SINK_TEXT_MAX);
	candidate.type = wire_get_optional(body, SINK_TEXT_MAX);
	return body->bad ? -EBADMSG : sink_candidate(sink, &candidate);
}

static int get_write(struct wire_reader *body, struct migcompat_sink *sink)
{
	const char *attribute = wire_get_name(body, SINK_TEXT_MAX);
	const char *value = wire_get_name(body, SINK_TEXT_MAX);

	return body->bad ? -EBADMSG : sink_write(sink, attribute, value);
}

int message_get_list(struct wire_reader *body, struct migcompat_sink *sink)
{
	static const struct {
		int (*get)(struct wire_reader *body, struct migcompat_sink *sink);
		size_t size; /* least bytes of an element */
	} lists[] = {
		{get_parameter, 9 * sizeof(uint32_t)},
		{get_candidate, 4 * sizeof(uint32_t)},
		{get_write, 2 * sizeof(uint32_t)},
	};
	int r = 0;

	for (size_t list = 0; list < COUNT(lists) && !r; list++) {
		uint32_t count = wire_get_count(body, SINK_MAX, lists[list].size);

		for (uint32_t i = 0; i < count && !r; i++)
			r = lists[list].get(body, sink);
	}
	if (r == -ENOMEM)
		return r;
	return r || !wire_done(body) ? -EBADMSG : 0;
}
