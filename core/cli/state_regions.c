/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Saving and loading through a port, wherever the device is; and devices of backends. */
#include "core/cli/state_regions.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "core/cli/output.h"
#include "core/cli/state_watch.h"
#include "core/regions/client.h"
#include "core/regions/load.h"
#include "core/regions/save.h"
#include "core/state/sink.h"

static int save_to(const struct regions_side *side, struct state_sink *sink,
		   struct save_report *report, struct error *err)
{
	struct state_watch watch;
	struct utsname kernel = {0};
	char info[1024];
	const struct save_options options = {
		.version = side->version,
		.version_len = strlen(side->version),
		.info = info,
		.rest_max = SAVE_REST_MAX,
		.rounds_max = SAVE_ROUNDS_MAX,
		.run_on = !side->cli->options.stopped,
		.progress = state_watch_save,
		.arg = &watch,
	};
	int r;

	uname(&kernel);
	snprintf(info, sizeof(info), "device=%s\nhost=%s\nkernel=%s\ninterface=regions\n",
		 side->device, side->host, kernel.release);
	state_watch_begin(&watch, side->device, 0);
	r = state_save(side->port, &sink->transport, &options, report, err);
	state_watch_end(&watch);
	if (!r)
		r = sink_keep(sink, err);
	/* Only a file that is whole justifies that the device stays stopped. */
	if (!r && side->served)
		r = client_keep(side->port, err);
	return r;
}

int regions_save(const struct regions_side *side)
{
	struct save_report report = {0};
	struct state_sink sink;
	struct error err = {0};
	int r = sink_open(&sink, side->cli->options.output, side->stop, &err);

	if (r)
		return output_fail(side->cli, r, "%s", err.text);
	r = save_to(side, &sink, &report, &err);
	sink_close(&sink);
	if (r)
		return output_fail(side->cli, r, "%s", err.text);
	const uint64_t bytes = report.memory_bytes + report.dirty_bytes + report.config_bytes;
	const struct state_saved saved = {
		.device = side->device,
		.host = side->host,
		.version = side->version,
		.interface = "regions",
		.bytes = bytes,
		.ahead_bytes = bytes - report.stopped_bytes,
		.rounds = report.rounds,
	};

	return state_saved_say(side->cli, &saved);
}

/* ---------------------------------------------------------------- loading */

struct judging {
	const struct regions_side *side;
	const struct loading *loading;
};

/* The file was judged; it must still begin with the same string. */
static int judge(void *arg, const char *version, size_t len, struct error *err)
{
	const struct judging *judging = arg;
	const struct state_reader *reader = &judging->loading->file.survey.reader;

	if (len != reader->version_len || memcmp(version, reader->version, len) != 0)
		return error_set(err, -ESTALE, "%s: it is not the file that was checked",
				 judging->loading->file.source.transport.name);
	return judging->side->served ? client_check(judging->side->port, version, len, err) : 0;
}

/* The device refused, unless the file could not be read, the connection is lost, or the device took
 * the state and then failed to run. */
static bool is_refusal(const struct regions_side *side, const struct state_load *load, int r)
{
	if (load->done || r == -ECANCELED || r == -EIO || r == -ESTALE)
		return false;
	return load->entered && (!side->served || client_lives(side->port));
}

void regions_load(const struct regions_side *side, struct loading *loading)
{
	struct judging judging = {side, loading};
	const struct load_options options = {
		.judge = judge, .arg = &judging, .run = !side->cli->options.stopped};
	const struct state_transport *from = &loading->file.source.transport;
	struct state_watch watch;
	struct state_load load = {0};
	int r;

	loading->regions = true;
	loading->tried = true;
	loading->file.source.stop = side->stop;
	state_watch_begin(&watch, side->device, loading->file.survey.reader.bytes);
	r = source_rewind(&loading->file.source, &loading->err);
	if (!r)
		r = state_load_begin(&load, side->port, from, &options, &loading->err);
	if (!r)
		while ((r = state_load_step(&load, &loading->err)) > 0)
			state_watch_load(&watch, load.reader.bytes);
	state_load_end(&load);
	state_watch_end(&watch);
	/* Also if it failed to run: its process must not start it unseen. */
	if (load.done && side->served) {
		int kept = client_keep(side->port, r ? NULL : &loading->err);

		r = r ? r : kept;
	}
	/* A malformed reply; the same errno of a file would be a "no". */
	if (r == -EBADMSG && side->served && !client_lives(side->port))
		r = -EPROTO;
	loading->r = r;
	loading->report.bytes = load.memory_bytes + load.dirty_bytes + load.config_bytes;
	if (r && is_refusal(side, &load, r))
		loading->report.refused = r;
}

static int backend_open(struct cli *cli, const struct device *device, struct opened **ret,
			struct state_port **ret_port, struct error *err)
{
	int r = engine_open(&cli->engine, device, ret, err);

	return r ? r : opened_state(*ret, ret_port, err);
}

int state_backend_save(struct cli *cli, const struct device *device, const char *version)
{
	struct regions_side side = {.cli = cli,
				    .device = device->id,
				    .host = device->host->name,
				    .version = version,
				    .stop = interrupts_take()};
	struct opened *opened = NULL;
	struct error err = {0};
	int r = backend_open(cli, device, &opened, &side.port, &err), status;

	if (r == -EOPNOTSUPP)
		status = state_cannot(cli, device, -ENODEV, err.text);
	else if (r)
		status = output_fail(cli, r, "%s: %s", device->id, err.text);
	else
		status = regions_save(&side);
	port_close(side.port);
	opened_close(opened);
	return status;
}

int state_backend_load(struct loading *loading, void *arg)
{
	struct regions_side side = {.cli = loading->cli,
				    .device = loading->target->id,
				    .host = loading->target->host->name,
				    .stop = interrupts_take()};
	struct opened *opened = NULL;
	struct error err = {0};
	int r = backend_open(loading->cli, loading->target, &opened, &side.port, &err), status = 0;

	(void)arg;
	if (r == -EOPNOTSUPP)
		loading->r = error_set(&loading->err, -ENODEV, "%s: %s", side.device, err.text);
	else if (r)
		status = output_fail(loading->cli, r, "%s: %s", side.device, err.text);
	else
		regions_load(&side, loading);
	port_close(side.port);
	opened_close(opened);
	return status;
}
