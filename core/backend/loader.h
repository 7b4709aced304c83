/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loading one backend file with libltdl. This runs vendor code (its constructors), so programs do
 * it in a worker.
 */
#ifndef CORE_BACKEND_LOADER_H
#define CORE_BACKEND_LOADER_H

#include "core/backend/info.h"
#include "core/backend/trusted.h"

struct loaded; /* a shared object that stays open */

/*
 * Load what trusted_open let through, look up its one symbol, and copy its struct to the core's
 * size. file: what the dynamic linker opens, a path through a descriptor. err is one sentence
 * without the path. -ELIBACC: the dynamic linker's own text; -EPROTO: no symbol, an unknown API
 * version or a struct that is too short; -EINVAL: what it declares is wrong. info lives in arena.
 */
int loader_load(const char *path, const char *file, struct arena *arena, struct loaded **ret,
		struct backend_info *info, struct error *err);
const struct migcompat_backend *loaded_ops(const struct loaded *loaded);
/*
 * The file's path through its folder's descriptor, another one at each call: for the linker an
 * equal path is the same file, even if the descriptor's number has become another folder's.
 */
void loader_path(const struct trusted *trusted, char ret[static TRUSTED_PATH_MAX]);
struct loaded *loader_unload(struct loaded *loaded); /* returns NULL; takes NULL */

/* Paths of the *.so files of a folder, in name order, in the arena; -errno with a sentence. An
 * absent folder is an error. */
int loader_list(const char *dir, struct arena *arena, const char ***ret, size_t *ret_count,
		struct error *err);

#endif
