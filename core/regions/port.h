/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The regions of one device as seen by a save or a load: mapped in this process, while the device
 * is here, in a worker or in another process. One thread at a time.
 */
#ifndef CORE_REGIONS_PORT_H
#define CORE_REGIONS_PORT_H

#include "core/regions/regions.h"

struct state_port;

/* A write to a field of the control region. */
struct state_write {
	uint64_t offset;
	uint64_t size;
	uint64_t value;
};

/* {STATE_FIELD(memory.action), MIGCOMPAT_GET_BUFFER} */
#define STATE_FIELD(member)                         \
	offsetof(struct migcompat_control, member), \
		sizeof(((struct migcompat_control *)NULL)->member)

#define STATE_WRITES_MAX 8u /* at a time */

struct state_port_ops {
	/*
	 * Write the fields in order, up to the first failure, whose error is returned. ret_control
	 * is the control region afterwards, also after a failure. total: read memory.total again.
	 */
	int (*run)(struct state_port *port, const struct state_write *writes, size_t count,
		   bool total, struct migcompat_control *ret_control, struct error *err);
	/*
	 * The same in two steps, or NULL: start the writes, on the spare device-memory region if
	 * spare is set, and get their result. One start at a time; run gets the result first, and
	 * returns its error.
	 */
	int (*start)(struct state_port *port, const struct state_write *writes, size_t count,
		     bool spare, struct error *err);
	int (*finish)(struct state_port *port, struct migcompat_control *ret_control,
		      struct error *err);
	void (*close)(struct state_port *port);
};

struct state_port {
	const struct state_port_ops *ops;
	struct regions_info info;
	struct migcompat_region_place places[MIGCOMPAT_REGION_ENUM_COUNT];
	uint64_t spare; /* offset of the second device-memory region */
	uint8_t *base;  /* all regions; shared with the process that has the device */
};

static inline void *port_region(const struct state_port *port, enum migcompat_region region)
{
	return port->base + port->places[region].offset;
}

/* The device-memory region, or the second one. */
static inline void *port_window(const struct state_port *port, bool spare)
{
	return spare ? port->base + port->spare : port_region(port, MIGCOMPAT_REGION_MEMORY);
}

/* Can it fill one device-memory region while the other one is in use? */
static inline bool port_overlaps(const struct state_port *port)
{
	return port->ops->start;
}

static inline int port_run(struct state_port *port, const struct state_write *writes, size_t count,
			   bool total, struct migcompat_control *ret_control, struct error *err)
{
	return port->ops->run(port, writes, count, total, ret_control, err);
}

/* Drop a load that is under way. Takes NULL, returns NULL. */
static inline struct state_port *port_close(struct state_port *port)
{
	if (port)
		port->ops->close(port);
	return NULL;
}

/* Regions of this process as a port. It needs no closing; the regions must outlive it. */
struct port_local {
	struct state_port port;
	struct migcompat_regions *regions;
};

void port_local_init(struct port_local *local, struct migcompat_regions *regions);
/* Carry out the writes of a port on regions of this process. */
int port_serve(struct migcompat_regions *regions, const struct state_write *writes, size_t count,
	       bool total, struct migcompat_control *ret_control);

#endif
