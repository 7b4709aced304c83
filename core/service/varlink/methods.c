/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of methods, and the methods about the service itself and about holds. */
#include "core/service/varlink/methods.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/json.h"
#include "core/facts/macros.h"
#include "core/service/log.h"
#include "core/service/varlink/call_view.h"
#include "interfaces.h"

#define NEEDED(name)                    \
	{                               \
		name, JSON_STRING, true \
	}
#define OPTIONAL(name)                   \
	{                                \
		name, JSON_STRING, false \
	}
#define FLAG(name)                     \
	{                              \
		name, JSON_TRUE, false \
	}
#define MODE OPTIONAL("mechanism")

static const struct method methods[] = {
	{"io.migcompat.Ask",
	 0,
	 {OPTIONAL("source"), OPTIONAL("version"), OPTIONAL("bytes"), OPTIONAL("host"),
	  FLAG("available"), FLAG("other_hosts"), FLAG("all"), MODE},
	 method_ask},
	{"io.migcompat.Backends", METHOD_PROMPT, {{.name = NULL}}, method_backends},
	{"io.migcompat.Check",
	 0,
	 {OPTIONAL("source"), OPTIONAL("version"), OPTIONAL("bytes"), NEEDED("target"),
	  OPTIONAL("fingerprint"), MODE},
	 method_check},
	{"io.migcompat.Describe", 0, {NEEDED("device"), MODE}, method_describe},
	{"io.migcompat.Hold", METHOD_ROOT, {NEEDED("device"), NEEDED("reason")}, method_hold},
	{"io.migcompat.List", 0, {FLAG("types"), MODE}, method_list},
	{"io.migcompat.Params", 0, {NEEDED("device")}, method_params},
	{"io.migcompat.Policy", METHOD_PROMPT, {{.name = NULL}}, method_policy},
	{"io.migcompat.Release", METHOD_ROOT, {NEEDED("device")}, method_release},
	{"io.migcompat.Version", 0, {NEEDED("device"), MODE}, method_version},
	{"io.migcompat.Watch", METHOD_PROMPT, {FLAG("types")}, method_watch},
	{VARLINK_SERVICE ".GetInfo", METHOD_PROMPT, {{.name = NULL}}, method_get_info},
	{VARLINK_SERVICE ".GetInterfaceDescription",
	 METHOD_PROMPT,
	 {NEEDED("interface")},
	 method_get_interface_description},
};

static const struct interface interfaces[] = {
	{"io.migcompat", INTERFACE_MIGCOMPAT},
	{VARLINK_SERVICE, INTERFACE_SERVICE},
};

const struct method_table method_table = {
	.methods = methods,
	.nmethods = COUNT(methods),
	.interfaces = interfaces,
	.ninterfaces = COUNT(interfaces),
};

static const char *interface_description(const char *name)
{
	for (size_t i = 0; i < COUNT(interfaces); i++)
		if (strcmp(interfaces[i].name, name) == 0)
			return interfaces[i].description;
	return NULL;
}

int method_get_info(struct call *call)
{
	return call_reply(call,
			  json_pack("{s:s,s:s,s:s,s:s,s:[s,s]}", "vendor", "migcompat", "product",
				    "migcompatd", "version", MIGCOMPAT_RELEASE, "url", "",
				    "interfaces", interfaces[0].name, interfaces[1].name),
			  false);
}

int method_get_interface_description(struct call *call)
{
	const char *name = call_text(call, "interface");
	const char *description = interface_description(name);

	if (!description)
		return call_error(call, VARLINK_SERVICE ".InterfaceNotFound",
				  json_pack("{s:s}", "interface", name));
	return call_reply(call, json_pack("{s:s}", "description", description), false);
}

int method_backends(struct call *call)
{
	return call_reply(call, json_backends(&call->world->engine), false);
}

/*
 * The policy as a configuration file, with comments that name the origin of each part.
 * The caller frees it. NULL: out of memory.
 */
static char *policy_text(const struct policy *policy)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	int r = file ? policy_show(policy, file) : -ENOMEM;

	if (file && fclose(file))
		r = -ENOMEM;
	if (!r)
		return text;
	free(text);
	return NULL;
}

int method_policy(struct call *call)
{
	const struct policy *policy = call->world->engine.policy;
	char *text = policy_text(policy);
	json_t *reply = json_object();

	json_set(&reply, "policy", policy_json(policy));
	json_set(&reply, "text", json_clean(text));
	if (!text) {
		json_decref(reply);
		reply = NULL;
	}
	free(text);
	return call_reply(call, reply, false);
}

static int hold_failed(struct call *call, int r, const struct error *err)
{
	if (r == -EINVAL)
		return call_invalid(call, "reason");
	return call_refuse(call,
			   r == -ENOSPC   ? "TooManyHolds"
			   : r == -ENOENT ? "DeviceNotHeld"
					  : "Failed",
			   r, "%s", err->text);
}

int method_hold(struct call *call)
{
	const char *reason = call_text(call, "reason");
	const struct device *device = NULL;
	struct error err = {0};
	int r = call_device(call, "device", &device);

	if (r || !device)
		return r;
	r = holds_add(call->context->holds, device->host->name, device->id, reason, &err);
	if (r)
		return hold_failed(call, r, &err);
	log_say(LOG_NOTICE, "device %s is held by uid %u: %s", device->id, call->peer.uid, reason);
	return call_reply(call, json_object(), false);
}

/* Looks the name up among the holds: a held device may have been removed. */
int method_release(struct call *call)
{
	const char *name = call_text(call, "device");
	struct error err = {0};
	int r = holds_remove(call->context->holds, name, &err);

	if (r == -ENOTUNIQ)
		return call_not_found(call, r, &err);
	if (r)
		return hold_failed(call, r, &err);
	log_say(LOG_NOTICE, "device %s is released by uid %u", name, call->peer.uid);
	return call_reply(call, json_object(), false);
}
