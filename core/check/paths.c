/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where backends and the worker program are. Looked for beside the file that this code was loaded from, so that a build
 * tree and a staged installation work as they stand; whoever can write there can change this code as well.
 */
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/check/engine.h"

/* Folder of the shared library or program that holds this function. */
static int own_folder(char folder[PATH_MAX])
{
	Dl_info info;
	ssize_t len;
	char *slash;

	if (!dladdr((void *)(uintptr_t)engine_worker_program, &info) || !info.dli_fname)
		return -1;
	/* A program's own name is what it was called by; the link is the truth, and has no link in it. */
	len = strstr(info.dli_fname, ".so") ? 0 : readlink("/proc/self/exe", folder, PATH_MAX - 1);
	if (len > 0)
		folder[len] = '\0';
	else if (!realpath(info.dli_fname, folder))
		return -1;
	slash = strrchr(folder, '/');
	if (!slash)
		return -1;
	*slash = '\0';
	return 0;
}

/* The first that is there: beside us, then as installed relative to us, then as configured. */
static const char *find(struct arena *arena, const char *beside, const char *const *relative, const char *configured)
{
	char folder[PATH_MAX], path[PATH_MAX + 256], real[PATH_MAX];

	if (own_folder(folder) == 0) {
		snprintf(path, sizeof(path), "%s/%s", folder, beside);
		if (access(path, R_OK) == 0)
			return arena_copy(arena, path, strlen(path));
		for (; *relative; relative++) {
			snprintf(path, sizeof(path), "%s/%s", folder, *relative);
			if (access(path, R_OK) == 0 && realpath(path, real))
				return arena_copy(arena, real, strlen(real));
		}
	}
	return arena_copy(arena, configured, strlen(configured));
}

const char *engine_default_backend_dir(struct arena *arena)
{
	static const char *const relative[] = {"../" MIGCOMPAT_LIBDIR_NAME "/migcompat/backends", "migcompat/backends", NULL};

	return find(arena, "backends", relative, MIGCOMPAT_LIBDIR "/migcompat/backends");
}

const char *engine_worker_program(struct arena *arena)
{
	static const char *const relative[] = {"../" MIGCOMPAT_LIBEXECDIR_NAME "/migcompat/migcompat-worker",
					       "../../" MIGCOMPAT_LIBEXECDIR_NAME "/migcompat/migcompat-worker", NULL};

	return find(arena, "migcompat-worker", relative, MIGCOMPAT_LIBEXECDIR "/migcompat/migcompat-worker");
}
