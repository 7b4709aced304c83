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
