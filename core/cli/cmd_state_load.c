/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat state load: a state file into a device, checked before. Through a kernel driver it is
 * read back afterwards. */
#include <errno.h>
#include <string.h>

#include "core/cli/output.h"
#include "core/cli/state_loading.h"
#include "core/cli/state_regions.h"
#include "core/cli/state_watch.h"

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

static int load_kernel(struct loading *loading, void *arg)
{
	const enum vfio_way *way = arg;
	struct vfio_device vfio;
	int r = vfio_open(loading->target, *way, &vfio, &loading->err);

	if (r)
		return output_fail(loading->cli, r, "%s", loading->err.text);
	loading->file.source.stop = vfio.stop = interrupts_take();
	if (vfio.kernel.flags & KERNEL_CAN_STOP_COPY)
		load(loading, &vfio);
	else
		loading->r = error_set(&loading->err, -ENODEV, "%s: %s", loading->target->id,
				       STATE_CANNOT);
	vfio_close(&vfio);
	return 0;
}

int command_state_load(struct cli *cli)
{
	struct loading loading = {.cli = cli, .file.twice = true};
	const bool regions = state_by_regions(cli);
	enum vfio_way way;
	int status;

	if (state_unix(cli->arguments[1]))
		return state_unix_load(cli, cli->arguments[1]);
	status = state_device_options(cli, &way);
	if (!status)
		status = state_target(cli, &loading.file, &loading.target);
	if (!status)
		status = state_judge(cli, &loading.file, loading.target, &loading.verdict);
	if (!status && regions)
		status = loading_run(&loading, FORMAT_REGIONS, state_backend_load, NULL);
	else if (!status)
		status = loading_run(&loading, FORMAT_STREAM, load_kernel, &way);
	loading_end(&loading);
	return status;
}
