/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of this host's devices is to stand in sysfs: which ones some backend serves, their types and parameters. */
#ifndef CORE_SERVICE_SCAN_H
#define CORE_SERVICE_SCAN_H

#include "core/backend/sink.h"
#include "core/service/world.h"

struct scan_row {
	const char *id;
	const char *subject; /* as the broker wants it: "/devices/…", or PARENT!TYPE-ID */
	const char *backend; /* its name */
	const char *type;    /* NAMESPACE:TYPE; NULL: type_error says why */
	int type_error;
	bool is_type;
	struct migcompat_sink parameters;
};

struct scan {
	struct arena arena; /* of all strings */
	struct scan_row *rows;
	size_t count;
	size_t room;
};

/* ids: just these, those of them that are there; NULL: all. May take its time. Zeroed is a valid start; scan_free in any case. */
int scan_run(struct scan *scan, struct world *world, char *const *ids, size_t nids, struct error *err);
void scan_free(struct scan *scan);

#endif
