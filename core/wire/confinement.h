/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a worker may lack of its confinement. The worker tells it before any vendor code runs in it.
 */
#ifndef CORE_WIRE_CONFINEMENT_H
#define CORE_WIRE_CONFINEMENT_H

#include <stddef.h>
#include <stdint.h>

enum confinement {
	CONFINEMENT_USER = 1,  /* it keeps the user who started it, root of a user namespace */
	CONFINEMENT_FILES = 2, /* no Landlock */
	CONFINEMENT_CALLS =
		4, /* no seccomp filter: a build with sanitizers, or one that counts lines */
	CONFINEMENT_MEMORY = 8, /* no limit of its memory: a build with sanitizers */
	CONFINEMENT_ORDER = 16, /* its oom_score_adj could not be raised */
	CONFINEMENT_ALL = 31,
};

#define CONFINEMENT_TEXT_MAX 512 /* bytes of the text for all of them */

/* What follows from each step that is missing, joined by "; ". "": none is missing. Returns text.
 */
const char *confinement_text(uint32_t missing, char *text, size_t size);

#endif
