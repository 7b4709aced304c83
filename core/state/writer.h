/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing a state file, record by record. Must not know where the bytes come from. */
#ifndef CORE_STATE_WRITER_H
#define CORE_STATE_WRITER_H

#include "core/state/format.h"
#include "core/state/transport.h"

struct state_writer {
	const struct state_transport *to;
	uint64_t chain; /* sum of the last head */
	uint64_t number;
	uint64_t bytes;
};

/* Write the version string and the head. The transport must outlive the writer. Errors are the
 * transport's. */
int writer_begin(struct state_writer *writer, const struct state_transport *to, const char *version,
		 size_t len, const struct format_head *head, struct error *err);
/* size is at most FORMAT_PAYLOAD_MAX. The payload may be shared memory: if it changes meanwhile,
 * the file is refused. */
int writer_record(struct state_writer *writer, enum record_type type, uint64_t position,
		  const void *payload, size_t size, struct error *err);
/* The last record. Without it the file is refused. */
int writer_end(struct state_writer *writer, struct error *err);

#endif
