/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* State files as far as backends know more of them than that they are sound. */
#ifndef CORE_CHECK_STATE_H
#define CORE_CHECK_STATE_H

#include <jansson.h>

#include "core/check/engine.h"
#include "core/state/survey.h"

/* What one backend said of a kernel driver's stream. */
struct stream_answer {
	const struct backend_info *backend;
	struct migcompat_result result; /* its findings; none if it failed */
	int failed; /* 0; -ENOMSG: it does not know the stream; otherwise it could not tell */
	struct error error; /* why, if it failed */
};

/*
 * Answers of all backends that know the stream or failed, and of the one that the version string
 * names in any case. Zeroed is a valid start.
 */
struct stream_look {
	struct stream_answer *answers;
	size_t count;
};

/* Ask all backends, those first that the version string names. -ENOMEM. */
int state_look(const struct engine *engine, const struct survey *survey, struct stream_look *ret,
	       struct error *err);
void state_look_free(struct stream_look *look);

/* The beginning of the stream, for backends; NULL where there is none. */
const struct stream_head *state_stream(const struct survey *survey, struct stream_head *buffer);

/* "migcompat-state/1"; look may be NULL. NULL: out of memory. */
json_t *json_state(const char *file, const struct survey *survey, const struct stream_look *look);

/*
 * Is all of it as it should be? 1: yes. A stream is sound if one driver takes it; if the version
 * string names a backend that reads streams, only that backend's drivers count. 0: no, or
 * nobody knows it. Negative: a backend failed that might have said yes; err says why.
 */
int state_sound(const struct survey *survey, const struct stream_look *look, struct error *err);

#endif
