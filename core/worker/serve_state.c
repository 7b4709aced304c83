/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sessions on device state in a worker. The library makes and maps the memory of the
 * regions, since a worker can make no files. Its descriptor comes with a byte between two
 * messages, when a session waits for it.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/backend/provider_local.h"
#include "core/worker/serve.h"

void server_state_close(struct server *server, uint32_t device)
{
	for (uint32_t i = 0; i < SERVE_SESSIONS_MAX; i++) {
		struct served_session *session = &server->sessions[i];

		if (!session->port || (device != UINT32_MAX && session->device != device))
			continue;
		session->port = port_close(session->port);
		if (server->waiting == session)
			server->waiting = NULL;
	}
}

static struct served_session *session_free(struct server *server)
{
	for (uint32_t i = 0; i < SERVE_SESSIONS_MAX; i++)
		if (!server->sessions[i].port)
			return &server->sessions[i];
	return NULL;
}

/* A session that has its memory, or NULL. */
static struct served_session *session_find(struct server *server, uint32_t number)
{
	struct served_session *session =
		number < SERVE_SESSIONS_MAX ? &server->sessions[number] : NULL;

	return session && session->port && session->port->base ? session : NULL;
}

static int answer_open(struct server *server, struct wire_message *request)
{
	uint32_t number = wire_get_u32(&request->body);
	struct opened *opened = server_device(server, number);
	struct served_session *session = session_free(server);
	struct error err = {0};
	int r = -EMFILE;

	if (!opened || !wire_done(&request->body) || server->waiting)
		return -EBADMSG;
	if (session)
		r = local_state_begin(opened, &session->port, &err);
	else
		error_set(&err, r, "backend %s: more than %u sessions on device state are open",
			  server->provider->info.name, SERVE_SESSIONS_MAX);
	if (r)
		return server_refuse(server, request->head.id, WIRE_STATE_OPEN, r, err.text);
	session->device = number;
	server->waiting = session;
	server->waiting_id = request->head.id;
	wire_begin(&server->out, request->head.id, WIRE_STATE_OPEN, 0, WIRE_REPLY_MAX);
	message_put_session(&server->out, (uint32_t)(session - server->sessions),
			    &session->port->info);
	return wire_end(&server->out);
}

/* Receive the byte with the descriptor. *ret is -1 if there was none. */
static int descriptor_receive(int fd, int *ret)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	char byte;
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	struct cmsghdr *head;
	ssize_t n;

	do
		n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n < 0 ? -errno : -ECONNRESET;
	head = CMSG_FIRSTHDR(&message);
	*ret = -1;
	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
	    head->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(ret, CMSG_DATA(head), sizeof(int));
	return 0;
}

int server_state_memory(struct server *server, int fd)
{
	struct served_session *session = server->waiting;
	struct error err = {0};
	int memory = -1;
	int r = descriptor_receive(fd, &memory);

	if (r)
		return r;
	server->waiting = NULL;
	/* Without a descriptor the library had no memory, and the session ends. */
	r = memory < 0 ? error_set(&err, -ENOMEM, "out of memory")
		       : local_state_mount(session->port, memory, &err);
	if (r) {
		session->port = port_close(session->port);
		return server_refuse(server, server->waiting_id, WIRE_STATE_OPEN, r, err.text);
	}
	wire_begin(&server->out, server->waiting_id, WIRE_STATE_OPEN, 0, WIRE_REPLY_MAX);
	return wire_end(&server->out);
}

static int answer_run(struct server *server, struct wire_message *request)
{
	struct state_write writes[STATE_WRITES_MAX];
	struct migcompat_control control;
	struct served_session *session;
	struct error err = {0};
	uint32_t number;
	size_t count;
	bool total;
	int r = message_get_run(&request->body, &number, writes, &count, &total);

	session = r ? NULL : session_find(server, number);
	if (!session)
		return -EBADMSG;
	r = port_run(session->port, writes, count, total, &control, &err);
	wire_begin(&server->out, request->head.id, WIRE_STATE_RUN, 0, WIRE_REPLY_MAX);
	message_put_control(&server->out, r, err.text, &control);
	return wire_end(&server->out);
}

static int answer_close(struct server *server, struct wire_message *request)
{
	struct served_session *session = session_find(server, wire_get_u32(&request->body));

	if (!session || !wire_done(&request->body))
		return -EBADMSG;
	session->port = port_close(session->port);
	return 0;
}

int server_state_answer(struct server *server, struct wire_message *request)
{
	switch (request->head.op) {
	case WIRE_STATE_OPEN:
		return answer_open(server, request);
	case WIRE_STATE_RUN:
		return answer_run(server, request);
	default:
		return answer_close(server, request);
	}
}
