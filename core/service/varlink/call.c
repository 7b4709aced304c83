/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Common to all methods: authority, parameters, replies. */
#include "core/service/varlink/call.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/json.h"
#include "core/service/watch/watch.h"

#define NAME_BYTES 128

static int put_reply(struct call *call, const char *name, json_t *parameters, bool continues)
{
	char *text;
	int r;

	if (call->text.oneway) {
		json_decref(parameters);
		return 1;
	}
	text = varlink_reply(name, parameters, continues);
	if (!text)
		return -ENOMEM;
	if (strlen(text) > CALL_REPLY_MAX && !name) {
		free(text);
		return call_refuse(call, "AnswerTooLong", -EMSGSIZE,
				   "the answer is longer than %u bytes; ask with \"more\"",
				   CALL_REPLY_MAX);
	}
	r = buffer_append(call->out, text, strlen(text) + 1);
	free(text);
	/* An error may follow only if no part of the reply was sent. */
	if (r == -ENOBUFS && !name && !continues && !call->listed)
		return call_refuse(
			call, "Busy", -ENOBUFS,
			"too many long replies wait to be read by others; ask again later");
	return r ? r : 1;
}

int call_reply(struct call *call, json_t *parameters, bool continues)
{
	return put_reply(call, NULL, parameters, continues);
}

int call_error(struct call *call, const char *name, json_t *parameters)
{
	return put_reply(call, name, parameters, false);
}

int call_part(struct call *call, const char *bytes, size_t len)
{
	return call->text.oneway ? 0 : buffer_append(call->out, bytes, len);
}

int call_refuse(struct call *call, const char *name, int error, const char *format, ...)
{
	char whole[NAME_BYTES];
	struct error err;
	char text[ERROR_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* error_set removes control characters that the client sent. */
	error_set(&err, error, "%s", text);
	snprintf(whole, sizeof(whole), "io.migcompat.%s", name);
	return call_error(
		call, whole,
		json_pack("{s:s,s:o}", "errno", error_name(error), "reason", json_clean(err.text)));
}

int call_invalid(struct call *call, const char *parameter)
{
	return call_error(call, VARLINK_SERVICE ".InvalidParameter",
			  json_pack("{s:o}", "parameter", json_clean(parameter)));
}

const char *call_text(const struct call *call, const char *name)
{
	return json_string_value(json_object_get(call->text.parameters, name));
}

static const struct method_parameter *parameter_find(const struct method *method, const char *name)
{
	for (const struct method_parameter *parameter = method->parameters; parameter->name;
	     parameter++)
		if (strcmp(parameter->name, name) == 0)
			return parameter;
	return NULL;
}

/* All later code takes a text to end at its first zero byte. */
static bool type_fits(const json_t *value, json_type type)
{
	if (type == JSON_STRING && json_is_string(value))
		return strlen(json_string_value(value)) == json_string_length(value);
	return type == JSON_TRUE ? json_is_boolean(value) : json_typeof(value) == type;
}

/*
 * Name of a parameter that is missing, unknown or has a wrong type; NULL: all are valid.
 * A null counts as not given.
 */
static const char *parameters_wrong(const struct method *method, json_t *parameters)
{
	const char *name;
	json_t *value;

	json_object_foreach (parameters, name, value) {
		const struct method_parameter *parameter = parameter_find(method, name);

		if (!parameter || (!json_is_null(value) && !type_fits(value, parameter->type)))
			return name;
	}
	for (const struct method_parameter *parameter = method->parameters; parameter->name;
	     parameter++) {
		value = json_object_get(parameters, parameter->name);
		if (parameter->required && (!value || json_is_null(value)))
			return parameter->name;
	}
	return NULL;
}

static const struct method *method_find(const struct method_table *table, const char *name)
{
	for (size_t i = 0; i < table->nmethods; i++)
		if (strcmp(table->methods[i].name, name) == 0)
			return &table->methods[i];
	return NULL;
}

static bool interface_known(const struct method_table *table, const char *name)
{
	for (size_t i = 0; i < table->ninterfaces; i++)
		if (strcmp(table->interfaces[i].name, name) == 0)
			return true;
	return false;
}

static int method_unknown(struct call *call)
{
	const char *dot = strrchr(call->text.method, '.');
	char interface[VARLINK_METHOD_MAX + 1];

	snprintf(interface, sizeof(interface), "%.*s", (int)(dot - call->text.method),
		 call->text.method);
	if (!interface_known(call->context->methods, interface))
		return call_error(call, VARLINK_SERVICE ".InterfaceNotFound",
				  json_pack("{s:s}", "interface", interface));
	return call_error(call, VARLINK_SERVICE ".MethodNotFound",
			  json_pack("{s:s}", "method", call->text.method));
}

static int call_begin(struct call *call)
{
	const char *wrong;

	if (!call->peer.may_read)
		return call_refuse(call, "PermissionDenied", -EACCES,
				   "only root and members of the service's group may ask");
	if (!call->method)
		return method_unknown(call);
	/* No method supports taking over the connection. */
	if (call->text.upgrade)
		return call_error(call, VARLINK_SERVICE ".MethodNotImplemented",
				  json_pack("{s:s}", "method", call->text.method));
	if (call->method->flags & METHOD_ROOT && !call->peer.may_hold)
		return call_refuse(call, "PermissionDenied", -EPERM,
				   "only root may hold and release devices");
	wrong = parameters_wrong(call->method, call->text.parameters);
	return wrong ? call_invalid(call, wrong) : 0;
}

bool call_waits(const struct call *call)
{
	return !(call->method->flags & METHOD_PROMPT);
}

int call_step(struct call *call)
{
	return call->method->step(call);
}

int call_new(struct call_context *context, const struct peer *peer, const char *text, size_t len,
	     struct buffer *out, struct call **ret, struct error *err)
{
	struct call *call = calloc(1, sizeof(*call));
	int r;

	*ret = NULL;
	if (!call)
		return error_set(err, -ENOMEM, "out of memory");
	call->context = context;
	call->peer = *peer;
	call->out = out;
	r = varlink_parse(text, len, &call->text, err);
	if (r) {
		free(call);
		return r;
	}
	call->world = world_ref(context->world);
	call->method = method_find(context->methods, call->text.method);
	r = call_begin(call);
	if (r == 0)
		*ret = call;
	else
		call_free(call);
	return r < 0 ? error_set(err, r, "out of memory") : 0;
}

bool call_charge(struct call *call, size_t bytes)
{
	if (!budget_take(&call->context->budget, bytes))
		return false;
	call->charged += bytes;
	return true;
}

struct call *call_free(struct call *call)
{
	if (!call)
		return NULL;
	watcher_free(call->watcher);
	budget_give(&call->context->budget, call->charged);
	json_decref(call->kept);
	view_close(&call->view);
	world_unref(call->world);
	varlink_clear(&call->text);
	free(call);
	return NULL;
}
