/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of devices, parents, types and attributes. They are checked here when they are
 * read. A name is one part of a path and never a path, so it cannot lead out of its
 * folder. Plans only join such names. Names are ASCII, so that no two look alike, and
 * each is one word for a shell and for "list --raw".
 */
#ifndef CORE_FACTS_NAME_H
#define CORE_FACTS_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "migcompat/backend.h"

#define NAME_BYTES_MAX 255u
#define UUID_BYTES 36u

/* What messages expect of a name that is refused. */
#define NAME_EXPECTED                                                                             \
	"printable ASCII without blank, slash and backslash, no dash at its start, not \".\" or " \
	"\"..\""

/* Is it a name? len is in bytes. */
bool name_valid(const char *name, size_t len);
/*
 * Is it the id of a device of this kind? The id of a type is PARENT/TYPE-ID, all others
 * are names.
 */
bool id_valid(enum migcompat_kind kind, const char *id);
/* Is it a path below /sys/devices, without its "/sys", in canonical form? */
bool path_valid(const char *path);
/*
 * Is a valid path the folder of the device with this id? It ends in the id; the path of a
 * type ends in PARENT/mdev_supported_types/TYPE-ID.
 */
bool path_fits(enum migcompat_kind kind, const char *id, const char *path);
/*
 * Is it a file below the device's own folder? It is a path of names, and none of them is
 * a link that leads out of the folder. Files of the kernel module are refused.
 */
bool attribute_valid(const char *attribute);

/* 8-4-4-4-12 hexadecimal digits. */
bool uuid_valid(const char *text);
/* DOMAIN:BUS:DEVICE.FUNCTION */
bool pci_address_valid(const char *text);

#endif
