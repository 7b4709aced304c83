/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Does this kernel migrate an AP matrix? The kernel's own answer counts first, then the
 * driver's features. The answer also decides how a target is judged: a kernel that
 * migrates replaces the target's matrix by the source's.
 */
#include <errno.h>
#include <string.h>

#include "ap.h"

#define RELEASED                                                                                  \
	"this kernel does not migrate vfio_ap devices: the mdev must be detached from the guest " \
	"first and attached "                                                                     \
	"again afterwards (Linux Documentation/arch/s390/vfio-ap.rst, Limitations)"

/* Is the word in a list that blanks or newlines separate? */
static bool list_has(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = list; (at = strstr(at, word)) != NULL; at += len)
		if ((at == list || strchr(" \n", at[-1])) && strchr(" \n", at[len]))
			return true;
	return false;
}

/* ap_is_se_guest() of the kernel: in a Secure Execution guest with secure binding the
 * driver offers no migration. */
static bool secure_execution(const struct ap *ap)
{
	const char *guest, *features;

	if (ap->host->fact(ap->facts, MIGCOMPAT_WANT_HOST, "firmware/uv/prot_virt_guest", &guest,
			   NULL) ||
	    strcmp(guest, "1") != 0)
		return false;
	/* If the fact is not known, assume secure binding. */
	return ap->host->fact(ap->facts, MIGCOMPAT_WANT_HOST, "bus/ap/features", &features, NULL) !=
		       0 ||
	       list_has(features, "APSB");
}

static void mechanism_set(struct ap *ap, enum migcompat_state state, const char *text)
{
	ap->mechanism = state;
	ap->mechanism_text = text;
}

void mechanism_open(struct ap *ap)
{
	uint32_t word = ap->host->kernel(ap->facts);
	const char *features = NULL;
	int r = ap->host->fact(ap->facts, 0, "parent/features", &features, NULL);
	bool migratable = features && list_has(features, "migratable");

	ap->whole_write = features && list_has(features, "ap_config");
	ap->loads = word == MIGCOMPAT_YES || migratable;
	ap->by_host = ap->is_type || ap->loads;
	if (word == MIGCOMPAT_YES)
		mechanism_set(ap, MIGCOMPAT_YES,
			      "the kernel offers migration of this device (VFIO debugfs)");
	else if (secure_execution(ap))
		mechanism_set(ap, MIGCOMPAT_NO,
			      "the host runs under Secure Execution, where vfio_ap devices are not "
			      "migrated");
	else if (word == MIGCOMPAT_NO && migratable)
		mechanism_set(ap, MIGCOMPAT_NO,
			      "the kernel offers no migration of this device (VFIO debugfs), "
			      "though the driver's features name it");
	else if (migratable)
		mechanism_set(
			ap, MIGCOMPAT_YES,
			"the driver migrates its devices (the word migratable in parent/features)");
	else if (word == MIGCOMPAT_NO || r == 0 || r == -ENOENT)
		mechanism_set(ap, MIGCOMPAT_NO, RELEASED);
	else
		mechanism_set(ap, MIGCOMPAT_UNKNOWN,
			      "parent/features could not be read, so whether this kernel migrates "
			      "vfio_ap devices is not known");
}
