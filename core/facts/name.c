/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What may be a name. Pure functions. */
#include "core/facts/name.h"

#include <string.h>

#include "core/facts/macros.h"
#include "core/facts/utf8.h"

#define DEVICES "/devices/"
#define TYPES "/mdev_supported_types/"
#define HEX "0123456789abcdefABCDEF"

static bool is_dots(const char *name, size_t len)
{
	return (len == 1 && name[0] == '.') || (len == 2 && name[0] == '.' && name[1] == '.');
}

bool name_valid(const char *name, size_t len)
{
	if (len == 0 || len > NAME_BYTES_MAX || name[0] == '-' || is_dots(name, len))
		return false;
	for (size_t i = 0; i < len; i++)
		if (name[i] <= 0x20 || name[i] >= 0x7f || name[i] == '/' || name[i] == '\\')
			return false;
	return true;
}

bool id_valid(enum migcompat_kind kind, const char *id)
{
	size_t len = strlen(id), parent = strcspn(id, "/");

	if (kind != MIGCOMPAT_KIND_MDEV_TYPE)
		return name_valid(id, len);
	return len <= NAME_BYTES_MAX && parent < len && name_valid(id, parent) &&
	       name_valid(id + parent + 1, len - parent - 1);
}

/* Blanks are allowed: names of buses above a device may have them. */
bool path_valid(const char *path)
{
	size_t len;

	if (strncmp(path, DEVICES, strlen(DEVICES)) != 0 || !utf8_clean(path, strlen(path)))
		return false;
	for (; *path == '/'; path += len) {
		len = strcspn(++path, "/");
		if (len == 0 || is_dots(path, len))
			return false;
	}
	return true;
}

/* The length of the part before end; 0: text does not end in end. */
static size_t before_end(const char *text, size_t len, const char *end, size_t end_len)
{
	return len > end_len && memcmp(text + len - end_len, end, end_len) == 0 ? len - end_len : 0;
}

bool path_fits(enum migcompat_kind kind, const char *id, const char *path)
{
	const char *slash = kind == MIGCOMPAT_KIND_MDEV_TYPE ? strchr(id, '/') : NULL;
	size_t len = strlen(path);

	if (slash) {
		len = before_end(path, len, slash + 1, strlen(slash + 1));
		len = before_end(path, len, TYPES, strlen(TYPES));
	}
	len = before_end(path, len, id, slash ? (size_t)(slash - id) : strlen(id));
	return len > 0 && path[len - 1] == '/';
}

/*
 * Links that the kernel makes in a device's folder. All lead to folders of other objects.
 */
static bool is_link(const char *name, size_t len)
{
	static const char *const links[] = {
		"device",    "driver",  "firmware_node", "iommu",     "iommu_group",
		"mdev_type", "of_node", "physfn",        "subsystem",
	};
	static const char *const beginnings[] = {"consumer:", "supplier:", "virtfn"};

	for (size_t i = 0; i < COUNT(links); i++)
		if (strlen(links[i]) == len && memcmp(links[i], name, len) == 0)
			return true;
	for (size_t i = 0; i < COUNT(beginnings); i++)
		if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0)
			return true;
	return false;
}

bool attribute_valid(const char *attribute)
{
	const char *part = attribute;
	size_t len = strcspn(part, "/");

	while (name_valid(part, len) && !is_link(part, len) &&
	       strncmp(part, "migration_", strlen("migration_")) != 0) {
		if (part[len] == '\0')
			return part + len - attribute <= NAME_BYTES_MAX;
		part += len + 1;
		len = strcspn(part, "/");
	}
	return false;
}

bool uuid_valid(const char *text)
{
	if (strlen(text) != UUID_BYTES)
		return false;
	for (size_t i = 0; i < UUID_BYTES; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? text[i] != '-'
							    : !strchr(HEX, text[i]))
			return false;
	return true;
}

bool pci_address_valid(const char *text)
{
	size_t domain = strspn(text, HEX), bus, slot;
	const char *at = text + domain;

	if (domain < 4 || domain > 8 || *at++ != ':')
		return false;
	bus = strspn(at, HEX);
	at += bus;
	if (bus != 2 || *at++ != ':')
		return false;
	slot = strspn(at, HEX);
	at += slot;
	return slot == 2 && at[0] == '.' && at[1] >= '0' && at[1] <= '7' && at[2] == '\0';
}
