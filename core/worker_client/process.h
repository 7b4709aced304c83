/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Worker processes: starting them, with a socket to each, and ending them. Made for a
 * library: it sets no signal handler, waits for no other children, and is safe in a
 * program with threads.
 */
#ifndef CORE_WORKER_CLIENT_PROCESS_H
#define CORE_WORKER_CLIENT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/facts/error.h"
#include "core/operation/step.h"
#include "core/wire/worker_process.h"

struct process {
	int socket;        /* -1: no process */
	int life;          /* the writing end of its pipe */
	pid_t pid;         /* 0: a copy that has not said hello */
	bool met;          /* it has said hello */
	uint32_t missing;  /* steps of its confinement, enum confinement; valid if met */
	struct step *step; /* its current operation; NULL: not known */
};

/* What to run. All strings are the caller's. */
struct process_program {
	const char *path;             /* of the program, absolute */
	const char *first;            /* its first argument, for all processes */
	const char *const *arguments; /* one more argument for each process */
	size_t count;                 /* of processes, 1 to WORKERS_MAX */
	bool keep_stderr;             /* false: standard error is /dev/null */
};

/*
 * Run the program once. It becomes the first process and makes the others as copies of
 * itself (core/worker/copies.h); all of them are children of the caller. Standard input
 * and output are /dev/null, signals have their default handling, and only the sanitizers'
 * options remain of the environment. ret has room for count processes. A negative errno
 * with a sentence: none runs.
 */
int process_start(const struct process_program *program, struct process *ret, struct error *err);

/*
 * Is this an error of process_start that a lack of memory, processes or descriptors
 * caused?
 */
bool process_lacks_resources(int r);

/*
 * Wait for the hello of a process, before anything else is read from its socket.
 * -ETIMEDOUT; -ECONNRESET: it ended first; -EBADMSG: this is no hello.
 */
int process_meet(struct process *process, uint64_t deadline);

/*
 * Kill the process without waiting for its end; process_end must follow. Nothing happens
 * before the hello.
 */
void process_kill(const struct process *process);

/*
 * Wait up to grace_ms for the process to end by itself, then kill it, and forget it. how
 * may be NULL; otherwise it gets the words for the end: "ended (exit status 0)", "was
 * killed by signal 11 (Segmentation fault)", or "closed its connection" if it had to be
 * killed.
 */
void process_end(struct process *process, unsigned grace_ms, char *how, size_t size);

#endif
