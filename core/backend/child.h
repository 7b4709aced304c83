/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One child process with a socket to it. Made for a library: no signal handler, no waiting for other children than this
 * one, nothing that a program with threads could trip over.
 */
#ifndef CORE_BACKEND_CHILD_H
#define CORE_BACKEND_CHILD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/facts/error.h"

#define CHILD_SOCKET 3 /* the child's end of the socket, in the child */

struct child {
	int socket;  /* -1: there is none */
	int process; /* a process descriptor: unlike a number it never comes to mean another process */
};

/*
 * Run program with one argument. It gets /dev/null as standard input and output (and error, unless keep_stderr), its end of
 * the socket, default signal handling, and of the environment only the sanitizers' options. -errno with a sentence.
 */
int child_start(struct child *child, const char *program, const char *argument, bool keep_stderr, struct error *err);

/*
 * End it and forget it: wait so long for it to end by itself, then kill it. how, unless NULL, gets the words for it: "ended (exit
 * status 0)", "was killed by signal 11 (Segmentation fault)", "closed its connection" where it had to be killed.
 */
void child_end(struct child *child, unsigned grace_ms, char *how, size_t size);

#endif
