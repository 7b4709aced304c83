/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Matching keys with drivers. Knows no vendor and loads nothing. */
#include "core/backend/registry.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODULE_MAX 64u
#define MODALIAS_MAX 64u /* bytes of a modalias made from ids */

/*
 * Replace dashes by underscores, as modprobe does. False: too long for a module's name.
 */
static bool module_normalise(const char *module, size_t len, char buffer[MODULE_MAX + 1])
{
	if (len == 0 || len > MODULE_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		buffer[i] = module[i] == '-' ? '_' : module[i];
	buffer[len] = '\0';
	return true;
}

/*
 * Count the characters that stand for themselves. A key with more of them is more
 * specific. A set [...] counts nothing.
 */
static int literals(const char *glob)
{
	int count = 0;

	for (; *glob; glob++) {
		const char *close =
			*glob == '['
				? strchr(glob + 2 <= glob + strlen(glob) ? glob + 2 : glob + 1, ']')
				: NULL;

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

/* How specific the key is; -1: it does not fit. */
static int key_fit(const char *key, const char *module, const char *modalias)
{
	size_t len = strlen(module);

	if (strncmp(key, module, len) != 0 || (key[len] != '\0' && key[len] != ':'))
		return -1;
	if (key[len] == ':' && (!modalias || fnmatch(key + len + 1, modalias, 0) != 0))
		return -1;
	return literals(key);
}

/* Which keys are tried, in this order. */
enum pass {
	PASS_BACKENDS,
	PASS_FALLBACKS,
	PASS_ANY, /* INFO_KEY_ANY */
	PASS_COUNT,
};

static bool key_in_pass(const struct backend_info *info, const char *key, enum pass pass)
{
	if (info->error || info->fallback != (pass != PASS_BACKENDS))
		return false;
	return (strcmp(key, INFO_KEY_ANY) == 0) == (pass == PASS_ANY);
}

struct search {
	const struct registry *registry;
	enum pass pass;
	const char *modalias;
	const struct backend_info *found;
	struct error *err;
};

/* The best key so far. */
struct best {
	const struct backend_info *info;
	const struct backend_info *tied; /* with an equally specific key; NULL: none */
	const char *key;
	int fit;
};

static void best_take(const struct registry *registry, struct best *best,
		      const struct backend_info *info, const char *key, int fit)
{
	const char *preferred;

	if (fit > best->fit) {
		*best = (struct best){.info = info, .key = key, .fit = fit};
		return;
	}
	if (fit < best->fit || info == best->info)
		return;
	preferred = registry->prefer ? registry->prefer(registry->arg, best->key) : NULL;
	if (preferred && strcmp(preferred, info->name) == 0)
		best->info = info, best->tied = NULL;
	else if (!preferred || strcmp(preferred, best->info->name) != 0)
		best->tied = info;
}

/* Find the backend of one pass for the name of a module or driver. 0 or -ENOTUNIQ. */
static int search_name(struct search *search, const char *name)
{
	const struct registry *registry = search->registry;
	struct best best = {.fit = -1};
	char module[MODULE_MAX + 1];

	if (!module_normalise(name, strlen(name), module))
		return 0;
	for (size_t i = 0; i < registry->count; i++) {
		const struct backend_info *info = registry->infos[i];

		for (size_t k = 0; k < info->nkeys; k++) {
			const char *key = info->keys[k];
			int fit;

			if (!key_in_pass(info, key, search->pass))
				continue;
			fit = search->pass == PASS_ANY ? 0 : key_fit(key, module, search->modalias);
			if (fit >= 0)
				best_take(registry, &best, info, key, fit);
		}
	}
	if (best.tied)
		return error_set(
			search->err, -ENOTUNIQ,
			"backends \"%s\" (%s) and \"%s\" (%s) both claim the key \"%s\"; say "
			"\"prefer\" in the policy",
			best.info->name, best.info->path, best.tied->name, best.tied->path,
			best.key);
	search->found = best.info;
	return 0;
}

bool registry_knows(const struct registry *registry, const char *module, const char *modalias)
{
	char name[MODULE_MAX + 1];

	if (!module_normalise(module, strlen(module), name))
		return false;
	for (size_t i = 0; i < registry->count; i++) {
		const struct backend_info *info = registry->infos[i];

		for (size_t k = 0; k < info->nkeys; k++)
			if (key_in_pass(info, info->keys[k], PASS_BACKENDS) &&
			    key_fit(info->keys[k], name, modalias) >= 0)
				return true;
	}
	return false;
}

/* A PCI id of at most 32 bits, in the form of sysfs ("0x1b36"). */
static bool id_find(const struct factset *facts, const char *prefix, const char *name,
		    unsigned long *ret)
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
 * The modalias of a function or of a parent. If an inventory has none, it is made from
 * the ids, as far as they are known, in the kernel's form (drivers/pci/pci-sysfs.c). Keys
 * that need no more than these ids still fit.
 */
static const char *modalias_find(const struct factset *facts, const char *prefix,
				 char buffer[MODALIAS_MAX])
{
	unsigned long vendor, device, subvendor, subdevice, class;
	char key[64];
	const char *text;
	int used;

	snprintf(key, sizeof(key), "%smodalias", prefix);
	text = factset_text(facts, key);
	if (text || !id_find(facts, prefix, "vendor", &vendor) ||
	    !id_find(facts, prefix, "device", &device))
		return text;
	used = snprintf(buffer, MODALIAS_MAX, "pci:v%08lXd%08lX", vendor, device);
	if (!id_find(facts, prefix, "subsystem_vendor", &subvendor) ||
	    !id_find(facts, prefix, "subsystem_device", &subdevice))
		return buffer;
	used += snprintf(buffer + used, MODALIAS_MAX - (size_t)used, "sv%08lXsd%08lX", subvendor,
			 subdevice);
	if (id_find(facts, prefix, "class", &class))
		snprintf(buffer + used, MODALIAS_MAX - (size_t)used, "bc%02lXsc%02lXi%02lX",
			 class >> 16 & 0xff, class >> 8 & 0xff, class & 0xff);
	return buffer;
}

/* Names to look up, in this order. NULL: not known. */
struct names {
	const char *names[3]; /* of the module, then of the driver */
	const char *type;     /* its prefixes are tried last */
	const char *modalias;
	char made[MODALIAS_MAX];
};

static void names_make(const struct device *device, struct names *ret)
{
	const struct factset *facts = &device->facts;
	const char *parent_module = factset_text(facts, "parent/driver/module");
	const char *parent_driver = factset_text(facts, "parent/driver");
	const char *module = factset_text(facts, "driver/module");
	const char *driver = factset_text(facts, "driver");
	bool is_type = device->kind == MIGCOMPAT_KIND_MDEV_TYPE;
	const char *slash;

	*ret = (struct names){0};
	if (device->kind != MIGCOMPAT_KIND_PHYSICAL && (parent_driver || parent_module)) {
		ret->names[0] = parent_module;
		ret->names[1] = parent_driver;
		ret->modalias = modalias_find(facts, "parent/", ret->made);
		return;
	}
	ret->names[0] = module;
	ret->names[1] = driver || is_type ? driver : device->driver;
	if (device->kind == MIGCOMPAT_KIND_PHYSICAL) {
		ret->modalias = modalias_find(facts, "", ret->made);
		return;
	}
	ret->names[2] = is_type ? device->driver : NULL;
	ret->type = factset_text(facts, "mdev_type");
	if (!ret->type && is_type && (slash = strrchr(device->id, '/')))
		ret->type = slash + 1;
}

/*
 * A type id is DRIVER-NAME, and both parts may have dashes. The longest prefix that fits
 * wins.
 */
static int search_type_prefix(struct search *search, const char *type)
{
	char prefix[MODULE_MAX + 1];
	int r = 0;

	for (size_t len = strlen(type); len > 0 && !r && !search->found; len--) {
		if (type[len] != '-' || len > MODULE_MAX)
			continue;
		snprintf(prefix, sizeof(prefix), "%.*s", (int)len, type);
		r = search_name(search, prefix);
	}
	return r;
}

static int search_names(struct search *search, const struct names *names)
{
	int r = 0;

	for (size_t i = 0; i < 3 && !r && !search->found; i++)
		if (names->names[i])
			r = search_name(search, names->names[i]);
	if (!r && !search->found && names->type)
		r = search_type_prefix(search, names->type);
	return r;
}

int registry_find_device(const struct registry *registry, const struct device *device,
			 const struct backend_info **ret, struct error *err)
{
	struct search search = {.registry = registry, .err = err};
	enum pass found_in = PASS_COUNT;
	struct names names;
	int r = 0;

	names_make(device, &names);
	search.modalias = names.modalias;
	for (; search.pass < PASS_COUNT && !r && !search.found; search.pass++) {
		found_in = search.pass;
		r = search_names(&search, &names);
	}
	if (r)
		return r;
	*ret = search.found;
	return search.found && found_in == PASS_ANY;
}

void registry_looked_up(const struct device *device, char *text, size_t size)
{
	char module[MODULE_MAX + 1] = "";
	struct names names;

	names_make(device, &names);
	for (size_t i = 0; i < 3 && !*module; i++)
		if (names.names[i])
			module_normalise(names.names[i], strlen(names.names[i]), module);
	if (!*module && names.type)
		snprintf(text, size, "mdev type %s", names.type);
	else
		snprintf(text, size, "%s%s, %s%s", *module ? "module " : "no module", module,
			 names.modalias ? "modalias " : "no modalias",
			 names.modalias ? names.modalias : "");
}

int registry_check_names(struct backend_info **infos, size_t count, struct arena *arena)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i; j++) {
			char text[INFO_TEXT_MAX * 2];

			if (infos[i]->error || infos[j]->error ||
			    strcmp(infos[i]->name, infos[j]->name) != 0)
				continue;
			snprintf(text, sizeof(text), "its name \"%s\" is already that of %s",
				 infos[i]->name, infos[j]->path);
			infos[i]->error = arena_copy(arena, text, strlen(text));
			if (!infos[i]->error)
				return -ENOMEM;
		}
	}
	return 0;
}
