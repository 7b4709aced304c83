/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps of a load. A payload is read into the region from which the device takes it, and
 * checked there. */
#include "core/regions/load.h"

#include <errno.h>
#include <string.h>

/* The port gets the result of what was started, if anything was. */
static int run(struct state_load *load, const struct state_write *writes, size_t count,
	       struct error *err)
{
	load->started = false;
	return port_run(load->port, writes, count, false, &load->control, err);
}

static int enter(struct state_load *load, uint32_t state, struct error *err)
{
	return run(load, &(struct state_write){STATE_FIELD(device_state), state}, 1, err);
}

/* Latch a refusal, so that no later record gets around it. */
static int refuse(struct state_load *load, int r, const struct error *err)
{
	return reader_refuse(&load->reader, r, err);
}

/* ---------------------------------------------------------------- beginning */

static int head_check(struct state_load *load, struct error *err)
{
	const struct format_head *head = &load->reader.head;
	const char *name = load->reader.from->name;

	if (head->content != FORMAT_REGIONS)
		return error_set(
			err, -EINVAL,
			"%s: it holds a kernel driver's stream, and the target has regions", name);
	if (head->memory_size != load->port->info.memory_size)
		return error_set(err, -EINVAL,
				 "%s: it holds %llu bytes of memory, the target has %llu", name,
				 (unsigned long long)head->memory_size,
				 (unsigned long long)load->port->info.memory_size);
	return 0;
}

/* Stop the device, and drop a load that another caller began. */
static int stop(struct state_load *load, struct error *err)
{
	static const struct state_write agree = {STATE_FIELD(version), MIGCOMPAT_REGIONS_VERSION};
	int r = run(load, &agree, 1, err);

	load->before = load->control.device_state;
	if (!r)
		r = enter(load, MIGCOMPAT_DEVICE_STOPPED, err);
	load->entered = !r;
	return r ? r : enter(load, MIGCOMPAT_DEVICE_STOPPED, err);
}

int state_load_begin(struct state_load *load, struct state_port *port,
		     const struct state_transport *from, const struct load_options *options,
		     struct error *err)
{
	struct error text = {0};
	int r;

	memset(load, 0, sizeof(*load));
	load->port = port;
	load->options = *options;
	r = reader_begin(&load->reader, from, &text);
	if (!r)
		r = options->judge(options->arg, load->reader.version, load->reader.version_len,
				   &text);
	if (!r)
		r = reader_head(&load->reader, &text);
	if (!r)
		r = head_check(load, &text);
	if (!r)
		r = stop(load, &text);
	if (!r)
		return 0;
	refuse(load, r, &text);
	return error_set(err, r, "%s", text.text);
}

/* ---------------------------------------------------------------- records */

/* The result of the record of memory that the device is still taking, if there is one. */
static int settle(struct state_load *load, struct error *err)
{
	if (!load->started)
		return 0;
	load->started = load->spare = false;
	return load->port->ops->finish(load->port, &load->control, err);
}

static int load_memory(struct state_load *load, const struct format_record *record,
		       struct error *err)
{
	const struct state_write writes[] = {
		{STATE_FIELD(memory.position), record->position},
		{STATE_FIELD(memory.size), record->size},
		{STATE_FIELD(memory.action), MIGCOMPAT_SET_BUFFER},
	};
	const struct state_port_ops *ops = load->port->ops;
	const bool spare = load->spare;
	int r = reader_payload(&load->reader, record, port_window(load->port, spare), err);

	if (r)
		return r;
	load->memory_bytes += record->size;
	if (!port_overlaps(load->port))
		return run(load, writes, 3, err);
	r = settle(load, err);
	if (!r)
		r = ops->start(load->port, writes, 3, spare, err);
	load->started = !r;
	load->spare = !spare;
	return r;
}

/* Zeros are set like other memory, from a region of zeros. */
static int load_zeros(struct state_load *load, const struct format_record *record,
		      struct error *err)
{
	const uint64_t most = load->port->places[MIGCOMPAT_REGION_MEMORY].size;
	uint64_t len = 0, size;
	int r = reader_zeros(&load->reader, record, &len, err);

	if (!r)
		r = settle(load, err);
	if (!r)
		memset(port_region(load->port, MIGCOMPAT_REGION_MEMORY), 0,
		       len < most ? len : most);
	for (uint64_t at = record->position, end = at + len; at < end && !r; at += size) {
		size = end - at < most ? end - at : most;
		const struct state_write writes[] = {
			{STATE_FIELD(memory.position), at},
			{STATE_FIELD(memory.size), size},
			{STATE_FIELD(memory.action), MIGCOMPAT_SET_BUFFER},
		};

		r = run(load, writes, 3, err);
	}
	load->memory_bytes += len;
	return r;
}

static int load_dirty(struct state_load *load, const struct format_record *record,
		      struct error *err)
{
	const struct state_write writes[] = {
		{STATE_FIELD(memory.size), record->size},
		{STATE_FIELD(memory.action), MIGCOMPAT_SET_BUFFER},
	};
	int r;

	if (!(load->port->info.capabilities & MIGCOMPAT_CAP_LOGGING) ||
	    record->size > load->port->places[MIGCOMPAT_REGION_MEMORY].size)
		return error_set(err, -EINVAL,
				 "%s: record %llu has dirty pages, which the target does not take",
				 load->reader.from->name, (unsigned long long)record->number);
	r = settle(load, err);
	if (!r && !(load->control.device_state & MIGCOMPAT_DEVICE_LOGGING))
		r = enter(load, MIGCOMPAT_DEVICE_STOPPED_LOGGING, err);
	if (!r)
		r = reader_payload(&load->reader, record,
				   port_region(load->port, MIGCOMPAT_REGION_MEMORY), err);
	load->dirty_bytes += record->size;
	return r ? r : run(load, writes, 2, err);
}

/* The config stays in its region until the end record was read. */
static int load_config(struct state_load *load, const struct format_record *record,
		       struct error *err)
{
	uint64_t most = load->port->places[MIGCOMPAT_REGION_CONFIG].size;

	if (record->size > most - load->config_bytes)
		return error_set(err, -EINVAL,
				 "%s: its config has more than the %llu bytes that the target "
				 "takes",
				 load->reader.from->name, (unsigned long long)most);
	load->config_bytes += record->size;
	return reader_payload(
		&load->reader, record,
		(char *)port_region(load->port, MIGCOMPAT_REGION_CONFIG) + record->position, err);
}

static int load_record(struct state_load *load, const struct format_record *record,
		       struct error *err)
{
	switch (record->type) {
	case RECORD_MEMORY:
		return load_memory(load, record, err);
	case RECORD_ZEROS:
		return load_zeros(load, record, err);
	case RECORD_DIRTY:
		return load_dirty(load, record, err);
	case RECORD_CONFIG:
		return load_config(load, record, err);
	default:
		return reader_skip(&load->reader, record, err);
	}
}

/* The whole file is sound: the device takes all of it or nothing. */
static int commit(struct state_load *load, struct error *err)
{
	const struct state_write writes[] = {
		{STATE_FIELD(config.size), load->config_bytes},
		{STATE_FIELD(config.action), MIGCOMPAT_SET_BUFFER},
	};
	int r = run(load, writes, 2, err);

	if (r)
		return r;
	load->done = true;
	return enter(load, load->options.run ? MIGCOMPAT_DEVICE_RUNNING : MIGCOMPAT_DEVICE_STOPPED,
		     err);
}

int state_load_step(struct state_load *load, struct error *err)
{
	struct format_record record;
	struct error text = {0};
	int r;

	if (load->done && !load->reader.refused)
		return 0;
	r = reader_next(&load->reader, &record, &text);
	if (r > 0)
		r = load_record(load, &record, &text);
	else if (r == 0)
		r = commit(load, &text);
	if (r == 0)
		return load->done ? 0 : 1;
	refuse(load, r, &text);
	return error_set(err, r, "%s", text.text);
}

void state_load_end(struct state_load *load)
{
	if (!load->entered || load->done)
		return;
	/* Otherwise its error would be taken for that of the next write. */
	(void)settle(load, NULL);
	/* Writing the present state drops what was staged. The first error is already known. */
	(void)enter(load, load->control.device_state, NULL);
	(void)enter(load, load->before, NULL);
}

int state_load(struct state_port *port, const struct state_transport *from,
	       const struct load_options *options, struct error *err)
{
	struct state_load load;
	int r = state_load_begin(&load, port, from, options, err);

	if (!r)
		do
			r = state_load_step(&load, err);
		while (r > 0);
	state_load_end(&load);
	return r;
}
