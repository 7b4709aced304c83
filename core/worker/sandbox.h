/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Giving up rights, step by step and for good. A step returns 0, or a negative errno with
 * a sentence; then no vendor code may run. A worker is confined as documented, or it
 * answers nothing. One thread.
 *
 * The library looks up the user and passes its numbers. The worker opens the backends'
 * files, becomes this user, drops its capabilities, and restricts itself with Landlock.
 * Each copy then sets limits and the first seccomp filter, loads its backend, and adds
 * the second filter.
 */
#ifndef CORE_WORKER_SANDBOX_H
#define CORE_WORKER_SANDBOX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/facts/error.h"

/*
 * The steps that this build leaves out, enum confinement. The functions below add steps
 * that the kernel, or the process that started this one, does not allow.
 */
uint32_t sandbox_left_out(void);

/*
 * Let the kernel end this process and its copies first if memory is short
 * (core/wire/worker_memory.h).
 */
void sandbox_first(unsigned oom_score_adj, uint32_t *missing);

/*
 * If root started this process: become this user, without other groups. Any other user
 * stays. Then drop all capabilities for good.
 */
int sandbox_user(uid_t uid, gid_t gid, uint32_t *missing, struct error *err);

/* Only the second half: the user stays. */
int sandbox_capabilities(struct error *err);

/*
 * From now on only these files and folders, and the system's libraries, can be opened,
 * for reading only. Descriptors below 0 are skipped. Without Landlock in the kernel, the
 * user's permissions are all that limits this until sandbox_serving.
 */
int sandbox_files(const int *descriptors, size_t count, uint32_t *missing, struct error *err);

/* In each copy, before vendor code is loaded: limits, and the first filter. */
int sandbox_loading(unsigned memory_kib, struct error *err);

/*
 * After loading: no file can be opened and no code added. This does not stop hostile
 * code: a constructor shares the worker's memory and could prevent the second filter. It
 * would keep what the first filter allows.
 */
int sandbox_serving(struct error *err);

#endif
