/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The regions of one device as whoever saves and loads sees them: mapped here, wherever the
 * vendor's code runs. One thread at a time.
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
	 * Writes in order, up to the first that fails, whose error is returned. ret_control is the
	 * control region after them, also then; its memory.total is looked up anew if total is set.
	 */
	int (*run)(struct state_port *port, const struct state_write *writes, size_t count,
		   bool total, struct migcompat_control *ret_control, struct error *err);
	void (*close)(struct state_port *port);
};

struct state_port {
	const struct state_port_ops *ops;
	struct regions_info info;
	struct migcompat_region_place places[MIGCOMPAT_REGION_ENUM_COUNT];
	uint8_t *base; /* all regions; shared with whoever runs the vendor's code */
};

static inline void *port_region(const struct state_port *port, enum migcompat_region region)
{
	return port->base + port->places[region].offset;
}

static inline int port_run(struct state_port *port, const struct state_write *writes, size_t count,
			   bool total, struct migcompat_control *ret_control, struct error *err)
{
	return port->ops->run(port, writes, count, total, ret_control, err);
}

/* Returns NULL; takes NULL. A load that is under way is dropped. */
static inline struct state_port *port_close(struct state_port *port)
{
	if (port)
		port->ops->close(port);
	return NULL;
}

/* Regions in this process. They are the port's from now on, and nobody else may write to them.
 * -ENOMEM: they are not. */
int port_local_new(struct migcompat_regions *regions, struct state_port **ret);
/* Carry out what a port asks for. */
int port_serve(struct migcompat_regions *regions, const struct state_write *writes, size_t count,
	       bool total, struct migcompat_control *ret_control);

#endif
