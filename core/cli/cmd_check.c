/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat check: the verdict, with a reason a line. */
#include <errno.h>

#include "core/check/json.h"
#include "core/cli/output.h"
#include "core/cli/verdict_table.h"

static int check_status(const struct cli *cli, const struct migcompat_verdict *verdict)
{
	int status = verdict_status(verdict);

	return status == CLI_YES && cli->options.available && verdict->result.availability == MIGCOMPAT_NO ? CLI_NO : status;
}

int command_check(struct cli *cli)
{
	struct migcompat_verdict verdict = {0};
	const struct device *target;
	struct cli_source source;
	int status = cli_question(cli, &source, &target), r;

	if (status)
		return status;
	r = source.device ? check_devices(&cli->engine, source.device, target, &verdict)
			  : check_text(&cli->engine, source.text, source.len, target, &verdict);
	if (r)
		return output_fail(cli, r, "out of memory");
	verdict_expect(&verdict, cli->options.fingerprint);
	status = check_status(cli, &verdict);
	if (verdict.code == VERDICT_ERROR)
		output_sentence("%s", verdict.text.text);
	if (cli->options.json)
		status = output_json(cli, json_verdict(&verdict), status);
	else
		status = verdict_print(cli, &verdict, status);
	verdict_clear(&verdict);
	return status;
}
