/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loading a state file into a device through its regions. Nothing of the file takes effect before
 * all of it was read and checked: the device stages memory, and the config is set after the end
 * record. So a load that fails leaves the device as it was, running if it ran. Only if the device
 * fails to run after that, it has the new state and is stopped.
 */
#ifndef CORE_REGIONS_LOAD_H
#define CORE_REGIONS_LOAD_H

#include "core/regions/port.h"
#include "core/state/reader.h"

struct load_options {
	/* May a state with this version string be loaded? Called before anything else of the file
	 * is read. 0, or a negative errno with a sentence. Required. */
	int (*judge)(void *arg, const char *version, size_t len, struct error *err);
	void *arg;
	bool run; /* the device runs afterwards; otherwise it stays stopped */
};

/* One load. Starts zeroed. */
struct state_load {
	struct state_reader reader;
	struct state_port *port;
	struct load_options options;
	struct migcompat_control control;
	uint32_t before; /* the state of the device before */
	bool entered;    /* the device was stopped for this load */
	bool done;
	bool spare;   /* the device-memory region that is free is the second one */
	bool started; /* the device takes a record of memory; its result is not there yet */
	uint64_t memory_bytes;
	uint64_t dirty_bytes;
	uint64_t config_bytes;
};

/*
 * Read and judge the version string, then read the head. -EINVAL: the file is of another size of
 * memory, or holds no regions; otherwise the errno of the judge or of the reader. Port and
 * transport must outlive the load. Call state_load_end also after an error.
 */
int state_load_begin(struct state_load *load, struct state_port *port,
		     const struct state_transport *from, const struct load_options *options,
		     struct error *err);
/* Load the next record: 1. 0: the device has taken everything. Every call after an error returns
 * the same error. */
int state_load_step(struct state_load *load, struct error *err);
/* An unfinished load leaves the device as it was before state_load_begin. */
void state_load_end(struct state_load *load);

/* The three together. */
int state_load(struct state_port *port, const struct state_transport *from,
	       const struct load_options *options, struct error *err);

#endif
