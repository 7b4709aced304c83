/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The worker's side: one backend, loaded in this process, answers requests from a socket.
 * Vendor code runs here, so this process must hold nothing of value. One thread.
 */
#ifndef CORE_WORKER_SERVE_H
#define CORE_WORKER_SERVE_H

#include "core/wire/message.h"

#define SERVE_DEVICES_MAX 65536u /* devices that are open at a time */
#define SERVE_SESSIONS_MAX 16u   /* sessions that are open at a time */

struct served_host;
struct served_device;

/* A session on a device's state. Its number is its index. */
struct served_session {
	struct state_port *port; /* NULL: unused */
	uint32_t device;
};

struct server {
	struct provider *provider;
	struct wire_out out; /* replies, to be sent by the caller */
	struct migcompat_result result;
	struct arena settings; /* values of the settings */
	struct served_host *hosts;
	struct served_device **devices; /* by number; NULL: unused */
	uint32_t room;
	uint32_t lowest; /* no lower number is free */
	struct served_session sessions[SERVE_SESSIONS_MAX];
	/*
	 * The session that waits for the memory of its regions, which comes between two
	 * messages; NULL: none.
	 */
	struct served_session *waiting;
	uint32_t waiting_id; /* of its request */
};

/* The server takes over the provider, which may be unusable. */
void server_start(struct server *server, struct provider *provider);
void server_free(struct server *server);

/* Write the first message: the backend, or why it was not loaded. */
int server_introduce(struct server *server);
/* Answer a request. -EBADMSG: it is invalid; -ENOMEM: the worker cannot go on. */
int server_answer(struct server *server, struct wire_message *request);

/* The requests about device state (serve_state.c). */
int server_state_answer(struct server *server, struct wire_message *request);
/* Receive the memory for the waiting session, and write the reply. */
int server_state_memory(struct server *server, int fd);
/* Close the sessions of a device; UINT32_MAX: of all devices. */
void server_state_close(struct server *server, uint32_t device);
/*
 * For serve_state.c: the opened device with this number, or NULL; and a reply that is an
 * error.
 */
struct opened *server_device(struct server *server, uint32_t number);
int server_refuse(struct server *server, uint32_t id, enum wire_op op, int status,
		  const char *text);

/*
 * Serve until the other end closes: 0, or an error of the socket or of server_answer.
 * Uses read, write, and recvmsg for memory, since a worker's filters allow no other calls
 * on sockets. The caller ignores SIGPIPE.
 */
int serve(int fd, struct server *server);

#endif
