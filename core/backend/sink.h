/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists that a backend fills: parameters, candidates and writes. Strings are copied. One
 * thread at a time.
 */
#ifndef CORE_BACKEND_SINK_H
#define CORE_BACKEND_SINK_H

#include "core/facts/arena.h"
#include "migcompat/backend.h"

#define SINK_MAX 4096u       /* elements of each list */
#define SINK_TEXT_MAX 65536u /* bytes of each string */

struct sink_write {
	const char *attribute;
	const char *value;
};

struct migcompat_sink {
	struct arena arena;
	int failed; /* -ENOMEM: an element is missing, so the lists cannot be used */
	struct migcompat_parameter *parameters;
	size_t nparameters;
	struct migcompat_candidate *candidates;
	size_t ncandidates;
	struct sink_write *writes;
	size_t nwrites;
};

/* As in the host table: 0, -ENOBUFS, -EINVAL or -ENOMEM. */
int sink_parameter(struct migcompat_sink *sink, const struct migcompat_parameter *parameter);
int sink_candidate(struct migcompat_sink *sink, const struct migcompat_candidate *candidate);
int sink_write(struct migcompat_sink *sink, const char *attribute, const char *value);
void sink_free(struct migcompat_sink *sink);

#endif
