/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of devices, parents, types and attributes. A name is one part of a path and never a
 * path: it cannot lead out of the folder that it stands in. Names are ASCII, so that none looks
 * like another, and each is one word for a shell and for "list --raw".
 */
#ifndef CORE_FACTS_NAME_H
#define CORE_FACTS_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "migcompat/backend.h"

#define NAME_BYTES_MAX 255u
#define UUID_BYTES 36u

/* What a sentence says of a name that was refused. */
#define NAME_EXPECTED                                                                             \
	"printable ASCII without blank, slash and backslash, no dash at its start, not \".\" or " \
	"\"..\""

/* Is it a name? len in bytes. */
bool name_valid(const char *name, size_t len);
/* Is it the id of a device of this kind: a name, or PARENT/TYPE-ID of a type, both names? */
bool id_valid(enum migcompat_kind kind, const char *id);
/* Is it a path below /sys/devices, without its "/sys", that names each folder once? */
bool path_valid(const char *path);
/*
 * Does a valid path lead to the folder of the device with this id? It ends in the id, for a type in
 * PARENT/mdev_supported_types/TYPE-ID.
 */
bool path_fits(enum migcompat_kind kind, const char *id, const char *path);
/*
 * Is it a file below a device's own folder: names, with '/' between them, none of them a link that
 * leads out of that folder? Files of the kernel module are nobody's to write.
 */
bool attribute_valid(const char *attribute);

/* 8-4-4-4-12 hexadecimal digits. */
bool uuid_valid(const char *text);
/* DOMAIN:BUS:DEVICE.FUNCTION */
bool pci_address_valid(const char *text);

#endif
