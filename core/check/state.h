/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What backends say of the stream in a state file, and the document about a file. */
#ifndef CORE_CHECK_STATE_H
#define CORE_CHECK_STATE_H

#include <jansson.h>

#include "core/check/engine.h"
#include "core/state/survey.h"

/* The answer of one backend about a kernel driver's stream. */
struct stream_answer {
	const struct backend_info *backend;
	struct migcompat_result result; /* its findings; none if it failed */
	int failed;         /* 0; -ENOMSG: it does not know the stream; otherwise its error */
	struct error error; /* why, if it failed */
};

/*
 * The answers of all backends that know the stream or failed, and of the backend that the version
 * string names. Starts zeroed.
 */
struct stream_answers {
	struct stream_answer *list;
	size_t count;
};

/* Ask all backends that read streams. The one that the version string names is first. -ENOMEM. */
int stream_ask(const struct engine *engine, const struct survey *survey, struct stream_answers *ret,
	       struct error *err);
void stream_answers_free(struct stream_answers *answers);

/* The beginning of the stream, for backends. NULL: the file has none. */
const struct stream_head *state_stream(const struct survey *survey, struct stream_head *buffer);

/* The document "migcompat-state/1". NULL: out of memory. */
json_t *json_state(const char *file, const struct survey *survey,
		   const struct stream_answers *answers);

/*
 * Is the file sound? 1: yes. A stream is sound if one driver takes it; if the version string names
 * a backend that reads streams, only that backend's drivers count. 0: no, or no backend knows it.
 * Negative: a backend failed that might have said yes; err says why.
 */
int state_sound(const struct survey *survey, const struct stream_answers *answers,
		struct error *err);

#endif
