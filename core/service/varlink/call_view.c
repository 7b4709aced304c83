/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parameters that name devices. */
#include "core/service/varlink/call_view.h"

#include <errno.h>

int call_not_found(struct call *call, int r, const struct error *err)
{
	const char *name = r == -ENOENT     ? "DeviceNotFound"
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
