/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Chooses who answers: this program's own workers or the service. A service that was
 * named with --socket or --daemon must answer: an answer of own workers would read as its
 * answer. Options about own workers exclude options about the service, because one of
 * them would have no effect.
 */
#include "core/cli/answer.h"

#include <errno.h>

#include "core/check/json.h"
#include "core/cli/output.h"
#include "core/cli/service.h"

int answer_choose(struct cli *cli, const struct answers **ret)
{
	const struct options *options = &cli->options;
	struct error err = {0};
	int r;

	*ret = &answers_own;
	if (options->own)
		return 0;
	r = service_connect(cli, &err);
	if (!r)
		*ret = &answers_service;
	else if (options->daemon || options->socket)
		return output_fail(cli, r, "%s", err.text);
	else if (options->verbose && r != -ENOENT)
		output_sentence("%s; own workers answer", err.text);
	return 0;
}

json_t *answer_no_params(const json_t *device, const char *reason)
{
	json_t *name = json_object_get(device, "device"), *host = json_object_get(device, "host");
	json_t *object = json_pack("{s:s,s:O,s:O,s:[]}", "format", "migcompat-parameters/1",
				   "device", name, "host", host, "parameters");

	json_refuse(&object, "not-migratable", -ENODEV, reason);
	return object;
}
