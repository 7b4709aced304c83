/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The worker's side: one backend, loaded here, answers the requests that come through a socket. Runs vendor code in
 * this process, so nothing of worth may be in it. One thread.
 */
#ifndef CORE_BACKEND_SERVE_H
#define CORE_BACKEND_SERVE_H

#include "core/backend/message.h"

#define SERVE_DEVICES_MAX 65536u /* devices that are open at a time */

struct served_host;
struct served_device;

struct server {
	struct provider *provider;
	struct wire_out out;          /* replies, to be sent by the caller */
	struct migcompat_result result;
	struct arena settings;        /* their values */
	struct served_host *hosts;
	struct served_device **devices; /* by number; NULL: free */
	uint32_t room;
	uint32_t lowest;              /* no number below it is free */
};

/* The provider is the server's from now on; it may be an unusable one. */
void server_start(struct server *server, struct provider *provider);
void server_free(struct server *server);

/* Write the unasked message: what was loaded, or why nothing was. */
int server_introduce(struct server *server);
/* Carry out one request and write its reply, if it has one. -EBADMSG: this is no request; -ENOMEM: there is no going on. */
int server_answer(struct server *server, struct wire_message *request);

/*
 * All of it, until the other end is gone: 0; else an errno of the socket, or as above. Reads and writes only: the filters of a worker
 * allow no call that is for sockets. SIGPIPE is the caller's.
 */
int serve(int fd, struct server *server);

#endif
