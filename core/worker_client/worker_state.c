/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sessions on device state in a worker. The library makes and seals a memfd for the
 * regions, and both processes map it: a worker can make no files, and payloads are never
 * copied into messages. Writes to the control region are messages.
 *
 * A session ends with its process and is not opened again, since what it had staged or
 * logged is lost.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/worker_client/worker.h"

struct session {
	struct state_port port;
	struct worker *worker;
	uint32_t generation; /* of its process */
	uint32_t number;
	size_t size; /* of the mapping */
};

static struct session *session_of(struct state_port *port)
{
	return (struct session *)(void *)port;
}

/* ---------------------------------------------------------------- calls */

static int session_lives(const struct session *self, struct error *err)
{
	if (self->worker->generation == self->generation)
		return 0;
	return error_set(err, -EIO,
			 "backend %s: the session on the state of a device ended with its worker",
			 self->worker->provider.info.name);
}

static int run(struct session *self, const struct state_write *writes, size_t count, bool total,
	       struct migcompat_control *ret_control, struct error *err)
{
	struct requests *requests = &self->worker->requests;
	struct wire_message reply = {0};
	int outcome = 0, r;

	wire_begin(&requests->out, ++requests->last, WIRE_STATE_RUN, 0, WIRE_REQUEST_MAX);
	message_put_run(&requests->out, self->number, writes, count, total);
	r = wire_end(&requests->out);
	if (r)
		return error_set(err, r, "out of memory");
	r = worker_call(self->worker, WIRE_STATE_RUN, &reply, err);
	if (!r && (r = message_get_control(&reply.body, &self->port, &outcome, ret_control, err)))
		return worker_bad_reply(self->worker, r, err);
	return r ? r : outcome;
}

static int session_run(struct state_port *port, const struct state_write *writes, size_t count,
		       bool total, struct migcompat_control *ret_control, struct error *err)
{
	struct session *self = session_of(port);
	int r = count > STATE_WRITES_MAX ? -E2BIG : worker_enter(self->worker, err);

	if (r)
		return r;
	r = session_lives(self, err);
	if (!r)
		r = run(self, writes, count, total, ret_control, err);
	worker_leave(self->worker);
	return r;
}

/*
 * The message is sent with the next request. If other callers have the worker, the
 * session is closed with its device.
 */
static void session_close(struct state_port *port)
{
	struct session *self = session_of(port);
	struct worker *worker = self->worker;

	if (worker_acquire(worker, 0) == 0) {
		if (worker->alive && worker->generation == self->generation) {
			wire_begin(&worker->requests.out, ++worker->requests.last, WIRE_STATE_CLOSE,
				   0, WIRE_REQUEST_MAX);
			wire_put_u32(&worker->requests.out, self->number);
			(void)wire_end(&worker->requests.out);
		}
		worker_release(worker);
	}
	if (port->base)
		munmap(port->base, self->size);
	free(self);
}

static const struct state_port_ops session_ops = {
	.run = session_run,
	.close = session_close,
};

/* ---------------------------------------------------------------- opening */

/* Send a byte with the descriptor; -1: without one. */
static int descriptor_send(int socket, int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	char byte = 0;
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t n;

	if (fd >= 0) {
		control.head = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)),
						.cmsg_level = SOL_SOCKET,
						.cmsg_type = SCM_RIGHTS};
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(int));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	do
		n = sendmsg(socket, &message, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

/* Make and map the memory of the regions. Returns its descriptor or a negative errno. */
static int memory_make(struct session *self, struct error *err)
{
	int fd = regions_memory_new(&self->port.info, err);
	void *base;

	if (fd < 0)
		return fd;
	self->size = regions_places(&self->port.info, self->port.places);
	base = mmap(NULL, self->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED) {
		int r = -errno;

		close(fd);
		return error_set(err, r, "regions could not be mapped: %s", strerror(-r));
	}
	self->port.base = base;
	return fd;
}

/* Send the memory and wait for the second reply. */
static int memory_give(struct session *self, struct error *err)
{
	struct worker *worker = self->worker;
	struct wire_message reply = {0};
	struct error text = {0};
	int fd = memory_make(self, &text), r;

	r = descriptor_send(worker->process.socket, fd);
	if (fd >= 0)
		close(fd);
	if (r)
		return worker_error(worker, worker_abort(worker, r), err);
	r = worker_call(worker, WIRE_STATE_OPEN, &reply, err);
	if (!r && !wire_done(&reply.body))
		return worker_bad_reply(worker, -EBADMSG, err);
	return fd < 0 ? error_set(err, fd, "%s", text.text) : r;
}

static int open_session(struct session *self, struct opened *opened, struct error *err)
{
	struct worker *worker = self->worker;
	struct requests *requests = &worker->requests;
	struct wire_message reply = {0};
	int r = worker_reopen(worker, opened, err);

	if (r)
		return r;
	wire_begin(&requests->out, ++requests->last, WIRE_STATE_OPEN, 0, WIRE_REQUEST_MAX);
	wire_put_u32(&requests->out, worker_opened_of(opened)->number);
	r = wire_end(&requests->out);
	if (r)
		return error_set(err, r, "out of memory");
	r = worker_call(worker, WIRE_STATE_OPEN, &reply, err);
	if (!r && (r = message_get_session(&reply.body, &self->number, &self->port.info)))
		return worker_bad_reply(worker, r, err);
	self->generation = worker->generation;
	return r ? r : memory_give(self, err);
}

int worker_state(struct opened *opened, struct state_port **ret, struct error *err)
{
	struct session *self = calloc(1, sizeof(*self));
	int r = self ? 0 : error_set(err, -ENOMEM, "out of memory");

	if (r || !self)
		return r;
	self->worker = worker_of(opened->provider);
	self->port.ops = &session_ops;
	r = worker_enter(self->worker, err);
	if (!r) {
		r = open_session(self, opened, err);
		worker_leave(self->worker);
	}
	if (!r) {
		*ret = &self->port;
		return 0;
	}
	if (self->port.base)
		munmap(self->port.base, self->size);
	free(self);
	return r;
}
