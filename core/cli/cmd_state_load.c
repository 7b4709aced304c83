/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat state load: a state file into a real device through its kernel driver, checked before
 * and read back afterwards. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/json.h"
#include "core/cli/document.h"
#include "core/cli/output.h"
#include "core/cli/state.h"
#include "core/cli/state_watch.h"
#include "core/cli/verdict_table.h"

#define LOADED "migcompat-state-loaded/1"

/* One load: what is asked, what came of it. */
struct loading {
	const struct cli *cli;
	struct state_file file;
	const struct device *target;
	struct migcompat_verdict verdict;
	json_t *document; /* the verdict's */
	struct kernel_report report;
	struct error err; /* of what went wrong; "": nothing did */
	bool tried;
	int r;
};

/* All that is known, whatever came of it. */
static json_t *loading_json(const struct loading *loading)
{
	const struct kernel_report *report = &loading->report;
	bool loaded = loading->tried && !loading->r;
	json_t *kernel = report->refused
				 ? json_pack("{s:s,s:o}", "errno", error_name(report->refused),
					     "text", json_clean(loading->err.text))
				 : json_null();

	return json_pack("{s:s,s:o,s:o,s:o,s:b,s:o,s:b,s:I,s:o,s:o,s:O}", "format", LOADED,
			 "device", json_clean(loading->target->id), "host",
			 json_clean(loading->target->host->name), "file",
			 json_clean(loading->file.source.transport.name), "loaded", loaded,
			 "verified", loaded ? json_boolean(report->verified) : json_null(),
			 "forced", loading->tried && loading->verdict.code != MIGCOMPAT_COMPATIBLE,
			 "bytes", (json_int_t)report->bytes, "kernel", kernel, "reason",
			 json_clean(loading->err.text), "verdict", loading->document);
}

static int loading_say(const struct loading *loading, int status)
{
	int error = loading->r ? loading->r : loading->verdict.error;
	const struct cli *cli = loading->cli;
	char size[32];

	if (*loading->err.text)
		output_sentence("%s", loading->err.text);
	/* What could not be told has the document of every error. */
	if (cli->options.json && status == CLI_TROUBLE)
		return output_json(cli, json_error(error, loading->err.text), status);
	if (cli->options.json)
		return output_json(cli, loading_json(loading), status);
	if (!loading->tried) /* what the verdict says is no reason where the device cannot be loaded
				at all */
		return loading->r ? status : verdict_print(cli, loading->document, status);
	if (loading->verdict.code != MIGCOMPAT_COMPATIBLE)
		verdict_print(cli, loading->document, status);
	if (loading->report.refused)
		output_line("kernel: %s (%s)", error_name(loading->report.refused),
			    strerror(abs(loading->report.refused)));
	if (!loading->r)
		output_line("loaded %s into %s; %s",
			    state_size(loading->report.bytes, size, sizeof(size)),
			    loading->target->id,
			    loading->report.verified ? "it gave the same back"
						     : "what it gave back is another stream, as "
						       "drivers that copy ahead may make");
	return status;
}

/*
 * Did an operator or an administrator rule it out? Asked whatever the verdict is: a backend that
 * fails, or says that the device cannot migrate, ends the verdict before holds are looked at.
 */
static bool is_ruled_out(const struct loading *loading)
{
	const uint32_t limits = 1u << MIGCOMPAT_LIMIT_HOLD | 1u << MIGCOMPAT_LIMIT_POLICY;
	const struct engine *engine = &loading->cli->engine;

	return loading->verdict.result.bad_limits & limits || engine->holds_unread ||
	       (engine->hold && engine->hold(engine->hold_arg, loading->target, NULL, 0));
}

/* What our verdict leaves to be tried: with --force everything that nobody ruled out. */
static bool may_try(struct loading *loading)
{
	const struct migcompat_verdict *verdict = &loading->verdict;

	if (verdict->code == MIGCOMPAT_COMPATIBLE)
		return true;
	if (!is_ruled_out(loading))
		return loading->cli->options.force;
	if (loading->cli->options.force)
		error_set(&loading->err, verdict->error,
			  "--force goes around neither holds nor the policy");
	return false;
}

static void load(struct loading *loading, struct vfio_device *vfio)
{
	struct state_watch watch;
	struct state_reader reader;
	const struct kernel_options options = {.sum = loading->file.survey.reader.chain,
					       .progress = state_watch_show,
					       .arg = &watch};

	loading->tried = true;
	state_watch_begin(&watch, loading->target->id, loading->file.survey.stream_size);
	loading->r = source_rewind(&loading->file.source, &loading->err);
	if (!loading->r)
		loading->r = reader_begin(&reader, &loading->file.source.transport, &loading->err);
	if (!loading->r)
		loading->r = reader_head(&reader, &loading->err);
	if (!loading->r)
		loading->r = kernel_load(&vfio->kernel, &reader, &options, &loading->report,
					 &loading->err);
	state_watch_end(&watch);
}

/* The verdict is there; now the device. */
static int load_judged(struct loading *loading, enum vfio_way way)
{
	const struct survey *survey = &loading->file.survey;
	struct vfio_device vfio;
	int status = verdict_document_status(loading->document), r;

	/* What is not sound or no stream is no matter of opinion. */
	if (survey->sound && survey->reader.head.content != FORMAT_STREAM)
		return output_fail(
			loading->cli, -EINVAL,
			"%s: it holds regions, and a kernel's driver takes its own stream",
			loading->file.source.transport.name);
	if (!survey->sound || !may_try(loading)) {
		if (status == CLI_TROUBLE && !*loading->err.text)
			error_set(&loading->err, loading->verdict.error, "%s",
				  document_text(loading->document, "reason"));
		return loading_say(loading, status);
	}
	r = vfio_open(loading->target, way, &vfio, &loading->err);
	if (r)
		return output_fail(loading->cli, r, "%s", loading->err.text);
	loading->file.source.stop = vfio.stop = interrupts_take();
	if (vfio.kernel.flags & KERNEL_CAN_STOP_COPY)
		load(loading, &vfio);
	else
		loading->r = error_set(&loading->err, -ENODEV, "%s: %s", loading->target->id,
				       STATE_CANNOT);
	vfio_close(&vfio);
	/* What the driver says, or that it can say nothing, is an answer; that nobody could ask it
	 * is none. */
	if (!loading->r)
		status = CLI_YES;
	else
		status = !loading->tried || loading->report.refused || loading->r == -EBADMSG
				 ? CLI_NO
				 : CLI_TROUBLE;
	return loading_say(loading, status);
}

int command_state_load(struct cli *cli)
{
	struct loading loading = {.cli = cli, .file.twice = true};
	enum vfio_way way;
	int status = state_way(cli, &way);

	if (!status)
		status = state_target(cli, &loading.file, &loading.target);
	if (!status)
		status = state_judge(cli, &loading.file, loading.target, &loading.verdict);
	if (!status) {
		loading.document = json_verdict(&loading.verdict);
		status = loading.document ? load_judged(&loading, way)
					  : output_fail(cli, -ENOMEM, "out of memory");
	}
	json_decref(loading.document);
	verdict_clear(&loading.verdict);
	state_release(&loading.file);
	return status;
}
