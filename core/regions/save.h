/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Saving a device through its regions: while it runs, round after round, until little is left; then
 * the rest while it is stopped. A save that fails leaves the device in the state that it had.
 */
#ifndef CORE_REGIONS_SAVE_H
#define CORE_REGIONS_SAVE_H

#include "core/regions/port.h"
#include "core/state/transport.h"

enum save_phase {
	SAVE_WHOLE = 0, /* all of memory */
	SAVE_ROUND,	/* what became dirty, while it runs */
	SAVE_REST,	/* the same, while it is stopped */
	SAVE_CONFIG,
};

struct save_progress {
	enum save_phase phase;
	unsigned round; /* of SAVE_ROUND, from 1 */
	uint64_t bytes; /* that were written, heads not counted */
	uint64_t rest;	/* that are left in this phase, as far as is known */
};

struct save_options {
	const char *version; /* the migration version string, at most MIGCOMPAT_STRING_MAX */
	size_t version_len;
	const char *info;  /* "key=value\n" lines for people, or NULL */
	uint64_t rest_max; /* bytes of dirty records that may be left when the device is stopped */
	unsigned rounds_max; /* 0: it is stopped at once */
	bool run_on;	     /* let it run afterwards, where it ran before; else it stays stopped */
	/* Called after each record; anything but 0 ends the save with -ECANCELED. May be NULL. */
	int (*progress)(void *arg, const struct save_progress *progress);
	void *arg;
};

struct save_report {
	unsigned rounds;	/* while it ran */
	uint64_t memory_bytes;	/* whole */
	uint64_t dirty_bytes;	/* of records, all rounds and the rest */
	uint64_t stopped_bytes; /* of those, what was moved while it was stopped, and the config */
	uint64_t config_bytes;
};

#define SAVE_REST_MAX (1u << 20) /* defaults */
#define SAVE_ROUNDS_MAX 30u

/* Errors: -ECANCELED; the transport's; the regions'; -EIO: memory changed while the device was
 * stopped. ret_report may be NULL. */
int state_save(struct state_port *port, const struct state_transport *to,
	       const struct save_options *options, struct save_report *ret_report,
	       struct error *err);

#endif
