/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys against drivers. Must not know any vendor; must not load anything. */
#include "core/backend/registry.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODULE_MAX 64u
#define MODALIAS_MAX 64u /* of one that is made here */

/* Dashes count as underscores, as modprobe has it. False where the name is too long to be a module's. */
static bool module_normalise(const char *module, size_t len, char buffer[MODULE_MAX + 1])
{
	if (len == 0 || len > MODULE_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		buffer[i] = module[i] == '-' ? '_' : module[i];
	buffer[len] = '\0';
	return true;
}

/* Characters that stand for themselves: the measure of how special a key is. A set counts nothing. */
static int literals(const char *glob)
{
	int count = 0;

	for (; *glob; glob++) {
		const char *close = *glob == '[' ? strchr(glob + 2 <= glob + strlen(glob) ? glob + 2 : glob + 1, ']') : NULL;

		if (close) {
			glob = close;
		} else if (*glob == '\\' && glob[1]) {
			glob++;
			count++;
		} else if (*glob != '*' && *glob != '?') {
			count++;
		}
	}
	return count;
}

/* -1: the key does not fit; else how special it is. */
static int key_fit(const char *key, const char *module, const char *modalias)
{
	size_t len = strlen(module);

	if (strncmp(key, module, len) != 0 || (key[len] != '\0' && key[len] != ':'))
		return -1;
	if (key[len] == ':' && (!modalias || fnmatch(key + len + 1, modalias, 0) != 0))
		return -1;
	return literals(key);
}

int registry_find(const struct backend_info *const *infos, size_t count, const char *module, const char *modalias, registry_prefer_fn *prefer, void *arg,
		  const struct backend_info **ret, struct error *err)
{
	const struct backend_info *best = NULL, *tied = NULL;
	const char *best_key = NULL;
	char name[MODULE_MAX + 1];
	int best_fit = -1;

	*ret = NULL;
	if (!module_normalise(module, strlen(module), name))
		return 0;
	for (size_t i = 0; i < count; i++) {
		if (infos[i]->error)
			continue;
		for (size_t k = 0; k < infos[i]->nkeys; k++) {
			int fit = key_fit(infos[i]->keys[k], name, modalias);

			if (fit < 0 || fit < best_fit)
				continue;
			if (fit > best_fit) {
				best = infos[i], tied = NULL;
				best_fit = fit, best_key = infos[i]->keys[k];
			} else if (infos[i] != best) {
				const char *preferred = prefer ? prefer(arg, best_key) : NULL;

				if (preferred && strcmp(preferred, infos[i]->name) == 0)
					best = infos[i], tied = NULL;
				else if (!preferred || strcmp(preferred, best->name) != 0)
					tied = infos[i];
			}
		}
	}
	if (tied)
		return error_set(err, -ENOTUNIQ, "backends \"%s\" (%s) and \"%s\" (%s) both claim the key \"%s\"; say \"prefer\" in the policy",
				 best->name, best->path, tied->name, tied->path, best_key);
	*ret = best;
	return 0;
}

struct search {
	const struct backend_info *const *infos;
	size_t count;
	const char *modalias;
	registry_prefer_fn *prefer;
	void *arg;
	const struct backend_info *found;
	struct error *err;
};

/* A PCI id of at most 32 bits, as sysfs writes it ("0x1b36"). */
static bool id_find(const struct factset *facts, const char *prefix, const char *name, unsigned long *ret)
{
	char key[64], *end;
	const char *text;

	snprintf(key, sizeof(key), "%s%s", prefix, name);
	text = factset_text(facts, key);
	if (!text)
		return false;
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		text += 2;
	if (!*text || strspn(text, "0123456789abcdefABCDEF") != strlen(text) || strlen(text) > 8)
		return false;
	*ret = strtoul(text, &end, 16);
	return true;
}

/*
 * A function's modalias, or a parent's. Where an inventory has none, the ids say the same: as much of one as they tell, in the kernel's
 * form (drivers/pci/pci-sysfs.c), so that a key which asks for no more still fits.
 */
static const char *modalias_find(const struct factset *facts, const char *prefix, char buffer[MODALIAS_MAX])
{
	unsigned long vendor, device, subvendor, subdevice, class;
	char key[64];
	const char *text;
	int used;

	snprintf(key, sizeof(key), "%smodalias", prefix);
	text = factset_text(facts, key);
	if (text || !id_find(facts, prefix, "vendor", &vendor) || !id_find(facts, prefix, "device", &device))
		return text;
	used = snprintf(buffer, MODALIAS_MAX, "pci:v%08lXd%08lX", vendor, device);
	if (!id_find(facts, prefix, "subsystem_vendor", &subvendor) || !id_find(facts, prefix, "subsystem_device", &subdevice))
		return buffer;
	used += snprintf(buffer + used, MODALIAS_MAX - (size_t)used, "sv%08lXsd%08lX", subvendor, subdevice);
	if (id_find(facts, prefix, "class", &class))
		snprintf(buffer + used, MODALIAS_MAX - (size_t)used, "bc%02lXsc%02lXi%02lX", class >> 16 & 0xff, class >> 8 & 0xff, class & 0xff);
	return buffer;
}

/* Try the module, then the driver's name; a name that is NULL is passed over. */
static int search_driver(struct search *search, const char *module, const char *driver)
{
	const char *names[] = {module, driver};
	int r = 0;

	for (size_t i = 0; i < 2 && !r && !search->found; i++)
		if (names[i])
			r = registry_find(search->infos, search->count, names[i], search->modalias, search->prefer, search->arg, &search->found,
					  search->err);
	return r;
}

/* A type id is DRIVER-NAME of the parent's driver; either may have dashes, so the longest prefix that fits wins. */
static int search_type_prefix(struct search *search, const char *type)
{
	char prefix[MODULE_MAX + 1];
	int r = 0;

	for (size_t len = strlen(type); len > 0 && !r && !search->found; len--) {
		if (type[len] != '-' || len > MODULE_MAX)
			continue;
		snprintf(prefix, sizeof(prefix), "%.*s", (int)len, type);
		r = search_driver(search, prefix, NULL);
	}
	return r;
}

int registry_find_device(const struct backend_info *const *infos, size_t count, const struct device *device, registry_prefer_fn *prefer, void *arg,
			 const struct backend_info **ret, struct error *err)
{
	const struct factset *facts = &device->facts;
	struct search search = {.infos = infos, .count = count, .prefer = prefer, .arg = arg, .err = err};
	const char *parent_driver = factset_text(facts, "parent/driver");
	const char *parent_module = factset_text(facts, "parent/driver/module");
	const char *driver = factset_text(facts, "driver");
	const char *module = factset_text(facts, "driver/module");
	const char *type = factset_text(facts, "mdev_type");
	char modalias[MODALIAS_MAX];
	const char *slash;
	int r = 0;

	if (!driver && device->kind != MIGCOMPAT_KIND_MDEV_TYPE)
		driver = device->driver;
	if (device->kind == MIGCOMPAT_KIND_PHYSICAL) {
		search.modalias = modalias_find(facts, "", modalias);
		r = search_driver(&search, module, driver);
	} else if (parent_driver || parent_module) {
		search.modalias = modalias_find(facts, "parent/", modalias);
		r = search_driver(&search, parent_module, parent_driver);
	} else {
		if (!type && device->kind == MIGCOMPAT_KIND_MDEV_TYPE && (slash = strrchr(device->id, '/')))
			type = slash + 1;
		r = search_driver(&search, module, driver);
		if (!r && !search.found && device->kind == MIGCOMPAT_KIND_MDEV_TYPE)
			r = search_driver(&search, NULL, device->driver);
		if (!r && !search.found && type)
			r = search_type_prefix(&search, type);
	}
	if (!r)
		*ret = search.found;
	return r;
}

int registry_check_names(struct backend_info **infos, size_t count, struct arena *arena)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i; j++) {
			char text[INFO_TEXT_MAX * 2];

			if (infos[i]->error || infos[j]->error || strcmp(infos[i]->name, infos[j]->name) != 0)
				continue;
			snprintf(text, sizeof(text), "its name \"%s\" is already that of %s", infos[i]->name, infos[j]->path);
			infos[i]->error = arena_copy(arena, text, strlen(text));
			if (!infos[i]->error)
				return -ENOMEM;
		}
	}
	return 0;
}
