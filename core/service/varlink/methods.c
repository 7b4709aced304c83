/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The methods by name, and those about the service itself and about holds. */
#include "core/service/varlink/call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/json.h"
#include "core/facts/macros.h"
#include "core/service/log.h"
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

static const struct {
	const char *name;
	const char *description;
} interfaces[] = {
	{"io.migcompat", INTERFACE_MIGCOMPAT},
	{VARLINK_SERVICE, INTERFACE_SERVICE},
};

const struct method *method_find(const char *name)
{
	for (size_t i = 0; i < COUNT(methods); i++)
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
	return NULL;
}

const char *interface_description(const char *name)
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

/* The policy as a configuration file that says where each part comes from. Yours; NULL: out of
 * memory. */
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
			   r == -ENOSPC	  ? "TooManyHolds"
			   : r == -ENOENT ? "DeviceNotHeld"
					  : "Failed",
			   r, "%s", err->text);
}

int call_not_found(struct call *call, int r, const struct error *err)
{
	const char *name = r == -ENOENT	    ? "DeviceNotFound"
			   : r == -ENOTUNIQ ? "DeviceAmbiguous"
					    : "Failed";

	return call_refuse(call, name, r, "%s", err->text);
}

int call_view(struct call *call, const char *only)
{
	const char *mode = call_text(call, "mechanism");
	enum policy_mechanism mechanism = call->world->engine.mode;
	struct error err = {0};
	int r;

	if (mode && policy_mechanism_word(mode, &mechanism, NULL))
		return call_invalid(call, "mechanism");
	r = view_open(call->world, only, &call->view, &err);
	if (r)
		return call_refuse(call, "Failed", r, "%s", err.text);
	call->view.engine.mode = mechanism;
	return 0;
}

int call_device(struct call *call, const char *parameter, const struct device **ret)
{
	const char *name = call_text(call, parameter);
	struct error err = {0};
	int r = call->view.world ? 0 : call_view(call, name);

	if (r)
		return r;
	r = inventory_find(&call->view.engine.inventory, name, ret, &err);
	return r ? call_not_found(call, r, &err) : 0;
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

/* By the holds, not by the devices: what is held may be gone. */
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
