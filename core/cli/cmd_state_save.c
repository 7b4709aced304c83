/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat state save: a VFIO device's state through its kernel driver, into a file. */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "core/check/check.h"
#include "core/check/json.h"
#include "core/cli/output.h"
#include "core/cli/state_regions.h"
#include "core/cli/state_watch.h"
#include "core/regions/save.h"
#include "core/state/sink.h"

/* The device's version string. CLI_NO: the device is held, or can be no source. */
static int version_get(const struct cli *cli, const struct device *device, char *ret, size_t size)
{
	char reason[ERROR_TEXT_MAX], text[ERROR_TEXT_MAX + 32];
	struct opened *opened = NULL;
	struct error err = {0};
	int r;

	if (cli->engine.hold &&
	    cli->engine.hold(cli->engine.hold_arg, device, reason, sizeof(reason))) {
		snprintf(text, sizeof(text), "it is held: %s", reason);
		return state_cannot(cli, device, -EBUSY, text);
	}
	r = engine_open(&cli->engine, device, &opened, &err);
	if (!r)
		r = check_version(opened, ret, size, &err);
	opened_close(opened);
	if (r == -ENODEV)
		return state_cannot(cli, device, r, err.text);
	return r < 0 ? output_fail(cli, r, "%s: %s", device->id, err.text) : 0;
}

/* For people who look at the file later. */
static void tell_source(const struct device *device, const struct vfio_device *vfio, char *ret,
			size_t size)
{
	struct utsname kernel = {0};

	uname(&kernel);
	snprintf(ret, size, "device=%s\nhost=%s\ndriver=%s\nkernel=%s\ninterface=%s\n", device->id,
		 device->host->name, device->driver ? device->driver : "", kernel.release,
		 vfio_way_name(vfio->way));
}

static int save(const struct cli *cli, const struct device *device, const char *version,
		struct vfio_device *vfio, struct state_sink *sink)
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
	if (r)
		return output_fail(cli, r, "%s", err.text);
	const struct state_saved saved = {
		.device = device->id,
		.host = device->host->name,
		.version = version,
		.interface = vfio_way_name(vfio->way),
		.bytes = report.bytes,
		.ahead_bytes = report.ahead_bytes,
		.rounds = report.rounds,
	};

	return state_saved_say(cli, &saved);
}

static int save_open(const struct cli *cli, const struct device *device, const char *version,
		     struct vfio_device *vfio)
{
	struct state_sink sink;
	struct error err = {0};
	int r = sink_open(&sink, cli->options.output, vfio->stop, &err), status;

	if (r)
		return output_fail(cli, r, "%s", err.text);
	status = save(cli, device, version, vfio, &sink);
	sink_close(&sink);
	return status;
}

/* Can a state be written to the output that was asked for? */
static int output_fits(const struct cli *cli)
{
	const char *output = cli->options.output;

	if (!output || !*output)
		return output_fail(cli, -EINVAL,
				   "state save expects -o FILE, or -o - for standard output");
	if (strcmp(output, "-") != 0)
		return 0;
	if (cli->terminal)
		return output_fail(cli, -EINVAL,
				   "standard output is a terminal, and no place for a state");
	return cli->options.json ? output_fail(cli, -EINVAL,
					       "standard output takes the state or the document of "
					       "--json, not both")
				 : 0;
}

int command_state_save(struct cli *cli)
{
	char version[MIGCOMPAT_STRING_MAX + 1];
	const struct device *device = NULL;
	struct vfio_device vfio;
	struct error err = {0};
	enum vfio_way way;
	int status = output_fits(cli), r;

	if (!status && state_unix(cli->arguments[0]))
		return state_unix_save(cli, cli->arguments[0]);
	if (!status)
		status = state_device_options(cli, &way);
	if (!status)
		status = cli_one_device(cli, &device);
	if (!status)
		status = version_get(cli, device, version, sizeof(version));
	if (status)
		return status;
	if (state_by_regions(cli))
		return state_backend_save(cli, device, version);
	r = vfio_open(device, way, &vfio, &err);
	if (r)
		return output_fail(cli, r, "%s", err.text);
	vfio.stop = interrupts_take();
	if (vfio.kernel.flags & KERNEL_CAN_STOP_COPY)
		status = save_open(cli, device, version, &vfio);
	else
		status = state_cannot(cli, device, -ENODEV, STATE_CANNOT);
	vfio_close(&vfio);
	return status;
}
