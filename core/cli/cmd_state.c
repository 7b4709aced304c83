/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat state inspect and check: state files. No VFIO device is opened. */
#include <errno.h>
#include <string.h>

#include "core/check/json.h"
#include "core/check/state.h"
#include "core/cli/document.h"
#include "core/cli/output.h"
#include "core/cli/state_regions.h"
#include "core/cli/verdict_table.h"

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

/* ---------------------------------------------------------------- inspect */

/* Backends are started only if there is a stream that they may know. */
static int look(struct cli *cli, const struct survey *survey, struct stream_answers *ret)
{
	struct stream_head buffer;
	struct error err = {0};
	int status, r;

	if (!state_stream(survey, &buffer))
		return 0;
	cli->streams = true;
	status = cli_start(cli);
	if (status)
		return status;
	r = engine_backends(&cli->engine, &err);
	if (!r)
		r = stream_ask(&cli->engine, survey, ret, &err);
	return r ? output_fail(cli, r, "%s", err.text) : 0;
}

int command_state_inspect(struct cli *cli)
{
	struct state_file file = {0};
	struct stream_answers stream = {0};
	json_t *document = NULL;
	struct error err = {0};
	int status = state_read(cli, cli->arguments[0], &file), sound = 0;

	if (!status)
		status = look(cli, &file.survey, &stream);
	if (!status)
		sound = state_sound(&file.survey, &stream, &err);
	if (!status && sound < 0) {
		status = output_fail(cli, sound, "%s", err.text);
	} else if (!status) {
		document = json_state(file.source.transport.name, &file.survey, &stream);
		status = sound ? CLI_YES : CLI_NO;
		if (!document)
			status = output_fail(cli, -ENOMEM, "out of memory");
	}
	state_release(&file);
	stream_answers_free(&stream);
	if (!document)
		return status;
	if (cli->options.json)
		return output_json(cli, document, status);
	status = state_print(cli, document, status);
	json_decref(document);
	return status;
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

int command_state_check(struct cli *cli)
{
	struct migcompat_verdict verdict = {0};
	struct state_file file = {0};
	const struct device *target = NULL;
	json_t *document = NULL;
	int status;

	if (state_unix(cli->arguments[1]))
		return state_unix_check(cli, cli->arguments[1]);
	status = state_target(cli, &file, &target);
	if (!status)
		status = state_judge(cli, &file, target, &verdict);
	if (!status) {
		document = json_verdict(&verdict);
		if (!document)
			status = output_fail(cli, -ENOMEM, "out of memory");
	}
	state_release(&file);
	verdict_clear(&verdict);
	return document ? verdict_answer(cli, document) : status;
}
