/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Walks folders along the tree of wanted facts. Each failure except "does not exist"
 * becomes a fact, so nobody takes an unreadable value for a missing one. Must not decide
 * which devices there are.
 */
#include "core/discovery/gather.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/facts/array.h"
#include "core/facts/text.h"

#define ENTRIES_MAX (1u << 20)           /* names examined for one row */
#define VALUE_SIZE (FACT_VALUE_MAX + 1u) /* with the newline that is dropped */
/* up to this many names are opened directly, which is cheaper than listing the folder */
#define DIRECT_MAX 3u

/* The facts below a folder that many rows refer to. */
struct shared {
	const struct want *want;
	const char *path;
	const struct fact *facts;
	size_t count;
};

struct folder_entry {
	const char *name;
	unsigned char type; /* DT_*; DT_UNKNOWN also if it is not known yet */
	bool listed;
};

int gather_init(struct gather *g, struct intern *intern, const struct want *device)
{
	*g = (struct gather){.intern = intern, .device = device, .buffer = malloc(VALUE_SIZE)};
	return g->buffer ? 0 : -ENOMEM;
}

/* They live in the arena of notes. */
static void shared_forget(void *shared)
{
	(void)shared;
}

void gather_free(struct gather *g)
{
	tdestroy(g->shared, shared_forget);
	arena_free(&g->notes);
	free(g->facts);
	free(g->buffer);
	*g = (struct gather){0};
}

void gather_reset(struct gather *g)
{
	g->count = g->entries = 0;
	g->missed = g->host = g->strict = false;
}

/* ---------------------------------------------------------------- keeping facts */

static int facts_push(struct gather *g, const struct fact *fact)
{
	struct fact *facts;

	if (g->count >= FACTSET_MAX)
		return -E2BIG;
	facts = array_grow(g->facts, g->count, sizeof(*facts));
	if (!facts)
		return -ENOMEM;
	g->facts = facts;
	facts[g->count++] = *fact;
	return 0;
}

int gather_error(struct gather *g, const char *key, int error)
{
	struct fact fact = {.error = (uint16_t)abs(error)};

	if (g->strict ? fact.error == ENOENT : sysfs_missing(error))
		return 0;
	fact.key = intern_text(g->intern, key);
	return fact.key ? facts_push(g, &fact) : -ENOMEM;
}

int gather_value(struct gather *g, const char *key, const char *value, size_t len)
{
	struct fact fact;
	int r;

	key = intern_text(g->intern, key);
	if (!key)
		return -ENOMEM;
	r = fact_make(g->intern->arena, key, value, len, &fact);
	if (r == -E2BIG)
		return gather_error(g, key, EFBIG);
	return r ? r : facts_push(g, &fact);
}

/* false: the key would be too long. */
static bool key_join(char *key, const char *prefix, const char *name)
{
	return text_format(key, FACT_KEY_MAX + 1, "%s%s%s", prefix, *prefix ? "/" : "", name) > 0;
}

static int fail_children(struct gather *g, const struct want *want, const char *key, int error);

/*
 * The folder cannot be read: make an error for each fact that is wanted in it or below.
 * The error of a glob has the glob itself as its key. The glob matches that key, so a
 * backend that walks the glob meets the error.
 */
static int fail_below(struct gather *g, const struct want *want, const char *key, int error)
{
	int r = want->wanted ? gather_error(g, key, error) : 0;

	return r ? r : fail_children(g, want, key, error);
}

static int fail_children(struct gather *g, const struct want *want, const char *key, int error)
{
	char below[FACT_KEY_MAX + 1];
	int r = 0;

	for (const struct want *child = want->child; child && r == 0; child = child->next)
		if (key_join(below, key, child->name))
			r = fail_below(g, child, below, error);
	return r;
}

/* ------------------------------------------------ one name in a folder */

static bool is_write_only(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && !(st.st_mode & 0444);
}

static int take_attribute(struct gather *g, const struct sysfs_path *path, const struct want *want,
			  const struct folder_entry *entry, const char *key)
{
	size_t len;
	int r;

	if (!want_readable(entry->name, !want->glob))
		return 0;
	r = entry->type == DT_DIR ? -EISDIR : sysfs_read(path->text, g->buffer, VALUE_SIZE, &len);
	if (r == 0)
		return gather_value(g, key, g->buffer, len);
	if (sysfs_missing(r) && entry->listed)
		g->missed = true;
	/* A glob means attributes that can be read. */
	if (want->glob && (r == -EISDIR || (r == -EACCES && is_write_only(path->text))))
		return 0;
	return gather_error(g, key, r);
}

static int shared_compare(const void *a, const void *b)
{
	const struct shared *x = a, *y = b;

	if (x->want != y->want)
		return x->want < y->want ? -1 : 1;
	return strcmp(x->path, y->path);
}

static int shared_remember(struct gather *g, const struct sysfs_path *path, const struct want *want,
			   size_t first)
{
	struct shared *shared = arena_alloc(&g->notes, sizeof(*shared), 8);
	size_t count = g->count - first;
	struct fact *facts = arena_alloc(&g->notes, count * sizeof(*facts), 8);
	const char *text = arena_copy(&g->notes, path->text, path->len);

	if (!shared || !facts || !text)
		return -ENOMEM;
	if (count)
		memcpy(facts, g->facts + first, count * sizeof(*facts));
	*shared = (struct shared){.want = want, .path = text, .facts = facts, .count = count};
	return tsearch(shared, &g->shared, shared_compare) ? 0 : -ENOMEM;
}

/*
 * Only for folders whose facts have the same keys for all rows, so no glob may come
 * before them.
 */
int gather_shared(struct gather *g, struct sysfs_path *path, const struct want *want)
{
	const struct shared wanted = {.want = want, .path = path->text};
	struct shared *const *known = tfind(&wanted, &g->shared, shared_compare);
	size_t first = g->count;
	bool missed = g->missed;
	int r = 0;

	for (size_t i = 0; known && i < (*known)->count && r == 0; i++)
		r = facts_push(g, &(*known)->facts[i]);
	if (known)
		return r;
	g->missed = false;
	r = gather_folder(g, path, want, want->key);
	if (r == 0 && !g->missed)
		r = shared_remember(g, path, want, first);
	g->missed |= missed;
	return r;
}

/* Entries of these folders of a host are links to the devices themselves. */
static bool holds_members(const struct gather *g, const char *prefix)
{
	return g->host && (fnmatch("bus/*/devices", prefix, FNM_PATHNAME) == 0 ||
			   fnmatch("class/*", prefix, FNM_PATHNAME) == 0);
}

static int take_link(struct gather *g, const struct sysfs_path *folder, const struct want *want,
		     const char *target, const char *prefix, const char *key)
{
	const char *last = sysfs_name(target);
	bool missed = g->missed;
	struct sysfs_path real;
	int r = 0;

	if (want->wanted && want_readable(sysfs_name(key), !want->glob))
		r = gather_value(g, key, last, strlen(last));
	if (r || !want->child || (want->glob && !holds_members(g, prefix)))
		return r;
	r = sysfs_follow(folder, target, &real);
	if (r < 0)
		return fail_children(g, want, key, r);
	r = want->key ? gather_shared(g, &real, want) : gather_folder(g, &real, want, key);
	/* A dangling link does not mean that the row went away. */
	g->missed = missed;
	return r;
}

static int take(struct gather *g, struct sysfs_path *path, const struct want *want,
		const struct folder_entry *entry, const char *prefix)
{
	char target[PATH_MAX], joined[FACT_KEY_MAX + 1];
	const char *key = want->key;
	size_t folder = path->len;
	int r = -EINVAL;

	if (!key) {
		if (!key_join(joined, prefix, entry->name))
			return 0;
		key = joined;
	}
	if (sysfs_path_push(path, entry->name) < 0)
		return fail_below(g, want, key, ENAMETOOLONG);
	if (entry->type == DT_LNK || entry->type == DT_UNKNOWN)
		r = sysfs_link(path->text, target, sizeof(target));
	if (r == 0) {
		sysfs_path_cut(path, folder);
		return take_link(g, path, want, target, prefix, key);
	}
	if (r != -EINVAL) {
		g->missed |= entry->listed && sysfs_missing(r);
		r = fail_below(g, want, key, r);
	} else {
		r = want->wanted ? take_attribute(g, path, want, entry, key) : 0;
		if (r == 0 && want->child && entry->type != DT_REG)
			r = gather_folder(g, path, want, key);
	}
	sysfs_path_cut(path, folder);
	return r;
}

/* ---------------------------------------------------------------- a folder */

/* Names in a device's folder that mean something else in keys. */
static bool is_reserved(const char *name)
{
	return strcmp(name, "parent") == 0 || strcmp(name, "vfio") == 0 ||
	       strcmp(name, "stated") == 0;
}

static int visit_entry(struct gather *g, struct sysfs_path *path, const struct want *want,
		       const struct folder_entry *entry, const char *prefix)
{
	bool reserved = want == g->device && is_reserved(entry->name);
	int r = 0;

	for (const struct want *child = want->child; child && r == 0 && !reserved;
	     child = child->next)
		if (want_fits(child, entry->name))
			r = take(g, path, child, entry, prefix);
	return r;
}

static int visit_listed(struct gather *g, DIR *folder, struct sysfs_path *path,
			const struct want *want, const char *prefix)
{
	int r = 0;

	while (r == 0) {
		struct dirent *found;

		errno = 0;
		found = readdir(folder);
		if (!found && errno) {
			g->missed |= sysfs_missing(errno);
			return fail_children(g, want, prefix, errno);
		}
		if (!found)
			break;
		if (++g->entries > ENTRIES_MAX)
			return -E2BIG;
		if (sysfs_name_sane(found->d_name))
			r = visit_entry(g, path, want,
					&(struct folder_entry){found->d_name, found->d_type, true},
					prefix);
	}
	return r;
}

static int visit_direct(struct gather *g, struct sysfs_path *path, const struct want *want,
			const char *prefix, int error)
{
	char below[FACT_KEY_MAX + 1];
	int r = 0;

	for (const struct want *child = want->child; child && r == 0; child = child->next) {
		if (!child->glob)
			r = take(g, path, child,
				 &(struct folder_entry){child->name, DT_UNKNOWN, false}, prefix);
		else if (key_join(below, prefix, child->name))
			r = fail_below(g, child, below, error);
	}
	return r;
}

/* prefix is the key so far. The path is unchanged at the end. */
int gather_folder(struct gather *g, struct sysfs_path *path, const struct want *want,
		  const char *prefix)
{
	DIR *folder;
	int r;

	if (!want->below_glob && want->children <= DIRECT_MAX)
		return visit_direct(g, path, want, prefix, 0);
	folder = opendir(path->text);
	if (!folder) {
		r = errno;
		if (r == ENOMEM)
			return -ENOMEM;
		g->missed |= sysfs_missing(r);
		/*
		 * A folder that cannot be listed may still have files that can be read.
		 */
		return sysfs_missing(r) ? 0 : visit_direct(g, path, want, prefix, r);
	}
	r = visit_listed(g, folder, path, want, prefix);
	closedir(folder);
	return r;
}

/* An error sorts before a value of the same key, so it is the one that stays. */
static int fact_order(const void *a, const void *b)
{
	const struct fact *x = a, *y = b;
	int order = strcmp(x->key, y->key);

	return order ? order : (y->error != 0) - (x->error != 0);
}

int gather_build(struct gather *g, struct factset_builder *builder)
{
	int r = 0;

	if (g->count)
		qsort(g->facts, g->count, sizeof(*g->facts), fact_order);
	for (size_t i = 0; i < g->count && r == 0; i++)
		/*
		 * Two globs may match one attribute, which may have changed in between.
		 */
		if (i == 0 || strcmp(g->facts[i - 1].key, g->facts[i].key) != 0)
			r = factset_builder_share(builder, &g->facts[i]);
	return r;
}
