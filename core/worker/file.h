/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A backend's file: opened by the user who started the worker, loaded by a user who may not even
 * reach it. */
#ifndef CORE_WORKER_FILE_H
#define CORE_WORKER_FILE_H

#include "core/backend/trusted.h"

struct file {
	const char *path;
	struct trusted opened; /* descriptors -1: refusal says why */
	int copy; /* sealed, in memory, if the file itself cannot be read; otherwise -1 */
	char from[TRUSTED_PATH_MAX]; /* what the dynamic linker opens */
	struct error refusal;
};

/* While the process is still the user who started it: only what that user trusts is opened. */
void file_open(struct file *file, const char *path);

/* Afterwards: if the file cannot be read any more (root alone may, say), a copy in memory replaces
 * it. */
void file_reach(struct file *file);

/*
 * Move the descriptor that the linker needs to the number after the child's own, and close all
 * others but the standard ones. -errno.
 */
int file_keep(struct file *file);

/* Close it, once the backend is loaded. */
void file_done(struct file *file);

#endif
