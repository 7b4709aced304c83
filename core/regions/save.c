/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps of a save. A payload is summed and written from the region into which the device put
 * it, while it is in the cache. Memory that is zero becomes one record: most of a large graphics
 * memory was never written to.
 */
#include "core/regions/save.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "core/state/writer.h"

#define RECORD sizeof(struct migcompat_dirty_record)

struct save {
	struct state_port *port;
	const struct save_options *options;
	struct state_writer writer;
	struct migcompat_control control; /* as of the last writes */
	struct save_progress progress;
	struct save_report report;
	uint64_t zeros; /* bytes of zeros before the next record that are not written yet */
};

static int run(struct save *save, const struct state_write *writes, size_t count, bool total,
	       struct error *err)
{
	return port_run(save->port, writes, count, total, &save->control, err);
}

static int enter(struct save *save, uint32_t state, bool total, struct error *err)
{
	return run(save, &(struct state_write){STATE_FIELD(device_state), state}, 1, total, err);
}

static int record(struct save *save, enum record_type type, uint64_t position, const void *payload,
		  size_t size, struct error *err)
{
	const struct save_options *options = save->options;
	int r = writer_record(&save->writer, type, position, payload, size, err);

	save->progress.bytes += size;
	save->progress.rest -= size < save->progress.rest ? size : save->progress.rest;
	if (!r && options->progress && options->progress(options->arg, &save->progress))
		r = error_set(err, -ECANCELED, "the save was cancelled");
	return r;
}

static void phase(struct save *save, enum save_phase which, uint64_t rest)
{
	save->progress.phase = which;
	save->progress.rest = rest;
}

/* ---------------------------------------------------------------- memory */

/* Reads up to the first byte that is not zero. */
static bool all_zeros(const uint8_t *bytes, size_t len)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0;
}

static int zeros_flush(struct save *save, uint64_t end, struct error *err)
{
	const struct format_zeros zeros = {htole64(save->zeros)};
	int r = save->zeros
			? record(save, RECORD_ZEROS, end - save->zeros, &zeros, sizeof(zeros), err)
			: 0;

	save->zeros = 0;
	return r;
}

static int whole_record(struct save *save, uint64_t at, const void *bytes, size_t len,
			struct error *err)
{
	int r;

	if (all_zeros(bytes, len)) {
		save->zeros += len;
		save->progress.rest -= len < save->progress.rest ? len : save->progress.rest;
		return 0;
	}
	r = zeros_flush(save, at, err);
	return r ? r : record(save, RECORD_MEMORY, at, bytes, len, err);
}

/* Have the device fill a device-memory region; the result is still to be had if the port overlaps.
 */
static int whole_start(struct save *save, uint64_t at, uint64_t chunk, bool spare,
		       struct error *err)
{
	const struct state_write writes[] = {
		{STATE_FIELD(memory.position), at},
		{STATE_FIELD(memory.size), chunk},
		{STATE_FIELD(memory.action), MIGCOMPAT_GET_BUFFER},
	};

	if (!port_overlaps(save->port))
		return run(save, writes, 3, false, err);
	return save->port->ops->start(save->port, writes, 3, spare, err);
}

static uint64_t chunk_at(const struct save *save, uint64_t at)
{
	const uint64_t most = save->port->places[MIGCOMPAT_REGION_MEMORY].size;
	const uint64_t left = save->port->info.memory_size - at;

	return left < most ? left : most;
}

/* If the port overlaps, the device fills one region while the other one is written out. */
static int save_whole(struct save *save, struct error *err)
{
	const uint64_t total = save->port->info.memory_size;
	const bool overlaps = port_overlaps(save->port);
	uint64_t chunk = chunk_at(save, 0), next;
	bool spare = false;
	int r = total ? whole_start(save, 0, chunk, spare, err) : 0;

	phase(save, SAVE_WHOLE, total);
	for (uint64_t at = 0; at < total && !r; at += chunk, chunk = next) {
		const void *window = port_window(save->port, spare);

		next = chunk_at(save, at + chunk);
		if (overlaps)
			r = save->port->ops->finish(save->port, &save->control, err);
		if (!r && overlaps && next)
			r = whole_start(save, at + chunk, next, !spare, err);
		if (!r)
			r = whole_record(save, at, window, chunk, err);
		if (!r && !overlaps && next)
			r = whole_start(save, at + chunk, next, false, err);
		spare = overlaps && !spare;
	}
	save->report.memory_bytes = total;
	return r ? r : zeros_flush(save, total, err);
}

/* The process that has the device may lie: a round must end all the same, with each page at most
 * once. */
static int round_check(const struct migcompat_control *control, uint64_t before, struct error *err)
{
	uint64_t position = control->memory.position, size = control->memory.size;

	if (position <= before)
		return error_set(err, -EPROTO, "dirty-page round makes no progress");
	if (position % MIGCOMPAT_STATE_PAGE || size % RECORD ||
	    size / RECORD > (position - before) / MIGCOMPAT_STATE_PAGE)
		return error_set(err, -EPROTO,
				 "dirty-page round brings %llu bytes from %llu to %llu, which are "
				 "no whole pages or too many",
				 (unsigned long long)size, (unsigned long long)before,
				 (unsigned long long)position);
	return 0;
}

/* All pages that are dirty, from the first to the last. */
static int save_dirty(struct save *save, uint64_t round, struct error *err)
{
	static const struct state_write begin = {STATE_FIELD(memory.position), 0},
					next = {STATE_FIELD(memory.action), MIGCOMPAT_GET_BUFFER};
	const uint64_t end = save->port->info.memory_size;
	const void *region = port_region(save->port, MIGCOMPAT_REGION_MEMORY);
	int r = run(save, &begin, 1, false, err);

	while (!r && save->control.memory.position < end) {
		uint64_t before = save->control.memory.position;

		r = run(save, &next, 1, false, err);
		if (!r)
			r = round_check(&save->control, before, err);
		if (r || !save->control.memory.size)
			continue;
		r = record(save, RECORD_DIRTY, round, region, save->control.memory.size, err);
		save->report.dirty_bytes += save->control.memory.size;
	}
	return r;
}

static int save_rounds(struct save *save, struct error *err)
{
	int r = enter(save, MIGCOMPAT_DEVICE_RUNNING_LOGGING, true, err);

	while (!r && save->control.memory.total > save->options->rest_max &&
	       save->report.rounds < save->options->rounds_max) {
		save->progress.round = ++save->report.rounds;
		phase(save, SAVE_ROUND, save->control.memory.total);
		r = save_dirty(save, save->report.rounds, err);
		if (!r)
			r = run(save, NULL, 0, true, err);
	}
	return r;
}

static int save_rest(struct save *save, struct error *err)
{
	uint64_t before = save->report.dirty_bytes;
	int r = enter(save, MIGCOMPAT_DEVICE_STOPPED_LOGGING, true, err);

	phase(save, SAVE_REST, save->control.memory.total);
	if (!r)
		r = save_dirty(save, save->report.rounds + 1, err);
	if (!r)
		r = run(save, NULL, 0, true, err);
	if (!r && save->control.memory.total)
		r = error_set(err, -EIO, "%llu pages changed after the device had stopped",
			      (unsigned long long)(save->control.memory.total / RECORD));
	save->report.stopped_bytes += save->report.dirty_bytes - before;
	return r;
}

/* ---------------------------------------------------------------- all of it */

static int save_config(struct save *save, struct error *err)
{
	static const struct state_write get = {STATE_FIELD(config.action), MIGCOMPAT_GET_BUFFER};
	const char *config = port_region(save->port, MIGCOMPAT_REGION_CONFIG);
	int r = run(save, &get, 1, false, err);
	uint64_t size = save->control.config.size;

	if (!r && !size)
		r = error_set(err, -EPROTO, "the device gave no config");
	phase(save, SAVE_CONFIG, size);
	for (uint64_t at = 0, part; at < size && !r; at += part) {
		part = size - at < FORMAT_PAYLOAD_MAX ? size - at : FORMAT_PAYLOAD_MAX;
		r = record(save, RECORD_CONFIG, at, config + at, part, err);
	}
	save->report.config_bytes = size;
	save->report.stopped_bytes += size;
	return r;
}

/* live: the device runs and can log. Another device is stopped first. */
static int save_memory(struct save *save, bool live, struct error *err)
{
	int r;

	if (!live) {
		r = enter(save, MIGCOMPAT_DEVICE_STOPPED, false, err);
		if (!r)
			r = save_whole(save, err);
		save->report.stopped_bytes += save->report.memory_bytes;
		return r;
	}
	r = enter(save, MIGCOMPAT_DEVICE_RUNNING, false, err);
	if (!r)
		r = save_whole(save, err);
	if (!r)
		r = save_rounds(save, err);
	return r ? r : save_rest(save, err);
}

static int save_all(struct save *save, const struct state_transport *to, bool live,
		    struct error *err)
{
	const struct format_head head = {.content = FORMAT_REGIONS,
					 .memory_size = save->port->info.memory_size};
	const struct save_options *options = save->options;
	int r = writer_begin(&save->writer, to, options->version, options->version_len, &head, err);

	if (!r && options->info)
		r = record(save, RECORD_INFO, 0, options->info, strlen(options->info), err);
	if (!r)
		r = save_memory(save, live, err);
	if (!r)
		r = save_config(save, err);
	return r ? r : writer_end(&save->writer, err);
}

int state_save(struct state_port *port, const struct state_transport *to,
	       const struct save_options *options, struct save_report *ret_report,
	       struct error *err)
{
	static const struct state_write agree = {STATE_FIELD(version), MIGCOMPAT_REGIONS_VERSION};
	struct save save = {.port = port, .options = options};
	uint32_t before, after;
	bool live;
	int r;

	if (options->version_len > MIGCOMPAT_STRING_MAX ||
	    (options->info && strlen(options->info) > FORMAT_PAYLOAD_MAX))
		return error_set(err, -E2BIG,
				 "the version string or the info is too long for a state file");
	r = run(&save, &agree, 1, false, err);
	if (r)
		return r;
	before = save.control.device_state;
	live = !(before & MIGCOMPAT_DEVICE_STOPPED) && port->info.memory_size &&
	       (port->info.capabilities & MIGCOMPAT_CAP_LOGGING);
	r = save_all(&save, to, live, err);
	after = options->run_on || r ? before : MIGCOMPAT_DEVICE_STOPPED;
	/* After a failure the device goes back to its state; a second error adds nothing. It may be
	 * that of a write that was started, and then nothing was entered yet. */
	if (r && enter(&save, after, false, NULL))
		(void)enter(&save, after, false, NULL);
	if (!r && save.control.device_state != after)
		r = enter(&save, after, false, err);
	if (!r && ret_report)
		*ret_report = save.report;
	return r;
}
