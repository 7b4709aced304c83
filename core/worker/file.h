/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A backend's file. The user who started the worker opens it; the worker's user, who may
 * not be able to reach it, loads it.
 */
#ifndef CORE_WORKER_FILE_H
#define CORE_WORKER_FILE_H

#include "core/backend/trusted.h"

struct file {
	const char *path;
	struct trusted opened; /* descriptors are -1 if refusal is set */
	int copy; /* a sealed copy in memory, if the file cannot be read; otherwise -1 */
	char from[TRUSTED_PATH_MAX]; /* the path for the dynamic linker */
	struct error refusal;
};

/*
 * Open the file as the user who started the worker: only what that user trusts is opened.
 */
void file_open(struct file *file, const char *path);

/* After the change of user: if the file cannot be read any more, copy it into memory. */
void file_reach(struct file *file);

/*
 * Move the descriptor for the linker to the first number after the worker's own, and
 * close all others but the standard ones. 0 or a negative errno.
 */
int file_keep(struct file *file);

/* Close that descriptor, after the backend was loaded. */
void file_done(struct file *file);

#endif
