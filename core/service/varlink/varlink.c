/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bytes of a call are untrusted. */
#include "core/service/varlink/varlink.h"

#include <errno.h>
#include <string.h>

#include "core/facts/json_escaped.h"
#include "core/facts/json_source.h"
#include "core/facts/macros.h"

/* "a.b.Method": letters, digits, dashes and dots, with a dot inside. */
static bool method_valid(const char *text, size_t len)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
	const char *dot = strrchr(text, '.');

	return len <= VARLINK_METHOD_MAX && strspn(text, allowed) == len && dot && dot > text &&
	       dot[1];
}

static int take_flags(const json_t *object, struct varlink_call *call, struct error *err)
{
	const struct {
		const char *name;
		bool *value;
	} flags[] = {{"more", &call->more}, {"oneway", &call->oneway}, {"upgrade", &call->upgrade}};

	for (size_t i = 0; i < COUNT(flags); i++) {
		const json_t *value = json_object_get(object, flags[i].name);

		if (value && !json_is_boolean(value) && !json_is_null(value))
			return error_set(err, -EINVAL, "call: \"%s\" is %s, expected true or false",
					 flags[i].name, json_source_type(value));
		*flags[i].value = json_is_true(value);
	}
	return 0;
}

static int take_call(json_t *object, struct varlink_call *call, struct error *err)
{
	json_t *method, *parameters;

	if (!json_is_object(object))
		return error_set(err, -EINVAL, "call: it is %s, expected an object",
				 json_source_type(object));
	method = json_object_get(object, "method");
	if (!json_is_string(method) ||
	    !method_valid(json_string_value(method), json_string_length(method)))
		return error_set(err, -EINVAL, "call: expected \"method\" with INTERFACE.METHOD");
	memcpy(call->method, json_string_value(method), json_string_length(method) + 1);
	parameters = json_object_get(object, "parameters");
	if (parameters && !json_is_object(parameters) && !json_is_null(parameters))
		return error_set(err, -EINVAL, "call: \"parameters\" is %s, expected an object",
				 json_source_type(parameters));
	call->parameters = json_is_object(parameters) ? json_incref(parameters) : json_object();
	return call->parameters ? 0 : error_set(err, -ENOMEM, "out of memory");
}

/*
 * Each value is the first in its container or follows a comma. Values are counted before
 * parsing, since a tree takes a hundred times the memory of its text. If the text is no
 * JSON, the count is meaningless, and parsing fails.
 */
static bool values_fit(const char *text, size_t len)
{
	unsigned values = 1;
	bool quoted = false;

	for (size_t i = 0; i < len && values <= VARLINK_VALUES_MAX; i++) {
		char c = text[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '[' || c == ','))
			values++;
	}
	return values <= VARLINK_VALUES_MAX;
}

int varlink_parse(const char *text, size_t len, struct varlink_call *ret, struct error *err)
{
	struct varlink_call call = {.parameters = NULL};
	struct json_source source = {0};
	json_t *object = NULL;
	int r = json_source_memory(&source, "call", text, len, VARLINK_MESSAGE_MAX, err);

	if (r)
		return r;
	if (!values_fit(text, len))
		return error_set(err, -E2BIG, "call: it has more than %u values",
				 VARLINK_VALUES_MAX);
	source.nul = true; /* a zero in a string is an invalid parameter, not an invalid message */
	r = json_source_value(&source, "message", VARLINK_MESSAGE_MAX, &object, err);
	if (!r)
		r = json_source_finish(&source, err);
	if (!r)
		r = take_flags(object, &call, err);
	if (!r)
		r = take_call(object, &call, err);
	json_decref(object);
	json_source_close(&source);
	if (!r)
		*ret = call;
	return r;
}

void varlink_clear(struct varlink_call *call)
{
	json_decref(call->parameters);
	*call = (struct varlink_call){.parameters = NULL};
}

char *varlink_reply(const char *name, json_t *parameters, bool continues)
{
	json_t *object = json_object();
	int failed = !object || !parameters;
	char *text;

	if (!failed && name)
		failed |= json_object_set_new(object, "error", json_string(name));
	if (!failed)
		failed |= json_object_set(object, "parameters", parameters);
	if (!failed && continues)
		failed |= json_object_set_new(object, "continues", json_true());
	text = failed ? NULL : json_escaped(object, JSON_COMPACT);
	json_decref(parameters);
	json_decref(object);
	return text;
}
