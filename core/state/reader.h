/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a state file, record by record, each checked before it is handed on: its sums, its
 * number, and whether it may stand where it stands. Takes no memory, whatever the file says: a
 * payload goes where the caller has room for FORMAT_PAYLOAD_MAX. A refusal is latched: nothing is
 * read after it.
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
	uint64_t bytes;	 /* of the payloads so far */
	uint64_t memory; /* how far each kind has come */
	uint64_t round;
	uint64_t config;
	uint64_t stream;
	bool ended;
	int refused; /* 0, or what it was refused with */
	struct error reason;
};

/*
 * Errors of all: -EBADMSG: damaged, cut or no state file; -EPROTONOSUPPORT: of a later format, or
 * with a mandatory record that is not known; else what the transport failed with.
 */

/* The version string alone, so that it can be checked against a target before anything else is
 * read. */
int reader_begin(struct state_reader *reader, const struct state_transport *from,
		 struct error *err);
/* The first record. */
int reader_head(struct state_reader *reader, struct error *err);
/* The head of the next record, in host order: 1; its payload must be read next. 0: there is none,
 * and the file ends as it should. */
int reader_next(struct state_reader *reader, struct format_record *ret, struct error *err);
/* Its payload, ret->size bytes, into buffer, which holds garbage where it was refused. */
int reader_payload(struct state_reader *reader, const struct format_record *record, void *buffer,
		   struct error *err);
/* That of RECORD_ZEROS: how many bytes. */
int reader_zeros(struct state_reader *reader, const struct format_record *record, uint64_t *ret_len,
		 struct error *err);
/* That of one that nobody wants: it is checked all the same. */
int reader_skip(struct state_reader *reader, const struct format_record *record, struct error *err);
/* Latch an error of the caller's own. Returns r. */
int reader_refuse(struct state_reader *reader, int r, const struct error *err);

#endif
