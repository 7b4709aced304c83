/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat state save and load: a real device's state through its kernel driver, into a file and out of it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/check/json.h"
#include "core/check/state.h"
#include "core/cli/document.h"
#include "core/cli/output.h"
#include "core/cli/state.h"
#include "core/cli/state_watch.h"
#include "core/cli/verdict_table.h"
#include "core/state/save.h"
#include "core/state/sink.h"
#include "core/vfio/vfio.h"

/* ---------------------------------------------------------------- devices */

static int way_get(const struct cli *cli, enum vfio_way *ret)
{
	static const enum vfio_way ways[] = {VFIO_ANY, VFIO_GROUP, VFIO_CDEV};
	const char *wished = cli->options.interface;

	*ret = VFIO_ANY;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]) && wished; i++) {
		if (strcmp(vfio_way_name(ways[i]), wished) == 0) {
			*ret = ways[i];
			return 0;
		}
	}
	return wished ? output_fail(cli, -EINVAL, "--interface is \"%s\", expected any, group or cdev", wished) : 0;
}

/* What a device cannot do at all is an answer, and no trouble. */
static int cannot(const struct cli *cli, const struct device *device, const char *format, int error, const char *text)
{
	output_sentence("%s: %s", device->id, text);
	if (!cli->options.json)
		return CLI_NO;
	return output_json(cli,
			   json_pack("{s:s,s:o,s:o,s:s,s:s,s:o}", "format", format, "device", json_clean(device->id), "host",
				     json_clean(device->host->name), "verdict", error == -EBUSY ? "incompatible" : "not-migratable", "errno",
				     error_name(error), "reason", json_clean(text)),
			   CLI_NO);
}

/* Opened, of a driver that can migrate it; else the status, and all is said. */
static int device_open(const struct cli *cli, const struct device *device, const char *format, int stop, struct vfio_device *ret)
{
	enum vfio_way way;
	struct error err = {0};
	int status = way_get(cli, &way), r;

	if (status)
		return status;
	r = vfio_open(device, way, ret, &err);
	if (r)
		return output_fail(cli, r, "%s", err.text);
	ret->stop = stop;
	if (ret->kernel.flags & KERNEL_CAN_STOP_COPY)
		return 0;
	vfio_close(ret);
	return cannot(cli, device, format, -ENODEV, "its driver in this kernel cannot migrate it");
}

/* ---------------------------------------------------------------- save */

#define SAVED "migcompat-state-saved/1"

/* The device's version string; a device that is held, or can be no source, is answered with a no. */
static int version_get(const struct cli *cli, const struct device *device, char *ret, size_t size)
{
	char reason[ERROR_TEXT_MAX], text[ERROR_TEXT_MAX + 32];
	struct opened *opened = NULL;
	struct error err = {0};
	int r;

	if (cli->engine.hold && cli->engine.hold(cli->engine.hold_arg, device, reason, sizeof(reason))) {
		snprintf(text, sizeof(text), "it is held: %s", reason);
		return cannot(cli, device, SAVED, -EBUSY, text);
	}
	r = engine_open(&cli->engine, device, &opened, &err);
	if (!r)
		r = check_version(opened, ret, size, &err);
	opened_close(opened);
	if (r == -ENODEV)
		return cannot(cli, device, SAVED, r, err.text);
	return r < 0 ? output_fail(cli, r, "%s: %s", device->id, err.text) : 0;
}

/* What people want to know of a file later. */
static void tell_source(const struct device *device, const struct vfio_device *vfio, char *ret, size_t size)
{
	struct utsname kernel = {0};

	uname(&kernel);
	snprintf(ret, size, "device=%s\nhost=%s\ndriver=%s\nkernel=%s\ninterface=%s\n", device->id, device->host->name,
		 device->driver ? device->driver : "", kernel.release, vfio_way_name(vfio->way));
}

static int saved(const struct cli *cli, const struct device *device, const struct vfio_device *vfio, const char *version,
		 const struct kernel_report *report)
{
	char size[32];

	if (cli->options.json)
		return output_json(cli,
				   json_pack("{s:s,s:o,s:o,s:o,s:s,s:s,s:I,s:I,s:i}", "format", SAVED, "device", json_clean(device->id), "host",
					     json_clean(device->host->name), "file", json_clean(cli->options.output), "version", version,
					     "interface", vfio_way_name(vfio->way), "bytes", (json_int_t)report->bytes, "ahead_bytes",
					     (json_int_t)report->ahead_bytes, "rounds", (int)report->rounds),
				   CLI_YES);
	if (strcmp(cli->options.output, "-") != 0)
		output_line("saved %s of %s to %s", state_size(report->bytes, size, sizeof(size)), device->id, cli->options.output);
	return CLI_YES;
}

static int save(const struct cli *cli, const struct device *device, const char *version, struct vfio_device *vfio, struct state_sink *sink)
{
	char info[1024];
	struct state_watch watch;
	struct kernel_report report = {0};
	struct error err = {0};
	const struct kernel_options options = {
		.version = version,
		.version_len = strlen(version),
		.info = info,
		.rest_max = SAVE_REST_MAX,
		.rounds_max = SAVE_ROUNDS_MAX,
		.progress = state_watch_show,
		.arg = &watch,
	};
	int r;

	tell_source(device, vfio, info, sizeof(info));
	state_watch_begin(&watch, device->id, 0);
	r = kernel_save(&vfio->kernel, &sink->transport, &options, &report, &err);
	state_watch_end(&watch);
	if (!r)
		r = sink_keep(sink, &err);
	return r ? output_fail(cli, r, "%s", err.text) : saved(cli, device, vfio, version, &report);
}

/* Is there a place for it? */
static int output_fits(const struct cli *cli)
{
	const char *output = cli->options.output;

	if (!output || !*output)
		return output_fail(cli, -EINVAL, "state save expects -o FILE, or -o - for standard output");
	if (strcmp(output, "-") != 0)
		return 0;
	if (cli->terminal)
		return output_fail(cli, -EINVAL, "standard output is a terminal, and no place for a state");
	return cli->options.json ? output_fail(cli, -EINVAL, "standard output takes the state or the document of --json, not both") : 0;
}

int command_state_save(struct cli *cli)
{
	char version[MIGCOMPAT_STRING_MAX + 1];
	const struct device *device = NULL;
	struct vfio_device vfio;
	struct state_sink sink;
	struct error err = {0};
	int status = output_fits(cli), stop, r;

	if (!status)
		status = cli_one_device(cli, &device);
	if (!status)
		status = version_get(cli, device, version, sizeof(version));
	if (status)
		return status;
	stop = interrupts_take();
	status = device_open(cli, device, SAVED, stop, &vfio);
	if (status)
		return status;
	r = sink_open(&sink, cli->options.output, stop, &err);
	if (r) {
		status = output_fail(cli, r, "%s", err.text);
	} else {
		status = save(cli, device, version, &vfio, &sink);
		sink_close(&sink);
	}
	vfio_close(&vfio);
	return status;
}

/* ---------------------------------------------------------------- load */

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
	json_t *kernel = report->refused ? json_pack("{s:s,s:o}", "errno", error_name(report->refused), "text", json_clean(loading->err.text))
					 : json_null();

	return json_pack("{s:s,s:o,s:o,s:o,s:b,s:o,s:b,s:I,s:o,s:o,s:O}", "format", LOADED, "device", json_clean(loading->target->id), "host",
			 json_clean(loading->target->host->name), "file", json_clean(loading->file.source.transport.name), "loaded", loaded,
			 "verified", loaded ? json_boolean(report->verified) : json_null(), "forced",
			 loading->tried && loading->verdict.code != VERDICT_COMPATIBLE, "bytes", (json_int_t)report->bytes, "kernel", kernel,
			 "reason", json_clean(loading->err.text), "verdict", loading->document);
}

static int loading_say(const struct loading *loading, int status)
{
	const struct cli *cli = loading->cli;
	char size[32];

	if (*loading->err.text)
		output_sentence("%s", loading->err.text);
	if (cli->options.json)
		return output_json(cli, loading_json(loading), status);
	if (!loading->tried)
		return verdict_print(cli, loading->document, status);
	if (loading->verdict.code != VERDICT_COMPATIBLE)
		verdict_print(cli, loading->document, status);
	if (loading->report.refused)
		output_line("kernel: %s (%s)", error_name(loading->report.refused), strerror(abs(loading->report.refused)));
	if (!loading->r)
		output_line("loaded %s into %s; %s", state_size(loading->report.bytes, size, sizeof(size)), loading->target->id,
			    loading->report.verified ? "it gave the same back"
						     : "what it gave back is another stream, as drivers that copy ahead may make");
	return status;
}

/* What our verdict leaves to be tried: everything with --force, but for what an operator or an administrator ruled out. */
static bool may_try(struct loading *loading)
{
	const struct migcompat_verdict *verdict = &loading->verdict;

	if (verdict->code == VERDICT_COMPATIBLE)
		return true;
	if (verdict->code == VERDICT_INCOMPATIBLE &&
	    verdict->result.bad_limits & (1u << MIGCOMPAT_LIMIT_HOLD | 1u << MIGCOMPAT_LIMIT_POLICY)) {
		if (loading->cli->options.force)
			error_set(&loading->err, verdict->error, "--force goes around neither holds nor the policy");
		return false;
	}
	return loading->cli->options.force;
}

static void load(struct loading *loading, struct vfio_device *vfio)
{
	struct state_watch watch;
	struct state_reader reader;
	const struct kernel_options options = {.sum = loading->file.survey.reader.chain, .progress = state_watch_show, .arg = &watch};

	loading->tried = true;
	state_watch_begin(&watch, loading->target->id, loading->file.survey.stream_size);
	loading->r = source_rewind(&loading->file.source, &loading->err);
	if (!loading->r)
		loading->r = reader_begin(&reader, &loading->file.source.transport, &loading->err);
	if (!loading->r)
		loading->r = reader_head(&reader, &loading->err);
	if (!loading->r)
		loading->r = kernel_load(&vfio->kernel, &reader, &options, &loading->report, &loading->err);
	state_watch_end(&watch);
}

/* The verdict is there; now the device. */
static int load_judged(struct loading *loading)
{
	const struct survey *survey = &loading->file.survey;
	struct vfio_device vfio;
	int status = verdict_document_status(loading->document);

	/* What is not sound or no stream is no matter of opinion. */
	if (survey->sound && survey->reader.head.content != FORMAT_STREAM)
		return output_fail(loading->cli, -EINVAL, "%s: it holds regions, and a kernel's driver takes its own stream",
				   loading->file.source.transport.name);
	if (!survey->sound || !may_try(loading)) {
		if (status == CLI_TROUBLE && !*loading->err.text)
			error_set(&loading->err, loading->verdict.error, "%s", document_text(loading->document, "reason"));
		return loading_say(loading, status);
	}
	loading->file.source.stop = interrupts_take();
	status = device_open(loading->cli, loading->target, LOADED, loading->file.source.stop, &vfio);
	if (status)
		return status;
	load(loading, &vfio);
	vfio_close(&vfio);
	/* What the driver says is an answer; that nobody could ask it is none. */
	return loading_say(loading, !loading->r ? CLI_YES : loading->report.refused || loading->r == -EBADMSG ? CLI_NO : CLI_TROUBLE);
}

int command_state_load(struct cli *cli)
{
	struct loading loading = {.cli = cli};
	int status = state_target(cli, &loading.file, &loading.target);

	if (!status)
		status = state_judge(cli, &loading.file, loading.target, &loading.verdict);
	if (!status) {
		loading.document = json_verdict(&loading.verdict);
		status = loading.document ? load_judged(&loading) : output_fail(cli, -ENOMEM, "out of memory");
	}
	json_decref(loading.document);
	verdict_clear(&loading.verdict);
	state_release(&loading.file);
	return status;
}
