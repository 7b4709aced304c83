/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loading one backend file with libltdl. This runs vendor code (its constructors), so programs do it in a worker.
 */
#ifndef CORE_BACKEND_LOADER_H
#define CORE_BACKEND_LOADER_H

#include "core/backend/info.h"

struct loaded; /* a shared object that stays open */

/*
 * Open path (absolute) for reading, once it is sure that others than root or the caller can write neither it nor its folder. The
 * descriptor, or -EPERM, -EINVAL or what opening says, with a sentence that names the path. ret_folder, unless NULL, gets its folder
 * (O_PATH), to be closed too.
 */
int loader_open(const char *path, int *ret_folder, struct error *err);

/*
 * Load what loader_open let through, look up its one symbol, and copy its struct to the core's size. file: what the dynamic linker opens
 * in place of path; NULL: path. err is one sentence without the path. -ELIBACC: the dynamic linker's own text; -EPROTO: no symbol, an
 * unknown API version or a struct that is too short; -EINVAL: what it declares is wrong. info lives in arena.
 */
int loader_load(const char *path, const char *file, struct arena *arena, struct loaded **ret, struct backend_info *info, struct error *err);
const struct migcompat_backend *loaded_ops(const struct loaded *loaded);
struct loaded *loader_unload(struct loaded *loaded); /* returns NULL; takes NULL */

/* Paths of the *.so files of a folder, in name order, in the arena; -errno with a sentence. An absent folder is an error. */
int loader_list(const char *dir, struct arena *arena, const char ***ret, size_t *ret_count, struct error *err);

#endif
