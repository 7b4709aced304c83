/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds the backends' folder and the worker program relative to the file that this code
 * was loaded from, as they are installed. So a build tree and a staged installation work
 * as they are. Otherwise the configured place is used. The program's name and the working
 * folder do not matter. The policy is always in the configured folder.
 */
#include <dlfcn.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "core/check/engine.h"

struct place {
	const char *of_program; /* relative to the folder of a program */
	const char *of_library; /* relative to the folder of the shared library */
	const char *configured;
};

/*
 * Is this code part of the program itself? The kernel tells where it loaded the program's
 * headers.
 */
static bool in_program(const Dl_info *own)
{
	Dl_info program;

	return dladdr((void *)(uintptr_t)getauxval(AT_PHDR), &program) &&
	       program.dli_fbase == own->dli_fbase;
}

/*
 * The path of the file that holds this code. For a program the kernel's link is used,
 * since the linker knows only the name by which it was called. A relative path of a
 * library is not used, since the working folder may have changed.
 */
static bool own_file(bool *ret_is_program, char path[PATH_MAX])
{
	Dl_info own;
	ssize_t len;

	if (!dladdr((void *)(uintptr_t)engine_worker_program, &own) || !own.dli_fname)
		return false;
	*ret_is_program = in_program(&own);
	if (!*ret_is_program)
		return *own.dli_fname == '/' && realpath(own.dli_fname, path);
	len = readlink("/proc/self/exe", path, PATH_MAX);
	if (len <= 0 || len == PATH_MAX || *path != '/')
		return false;
	path[len] = '\0';
	return true;
}

static const char *find(struct arena *arena, const struct place *place)
{
	char own[PATH_MAX], path[PATH_MAX * 2], real[PATH_MAX];
	bool is_program;

	if (own_file(&is_program, own)) {
		*strrchr(own, '/') = '\0';
		snprintf(path, sizeof(path), "%s/%s", own,
			 is_program ? place->of_program : place->of_library);
		if (access(path, R_OK) == 0 && realpath(path, real))
			return arena_copy(arena, real, strlen(real));
	}
	return arena_copy(arena, place->configured, strlen(place->configured));
}

const char *engine_default_backend_dir(struct arena *arena)
{
	static const struct place place = {
		.of_program = MIGCOMPAT_LIBDIR_BELOW "/migcompat/backends",
		.of_library = "migcompat/backends",
		.configured = MIGCOMPAT_LIBDIR "/migcompat/backends",
	};

	return find(arena, &place);
}

const char *engine_worker_program(struct arena *arena)
{
	static const struct place place = {
		.of_program = MIGCOMPAT_LIBEXECDIR_BELOW "/migcompat/migcompat-worker",
		.of_library = MIGCOMPAT_LIBEXECDIR_BESIDE "/migcompat/migcompat-worker",
		.configured = MIGCOMPAT_LIBEXECDIR "/migcompat/migcompat-worker",
	};

	return find(arena, &place);
}
