/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asks backends for the types and parameters of this host's devices, to be shown in
 * sysfs.
 */
#ifndef CORE_SERVICE_KERNEL_ATTACHMENT_SCAN_H
#define CORE_SERVICE_KERNEL_ATTACHMENT_SCAN_H

#include "core/backend/sink.h"
#include "core/service/world.h"

/* Outcome of a device's scan. All but SCAN_ANSWERED are repeated (retry.h). */
enum scan_outcome {
	SCAN_ANSWERED, /* the backend answered, or refused the device, or is parked */
	SCAN_SKIPPED,  /* the backend was not asked: it rests, or the device has to wait */
	SCAN_BUSY,     /* the backend rests after its worker ended, or was busy for too long */
	SCAN_FAILED,   /* only this device failed: EIO of the backend, out of memory, or it is an
			  mdev without its type (device_lacks_type) */
	SCAN_ENDED,    /* the scan ended the backend's worker */
};

struct scan_row {
	const char *id;
	const char *subject; /* as the broker expects it: "/devices/…", or PARENT!TYPE-ID */
	const char *backend; /* its name */
	const char *type;    /* NAMESPACE:TYPE; NULL: type_error says why */
	int type_error;
	enum scan_outcome outcome;
	bool is_type;
	struct migcompat_sink parameters; /* none if the scan failed after the type was known */
};

/* Zeroed is a valid start. */
struct attachment_scan {
	/*
	 * Set by the caller. True: the device must not be scanned yet. Runs in the thread
	 * that scans. NULL: no device has to wait.
	 */
	bool (*waits)(void *arg, const char *id, const char *backend);
	void *arg;
	bool *resting;      /* one per provider: its further devices are skipped */
	struct arena arena; /* for all strings */
	struct scan_row *rows;
	size_t count;
	size_t room;
};

/*
 * Scan these ids, in this order, as far as they exist, or all devices (NULL). May block.
 * attachment_scan_free is needed in any case.
 */
int attachment_scan_run(struct attachment_scan *scan, struct world *world, char *const *ids,
			size_t nids, struct error *err);
void attachment_scan_free(struct attachment_scan *scan);

#endif
