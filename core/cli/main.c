/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat: runs one command and returns its exit status. */
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/cli/output.h"
#include "core/facts/json_seed.h"
#include "core/facts/rfc3339.h"
#include "core/facts/standard.h"

static bool color_wanted(const struct cli *cli)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

	if (cli->options.color != CLI_COLOR_AUTO)
		return cli->options.color == CLI_COLOR_ALWAYS;
	return cli->terminal && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}

/* Tests set another time. It decides only which inventories are called old. */
static int take_clock(struct cli *cli)
{
	const char *text = secure_getenv("MIGCOMPAT_NOW");

	if (text && rfc3339_parse(text, &cli->now_s))
		return output_fail(
			cli, -EINVAL,
			"MIGCOMPAT_NOW is \"%s\", expected a time such as 2026-11-21T02:00:00Z",
			text);
	return 0;
}

static int print_version(const struct cli *cli)
{
	if (cli->options.json)
		return output_json(cli,
				   json_pack("{s:s,s:s}", "format", "migcompat-program/1",
					     "version", MIGCOMPAT_RELEASE),
				   CLI_YES);
	output_line("migcompat %s", MIGCOMPAT_RELEASE);
	return CLI_YES;
}

/* Help for the command, the family or the program. It loads nothing. */
static int print_help(struct cli *cli)
{
	for (size_t i = 0; cli->nwords == 1 && command_at(i); i++) {
		size_t len = strlen(cli->words[0]);

		if (strncmp(command_at(i)->name, cli->words[0], len) == 0 &&
		    command_at(i)->name[len] == ' ') {
			help_print(NULL, cli->words[0]);
			return CLI_YES;
		}
	}
	if (cli->nwords && command_find(cli))
		return CLI_TROUBLE;
	help_print(cli->command, NULL);
	return CLI_YES;
}

static int run(struct cli *cli, int argc, char **argv)
{
	int status = options_parse(cli, argc, argv);

	if (status)
		return status;
	cli->color = color_wanted(cli);
	if (cli->options.help)
		return print_help(cli);
	if (cli->options.version)
		return print_version(cli);
	status = command_find(cli);
	if (!status)
		status = take_clock(cli);
	return status ? status : cli->command->run(cli);
}

int main(int argc, char **argv)
{
	struct cli cli = {0};
	int status;

	standard_open();
	json_seed();
	setlocale(LC_CTYPE, "");
	cli.terminal = isatty(STDOUT_FILENO);
	status = run(&cli, argc, argv);
	if (cli.started)
		engine_stop(&cli.engine);
	varlink_close(&cli.service);
	holds_free(&cli.holds);
	options_free(&cli);
	return output_finish(status);
}
