/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copying what a backend lists, checked: names that could be paths or break a command line are refused. */
#include "core/backend/sink.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/backend/provider.h"
#include "core/facts/name.h"
#include "core/facts/utf8.h"

/* Room for one more; lists grow by doubling. */
static void *list_grow(void *list, size_t count, size_t size)
{
	if (count == SINK_MAX)
		return NULL;
	if (count & (count - 1))
		return list;
	return realloc(list, (count ? count * 2 : 1) * size);
}

/* What is left out makes the list a wrong one, whatever the backend does about it. */
static int no_memory(struct migcompat_sink *sink)
{
	return sink->failed = -ENOMEM;
}

/* *r: an error from before, which stays. */
static void keep(struct migcompat_sink *sink, const char *text, const char **ret, int *r)
{
	size_t len = text ? strnlen(text, SINK_TEXT_MAX + 1) : 0;

	*ret = NULL;
	if (!text || *r)
		return;
	if (len > SINK_TEXT_MAX) {
		*r = -EINVAL;
		return;
	}
	*ret = arena_copy(&sink->arena, text, len);
	if (!*ret)
		*r = no_memory(sink);
}

static bool parameter_name_valid(const char *name)
{
	return name && name_valid(name, strlen(name)) && !strchr(name, '=');
}

/* A text that is written to a device or stands for a value arrives as it was sent, or not at all. */
static bool texts_valid(const struct migcompat_parameter *parameter)
{
	const char *const texts[] = {parameter->value, parameter->allowed, parameter->init,
				     parameter->off};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i] && !utf8_clean(texts[i], strlen(texts[i])))
			return false;
	return !parameter->attribute || attribute_valid(parameter->attribute);
}

int sink_parameter(struct migcompat_sink *sink, const struct migcompat_parameter *given)
{
	struct migcompat_parameter parameter = {.struct_size = sizeof(parameter)};
	struct migcompat_parameter *list;
	int r = 0;

	memcpy(&parameter, given, given->struct_size < sizeof(parameter) ? given->struct_size : sizeof(parameter));
	parameter.struct_size = sizeof(parameter);
	if (!parameter_name_valid(parameter.name) || !parameter.value || !parameter.init ||
	    parameter.type > MIGCOMPAT_PARAMETER_STRING || !texts_valid(&parameter))
		return -EINVAL;
	if (sink->nparameters == SINK_MAX)
		return -ENOBUFS;
	list = list_grow(sink->parameters, sink->nparameters, sizeof(*list));
	if (!list)
		return no_memory(sink);
	sink->parameters = list;
	keep(sink, parameter.name, &parameter.name, &r);
	keep(sink, parameter.value, &parameter.value, &r);
	keep(sink, parameter.allowed, &parameter.allowed, &r);
	keep(sink, parameter.init, &parameter.init, &r);
	keep(sink, parameter.off, &parameter.off, &r);
	keep(sink, parameter.attribute, &parameter.attribute, &r);
	keep(sink, parameter.description, &parameter.description, &r);
	if (!r)
		list[sink->nparameters++] = parameter;
	return r;
}

int sink_candidate(struct migcompat_sink *sink, const struct migcompat_candidate *given)
{
	struct migcompat_candidate candidate = {.struct_size = sizeof(candidate)};
	struct migcompat_candidate *list;
	int r = 0;

	memcpy(&candidate, given, given->struct_size < sizeof(candidate) ? given->struct_size : sizeof(candidate));
	candidate.struct_size = sizeof(candidate);
	if (!candidate.name || !utf8_clean(candidate.name, strlen(candidate.name)) ||
	    (candidate.type && !provider_type_valid(candidate.type)))
		return -EINVAL;
	if (sink->ncandidates == SINK_MAX)
		return -ENOBUFS;
	list = list_grow(sink->candidates, sink->ncandidates, sizeof(*list));
	if (!list)
		return no_memory(sink);
	sink->candidates = list;
	keep(sink, candidate.name, &candidate.name, &r);
	keep(sink, candidate.type, &candidate.type, &r);
	if (!r)
		list[sink->ncandidates++] = candidate;
	return r;
}

int sink_write(struct migcompat_sink *sink, const char *attribute, const char *value)
{
	struct sink_write write, *list;
	int r = 0;

	if (!attribute || !value || !attribute_valid(attribute) ||
	    !utf8_clean(value, strlen(value)))
		return -EINVAL;
	if (sink->nwrites == SINK_MAX)
		return -ENOBUFS;
	list = list_grow(sink->writes, sink->nwrites, sizeof(*list));
	if (!list)
		return no_memory(sink);
	sink->writes = list;
	keep(sink, attribute, &write.attribute, &r);
	keep(sink, value, &write.value, &r);
	if (!r)
		list[sink->nwrites++] = write;
	return r;
}

void sink_free(struct migcompat_sink *sink)
{
	arena_free(&sink->arena);
	free(sink->parameters);
	free(sink->candidates);
	free(sink->writes);
	*sink = (struct migcompat_sink){0};
}
