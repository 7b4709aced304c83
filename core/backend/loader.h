/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loading a backend's file with libltdl. This runs vendor code (constructors), so
 * programs do it in a worker.
 */
#ifndef CORE_BACKEND_LOADER_H
#define CORE_BACKEND_LOADER_H

#include "core/backend/info.h"
#include "core/backend/trusted.h"

struct loaded; /* a loaded shared object */

/*
 * Load a file that trusted_open allowed, look up its symbol, and copy its struct to the
 * core's size. path is the backend's; file is what the dynamic linker opens, a path
 * through a descriptor. info is allocated in arena.
 *
 * err is a sentence without the path. -ELIBACC: the error of the dynamic linker; -EPROTO:
 * no symbol, an unknown API version or a struct that is too short; -EINVAL: wrong
 * declarations; -ENOMEM.
 */
int loader_load(const char *path, const char *file, struct arena *arena, struct loaded **ret,
		struct backend_info *info, struct error *err);
const struct migcompat_backend *loaded_ops(const struct loaded *loaded);
/*
 * The path of a file through the descriptor of its folder. Each call returns another
 * path. To the dynamic linker an equal path is the same file, even after the descriptor's
 * number was used again.
 */
void loader_path(const struct trusted *trusted, char ret[static TRUSTED_PATH_MAX]);
struct loaded *loader_unload(struct loaded *loaded); /* returns NULL; takes NULL */

/*
 * The paths of all *.so files in a folder, sorted by name, in the arena. A negative errno
 * with a sentence, also if there is no such folder.
 */
int loader_list(const char *dir, struct arena *arena, const char ***ret, size_t *ret_count,
		struct error *err);

#endif
