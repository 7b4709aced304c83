/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A GVT-g device as its facts describe it, for the files of this backend. */
#ifndef PLUGINS_INTEL_GVT_GVT_H
#define PLUGINS_INTEL_GVT_GVT_H

#include <stddef.h>
#include <stdint.h>

#include "migcompat/backend.h"

/* Gen8 and gen9 address 4 GB of graphics memory. No share is larger. */
#define GVT_MEMORY_MAX_MB 4096u
/* Gen8 and gen9 have 32 fence registers. */
#define GVT_FENCES_MAX 32u
#define GVT_VERSION_LEN_MAX 64u
#define GVT_TYPE_SIZE 64u

/* What a guest gets from one instance of a type. The scheduling weight (0: not known) is
 * not visible to a guest. */
struct gvt_resources {
	uint64_t low_mb;
	uint64_t high_mb;
	uint64_t fences;
	uint64_t weight;
	char resolution[16]; /* "1920x1200" */
};

/* Modules that may have a version of the state that they write. */
enum gvt_module { GVT_MODULE_KVMGT, GVT_MODULE_I915, GVT_MODULE_COUNT };

struct gvt_version {
	const char *text; /* NULL: the module has none */
	uint32_t len;
};

struct gvt_device {
	const struct migcompat_host *host;
	const struct migcompat_facts *facts;
	int kind;            /* enum migcompat_kind */
	const char *type_id; /* "i915-GVTg_V5_4", or NULL */
	uint64_t pci_vendor;
	uint64_t pci_device;
	uint64_t generation;      /* 8 or 9 */
	struct gvt_resources one; /* a single instance */
	uint64_t instances;       /* how many are aggregated; 1 without aggregation */
	uint64_t instances_max;   /* of a type: how many can be aggregated; 1: none */
	const char *attribute;    /* the file that sets it; NULL: the device has none */
	uint64_t free;            /* of a type: available instances; UINT64_MAX: not known */
	struct gvt_version versions[GVT_MODULE_COUNT];
};

/* The GPU generation of an Intel PCI device that GVT-g supports. 0: it supports none. */
unsigned gvt_generation(uint64_t pci_device);

/*
 * Fill a device of zeros from the host's facts. Returns 0, or a negative errno after
 * host->fail: -ENODEV if this is not a GVT-g device, another errno if a fact leaves a
 * doubt.
 */
int gvt_read(struct gvt_device *gvt, const struct migcompat_host *host,
	     const struct migcompat_facts *facts);

/* Parse the text of mdev_type/description. -EINVAL: ret_wrong says what is wrong, and
 * ret_resources is unchanged. */
int gvt_description_parse(const char *text, size_t len, struct gvt_resources *ret_resources,
			  char *ret_wrong, size_t wrong_size);

/* "1.2.3" as a value of type VERSION; anything else as one of type NONE. */
struct migcompat_value gvt_version_value(const char *text, size_t len);

/* The resources of the type id "i915-GVTg_V<version>_<share>", for a type without a
 * description. -ENOENT: the share is not known. */
int gvt_share_resources(uint64_t share, struct gvt_resources *ret_resources);

#endif
