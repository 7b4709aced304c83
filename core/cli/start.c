/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starts the engine, adds devices by the options, and finds devices by name. Vendor code
 * runs in workers only.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/cli/output.h"

int cli_start(struct cli *cli)
{
	struct engine_options options = {
		.backend_dir = cli->options.plugin_dir,
		.config = cli->options.config,
		.keep_stderr = cli->options.debug,
		.streams = cli->streams,
		.mechanism = cli->options.mechanism,
		.now_s = cli->now_s,
	};
	struct error err = {0};
	int r = engine_start(&cli->engine, &options, &err);

	if (r)
		return output_fail(cli, r, "%s", err.text);
	cli->started = true;
	return 0;
}

int cli_devices(struct cli *cli, const char *only)
{
	const char *bar = only ? strstr(only, "//") : NULL;
	struct error err = {0};
	/* Holds apply to all questions about this host, also if no service runs. */
	int r = *cli->options.inventories
			? 0
			: engine_take_holds(&cli->engine, &cli->holds, HOLDS_DIR, &err);

	if (r)
		return output_fail(cli, r, "%s", err.text);
	for (const char **file = cli->options.inventories; *file && !r; file++)
		r = engine_add_file(&cli->engine, *file, &err);
	if (!*cli->options.inventories)
		r = engine_add_live(&cli->engine, bar ? bar + 2 : only, &err);
	if (!r)
		r = engine_ready(&cli->engine, &err);
	return r ? output_fail(cli, r, "%s", err.text) : 0;
}

int cli_find(struct cli *cli, const char *name, const struct device **ret)
{
	struct error err = {0};
	int r = inventory_find(&cli->engine.inventory, name, ret, &err);

	return r ? output_fail(cli, r, "%s", err.text) : 0;
}

int cli_one_device(struct cli *cli, const struct device **ret)
{
	int status = cli_start(cli);

	if (!status)
		status = cli_devices(cli, cli->arguments[0]);
	return status ? status : cli_find(cli, cli->arguments[0], ret);
}

/* Input that exceeds the buffer is too long for a version string in any case. */
static int read_string(struct cli *cli, struct cli_source *source)
{
	while (source->len < sizeof(source->text)) {
		ssize_t got = read(STDIN_FILENO, source->text + source->len,
				   sizeof(source->text) - source->len);

		if (got == 0)
			break;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return output_fail(cli, -errno, "standard input could not be read: %s",
					   strerror(errno));
		source->len += (size_t)got;
	}
	if (source->len == 0)
		return output_fail(cli, -ENODATA,
				   "standard input is empty, expected a version string");
	return 0;
}

int cli_read_source(struct cli *cli, struct cli_source *ret)
{
	ret->is_text = strcmp(cli->arguments[0], "-") == 0;
	ret->device = NULL;
	ret->len = 0;
	return ret->is_text ? read_string(cli, ret) : 0;
}

int cli_question(struct cli *cli, struct cli_source *source, const struct device **ret_target)
{
	int status = cli_start(cli);

	if (!status)
		status = cli_devices(cli, source->is_text && ret_target ? cli->arguments[1] : NULL);
	if (!status && !source->is_text)
		status = cli_find(cli, cli->arguments[0], &source->device);
	if (!status && ret_target)
		status = cli_find(cli, cli->arguments[1], ret_target);
	return status;
}
