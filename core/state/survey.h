/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A state file from end to end, without a device: is all of it sound, and what is in it? Takes a
 * window of memory, whatever the file holds. What is no state file may be a kernel driver's bare
 * stream; its beginning is kept for whoever knows streams.
 */
#ifndef CORE_STATE_SURVEY_H
#define CORE_STATE_SURVEY_H

#include "core/state/reader.h"

#define SURVEY_INFO_MAX 4096u /* bytes of lines for people that are kept */

struct survey_count {
	uint64_t records;
	uint64_t bytes; /* of their payloads */
};

struct survey {
	const struct state_transport *from;
	struct state_transport recorder; /* the same, but what is read first is kept */
	struct state_reader reader; /* what it learned: version, head, chain after the last record,
				       where each kind ended */
	struct survey_count counts[RECORD_TYPE_COUNT];
	struct survey_count unknown; /* optional ones that are not known here */
	bool is_state;		     /* it begins with a line that a version string could be */
	bool sound;		     /* and all of it is as it must be */
	int refused;		     /* of one that is not: -EBADMSG or -EPROTONOSUPPORT */
	struct error reason;
	char info[SURVEY_INFO_MAX + 1]; /* whole lines, zero-terminated */
	size_t info_len;
	uint8_t *head; /* what the stream, or a file that is none of ours, begins with */
	size_t head_len;
	uint64_t stream_sum;  /* XXH3 of it, however it was cut into records */
	bool stream_summed;   /* the sum is valid: a long bare stream is not read to its end */
	uint64_t stream_size; /* of the stream; 0: not known (a long bare one through a pipe) */
};

/*
 * Read it. 0: the survey says what it is, sound or not; else the transport's error, or -ENOMEM. The
 * survey is to be freed in both cases; the transport must outlive it.
 */
int survey_run(struct survey *survey, const struct state_transport *from, struct error *err);
void survey_free(struct survey *survey);

/* A line "key=value" of info: the value and its length, or NULL. */
const char *survey_info(const struct survey *survey, const char *key, size_t *ret_len);

/* "memory", "stream", …; NULL: no such type. */
const char *record_name(uint32_t type);

#endif
