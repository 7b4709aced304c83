/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the options to an engine with devices, and from names to devices. Everything of vendors runs in children. */
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
	int r = 0;

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

	/* Perhaps no other device was looked at, so their number says nothing. */
	if (r == -ENOENT && !*cli->options.inventories)
		return output_fail(cli, r, "no device \"%s\" on this host; see migcompat list --types", name);
	return r ? output_fail(cli, r, "%s", err.text) : 0;
}

int cli_one_device(struct cli *cli, const struct device **ret)
{
	int status = cli_start(cli);

	if (!status)
		status = cli_devices(cli, cli->arguments[0]);
	return status ? status : cli_find(cli, cli->arguments[0], ret);
}

/* Bounded: what is longer than the buffer is too long for a version string in any case. */
static int read_string(struct cli *cli, struct cli_source *source)
{
	while (source->len < sizeof(source->text)) {
		ssize_t got = read(STDIN_FILENO, source->text + source->len, sizeof(source->text) - source->len);

		if (got == 0)
			break;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return output_fail(cli, -errno, "standard input could not be read: %s", strerror(errno));
		source->len += (size_t)got;
	}
	if (source->len == 0)
		return output_fail(cli, -ENODATA, "standard input is empty, expected a version string");
	return 0;
}

int cli_question(struct cli *cli, struct cli_source *ret_source, const struct device **ret_target)
{
	const char *source = cli->arguments[0];
	bool text = strcmp(source, "-") == 0;
	int status = 0;

	ret_source->device = NULL;
	ret_source->len = 0;
	if (text)
		status = read_string(cli, ret_source);
	if (!status)
		status = cli_start(cli);
	if (!status)
		status = cli_devices(cli, text && ret_target ? cli->arguments[1] : NULL);
	if (!status && !text)
		status = cli_find(cli, source, &ret_source->device);
	if (!status && ret_target)
		status = cli_find(cli, cli->arguments[1], ret_target);
	return status;
}
