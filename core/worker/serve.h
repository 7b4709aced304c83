/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The worker's side: one backend, loaded here, answers the requests that come through a socket.
 * Runs vendor code in this process, so nothing of worth may be in it. One thread.
 */
#ifndef CORE_WORKER_SERVE_H
#define CORE_WORKER_SERVE_H

#include "core/wire/message.h"

#define SERVE_DEVICES_MAX 65536u /* devices that are open at a time */
#define SERVE_SESSIONS_MAX 16u	 /* sessions on their states */

struct served_host;
struct served_device;

/* A session on a device's state; its number is its place. */
struct served_session {
	struct state_port *port; /* NULL: free */
	uint32_t device;
};

struct server {
	struct provider *provider;
	struct wire_out out; /* replies, to be sent by the caller */
	struct migcompat_result result;
	struct arena settings; /* their values */
	struct served_host *hosts;
	struct served_device **devices; /* by number; NULL: free */
	uint32_t room;
	uint32_t lowest; /* no number below it is free */
	struct served_session sessions[SERVE_SESSIONS_MAX];
	struct served_session *waiting; /* for the memory of its regions, which comes beside the
					   stream of messages; NULL: none */
	uint32_t waiting_id;		/* of the request */
};

/* The provider is the server's from now on; it may be an unusable one. */
void server_start(struct server *server, struct provider *provider);
void server_free(struct server *server);

/* Write the unasked message: what was loaded, or why nothing was. */
int server_introduce(struct server *server);
/* Carry out one request and write its reply, if it has one. -EBADMSG: this is no request; -ENOMEM:
 * there is no going on. */
int server_answer(struct server *server, struct wire_message *request);

/* The part of that which is about device state (serve_state.c). */
int server_state_answer(struct server *server, struct wire_message *request);
/* Take what the waiting session waits for, from the socket, and write the reply. */
int server_state_memory(struct server *server, int fd);
/* Close the sessions of a device; UINT32_MAX: all. */
void server_state_close(struct server *server, uint32_t device);
/* For it: the opened device of a number, or NULL; and an error beside its sentence as a reply. */
struct opened *server_device(struct server *server, uint32_t number);
int server_refuse(struct server *server, uint32_t id, enum wire_op op, int status,
		  const char *text);

/*
 * All of it, until the other end is gone: 0; else an errno of the socket, or as above. Reads and
 * writes, and recvmsg where a session waits for its memory: the filters of a worker allow no other
 * call that is for sockets. SIGPIPE is the caller's.
 */
int serve(int fd, struct server *server);

#endif
