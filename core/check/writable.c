/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the paths of writes from checked parts only. */
#include "core/check/writable.h"

#include <errno.h>
#include <string.h>

#include "core/facts/name.h"
#include "core/facts/text.h"

static int too_long(struct error *err)
{
	return error_set(err, -ENAMETOOLONG, "the path of a file to write is longer than %u bytes",
			 WRITABLE_BYTES - 1);
}

/* The reader of inventories refuses these too, but a device may come from elsewhere. */
static int target_check(const struct device *target, const char *uuid, struct error *err)
{
	if (!id_valid(target->kind, target->id))
		return error_set(err, -EINVAL,
				 "its id is no name, so nothing can be written to it");
	if (target->path &&
	    (!path_valid(target->path) || !path_fits(target->kind, target->id, target->path)))
		return error_set(
			err, -EINVAL,
			"its path \"%s\" is not its own folder, so nothing can be written to it",
			target->path);
	if (target->kind == MIGCOMPAT_KIND_MDEV && !uuid_valid(target->id))
		return error_set(err, -EINVAL,
				 "its id is no UUID, by which the kernel would know an mdev");
	if (target->kind == MIGCOMPAT_KIND_PHYSICAL && !pci_address_valid(target->id))
		return error_set(
			err, -EINVAL,
			"its id is no PCI address, by which the kernel would know a function");
	if (target->kind == MIGCOMPAT_KIND_MDEV_TYPE && !uuid_valid(uuid))
		return error_set(err, -EINVAL, "\"%s\" is no UUID", uuid);
	return 0;
}

static int create_make(const struct device *type, char *ret)
{
	size_t parent = strcspn(type->id, "/");

	if (type->path)
		return text_format(ret, WRITABLE_BYTES, "/sys%s/create", type->path);
	return text_format(ret, WRITABLE_BYTES,
			   "/sys/class/mdev_bus/%.*s/mdev_supported_types/%s/create", (int)parent,
			   type->id, type->id + parent + 1);
}

static int folder_make(const struct device *target, const char *uuid, char *ret)
{
	if (target->kind == MIGCOMPAT_KIND_MDEV_TYPE)
		return text_format(ret, WRITABLE_BYTES, "/sys/bus/mdev/devices/%s", uuid);
	if (target->path)
		return text_format(ret, WRITABLE_BYTES, "/sys%s", target->path);
	return text_format(ret, WRITABLE_BYTES, "/sys/bus/%s/devices/%s",
			   target->kind == MIGCOMPAT_KIND_MDEV ? "mdev" : "pci", target->id);
}

int writable_make(const struct device *target, const char *uuid, struct writable *ret,
		  struct error *err)
{
	int r = target_check(target, uuid, err);

	if (r)
		return r;
	*ret = (struct writable){.create = ""};
	if (target->kind == MIGCOMPAT_KIND_MDEV_TYPE && create_make(target, ret->create) < 0)
		return too_long(err);
	return folder_make(target, uuid, ret->folder) < 0 ? too_long(err) : 0;
}

int writable_file(const struct writable *writable, const char *attribute, char *ret, size_t size,
		  struct error *err)
{
	if (!attribute_valid(attribute))
		return error_set(err, -EINVAL,
				 "\"%s\" is no file below the device's folder, so nothing can be "
				 "written to it",
				 attribute);
	return text_format(ret, size, "%s/%s", writable->folder, attribute) < 0 ? too_long(err) : 0;
}
