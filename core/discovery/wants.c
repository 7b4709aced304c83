/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The base set of facts, and making trees of globs. Must not touch sysfs. */
#include "core/discovery/wants.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "core/discovery/sysfs.h"
#include "core/facts/text.h"
#include "core/facts/utf8.h"

/* Facts that choose a backend and facts that the core uses, for any backend. */
static const struct discovery_want base_wants[] = {
	{"driver", 0},
	{"driver/module", 0},
	{"modalias", 0},
	{"mdev_type", 0},
	{"mdev_type/device_api", 0},
	{"mdev_type/name", 0},
	{"mdev_type/available_instances", MIGCOMPAT_WANT_AVAILABILITY},
	{"parent/driver", 0},
	{"parent/driver/module", 0},
	{"parent/modalias", 0},
	{"vendor", 0},
	{"device", 0},
	{"physfn/driver", 0},
	{KERNEL_WORD_FOLDER, MIGCOMPAT_WANT_AVAILABILITY},
	{KERNEL_WORD_STATE, MIGCOMPAT_WANT_AVAILABILITY},
	{KERNEL_WORD_FEATURES, MIGCOMPAT_WANT_AVAILABILITY},
	{DISCOVERY_VARIANTS, MIGCOMPAT_WANT_AVAILABILITY},
	{DISCOVERY_RELEASE, MIGCOMPAT_WANT_HOST},
	{DISCOVERY_BYTEORDER, MIGCOMPAT_WANT_HOST},
};

/* Attributes whose reading has effects. by_name: it may be read if a backend names it. */
static const struct {
	const char *pattern;
	bool by_name;
} unreadable[] = {
	{"migration_*", false},    /* reading it asks the service */
	{"resource[0-9]*", false}, /* registers of the device */
	{"rom", false},
	{"config", true},
	{"vpd", true},
};

const struct discovery_want *discovery_base_wants(size_t *ret_count)
{
	*ret_count = sizeof(base_wants) / sizeof(base_wants[0]);
	return base_wants;
}

bool want_readable(const char *name, bool by_name)
{
	for (size_t i = 0; i < sizeof(unreadable) / sizeof(unreadable[0]); i++)
		if (fnmatch(unreadable[i].pattern, name, 0) == 0)
			return unreadable[i].by_name && by_name;
	return true;
}

bool want_fits(const struct want *want, const char *name)
{
	return want->glob ? fnmatch(want->name, name, 0) == 0 : strcmp(want->name, name) == 0;
}

/* One component, "a" of "a/b". */
static bool component_valid(const char *name, size_t len)
{
	return len > 0 && !(len == 1 && name[0] == '.') &&
	       !(len == 2 && name[0] == '.' && name[1] == '.');
}

static bool glob_valid(const char *glob)
{
	size_t len = glob ? strnlen(glob, FACT_KEY_MAX + 1) : 0;
	unsigned depth = 0;

	if (len == 0 || len > FACT_KEY_MAX || !utf8_clean(glob, len))
		return false;
	for (const char *at = glob;; at++) {
		size_t part = strcspn(at, "/");

		if (!component_valid(at, part) || ++depth > WANT_DEPTH_MAX)
			return false;
		at += part;
		if (!*at)
			break;
	}
	return want_readable(sysfs_name(glob), true);
}

static struct want *want_child(struct want *want, const char *name)
{
	for (struct want *child = want->child; child; child = child->next)
		if (strcmp(child->name, name) == 0)
			return child;
	return NULL;
}

static const char *child_key(const struct want *want, const char *name, struct intern *intern)
{
	char key[FACT_KEY_MAX + 1];

	if (want->name == NULL)
		return name;
	/* A glob can be as long as a key at most. */
	return text_format(key, sizeof(key), "%s/%s", want->key, name) < 0
		       ? NULL
		       : intern_text(intern, key);
}

static struct want *want_grow(struct want *want, const char *name, struct intern *intern)
{
	struct want *child = want_child(want, name);

	if (child)
		return child;
	child = arena_alloc(intern->arena, sizeof(*child), 8);
	name = intern_text(intern, name);
	if (!child || !name)
		return NULL;
	*child = (struct want){
		.name = name, .next = want->child, .glob = strpbrk(name, "*?[\\") != NULL};
	if (!child->glob && (want->key || !want->name)) {
		child->key = child_key(want, name, intern);
		if (!child->key)
			return NULL;
	}
	want->child = child;
	want->children++;
	want->below_glob |= child->glob;
	return child;
}

static int tree_add(struct want *root, const char *glob, struct intern *intern)
{
	char name[FACT_KEY_MAX + 1];
	struct want *want = root;

	for (const char *at = glob; *at;) {
		size_t len = strcspn(at, "/");

		memcpy(name, at, len);
		name[len] = '\0';
		want = want_grow(want, name, intern);
		if (!want)
			return -ENOMEM;
		at += len;
		at += *at == '/';
	}
	want->wanted = true;
	return 0;
}

/* Remove a reserved prefix from the tree of the device. */
static struct want *tree_detach(struct want *root, const char *name)
{
	for (struct want **at = &root->child; *at; at = &(*at)->next) {
		struct want *found = *at;

		if (strcmp(found->name, name) != 0)
			continue;
		*at = found->next;
		found->next = NULL;
		root->children--;
		return found;
	}
	return NULL;
}

/* Facts of the host that are in no file. */
static bool is_host_word(const struct discovery_want *want)
{
	return want->flags & MIGCOMPAT_WANT_HOST && (strcmp(want->glob, DISCOVERY_RELEASE) == 0 ||
						     strcmp(want->glob, DISCOVERY_BYTEORDER) == 0);
}

static int wants_add(struct wants *wants, const struct discovery_want *want, struct intern *intern)
{
	struct want *root = want->flags & MIGCOMPAT_WANT_HOST ? &wants->host : &wants->device;
	const char *glob;

	if (!glob_valid(want->glob))
		return 0;
	glob = intern_text(intern, want->glob);
	if (!glob || (!is_host_word(want) && tree_add(root, glob, intern) < 0))
		return -ENOMEM;
	for (size_t i = 0; i < wants->count; i++)
		if (wants->globs[i] == glob)
			return 0;
	wants->globs[wants->count++] = glob;
	return 0;
}

int wants_compile(struct wants *wants, struct intern *intern, const struct discovery_want *list,
		  size_t count, struct error *err)
{
	size_t base;
	const struct discovery_want *first = discovery_base_wants(&base);
	struct wants made = {0};
	int r = 0;

	if (count > WANTS_MAX)
		return error_set(err, -E2BIG, "the backends want %zu globs, expected at most %u",
				 count, WANTS_MAX);
	made.globs = arena_alloc(intern->arena, (base + count) * sizeof(*made.globs), 8);
	if (!made.globs)
		return error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < base && r == 0; i++)
		r = wants_add(&made, &first[i], intern);
	for (size_t i = 0; i < count && r == 0; i++)
		r = wants_add(&made, &list[i], intern);
	if (r < 0)
		return error_set(err, r, "out of memory");
	made.type = want_child(&made.device, "mdev_type");
	made.parent = tree_detach(&made.device, "parent");
	made.vfio = tree_detach(&made.device, "vfio");
	/* These two are no files in its folder. */
	tree_detach(made.vfio, sysfs_name(KERNEL_WORD_FOLDER));
	tree_detach(made.vfio, sysfs_name(DISCOVERY_VARIANTS));
	tree_detach(&made.device, "stated");
	*wants = made;
	return 0;
}
