/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of this host's devices is to stand in sysfs: which ones some backend serves, their types and
 * parameters. */
#ifndef CORE_SERVICE_KERNEL_ATTACHMENT_SCAN_H
#define CORE_SERVICE_KERNEL_ATTACHMENT_SCAN_H

#include "core/backend/sink.h"
#include "core/service/world.h"

/*
 * What came of the look at a device. All but the first are no answer: the look is repeated
 * (again.h).
 */
enum scan_outcome {
	SCAN_TOLD,   /* its backend answered, or refused it, or is parked */
	SCAN_ASIDE,  /* its backend was not asked, since it rests or its looks wait */
	SCAN_BUSY,   /* it was, and rests after its worker ended, or was busy for too long */
	SCAN_FAILED, /* it failed alone: the backend's own EIO, or a lack of memory */
	SCAN_ENDED,  /* its look ended the backend's worker */
};

struct scan_row {
	const char *id;
	const char *subject; /* as the broker wants it: "/devices/…", or PARENT!TYPE-ID */
	const char *backend; /* its name */
	const char *type;    /* NAMESPACE:TYPE; NULL: type_error says why */
	int type_error;
	enum scan_outcome outcome; /* unless SCAN_TOLD, there are no parameters; a type may be */
	bool is_type;
	struct migcompat_sink parameters;
};

struct scan {
	/*
	 * The caller's. Does a look at this device have to wait? In the thread that scans. NULL:
	 * none does.
	 */
	bool (*waits)(void *arg, const char *id, const char *backend);
	void *arg;
	bool *resting;	    /* a flag a provider: its further devices are put aside */
	struct arena arena; /* of all strings */
	struct scan_row *rows;
	size_t count;
	size_t room;
};

/*
 * ids: just these, in this order, if they are there; NULL: all. May take its time. Zeroed is a
 * valid start; scan_free in any case.
 */
int scan_run(struct scan *scan, struct world *world, char *const *ids, size_t nids,
	     struct error *err);
void scan_free(struct scan *scan);

#endif
