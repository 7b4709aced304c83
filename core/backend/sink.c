/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checking and copying what a backend lists. Names that could be paths, or break a
 * command line, are refused.
 */
#include "core/backend/sink.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/operation/operation.h"
#include "core/backend/provider.h"
#include "core/facts/macros.h"
#include "core/facts/name.h"
#include "core/facts/utf8.h"

/* Make room for one more element. Lists grow by doubling. */
static void *list_grow(void *list, size_t count, size_t size)
{
	if (count == SINK_MAX)
		return NULL;
	if (count & (count - 1))
		return list;
	return realloc(list, (count ? count * 2 : 1) * size);
}

/* The list is incomplete from here on, whatever the backend does about this error. */
static int fail_memory(struct migcompat_sink *sink)
{
	return sink->failed = -ENOMEM;
}

/* Copy a text unless *r has an error. */
static void text_keep(struct migcompat_sink *sink, const char *text, const char **ret, int *r)
{
	size_t len = text ? strnlen(text, SINK_TEXT_MAX + 1) : 0;

	*ret = NULL;
	if (!text || *r)
		return;
	if (len > SINK_TEXT_MAX) {
		*r = operation_mistake("it lists a text of more than %u bytes", SINK_TEXT_MAX);
		return;
	}
	*ret = arena_copy(&sink->arena, text, len);
	if (!*ret)
		*r = fail_memory(sink);
}

/* ---------------------------------------------------------------- parameters */

static bool parameter_name_valid(const char *name)
{
	return name && name_valid(name, strnlen(name, NAME_BYTES_MAX + 1)) && !strchr(name, '=');
}

/* The words that the kernel accepts. */
static bool is_bool(const char *text)
{
	static const char *const words[] = {"0", "1", "true", "false", "y",  "n",
					    "Y", "N", "yes",  "no",    "on", "off"};

	for (size_t i = 0; i < COUNT(words); i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

static bool is_int(const char *text)
{
	size_t sign = *text == '-', len = strspn(text + sign, "0123456789");

	return len >= 1 && text[sign + len] == '\0';
}

/*
 * Check a value of the device or of its model. A value that a source asks for need not
 * fit.
 */
static int value_fits(const struct migcompat_parameter *parameter, const char *what,
		      const char *value)
{
	if (!value)
		return 0;
	if (parameter->type == MIGCOMPAT_PARAMETER_BOOL && !is_bool(value))
		return operation_mistake(
			"the parameter \"%s\" has the %s \"%.64s\", expected 0, 1, "
			"true, false, y, n, yes, no, on or off",
			parameter->name, what, value);
	if (parameter->type == MIGCOMPAT_PARAMETER_INT && !is_int(value))
		return operation_mistake(
			"the parameter \"%s\" has the %s \"%.64s\", expected a whole number",
			parameter->name, what, value);
	if (!rule_allows(parameter->allowed, value))
		return operation_mistake(
			"the parameter \"%s\" has the %s \"%.64s\", it allows %.128s",
			parameter->name, what, value, parameter->allowed);
	return 0;
}

/*
 * Text that is written to a device, or compared, must not change on its way, so only
 * valid text is taken.
 */
static int texts_check(const struct migcompat_parameter *parameter)
{
	const struct {
		const char *what;
		const char *text;
		bool needed;
	} texts[] = {
		{"value", parameter->value, true},          {"init", parameter->init, true},
		{"allowed", parameter->allowed, false},     {"off", parameter->off, false},
		{"attribute", parameter->attribute, false},
	};

	for (size_t i = 0; i < COUNT(texts); i++) {
		if (texts[i].needed && !texts[i].text)
			return operation_mistake("the parameter \"%s\" has no %s", parameter->name,
						 texts[i].what);
		if (texts[i].text && !utf8_clean(texts[i].text, strlen(texts[i].text)))
			return operation_mistake(
				"the %s of the parameter \"%s\" is not UTF-8 or has "
				"control characters",
				texts[i].what, parameter->name);
	}
	if (parameter->attribute && !attribute_valid(parameter->attribute))
		return operation_mistake(
			"the parameter \"%s\" has the attribute \"%.128s\", expected "
			"a file below the device's folder",
			parameter->name, parameter->attribute);
	return 0;
}

static int parameter_check(const struct migcompat_sink *sink,
			   const struct migcompat_parameter *parameter)
{
	const struct operation *operation = operation_now();
	int r;

	if (!parameter_name_valid(parameter->name))
		return operation_mistake(
			"a parameter is named \"%.64s\", expected a word without \"=\" and \"/\"",
			parameter->name ? parameter->name : "");
	if (parameter->type > MIGCOMPAT_PARAMETER_STRING)
		return operation_mistake("the parameter \"%s\" has the type %u, expected 0 to %u",
					 parameter->name, parameter->type,
					 MIGCOMPAT_PARAMETER_STRING);
	for (size_t i = operation ? operation->listed : sink->nparameters; i < sink->nparameters;
	     i++)
		if (strcmp(sink->parameters[i].name, parameter->name) == 0)
			return operation_mistake("the parameter \"%s\" is listed twice",
						 parameter->name);
	r = texts_check(parameter);
	if (!r)
		r = value_fits(parameter, "initial value", parameter->init);
	if (!r)
		r = value_fits(parameter, "off value", parameter->off);
	/*
	 * With a payload this is the source's value; the plan checks whether it is
	 * allowed.
	 */
	if (!r && operation && !operation->payload)
		r = value_fits(parameter, "value", parameter->value);
	return r;
}

int sink_parameter(struct migcompat_sink *sink, const struct migcompat_parameter *given)
{
	const size_t least = MEMBER_END(struct migcompat_parameter, description);
	struct migcompat_parameter parameter = {.struct_size = sizeof(parameter)};
	struct migcompat_parameter *list;
	int r = 0;

	if (!given || !operation_size_fits(given->struct_size, least))
		return operation_mistake("a parameter has struct_size %zu, expected at least %zu",
					 given ? given->struct_size : 0, least);
	memcpy(&parameter, given,
	       given->struct_size < sizeof(parameter) ? given->struct_size : sizeof(parameter));
	parameter.struct_size = sizeof(parameter);
	r = parameter_check(sink, &parameter);
	if (r)
		return r;
	if (sink->nparameters == SINK_MAX)
		return -ENOBUFS;
	list = list_grow(sink->parameters, sink->nparameters, sizeof(*list));
	if (!list)
		return fail_memory(sink);
	sink->parameters = list;
	text_keep(sink, parameter.name, &parameter.name, &r);
	text_keep(sink, parameter.value, &parameter.value, &r);
	text_keep(sink, parameter.allowed, &parameter.allowed, &r);
	text_keep(sink, parameter.init, &parameter.init, &r);
	text_keep(sink, parameter.off, &parameter.off, &r);
	text_keep(sink, parameter.attribute, &parameter.attribute, &r);
	text_keep(sink, parameter.description, &parameter.description, &r);
	if (!r)
		list[sink->nparameters++] = parameter;
	return r;
}

/* ---------------------------------------------------------------- candidates, writes */

int sink_candidate(struct migcompat_sink *sink, const struct migcompat_candidate *given)
{
	const size_t least = MEMBER_END(struct migcompat_candidate, extra);
	struct migcompat_candidate candidate = {.struct_size = sizeof(candidate)};
	struct migcompat_candidate *list;
	char why[128];
	int r = 0;

	if (!given || !operation_size_fits(given->struct_size, least))
		return operation_mistake("a candidate has struct_size %zu, expected at least %zu",
					 given ? given->struct_size : 0, least);
	memcpy(&candidate, given,
	       given->struct_size < sizeof(candidate) ? given->struct_size : sizeof(candidate));
	candidate.struct_size = sizeof(candidate);
	if (!candidate.name)
		return operation_mistake(
			"a candidate has no name, expected \"\" for the target as it is");
	if (!utf8_clean(candidate.name, strlen(candidate.name)))
		return operation_mistake(
			"a candidate's name is not UTF-8 or has control characters");
	if (candidate.type && provider_type_trouble(candidate.type, why, sizeof(why)))
		return operation_mistake("the type of the candidate \"%.64s\" %s", candidate.name,
					 why);
	if (sink->ncandidates == SINK_MAX)
		return -ENOBUFS;
	list = list_grow(sink->candidates, sink->ncandidates, sizeof(*list));
	if (!list)
		return fail_memory(sink);
	sink->candidates = list;
	text_keep(sink, candidate.name, &candidate.name, &r);
	text_keep(sink, candidate.type, &candidate.type, &r);
	if (!r)
		list[sink->ncandidates++] = candidate;
	return r;
}

int sink_write(struct migcompat_sink *sink, const char *attribute, const char *value)
{
	struct sink_write write, *list;
	int r = 0;

	if (!attribute || !attribute_valid(attribute))
		return operation_mistake(
			"it writes to \"%.128s\", expected a file below the device's folder",
			attribute ? attribute : "");
	if (!value || !utf8_clean(value, strlen(value)))
		return operation_mistake("the text that it writes to \"%s\" is NULL, not UTF-8 or "
					 "has control characters",
					 attribute);
	if (sink->nwrites == SINK_MAX)
		return -ENOBUFS;
	list = list_grow(sink->writes, sink->nwrites, sizeof(*list));
	if (!list)
		return fail_memory(sink);
	sink->writes = list;
	text_keep(sink, attribute, &write.attribute, &r);
	text_keep(sink, value, &write.value, &r);
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
