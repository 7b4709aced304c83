/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Regions of this process as a port. */
#include "core/regions/port.h"

#include <string.h>

int port_serve(struct migcompat_regions *regions, const struct state_write *writes, size_t count,
	       bool total, struct migcompat_control *ret_control)
{
	uint64_t pages;
	int r = 0;

	for (size_t i = 0; i < count && !r; i++)
		r = regions_write(regions, writes[i].offset, writes[i].size, writes[i].value);
	if (!r && total)
		r = regions_read(regions, STATE_FIELD(memory.total), &pages);
	*ret_control = regions->control;
	return r;
}

static int local_run(struct state_port *port, const struct state_write *writes, size_t count,
		     bool total, struct migcompat_control *ret_control, struct error *err)
{
	struct port_local *self = (struct port_local *)(void *)port;
	int r = port_serve(self->regions, writes, count, total, ret_control);

	return r ? error_set(err, r, "%s", self->regions->err.text) : 0;
}

static const struct state_port_ops local_ops = {
	.run = local_run,
};

void port_local_init(struct port_local *local, struct migcompat_regions *regions)
{
	*local = (struct port_local){
		.port = {.ops = &local_ops, .info = regions->info, .base = regions->base},
		.regions = regions,
	};
	memcpy(local->port.places, regions->control.regions, sizeof(local->port.places));
}
