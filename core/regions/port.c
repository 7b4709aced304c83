/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Regions in this process as a port. */
#include "core/regions/port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct local_port {
	struct state_port port;
	struct migcompat_regions *regions;
};

int port_serve(struct migcompat_regions *regions, const struct state_write *writes, size_t count,
	       bool total, struct migcompat_control *ret_control)
{
	uint64_t pages;
	int r = 0;

	for (size_t i = 0; i < count && !r; i++)
		r = migcompat_regions_write(regions, writes[i].offset, writes[i].size,
					    writes[i].value);
	if (!r && total)
		r = migcompat_regions_read(regions, STATE_FIELD(memory.total), &pages);
	*ret_control = regions->control;
	return r;
}

static int local_run(struct state_port *port, const struct state_write *writes, size_t count,
		     bool total, struct migcompat_control *ret_control, struct error *err)
{
	struct local_port *self = (struct local_port *)(void *)port;
	int r = port_serve(self->regions, writes, count, total, ret_control);

	return r ? error_set(err, r, "%s", migcompat_regions_message(self->regions)) : 0;
}

static void local_close(struct state_port *port)
{
	struct local_port *self = (struct local_port *)(void *)port;

	migcompat_regions_free(self->regions);
	free(self);
}

static const struct state_port_ops local_ops = {
	.run = local_run,
	.close = local_close,
};

int port_local_new(struct migcompat_regions *regions, struct state_port **ret)
{
	struct local_port *self = calloc(1, sizeof(*self));

	if (!self)
		return -ENOMEM;
	self->port = (struct state_port){
		.ops = &local_ops, .info = regions->info, .base = regions->base};
	memcpy(self->port.places, regions->control.regions, sizeof(self->port.places));
	self->regions = regions;
	*ret = &self->port;
	return 0;
}
