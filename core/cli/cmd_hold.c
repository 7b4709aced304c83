/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat hold and release: holds, which the service keeps. */
#include <errno.h>
#include <string.h>

#include "core/cli/output.h"
#include "core/cli/service.h"

/* reason NULL: the device is no longer held. */
static int say_done(const struct cli *cli, const char *reason)
{
	const char *device = cli->arguments[0];

	if (cli->options.json)
		return output_json(cli,
				   json_pack("{s:s,s:s,s:s?}", "format", "migcompat-hold/1",
					     "device", device, "hold", reason),
				   CLI_YES);
	if (reason)
		output_line("%s is held: %s", device, reason);
	else
		output_line("%s is released", device);
	return CLI_YES;
}

static int ask_service(struct cli *cli, const char *method, json_t *parameters)
{
	struct refusal refusal = {.name = ""};
	struct error err = {0};
	json_t *done = NULL;
	int r = service_connect(cli, &err), status;

	if (r) {
		json_decref(parameters);
		return output_fail(cli, r, "%s", err.text);
	}
	status = service_ask(cli, method, parameters, shape_nothing, &done, &refusal);
	if (!status && !done && strcmp(refusal.name, "org.varlink.service.InvalidParameter") == 0 &&
	    cli->options.reason)
		status =
			output_fail(cli, -EINVAL, "--reason is one line of 1 to 512 bytes of text");
	else if (!status && !done)
		status = service_refused(cli, &refusal);
	json_decref(done);
	return status;
}

int command_hold(struct cli *cli)
{
	const char *reason = cli->options.reason;
	int status;

	if (!reason)
		return output_fail(cli, -EINVAL,
				   "hold expects --reason TEXT, which is the reason in answers");
	status = ask_service(cli, "Hold",
			     json_pack("{s:s,s:s}", "device", cli->arguments[0], "reason", reason));
	return status ? status : say_done(cli, reason);
}

int command_release(struct cli *cli)
{
	int status = ask_service(cli, "Release", json_pack("{s:s}", "device", cli->arguments[0]));

	return status ? status : say_done(cli, NULL);
}
