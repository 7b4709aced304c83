/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libltdl with a loader of our own. Its own loaders bind lazily and report "file not
 * found" for each error of dlopen. One lock covers all calls of libltdl, since it has
 * global state.
 */
#include "core/backend/loader.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <ltdl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libltdl/lt_dlloader.h>

#include "core/facts/macros.h"

#define BACKENDS_MAX 256u /* files in a folder */

struct loaded {
	lt_dlhandle handle;
	struct migcompat_backend ops;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool ready;       /* guarded by lock */
static const char *from; /* guarded by lock: the path for dlopen, instead of libltdl's */
static char reason[ERROR_TEXT_MAX / 2]; /* guarded by lock: the last error of dlopen */

static lt_module module_open(lt_user_data data, const char *path, lt_dladvise advise)
{
	void *module;

	(void)data, (void)path, (void)advise;
	module = dlopen(from, RTLD_NOW | RTLD_LOCAL);
	if (!module)
		snprintf(reason, sizeof(reason), "%s", dlerror());
	return module;
}

static int module_close(lt_user_data data, lt_module module)
{
	(void)data;
	return dlclose(module);
}

static void *module_symbol(lt_user_data data, lt_module module, const char *name)
{
	(void)data;
	return dlsym(module, name);
}

/*
 * Replace libltdl's loader for dlopen: it would try each file again that ours refused,
 * and bind it lazily. Its other loader, lt_preopen, opens no files.
 */
static int loaders_set(struct error *err)
{
	static const lt_dlvtable ours = {
		.name = "migcompat",
		.sym_prefix = NULL,
		.module_open = module_open,
		.module_close = module_close,
		.find_sym = module_symbol,
		.priority = LT_DLLOADER_PREPEND,
	};
	lt_dlvtable *theirs = NULL;

	if (ready)
		return 0;
	if (lt_dlinit() != 0 || lt_dlloader_add(&ours) != 0 ||
	    !(theirs = lt_dlloader_remove("lt_dlopen")))
		return error_set(err, -ELIBACC, "libltdl: %s", lt_dlerror());
	free(theirs); /* libltdl allocated it and has just dropped it */
	ready = true;
	return 0;
}

/*
 * dlerror begins with the path of the descriptor, but callers name the backend's own
 * path.
 */
static const char *reason_short(void)
{
	size_t len = strlen(from);

	return strncmp(reason, from, len) == 0 && strncmp(reason + len, ": ", 2) == 0
		       ? reason + len + 2
		       : reason;
}

/* Copy min(its size, ours), after a check of version and size. */
static int ops_copy(const void *symbol, struct migcompat_backend *ret, struct error *err)
{
	const struct migcompat_backend *theirs = symbol;
	const size_t least = MEMBER_END(struct migcompat_backend, compare);
	size_t size = theirs->struct_size;

	if (theirs->api_version != MIGCOMPAT_BACKEND_API)
		return error_set(err, -EPROTO, "it has API version %u, expected %u",
				 theirs->api_version, MIGCOMPAT_BACKEND_API);
	if (size < least || size > 65536)
		return error_set(err, -EPROTO, "its struct has %zu bytes, expected at least %zu",
				 size, least);
	*ret = (struct migcompat_backend){0};
	memcpy(ret, theirs, size < sizeof(*ret) ? size : sizeof(*ret));
	return 0;
}

int loader_load(const char *path, const char *file, struct arena *arena, struct loaded **ret,
		struct backend_info *info, struct error *err)
{
	struct loaded *loaded = NULL;
	const void *symbol;
	int r;

	pthread_mutex_lock(&lock);
	from = file;
	r = loaders_set(err);
	if (r)
		goto out;
	loaded = calloc(1, sizeof(*loaded));
	if (!loaded) {
		r = error_set(err, -ENOMEM, "out of memory");
		goto out;
	}
	reason[0] = '\0';
	loaded->handle = lt_dlopen(path);
	if (!loaded->handle) {
		r = error_set(err, -ELIBACC, "%s", *reason ? reason_short() : lt_dlerror());
		goto out;
	}
	symbol = lt_dlsym(loaded->handle, "migcompat_backend");
	if (!symbol) {
		r = error_set(err, -EPROTO,
			      "it has no symbol \"migcompat_backend\": not a backend");
		goto out;
	}
	r = ops_copy(symbol, &loaded->ops, err);
	if (!r)
		r = info_make(&loaded->ops, path, arena, info, err);
out:
	pthread_mutex_unlock(&lock);
	if (r)
		loader_unload(loaded);
	else
		*ret = loaded;
	return r;
}

void loader_path(const struct trusted *trusted, char ret[static TRUSTED_PATH_MAX])
{
	static unsigned count; /* guarded by lock */
	size_t len = (size_t)snprintf(ret, TRUSTED_PATH_MAX, "/proc/self/fd/%d", trusted->folder);
	unsigned number;

	pthread_mutex_lock(&lock);
	number = ++count;
	pthread_mutex_unlock(&lock);
	/* The linker compares paths as text. The kernel ignores these components. */
	for (; number; number >>= 1)
		len += (size_t)snprintf(ret + len, TRUSTED_PATH_MAX - len, "%s",
					number & 1 ? "/." : "/");
	snprintf(ret + len, TRUSTED_PATH_MAX - len, "/%s", trusted->name);
}

const struct migcompat_backend *loaded_ops(const struct loaded *loaded)
{
	return &loaded->ops;
}

struct loaded *loader_unload(struct loaded *loaded)
{
	if (loaded && loaded->handle) {
		pthread_mutex_lock(&lock);
		lt_dlclose(loaded->handle);
		pthread_mutex_unlock(&lock);
	}
	free(loaded);
	return NULL;
}

static int path_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int loader_list(const char *dir, struct arena *arena, const char ***ret, size_t *ret_count,
		struct error *err)
{
	const char **paths = NULL;
	char *real = realpath(dir, NULL); /* libltdl and the checks need an absolute path */
	DIR *folder = real ? opendir(real) : NULL;
	struct dirent *entry;
	size_t count = 0;
	int r = 0;

	if (!folder) {
		r = -errno;
		error_set(err, r, "backend folder %s: %s", dir, strerror(-r));
		goto out;
	}
	r = trusted_check(dirfd(folder), real, err);
	if (r)
		goto out;
	paths = arena_alloc(arena, BACKENDS_MAX * sizeof(*paths), 8);
	while (paths && (entry = readdir(folder))) {
		size_t len = strlen(entry->d_name);
		char path[4096];

		if (entry->d_name[0] == '.' || len < 4 ||
		    strcmp(entry->d_name + len - 3, ".so") != 0)
			continue;
		if (count == BACKENDS_MAX || snprintf(path, sizeof(path), "%s/%s", real,
						      entry->d_name) >= (int)sizeof(path)) {
			r = error_set(err, -E2BIG,
				      "backend folder %s: more than %u backends or too long a path",
				      dir, BACKENDS_MAX);
			goto out;
		}
		paths[count] = arena_copy(arena, path, strlen(path));
		if (!paths[count++])
			break;
	}
	if (!paths || (count && !paths[count - 1])) {
		r = error_set(err, -ENOMEM, "out of memory");
		goto out;
	}
	qsort(paths, count, sizeof(*paths), path_compare);
	*ret = paths;
	*ret_count = count;
out:
	if (folder)
		closedir(folder);
	free(real);
	return r;
}
