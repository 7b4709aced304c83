/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* May a state be loaded, and what is said afterwards. Must not know how it is loaded. */
#include "core/cli/state_regions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/json.h"
#include "core/cli/document.h"
#include "core/cli/output.h"
#include "core/cli/state_watch.h"
#include "core/cli/verdict_table.h"

#define LOADED "migcompat-state-loaded/1"

static json_t *loading_json(const struct loading *loading)
{
	const struct kernel_report *report = &loading->report;
	bool loaded = loading->tried && !loading->r;
	bool compared = loaded && !loading->regions;
	json_t *kernel = report->refused
				 ? json_pack("{s:s,s:o}", "errno", error_name(report->refused),
					     "text", json_clean(loading->err.text))
				 : json_null();

	return json_pack("{s:s,s:o,s:o,s:o,s:b,s:o,s:b,s:I,s:o,s:o,s:O}", "format", LOADED,
			 "device", json_clean(loading->target->id), "host",
			 json_clean(loading->target->host->name), "file",
			 json_clean(loading->file.source.transport.name), "loaded", loaded,
			 "verified", compared ? json_boolean(report->verified) : json_null(),
			 "forced", loading->tried && loading->verdict.code != MIGCOMPAT_COMPATIBLE,
			 "bytes", (json_int_t)report->bytes, "kernel", kernel, "reason",
			 json_clean(loading->err.text), "verdict", loading->document);
}

static const char *afterwards(const struct loading *loading)
{
	if (loading->regions && !state_unix(loading->target->id))
		return "its backend took it, and drops it now";
	if (loading->regions)
		return loading->cli->options.stopped ? "it is stopped" : "it runs";
	return loading->report.verified
		       ? "it gave the same back"
		       : "what it gave back is another stream, as drivers that copy ahead may make";
}

static int loading_say(const struct loading *loading, int status)
{
	int error = loading->r ? loading->r : loading->verdict.error;
	const struct cli *cli = loading->cli;
	char size[32];

	if (*loading->err.text)
		output_sentence("%s", loading->err.text);
	/* Trouble has the document of every error. */
	if (cli->options.json && status == CLI_TROUBLE)
		return output_json(cli, json_error(error, loading->err.text), status);
	if (cli->options.json)
		return output_json(cli, loading_json(loading), status);
	/* If the device cannot be loaded at all, the verdict gives no reason. */
	if (!loading->tried)
		return loading->r ? status : verdict_print(cli, loading->document, status);
	if (loading->verdict.code != MIGCOMPAT_COMPATIBLE)
		verdict_print(cli, loading->document, status);
	if (loading->report.refused)
		output_line("%s: %s (%s)", loading->regions ? "device" : "kernel",
			    error_name(loading->report.refused),
			    strerror(abs(loading->report.refused)));
	if (!loading->r)
		output_line("loaded %s into %s; %s",
			    state_size(loading->report.bytes, size, sizeof(size)),
			    loading->target->id, afterwards(loading));
	return status;
}

/*
 * Did an operator or an administrator rule it out? Asked whatever the verdict is: a backend that
 * fails, or says that the device cannot migrate, ends the verdict before holds are read.
 */
static bool is_ruled_out(const struct loading *loading)
{
	const uint32_t limits = 1u << MIGCOMPAT_LIMIT_HOLD | 1u << MIGCOMPAT_LIMIT_POLICY;
	const struct engine *engine = &loading->cli->engine;

	return loading->verdict.result.bad_limits & limits || engine->holds_unread ||
	       (engine->hold && engine->hold(engine->hold_arg, loading->target, NULL, 0));
}

/* A compatible state, and with --force every other one that nobody ruled out. */
static bool may_try(struct loading *loading)
{
	const struct migcompat_verdict *verdict = &loading->verdict;

	if (verdict->code == MIGCOMPAT_COMPATIBLE)
		return true;
	if (!loading->cli->options.force)
		return false;
	if (!is_ruled_out(loading))
		return true;
	error_set(&loading->err, verdict->error,
		  "--force goes around neither holds nor the policy");
	return false;
}

/* The device's answer counts as a no; that nobody could ask it is trouble. */
static int loaded_status(const struct loading *loading)
{
	if (!loading->r)
		return CLI_YES;
	return !loading->tried || loading->report.refused || loading->r == -EBADMSG ? CLI_NO
										    : CLI_TROUBLE;
}

int loading_run(struct loading *loading, enum format_content content, loading_fn *load, void *arg)
{
	const struct survey *survey = &loading->file.survey;
	const struct cli *cli = loading->cli;
	const char *name = loading->file.source.transport.name;
	int status;

	loading->document = json_verdict(&loading->verdict);
	if (!loading->document)
		return output_fail(cli, -ENOMEM, "out of memory");
	/* --force does not change what the file holds. */
	if (survey->sound && survey->reader.head.content != content)
		return output_fail(
			cli, -EINVAL,
			content == FORMAT_STREAM
				? "%s: it holds regions, and a kernel's driver takes its own stream"
				: "%s: it holds a kernel driver's stream, and the target takes "
				  "regions",
			name);
	status = verdict_document_status(loading->document);
	if (!survey->sound || !may_try(loading)) {
		if (status == CLI_TROUBLE && !*loading->err.text)
			error_set(&loading->err, loading->verdict.error, "%s",
				  document_text(loading->document, "reason"));
		return loading_say(loading, status);
	}
	status = load(loading, arg);
	return status ? status : loading_say(loading, loaded_status(loading));
}

void loading_end(struct loading *loading)
{
	json_decref(loading->document);
	verdict_clear(&loading->verdict);
	state_release(&loading->file);
}
