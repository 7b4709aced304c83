/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * migcompat inventory: one host's facts as a document. Facts that backends call sensitive
 * are left out, unless an option asks for them.
 */
#include <errno.h>
#include <string.h>

#include "core/cli/output.h"

struct keeper {
	const struct engine *engine;
	const struct device *device; /* of the provider: facts come device by device */
	const struct provider *provider;
};

static bool sensitive(const struct backend_info *info, uint32_t scope, const char *key)
{
	for (size_t i = 0; i < info->nwants; i++)
		if ((info->wants[i].flags & MIGCOMPAT_WANT_SENSITIVE) &&
		    (info->wants[i].flags & MIGCOMPAT_WANT_HOST) == scope &&
		    fact_glob_match(info->wants[i].glob, key))
			return true;
	return false;
}

static bool keep(void *arg, const struct device *device, const char *key)
{
	struct keeper *keeper = arg;
	const struct engine *engine = keeper->engine;
	struct provider *provider = NULL;

	if (device && device != keeper->device) {
		if (engine_provider(engine, device, &provider, NULL))
			provider = NULL;
		keeper->provider = provider;
		keeper->device = device;
	}
	if (device && keeper->provider && !keeper->provider->info.fallback)
		return !sensitive(&keeper->provider->info, 0, key);
	/*
	 * All backends are asked about a fact of the host. They are asked about a device,
	 * too, if none serves it, if two do, or if a fallback does, which does not know
	 * the device.
	 */
	for (size_t i = 0; i < engine->nproviders; i++)
		if (sensitive(engine->infos[i], device ? 0 : MIGCOMPAT_WANT_HOST, key))
			return false;
	return true;
}

int command_inventory(struct cli *cli)
{
	struct keeper keeper = {.engine = &cli->engine};
	const struct inventory *inventory = &cli->engine.inventory;
	int status = cli_start(cli), r;

	if (!status)
		status = cli_devices(cli, NULL);
	if (status)
		return status;
	if (inventory->nhosts != 1)
		return output_fail(cli, -EINVAL, "an inventory holds one host, the files hold %zu",
				   inventory->nhosts);
	r = inventory_write(inventory, inventory->hosts[0], stdout,
			    cli->options.sensitive ? NULL : keep, &keeper);
	if (!r)
		return CLI_YES;
	/* Half a document was printed, so no second one may follow. */
	return output_lost(r);
}
