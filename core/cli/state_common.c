/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the commands about device state share: arguments, files, verdicts, documents of a save. */
#include <errno.h>
#include <string.h>

#include "core/check/json.h"
#include "core/check/state.h"
#include "core/cli/output.h"
#include "core/cli/state.h"
#include "core/cli/state_watch.h"

#define PREFIX "unix:"
#define SAVED "migcompat-state-saved/1"

/* ---------------------------------------------------------------- arguments */

const char *state_unix(const char *argument)
{
	return strncmp(argument, PREFIX, strlen(PREFIX)) == 0 ? argument + strlen(PREFIX) : NULL;
}

/* ---------------------------------------------------------------- devices of backends */

bool state_by_regions(const struct cli *cli)
{
	return cli->options.interface && strcmp(cli->options.interface, "regions") == 0;
}

static int way_get(const struct cli *cli, enum vfio_way *ret)
{
	static const enum vfio_way ways[] = {VFIO_ANY, VFIO_GROUP, VFIO_CDEV};
	const char *wished = cli->options.interface;

	*ret = VFIO_ANY;
	if (state_by_regions(cli))
		return 0;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]) && wished; i++) {
		if (strcmp(vfio_way_name(ways[i]), wished) == 0) {
			*ret = ways[i];
			return 0;
		}
	}
	return wished ? output_fail(cli, -EINVAL,
				    "--interface is \"%s\", expected any, group, cdev or regions",
				    wished)
		      : 0;
}

int state_device_options(const struct cli *cli, enum vfio_way *ret)
{
	if (cli->options.stopped)
		return output_fail(cli, -EINVAL, "--stopped is about a device of unix:PATH");
	return way_get(cli, ret);
}

/* ---------------------------------------------------------------- files */

int state_read(struct cli *cli, const char *path, struct state_file *ret)
{
	struct error err = {0};
	int r = source_open(&ret->source, path, ret->twice, -1, &err);

	ret->opened = !r;
	if (!r)
		r = survey_run(&ret->survey, &ret->source.transport, &err);
	if (r)
		return output_fail(cli, r, "%s", err.text);
	/* Most likely the program that writes to the pipe failed. */
	if (!ret->survey.is_state && !ret->survey.head_len && strcmp(path, "-") == 0)
		return output_fail(cli, -ENODATA, "standard input is empty, expected a state");
	return 0;
}

void state_release(struct state_file *file)
{
	survey_free(&file->survey);
	if (file->opened)
		source_close(&file->source);
}

int state_target(struct cli *cli, struct state_file *file, const struct device **ret)
{
	int status = state_read(cli, cli->arguments[0], file);
	bool bare = !file->survey.is_state;

	/* A bare stream can be judged, but nothing proves that it was saved whole. */
	if (!status && bare && (file->twice || !file->survey.head_len))
		return output_fail(cli, -EBADMSG, "%s", file->survey.reason.text);
	if (!status)
		status = cli_start(cli);
	if (!status)
		status = cli_devices(cli, cli->arguments[1]);
	return status ? status : cli_find(cli, cli->arguments[1], ret);
}

/* ---------------------------------------------------------------- check */

void state_judge_file(const struct survey *survey, struct migcompat_verdict *verdict)
{
	if (survey->sound || verdict->code > MIGCOMPAT_INCOMPATIBLE)
		return;
	result_add_text(&verdict->result, "file", MIGCOMPAT_RULE_INFO, MIGCOMPAT_STATUS_BAD,
			MIGCOMPAT_LIMIT_FORMAT, NULL, NULL, survey->reason.text);
	verdict_settle(verdict);
}

int state_judge(struct cli *cli, const struct state_file *file, const struct device *target,
		struct migcompat_verdict *verdict)
{
	const struct survey *survey = &file->survey;
	struct stream_head buffer;
	const struct stream_head *stream = state_stream(survey, &buffer);
	int r;

	if (survey->is_state)
		r = check_state(&cli->engine, survey->reader.version, survey->reader.version_len,
				stream, target, verdict);
	else
		r = check_stream(&cli->engine, stream, target, verdict);
	if (r)
		return output_fail(cli, r, "out of memory");
	if (survey->is_state)
		state_judge_file(survey, verdict);
	verdict_expect(verdict, cli->options.fingerprint);
	return 0;
}

/* ---------------------------------------------------------------- a save */

int state_saved_say(const struct cli *cli, const struct state_saved *saved)
{
	char size[32];

	if (cli->options.json)
		return output_json(
			cli,
			json_pack("{s:s,s:o,s:o,s:o,s:s,s:s,s:I,s:I,s:i}", "format", SAVED,
				  "device", json_clean(saved->device), "host",
				  json_clean(saved->host), "file", json_clean(cli->options.output),
				  "version", saved->version, "interface", saved->interface, "bytes",
				  (json_int_t)saved->bytes, "ahead_bytes",
				  (json_int_t)saved->ahead_bytes, "rounds", (int)saved->rounds),
			CLI_YES);
	if (strcmp(cli->options.output, "-") != 0)
		output_line("saved %s of %s to %s", state_size(saved->bytes, size, sizeof(size)),
			    saved->device, cli->options.output);
	return CLI_YES;
}

int state_cannot(const struct cli *cli, const struct device *device, int error, const char *text)
{
	json_t *object;

	output_sentence("%s: %s", device->id, text);
	if (!cli->options.json)
		return CLI_NO;
	object = json_pack("{s:s,s:o,s:o}", "format", SAVED, "device", json_clean(device->id),
			   "host", json_clean(device->host->name));
	json_refuse(&object, error == -EBUSY ? "incompatible" : "not-migratable", error, text);
	return output_json(cli, object, CLI_NO);
}
