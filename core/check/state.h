/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* State files as far as backends know more of them than that they are sound. */
#ifndef CORE_CHECK_STATE_H
#define CORE_CHECK_STATE_H

#include <jansson.h>

#include "core/check/engine.h"
#include "core/state/survey.h"

/* What the backends see in a kernel driver's stream. Zeroed is a valid start. */
struct stream_look {
	const struct backend_info *backend; /* the one that knows it; NULL: none does */
	struct migcompat_result result;     /* its findings */
};

/* Ask all backends, the one that is named by the version string first. One that fails is passed over. -ENOMEM. */
int state_look(const struct engine *engine, const struct survey *survey, struct stream_look *ret, struct error *err);
void state_look_free(struct stream_look *look);

/* The beginning of the stream, for backends; NULL where there is none. */
const struct stream_head *state_stream(const struct survey *survey, struct stream_head *buffer);

/* "migcompat-state/1"; look may be NULL. NULL: out of memory. */
json_t *json_state(const char *file, const struct survey *survey, const struct stream_look *look);
/* Is all of it as it should be? Such a document's exit status is 0, else 1. */
bool state_sound(const struct survey *survey, const struct stream_look *look);

#endif
