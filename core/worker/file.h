/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A backend's file: opened by who started the worker, loaded by a user who may not even reach it. */
#ifndef CORE_WORKER_FILE_H
#define CORE_WORKER_FILE_H

#include "core/facts/error.h"

struct file {
	const char *path;
	int fd;     /* -1: refusal says why */
	int folder; /* likewise */
	const char *from; /* what the dynamic linker is to open; NULL: path */
	struct error refusal;
};

/* While the process is still the user who started it: only what that user trusts is opened. */
void file_open(struct file *file, const char *path);

/* Afterwards: where the path cannot be read any more (below /root, say), a copy in memory takes its place. */
void file_reach(struct file *file);

/* Make the descriptor the one after the socket, if the linker needs it, and close all others that are not standard ones. -errno. */
int file_keep(struct file *file);

/* Close it, once it is loaded. */
void file_done(struct file *file);

#endif
