/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Giving up, step by step and for good, what vendor code must not have. Each step returns 0, or
 * -errno with a sentence, and then nothing of a vendor may run: a worker is confined as it is
 * documented or it answers nothing. One thread.
 */
#ifndef CORE_WORKER_SANDBOX_H
#define CORE_WORKER_SANDBOX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/facts/error.h"

/*
 * Steps that this build leaves out. The next three steps add to such a set what the kernel or the
 * process that started this one does not allow, enum confinement.
 */
uint32_t sandbox_left_out(void);

/* If memory is short, the kernel ends this process and its copies before others (memory.h). */
void sandbox_first(unsigned oom_score_adj, uint32_t *missing);

/*
 * Root becomes this user, with no other group; whoever else started this stays. All capabilities
 * go, and with no_new_privs they never come back.
 */
int sandbox_user(uid_t uid, gid_t gid, uint32_t *missing, struct error *err);

/* The second half of that: the user stays who it is. */
int sandbox_capabilities(struct error *err);

/*
 * From now on nothing but these files and folders (descriptors below 0 are passed over) and the
 * system's libraries can be opened, and these for reading only. A kernel without Landlock leaves it
 * to the user's permissions until sandbox_serving.
 */
int sandbox_files(const int *descriptors, size_t count, uint32_t *missing, struct error *err);

/* In each process, after the copies were made and before vendor code is loaded: limits, and the
 * system calls that a worker takes. */
int sandbox_loading(unsigned memory_kib, struct error *err);

/* After that: no file is opened any more, and no code is added. */
int sandbox_serving(struct error *err);

#endif
