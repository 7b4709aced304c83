/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat check: the verdict, with one reason per line. */
#include "core/cli/answer.h"
#include "core/cli/verdict_table.h"

int command_check(struct cli *cli)
{
	const struct answers *answers = &answers_own;
	struct cli_source source;
	json_t *verdict = NULL;
	/* First of all, because the string may take long to arrive. */
	int status = cli_read_source(cli, &source);

	if (!status)
		status = answer_choose(cli, &answers);
	if (!status)
		status = answers->check(cli, &source, &verdict);
	if (status)
		return status;
	if (cli->started)
		engine_finish(&cli->engine);
	return verdict_answer(cli, verdict);
}
