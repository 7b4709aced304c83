/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat check: the verdict, with a reason a line. */
#include "core/cli/answer.h"
#include "core/cli/document.h"
#include "core/cli/output.h"
#include "core/cli/verdict_table.h"

static int check_status(const struct cli *cli, const json_t *verdict)
{
	int status = verdict_document_status(verdict);
	bool taken = document_is(json_object_get(verdict, "availability"), "state", "no");

	return status == CLI_YES && cli->options.available && taken ? CLI_NO : status;
}

int command_check(struct cli *cli)
{
	const struct answers *answers = &answers_own;
	struct cli_source source;
	json_t *verdict = NULL;
	/* Before anybody is asked: a string may be long in coming. */
	int status = cli_read_source(cli, &source);

	if (!status)
		status = answer_choose(cli, &answers);
	if (!status)
		status = answers->check(cli, &source, &verdict);
	if (status)
		return status;
	status = check_status(cli, verdict);
	if (status == CLI_TROUBLE)
		output_sentence("%s", document_text(verdict, "reason"));
	if (cli->options.json)
		return output_json(cli, verdict, status);
	status = verdict_print(cli, verdict, status);
	json_decref(verdict);
	return status;
}
