/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A whole state file, without a device: is it sound, and what is in it? Uses a fixed amount of
 * memory. A file that is no state file may be a kernel driver's bare stream: its beginning is kept
 * for the backends that know streams.
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
	struct state_transport recorder; /* the same, but keeps the beginning */
	struct state_reader reader; /* has version, head, the chain after the last record, and the
				       end of each kind */
	struct survey_count counts[RECORD_TYPE_COUNT];
	struct survey_count unknown; /* optional records of unknown types */
	bool is_state;               /* it begins with a line that a version string could be */
	bool sound;                  /* and the whole file is correct */
	int refused;                 /* unless sound: -EBADMSG or -EPROTONOSUPPORT */
	struct error reason;
	char info[SURVEY_INFO_MAX + 1]; /* whole lines, zero-terminated */
	size_t info_len;
	uint8_t *head; /* the beginning of the stream, or of a file that is no state file */
	size_t head_len;
	uint64_t stream_sum;  /* XXH3 of the stream, independent of its records */
	bool stream_summed;   /* the sum is valid; a long bare stream is not read to its end */
	uint64_t stream_size; /* 0: unknown (a long bare stream through a pipe) */
};

/*
 * Read the file. 0: the survey says what it is, sound or not. Otherwise the errno of the transport,
 * or -ENOMEM. Free the survey in both cases. The transport must outlive it.
 */
int survey_run(struct survey *survey, const struct state_transport *from, struct error *err);
void survey_free(struct survey *survey);

/* "memory", "stream", …; NULL: no such type. */
const char *record_name(uint32_t type);

#endif
