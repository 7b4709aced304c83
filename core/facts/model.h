/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Hosts and their devices: what discovery and the inventory reader make and everything else reads.
 * Immutable once made; owned by the inventory, whose arena holds all strings.
 */
#ifndef CORE_FACTS_MODEL_H
#define CORE_FACTS_MODEL_H

#include <stdint.h>

#include "core/facts/factset.h"
#include "migcompat/backend.h"

/*
 * The globs that were collected; a fact outside of them is "not collected". globs NULL: a device
 * goes by its host's; where the host's is NULL too, nothing is said, and all that is not there is
 * missing.
 */
struct wanted {
	const char *const *globs;
	size_t count;
};

#define HOST_TAKEN_UNKNOWN INT64_MIN

struct host {
	const char *name; /* text without control characters and "//" */
	struct factset
		facts; /* keyed by the path below /sys, and kernel/release, kernel/byteorder */
	struct wanted wanted;
	const char *source; /* the inventory's file name; NULL: this host, live */
	const char *taken;  /* as it was written, or NULL */
	int64_t taken_s;    /* the same, since 1970; HOST_TAKEN_UNKNOWN: it is no RFC 3339, or not
			       there */
	const char *extra;  /* unknown members, one compact JSON object, or NULL */
	const char *doc_extra; /* unknown members of the document around it, likewise */
	size_t number;	       /* position in the inventory */
};

struct device {
	const char
		*id; /* PCI address, UUID, or PARENT/TYPE-ID; unique in its host, valid by name.h */
	const char *driver; /* the driver's name, or NULL */
	const char *parent; /* name of the parent, or NULL */
	const char *path;   /* "/devices/…" below /sys, its own folder, or NULL */
	const char *extra;  /* unknown members, one compact JSON object, or NULL */
	const struct host *host;
	struct factset facts;
	struct wanted wanted;
	enum migcompat_kind kind;
};

struct inventory {
	struct arena arena;
	struct host **hosts;
	size_t nhosts;
	struct device
		*devices; /* those of one host stand together; within it in file or walk order */
	size_t ndevices;
	size_t room;
	const struct device *
		*by_id; /* sorted by id, then host's number; made by inventory_finish */
};

void inventory_init(struct inventory *inventory);
void inventory_free(struct inventory *inventory);
/* A zeroed host with its number set, in the arena; or NULL. */
struct host *inventory_add_host(struct inventory *inventory);
/* A zeroed device; the pointer is valid until the next call only. NULL: out of memory. */
struct device *inventory_add_device(struct inventory *inventory);
/* Sorts by_id; -EEXIST where an id stands twice in a host (err names host, file and id). Call after
 * the last addition. */
int inventory_finish(struct inventory *inventory, struct error *err);
/*
 * Find by "ID" or "HOST//ID". -ENOENT: none (err says how many devices there are, but not of this
 * host, where perhaps one alone was looked for); -ENOTUNIQ: fits two (err names both as HOST//ID,
 * and their files where hosts have one name).
 */
int inventory_find(const struct inventory *inventory, const char *name, const struct device **ret,
		   struct error *err);
/* Is there a host of that name? -ENOENT: no (err names those that there are). */
int inventory_find_host(const struct inventory *inventory, const char *name, struct error *err);

/* "mdev", "mdev-type", "physical"; "unknown" for any other number. */
const char *kind_name(enum migcompat_kind kind);
/* -EINVAL: not one of them. len in bytes. */
int kind_parse(const char *text, size_t len, enum migcompat_kind *ret);

#endif
