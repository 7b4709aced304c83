/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device state of a backend in this process: its table, and sessions with regions mounted
 * on it. Calls take the lock of the thread model.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/backend/provider_local.h"

struct session {
	struct state_port port;
	struct local_opened *opened;
	struct migcompat_device_state ops;
	void *session;
	struct migcompat_regions *regions;
};

static struct session *session_of(struct state_port *port)
{
	return (struct session *)(void *)port;
}

static const char *name_of(const struct local_opened *opened)
{
	return opened->opened.provider->info.name;
}

static int session_run(struct state_port *port, const struct state_write *writes, size_t count,
		       bool total, struct migcompat_control *ret_control, struct error *err)
{
	struct session *self = session_of(port);
	pthread_mutex_t *lock = local_call_begin(self->opened);
	struct operation operation;
	int r;

	local_enter(self->opened, &operation, OPERATION_STATE);
	r = port_serve(self->regions, writes, count, total, ret_control);
	operation_leave(&operation);
	local_call_end(lock);
	if (*operation.mistake)
		return operation_error(&operation, r, err);
	return r ? error_set(err, r, "backend %s: %s", name_of(self->opened),
			     self->regions->err.text)
		 : 0;
}

static void session_close(struct state_port *port)
{
	struct session *self = session_of(port);
	pthread_mutex_t *lock = local_call_begin(self->opened);
	struct operation operation;

	local_enter(self->opened, &operation, OPERATION_STATE_CLOSE);
	regions_free(self->regions);
	if (self->session)
		self->ops.close(self->session);
	operation_leave(&operation);
	local_call_end(lock);
	free(self);
}

static const struct state_port_ops session_ops = {
	.run = session_run,
	.close = session_close,
};

/* Get the backend's table, checked. */
static int table_get(const struct local *local, struct migcompat_device_state *ret,
		     struct error *err)
{
	const void *table = local->ops->table ? local->ops->table(MIGCOMPAT_DEVICE_STATE,
								  MIGCOMPAT_DEVICE_STATE_API)
					      : NULL;
	struct error text = {0};
	int r = table ? regions_ops_copy(table, ret, &text) : -EOPNOTSUPP;

	if (!table)
		error_set(&text, r, "it has no operations for device state");
	if (!r && ret->open && ret->close)
		return 0;
	if (!r)
		r = error_set(&text, -EPROTO, "its device-state table lacks open or close");
	error_set(err, r, "backend %s: %s", local->provider.info.name, text.text);
	return r ? r : -EPROTO;
}

static int session_open(struct session *self, struct error *err)
{
	struct operation operation;
	struct error text = {0};
	int r, info = 0;

	self->opened->facts.err = &text;
	local_enter(self->opened, &operation, OPERATION_STATE_OPEN);
	r = self->ops.open(self->opened->handle, &self->session);
	self->opened->facts.err = NULL;
	if (r)
		self->session = NULL;
	else if (self->session)
		info = regions_info_get(&self->ops, self->session, &self->port.info, &text);
	operation_leave(&operation);
	if (*operation.mistake || (r && !*text.text))
		return operation_error(&operation, r, err);
	if (r)
		return error_set(err, operation_code(r), "backend %s: %s", name_of(self->opened),
				 text.text);
	if (!self->session)
		return error_set(err, -EPROTO, "backend %s: it opened a session without a handle",
				 name_of(self->opened));
	return info ? error_set(err, info, "backend %s: %s", name_of(self->opened), text.text) : 0;
}

int local_state_begin(struct opened *opened, struct state_port **ret, struct error *err)
{
	struct session *self = calloc(1, sizeof(*self));
	struct local_opened *device = (struct local_opened *)(void *)opened;
	pthread_mutex_t *lock;
	int r;

	if (!self)
		return error_set(err, -ENOMEM, "out of memory");
	self->opened = device;
	self->port.ops = &session_ops;
	lock = local_call_begin(device);
	/*
	 * host->fail stores its sentence in the device's facts, so only one open at a
	 * time, in every thread model.
	 */
	if (!lock)
		pthread_mutex_lock(&device->device);
	r = table_get((const struct local *)(const void *)opened->provider, &self->ops, err);
	if (!r)
		r = session_open(self, err);
	local_call_end(lock ? lock : &device->device);
	if (r)
		session_close(&self->port);
	else
		*ret = &self->port;
	return r;
}

int local_state_mount(struct state_port *port, int fd, struct error *err)
{
	struct session *self = session_of(port);
	struct error text = {0};
	int r = regions_mount(&self->ops, self->session, &port->info, fd, &self->regions, &text);

	if (r)
		return error_set(err, r, "backend %s: %s", name_of(self->opened), text.text);
	port->base = self->regions->base;
	memcpy(port->places, self->regions->control.regions, sizeof(port->places));
	return 0;
}

int local_state(struct opened *opened, struct state_port **ret, struct error *err)
{
	struct state_port *port = NULL;
	int r = local_state_begin(opened, &port, err);
	int fd = r ? r : regions_memory_new(&port->info, err);

	r = fd < 0 ? fd : local_state_mount(port, fd, err);
	if (r)
		port_close(port);
	else
		*ret = port;
	return r;
}
