/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a state file record by record. Each record is checked before the caller gets it: its
 * sums, its number and its place in the order. The reader allocates nothing: a payload goes into
 * the caller's buffer of FORMAT_PAYLOAD_MAX bytes. A refusal is latched: nothing is read after it.
 */
#ifndef CORE_STATE_READER_H
#define CORE_STATE_READER_H

#include <stdbool.h>

#include "core/state/format.h"
#include "core/state/transport.h"
#include "migcompat/backend.h"

struct state_reader {
	const struct state_transport *from;
	char version[MIGCOMPAT_STRING_MAX + 1]; /* zero-terminated, without its newline */
	size_t version_len;
	struct format_head head; /* in host order; valid after reader_head */
	uint64_t chain;
	uint64_t number; /* of the next record */
	uint64_t bytes;  /* of the payloads so far */
	uint64_t memory; /* the end of each kind so far */
	uint64_t round;
	uint64_t config;
	uint64_t stream;
	bool ended;
	int refused; /* 0, or the errno of the refusal */
	struct error reason;
};

/*
 * Errors of all functions: -EBADMSG: damaged, cut or no state file; -EPROTONOSUPPORT: of a later
 * format, or with an unknown mandatory record; otherwise the errno of the transport.
 */

/* Read the version string alone, so that a target can be checked before anything else is read. */
int reader_begin(struct state_reader *reader, const struct state_transport *from,
		 struct error *err);
/* The first record. */
int reader_head(struct state_reader *reader, struct error *err);
/* Read the head of the next record, in host order: 1; its payload must be read next. 0: the file is
 * at its end, and sound. */
int reader_next(struct state_reader *reader, struct format_record *ret, struct error *err);
/* Read its payload, record->size bytes. After an error the buffer has garbage. */
int reader_payload(struct state_reader *reader, const struct format_record *record, void *buffer,
		   struct error *err);
/* Read the payload of RECORD_ZEROS: the number of bytes. */
int reader_zeros(struct state_reader *reader, const struct format_record *record, uint64_t *ret_len,
		 struct error *err);
/* Read and check a payload that is not needed. */
int reader_skip(struct state_reader *reader, const struct format_record *record, struct error *err);
/* Latch an error of the caller's own. Returns r. */
int reader_refuse(struct state_reader *reader, int r, const struct error *err);

#endif
