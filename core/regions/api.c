/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What libmigcompat-regions exports, but for the server (server.c): the same functions for a device
 * of this process and for one that another process serves.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/regions/client.h"
#include "core/regions/load.h"
#include "core/regions/save.h"

/* Take what a caller's struct has of ours; what it lacks is zero. */
static void take(void *ret, size_t size, const void *given, size_t given_size)
{
	memset(ret, 0, size);
	if (given)
		memcpy(ret, given, given_size < size ? given_size : size);
}

/* ---------------------------------------------------------------- regions */

int migcompat_regions_new(const struct migcompat_device_state *table, void *session,
			  struct migcompat_regions **ret)
{
	struct migcompat_device_state ops = {0};
	struct regions_info info = {0};
	int r = regions_ops_copy(table, &ops, NULL);
	int fd;

	if (!r)
		r = regions_info_get(&ops, session, &info, NULL);
	if (r)
		return r;
	fd = regions_memory_new(&info, NULL);
	return fd < 0 ? fd : regions_mount(&ops, session, &info, fd, ret, NULL);
}

struct migcompat_regions *migcompat_regions_free(struct migcompat_regions *regions)
{
	if (!regions || !regions->path)
		return regions_free(regions);
	port_close(regions->remote); /* the memory and its descriptor are the port's */
	free(regions->path);
	free(regions);
	return NULL;
}

int migcompat_regions_write(struct migcompat_regions *regions, uint64_t offset, size_t size,
			    uint64_t value)
{
	const struct state_write write = {offset, size, value};

	if (!regions->remote)
		return regions_write(regions, offset, size, value);
	return port_run(regions->remote, &write, 1, false, &regions->control, &regions->err);
}

int migcompat_regions_read(struct migcompat_regions *regions, uint64_t offset, size_t size,
			   uint64_t *ret_value)
{
	const bool total = offset == offsetof(struct migcompat_control, memory.total);
	int r;

	if (!regions->remote || !total || size != sizeof(*ret_value))
		return regions_read(regions, offset, size, ret_value);
	r = port_run(regions->remote, NULL, 0, true, &regions->control, &regions->err);
	if (!r)
		*ret_value = regions->control.memory.total;
	return r;
}

void *migcompat_regions_map(const struct migcompat_regions *regions, enum migcompat_region region,
			    size_t *ret_size)
{
	struct migcompat_region_place place = {0};

	if ((unsigned)region < MIGCOMPAT_REGION_ENUM_COUNT)
		place = regions->control.regions[region];
	if (ret_size)
		*ret_size = place.size;
	return place.size ? regions->base + place.offset : NULL;
}

int migcompat_regions_fd(const struct migcompat_regions *regions)
{
	return regions->fd;
}

const char *migcompat_regions_message(const struct migcompat_regions *regions)
{
	return regions->err.text;
}

static struct state_port *port_of(struct migcompat_regions *regions, struct port_local *local)
{
	if (regions->remote)
		return regions->remote;
	port_local_init(local, regions);
	return &local->port;
}

/* ---------------------------------------------------------------- saving */

struct saving {
	struct migcompat_save_options options;
};

static int save_progress(void *arg, const struct save_progress *progress)
{
	const struct saving *saving = arg;
	const struct migcompat_save_progress told = {
		.struct_size = sizeof(told),
		.phase = progress->phase,
		.round = progress->round,
		.bytes = progress->bytes,
		.rest = progress->rest,
	};

	return saving->options.progress(saving->options.arg, &told);
}

static void report_give(const struct save_report *report, struct migcompat_save_report *ret)
{
	const struct migcompat_save_report told = {
		.struct_size = ret->struct_size,
		.memory_bytes = report->memory_bytes,
		.dirty_bytes = report->dirty_bytes,
		.stopped_bytes = report->stopped_bytes,
		.config_bytes = report->config_bytes,
		.rounds = report->rounds,
	};

	take(ret, ret->struct_size, &told, sizeof(told));
}

int migcompat_regions_save(struct migcompat_regions *regions, int fd,
			   const struct migcompat_save_options *options,
			   struct migcompat_save_report *ret_report)
{
	const struct state_transport to = transport_fd(&fd, "the state");
	struct saving saving;
	struct save_options plain;
	struct save_report report = {0};
	struct port_local local;
	struct state_port *port = port_of(regions, &local);
	struct error err = {0};
	int r;

	take(&saving.options, sizeof(saving.options), options, options ? options->struct_size : 0);
	plain = (struct save_options){
		.version = saving.options.version,
		.info = saving.options.info,
		.rest_max = saving.options.rest_max,
		.rounds_max = saving.options.rounds_max,
		.run_on = !saving.options.stay_stopped,
		.progress = saving.options.progress ? save_progress : NULL,
		.arg = &saving,
	};
	if (!plain.version)
		plain.version = migcompat_regions_version(regions);
	plain.version_len = strlen(plain.version);
	r = regions_version_check(plain.version, plain.version_len, &regions->err);
	if (r)
		return r;
	r = state_save(port, &to, &plain, &report, &err);
	if (!r && regions->remote)
		r = client_keep(regions->remote, &err);
	if (r)
		return error_set(&regions->err, r, "%s", err.text);
	if (ret_report)
		report_give(&report, ret_report);
	return 0;
}

/* ---------------------------------------------------------------- loading */

struct loading {
	struct migcompat_regions *regions;
	struct migcompat_load_options options;
};

/* Both must agree: the caller, and the process that serves the device. */
static int load_judge(void *arg, const char *version, size_t len, struct error *err)
{
	const struct loading *loading = arg;
	const struct migcompat_load_options *options = &loading->options;
	int r = options->judge ? options->judge(options->arg, version) : 0;

	if (r)
		return error_set(err, r < 0 ? r : -EINVAL, "the caller refused the version string");
	return loading->regions->remote ? client_check(loading->regions->remote, version, len, err)
					: 0;
}

int migcompat_regions_load(struct migcompat_regions *regions, int fd,
			   const struct migcompat_load_options *options)
{
	const struct state_transport from = transport_fd(&fd, "the state");
	struct loading loading = {.regions = regions};
	struct load_options plain = {.judge = load_judge, .arg = &loading};
	struct port_local local;
	struct state_port *port = port_of(regions, &local);
	struct error err = {0};
	int r;

	take(&loading.options, sizeof(loading.options), options,
	     options ? options->struct_size : 0);
	if (!loading.options.judge && !regions->remote)
		return error_set(&regions->err, -EINVAL, "a load needs a judge");
	plain.run = !loading.options.stay_stopped;
	r = state_load(port, &from, &plain, &err);
	if (!r && regions->remote)
		r = client_keep(regions->remote, &err);
	return r ? error_set(&regions->err, r, "%s", err.text) : 0;
}

/* ---------------------------------------------------------------- regions of another process */

static int connect_to(struct migcompat_regions *regions, const char *path, int timeout_ms,
		      struct error *err)
{
	const struct client_options options = {.timeout_ms = timeout_ms, .stop = -1};
	int r;

	regions->fd = -1;
	regions->path = strdup(path);
	if (!regions->path)
		return error_set(err, -ENOMEM, "out of memory");
	r = client_connect(regions->path, &options, &regions->remote, err);
	if (!r)
		r = port_run(regions->remote, NULL, 0, false, &regions->control, err);
	if (r)
		return r;
	regions->info = regions->remote->info;
	regions->base = regions->remote->base;
	regions->fd = client_memory(regions->remote);
	return 0;
}

int migcompat_regions_connect(const char *path, int timeout_ms, struct migcompat_regions **ret,
			      char *ret_text, size_t size)
{
	struct migcompat_regions *regions = calloc(1, sizeof(*regions));
	struct error err = {0};
	int r = regions ? connect_to(regions, path, timeout_ms, &err)
			: error_set(&err, -ENOMEM, "out of memory");

	if (!r) {
		*ret = regions;
		return 0;
	}
	migcompat_regions_free(regions);
	if (size)
		snprintf(ret_text, size, "%s", err.text);
	return r;
}

const char *migcompat_regions_version(const struct migcompat_regions *regions)
{
	return regions->remote ? client_version(regions->remote) : "";
}

int migcompat_regions_check(struct migcompat_regions *regions, const char *version)
{
	if (!regions->remote)
		return error_set(&regions->err, -EOPNOTSUPP,
				 "the device is in this process, which judges itself");
	return client_check(regions->remote, version, strlen(version), &regions->err);
}

int migcompat_regions_keep(struct migcompat_regions *regions)
{
	return regions->remote ? client_keep(regions->remote, &regions->err) : 0;
}
