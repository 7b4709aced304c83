/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loading a state file into a device through its regions. Nothing that the file brings takes effect
 * before all of it was read and checked: memory is staged by the device, and the config, which
 * makes it count, is set when the end was seen. So a load that fails, wherever it does, leaves the
 * device as it was, running if it ran.
 */
#ifndef CORE_REGIONS_LOAD_H
#define CORE_REGIONS_LOAD_H

#include "core/regions/port.h"
#include "core/state/reader.h"

struct load_options {
	/*
	 * May a state with this version string be loaded? Called before anything else of the file
	 * is read. 0, or a negative errno with the sentence. Required: who wants to load without
	 * asking says so there.
	 */
	int (*judge)(void *arg, const char *version, size_t len, struct error *err);
	void *arg;
	bool run; /* let the device run afterwards; else it stays stopped */
};

/* One load; zeroed is a valid start. */
struct state_load {
	struct state_reader reader;
	struct state_port *port;
	struct load_options options;
	struct migcompat_control control;
	uint32_t before; /* the device's state */
	bool entered;	 /* it was stopped for this */
	bool done;
	bool spare;   /* the device-memory region that is free is the second one */
	bool started; /* the device takes a record of memory; its result is not there yet */
	uint64_t memory_bytes;
	uint64_t dirty_bytes;
	uint64_t config_bytes;
};

/*
 * Read and judge the version string, then the head. Errors: the judge's; the reader's; -EINVAL: the
 * file is of another device's size. The port and the transport must outlive the load. To be ended
 * whatever it returns.
 */
int state_load_begin(struct state_load *load, struct state_port *port,
		     const struct state_transport *from, const struct load_options *options,
		     struct error *err);
/* One record more: 1; 0: the device has it all. The first error is the last: it is what every
 * further call returns. */
int state_load_step(struct state_load *load, struct error *err);
/* Unless it is done, the device is as before state_load_begin. */
void state_load_end(struct state_load *load);

/* All of it. */
int state_load(struct state_port *port, const struct state_transport *from,
	       const struct load_options *options, struct error *err);

#endif
