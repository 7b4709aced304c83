/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Saving a device through its regions: in rounds while it runs, until little is left, and then the
 * rest while it is stopped. A save that fails leaves the device in the state that it had.
 */
#ifndef CORE_REGIONS_SAVE_H
#define CORE_REGIONS_SAVE_H

#include "core/regions/port.h"
#include "core/state/transport.h"

enum save_phase {
	SAVE_WHOLE = 0, /* all of memory */
	SAVE_ROUND,     /* dirty pages, while it runs */
	SAVE_REST,      /* dirty pages, while it is stopped */
	SAVE_CONFIG,
};

struct save_progress {
	enum save_phase phase;
	unsigned round; /* of SAVE_ROUND, from 1 */
	uint64_t bytes; /* written so far, without heads */
	uint64_t rest;  /* left in this phase, as far as is known */
};

struct save_options {
	const char *version; /* the migration version string, at most MIGCOMPAT_STRING_MAX */
	size_t version_len;
	const char *info;    /* "key=value\n" lines for people, or NULL */
	uint64_t rest_max;   /* bytes of dirty records that may be left when the device stops */
	unsigned rounds_max; /* 0: stop the device at once */
	bool run_on;         /* the device is as before afterwards; otherwise it stays stopped */
	/* Called after each record, or NULL. Another result than 0 ends the save: -ECANCELED. */
	int (*progress)(void *arg, const struct save_progress *progress);
	void *arg;
};

struct save_report {
	unsigned rounds;        /* while it ran */
	uint64_t memory_bytes;  /* all of memory */
	uint64_t dirty_bytes;   /* dirty records of all rounds and of the rest */
	uint64_t stopped_bytes; /* moved while the device was stopped, with the config */
	uint64_t config_bytes;
};

#define SAVE_REST_MAX (1u << 20) /* defaults */
#define SAVE_ROUNDS_MAX 30u

/* -ECANCELED; -E2BIG; -EIO: memory changed while the device was stopped; otherwise the errno of the
 * transport or of the port. ret_report may be NULL. */
int state_save(struct state_port *port, const struct state_transport *to,
	       const struct save_options *options, struct save_report *ret_report,
	       struct error *err);

#endif
