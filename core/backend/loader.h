/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loading one backend file with libltdl. This runs vendor code (its constructors), so programs do it in a worker.
 */
#ifndef CORE_BACKEND_LOADER_H
#define CORE_BACKEND_LOADER_H

#include "core/backend/info.h"

struct loaded; /* a shared object that stays open */

/*
 * Load path (absolute), look up its one symbol, and copy its struct to the core's size. err is one sentence without the path.
 * -EPERM: others than root or the caller can write it or its folder; -ELIBACC: the dynamic linker's own text; -EPROTO: no symbol, an unknown
 * API version or a struct that is too short; -EINVAL: what it declares is wrong. info lives in arena.
 */
int loader_load(const char *path, struct arena *arena, struct loaded **ret, struct backend_info *info, struct error *err);
const struct migcompat_backend *loaded_ops(const struct loaded *loaded);
struct loaded *loader_unload(struct loaded *loaded); /* returns NULL; takes NULL */

/* Is a file or folder safe from others? 0, or -errno with a sentence. */
int loader_check_owner(const char *path, struct error *err);

/* Paths of the *.so files of a folder, in name order, in the arena; -errno with a sentence. An absent folder is an error. */
int loader_list(const char *dir, struct arena *arena, const char ***ret, size_t *ret_count, struct error *err);

#endif
