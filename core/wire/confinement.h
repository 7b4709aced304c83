/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Steps of a worker's confinement that may be missing. The worker sends them in its
 * hello, before vendor code could lie about them. "backend list" and Varlink's Backends
 * show them, and the service logs them once. If any other step fails, the backend is
 * unusable and the step is the reason.
 */
#ifndef CORE_WIRE_CONFINEMENT_H
#define CORE_WIRE_CONFINEMENT_H

#include <stddef.h>
#include <stdint.h>

enum confinement {
	CONFINEMENT_USER = 1,  /* it stays root of a user namespace that has no other user */
	CONFINEMENT_FILES = 2, /* the kernel has no Landlock */
	CONFINEMENT_CALLS =
		/* No seccomp filter: only in builds with sanitizers or coverage. */
	4,
	CONFINEMENT_MEMORY = 8, /* no limit of memory: only in builds with sanitizers */
	CONFINEMENT_ORDER = 16, /* its oom_score_adj could not be raised */
	CONFINEMENT_ALL = 31,
};

#define CONFINEMENT_TEXT_MAX 512 /* bytes of the text for all steps */

/*
 * The consequences of each missing step, joined by "; ". "": none is missing. Returns
 * text.
 */
const char *confinement_text(uint32_t missing, char *text, size_t size);

#endif
