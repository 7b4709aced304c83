/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a worker process is laid out: its descriptors, its arguments and its first message.
 * The library (core/worker_client) and the worker program (core/worker) both rely on
 * this.
 *
 * One exec starts any number of workers. The program becomes the first worker and makes
 * copies of itself for the others. Each worker has a socket for requests and a pipe for
 * its lifetime.
 */
#ifndef CORE_WIRE_WORKER_PROCESS_H
#define CORE_WIRE_WORKER_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

/* Descriptors of a worker. */
#define WORKER_SOCKET 3
/*
 * The reading end of a pipe. Nothing is ever written to it; it ends together with the
 * socket.
 */
#define WORKER_LIFE 4
/*
 * When the program starts, worker i has its socket at WORKER_SOCKET + 2 * i and its pipe
 * at the next number. The pages of core/operation/step.h follow all of these.
 */
#define WORKER_STEPS(count) (WORKER_SOCKET + 2 * (int)(count))

/*
 * While they start, workers need four descriptors each; so they fit into the usual 1,024.
 */
#define WORKERS_MAX 200u

/* First argument of the program if it is to parse configuration files instead. */
#define WORKER_PARSE_CONFIG "--parse-config"

/*
 * First message of a worker, sent before it runs vendor code. The library does not know
 * the number of a copy before this.
 */
struct worker_hello {
	pid_t pid;
	uint32_t missing; /* steps of its confinement, enum confinement */
};

#endif
