/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Child processes with a socket to each. Made for a library: no signal handler, no waiting for
 * other children than these, nothing that a program with threads could trip over.
 */
#ifndef CORE_WORKER_CLIENT_CHILD_H
#define CORE_WORKER_CLIENT_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/operation/step.h"
#include "core/facts/error.h"

/* In the child: */
#define CHILD_SOCKET 3 /* its end of its socket */
#define CHILD_LIFE \
	4 /* a pipe that nothing ever comes through, which ends together with the socket */
#define CHILD_STEPS(count) \
	(CHILD_SOCKET +    \
	 2 * (int)(count)) /* what it is at (core/operation/step.h), in the program alone */
#define CHILDREN_MAX                                                                 \
	200u /* so that they, four descriptors each while they start, fit into 1,024 \
	      */

struct child {
	int socket;    /* -1: there is none */
	int life;      /* the writing end of its pipe */
	pid_t process; /* 0: a copy that was not met yet */
	bool met;
	struct step *step; /* what it is at; NULL: that is not known */
	uint32_t missing;  /* steps of its confinement, enum confinement; known once it is met */
};

/*
 * Run program once, with a first argument, and one more for each child, and its socket and pipe, in
 * pairs from CHILD_SOCKET on. The process becomes the first child; it makes the others as copies of
 * itself, children of this process too, by child_copy: running a program takes many times what a
 * copy takes. It gets /dev/null as standard input and output (and error, unless keep_stderr),
 * default signal handling, and of the environment only the sanitizers' options. -errno with a
 * sentence: there is none of them.
 */
int child_start(struct child *children, size_t count, const char *program, const char *first,
		const char *const *arguments, bool keep_stderr, struct error *err);

/* Wait for its first words: -ETIMEDOUT, -ECONNRESET where it never came to be, or -EBADMSG. Before
 * anything else is read. */
int child_meet(struct child *child, uint64_t deadline);

/* Let it die, without waiting for that; child_end is still to come. One that was not met yet is
 * left alone. */
void child_kill(const struct child *child);

/*
 * End it and forget it: wait so long for it to end by itself, then kill it. how, unless NULL, gets
 * the words for it: "ended (exit status 0)", "was killed by signal 11 (Segmentation fault)",
 * "closed its connection" where it had to be killed.
 */
void child_end(struct child *child, unsigned grace_ms, char *how, size_t size);

/*
 * In the program, while it has one thread and has run no foreign code: make the copies for all
 * children but the first. Returns in each of them, the first included, with its own number; its
 * socket is CHILD_SOCKET then, its pipe CHILD_LIFE, and the others are to be closed. What it is at
 * is published from now on. -errno. SIGPIPE is to be ignored. Each says first which steps of its
 * confinement are missing.
 */
int child_copy(size_t count, uint32_t missing);

#endif
