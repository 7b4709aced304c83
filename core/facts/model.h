/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hosts and their devices, made by discovery or by the inventory reader. They do not
 * change after that. The inventory owns them, and its arena holds all strings.
 */
#ifndef CORE_FACTS_MODEL_H
#define CORE_FACTS_MODEL_H

#include <stdint.h>

#include "core/facts/factset.h"
#include "migcompat/backend.h"

/*
 * The globs of the facts that were collected. Facts that match none are "not collected".
 * If globs is NULL, a device uses the list of its host. If that is NULL too, everything
 * was collected, and facts that are not there are missing.
 */
struct wanted {
	const char *const *globs;
	size_t count;
};

#define HOST_TAKEN_UNKNOWN INT64_MIN

struct host {
	const char *name; /* without control characters and "//" */
	/* keys are paths below /sys, kernel/release and kernel/byteorder */
	struct factset facts;
	struct wanted wanted;
	const char *source; /* the inventory's file; NULL: this host */
	const char *taken;  /* the time as it was written, or NULL */
	/*
	 * the same in seconds since 1970; HOST_TAKEN_UNKNOWN: it is missing, or not RFC
	 * 3339
	 */
	int64_t taken_s;
	const char *extra;     /* unknown members as one compact JSON object, or NULL */
	const char *doc_extra; /* the same of the document around it */
	size_t number;         /* position in the inventory */
};

struct device {
	/* PCI address, UUID, or PARENT/TYPE-ID; unique in its host, valid by name.h */
	const char *id;
	const char *driver; /* its name, or NULL */
	const char *parent; /* its name, or NULL */
	const char *path;   /* its own folder below /sys, "/devices/…", or NULL */
	const char *extra;  /* unknown members as one compact JSON object, or NULL */
	const struct host *host;
	struct factset facts;
	struct wanted wanted;
	enum migcompat_kind kind;
};

struct inventory {
	struct arena arena;
	struct host **hosts;
	size_t nhosts;
	/* those of one host are together, in the order of the file or of the walk */
	struct device *devices;
	size_t ndevices;
	/* sorted by id and host number; made by inventory_finish */
	const struct device **by_id;
};

void inventory_init(struct inventory *inventory);
void inventory_free(struct inventory *inventory);
/* Append a zeroed host with its number. It lives in the arena. NULL: out of memory. */
struct host *inventory_add_host(struct inventory *inventory);
/*
 * Append a zeroed device. The pointer is valid until the next call. NULL: out of memory.
 */
struct device *inventory_add_device(struct inventory *inventory);
/*
 * Sort by_id, after the last device was added. -EEXIST: two devices of a host have one
 * id; err names host, file and id.
 */
int inventory_finish(struct inventory *inventory, struct error *err);
/*
 * Find a device by "ID" or "HOST//ID". -ENOENT: there is none; for inventories err has
 * the number of devices. -ENOTUNIQ: it fits two devices; err names both as HOST//ID, and
 * their files if the hosts have the same name.
 */
int inventory_find(const struct inventory *inventory, const char *name, const struct device **ret,
		   struct error *err);
/* Check that a host exists. -ENOENT: it does not; err names all hosts. */
int inventory_find_host(const struct inventory *inventory, const char *name, struct error *err);

/*
 * True for an mdev without its type. The kernel makes the link mdev_type after the events
 * that announce an mdev, and announces the link by none, so look again later.
 */
bool device_lacks_type(const struct device *device);

/* "mdev", "mdev-type" or "physical"; "unknown" for other numbers. */
const char *kind_name(enum migcompat_kind kind);
/* len is in bytes. -EINVAL: it is no kind. */
int kind_parse(const char *text, size_t len, enum migcompat_kind *ret);

#endif
