/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Facts that an administrator states because the system has no file with them. All files
 * of a folder become one table. Each fact keeps its date, and files that contradict each
 * other are an error that names both. stated_file.c reads a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/facts/inventory_tree.h"
#include "core/facts/listing.h"
#include "core/facts/stated_file.h"
#include "core/facts/text.h"

struct stated *stated_free(struct stated *stated)
{
	if (!stated)
		return NULL;
	intern_free(&stated->texts);
	arena_free(&stated->arena);
	free(stated->statements);
	free(stated);
	return NULL;
}

static int out_of_memory(const char *name, struct error *err)
{
	return error_set(err, -ENOMEM, "%s: out of memory", name);
}

/* ---------------------------------------------------------------- the folder */

static int statement_order(const struct statement *x, const struct statement *y)
{
	int order = strcmp(x->id, y->id);

	return order ? order : strcmp(x->key, y->key);
}

static int statement_compare(const void *a, const void *b)
{
	const struct statement *x = a, *y = b;
	int order = statement_order(x, y);

	return order ? order : (x->order > y->order) - (x->order < y->order);
}

/*
 * Sort, and keep one statement per key. If several files state the same value, the newest
 * date stays.
 */
static int stated_merge(struct stated *stated, struct error *err)
{
	struct statement *all = stated->statements;
	size_t count = 0;

	if (stated->count)
		qsort(all, stated->count, sizeof(*all), statement_compare);
	for (size_t i = 0; i < stated->count; i++) {
		struct statement *last = count ? &all[count - 1] : NULL;

		if (!last || statement_order(last, &all[i]) != 0) {
			all[count++] = all[i];
			continue;
		}
		if (strcmp(last->value, all[i].value) != 0)
			return error_set(err, -EEXIST,
					 "%s: \"%s\" of %s%s is \"%s\", but \"%s\" in %s; expected "
					 "one value",
					 all[i].file, all[i].key + sizeof(STATED_PREFIX) - 1,
					 all[i].id[0] ? "device " : "the host", all[i].id,
					 SHOWN(all[i].value), SHOWN(last->value), last->file);
		if (strcmp(last->date, all[i].date) < 0)
			last->date = all[i].date;
	}
	stated->count = count;
	return 0;
}

/* Report an error to list, if there is one. Returns the error. */
static int report(const struct error_list *list, const char *file, int r, const struct error *err)
{
	if (list && r && r != -ENOMEM)
		list->tell(list->arg, file, r, err->text);
	return r;
}

/* before is the first error of earlier files, which is kept. */
static int entry_read(struct stated *stated, const char *folder, const char *entry,
		      const struct error_list *list, int before, struct error *err)
{
	struct error why = {0};
	char path[PATH_MAX];
	int r;

	if (before && (!list || before == -ENOMEM))
		return before;
	r = stated_file_read(stated, folder, entry, &why);
	snprintf(path, sizeof(path), "%s/%s", folder, entry);
	report(list, path, r, &why);
	return before || !r ? before : error_set(err, r, "%s", why.text);
}

/* Read all files of an open folder. */
static int folder_read(struct stated *stated, int fd, const char *folder,
		       const struct error_list *list, struct error *err)
{
	struct listing listing;
	int r = report(list, folder, stated_owner_check(fd, folder, err), err);

	if (r < 0)
		return r;
	r = listing_make(&listing, fd, ".");
	if (r < 0)
		r = report(list, folder,
			   error_set(err, r, "%s: cannot be read: %s", folder, strerrordesc_np(-r)),
			   err);
	else
		r = 0;
	for (int i = 0; i < listing.count; i++)
		r = entry_read(stated, folder, listing.entries[i]->d_name, list, r, err);
	listing_free(&listing);
	return r;
}

static int load(const char *folder, const struct error_list *list, struct stated **ret,
		struct error *err)
{
	struct stated *stated = calloc(1, sizeof(*stated));
	int fd = -1, r = 0;

	if (!stated)
		return out_of_memory(folder, err);
	intern_init(&stated->texts, &stated->arena);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		r = folder_read(stated, fd, folder, list, err);
	else if (errno != ENOENT)
		r = report(list, folder,
			   error_set(err, -errno, "%s: cannot be read: %s", folder,
				     strerrordesc_np(errno)),
			   err);
	if (r == 0)
		r = report(list, folder, stated_merge(stated, err), err);
	if (fd >= 0)
		close(fd);
	if (r < 0) {
		stated_free(stated);
		return r;
	}
	*ret = stated;
	return 0;
}

int stated_load(const char *folder, struct stated **ret, struct error *err)
{
	return load(folder, NULL, ret, err);
}

int stated_check(const char *folder, const struct error_list *list, struct error *err)
{
	struct stated *stated = NULL;
	int r = load(folder, list, &stated, err);

	stated_free(stated);
	return r;
}

/* ---------------------------------------------------------------- giving them out */

static int statement_add(const struct statement *statement, struct factset_builder *builder)
{
	char date[FACT_KEY_MAX + 1];
	const char *key = arena_copy(builder->arena, statement->key, strlen(statement->key));
	const char *date_key;
	int r = text_format(date, sizeof(date), "%s" STATED_DATE_SUFFIX, statement->key);

	if (r < 0)
		return r;
	date_key = arena_copy(builder->arena, date, strlen(date));
	if (!key || !date_key)
		return -ENOMEM;
	r = factset_builder_add(builder, key, statement->value, strlen(statement->value));
	return r < 0 ? r : factset_builder_add(builder, date_key, statement->date, STATED_DATE_LEN);
}

int stated_add(const struct stated *stated, const char *id, struct factset_builder *builder)
{
	const char *of = id ? id : "";
	size_t low = 0, high = stated->count;
	int r = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(stated->statements[middle].id, of) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; r == 0 && low < stated->count && strcmp(stated->statements[low].id, of) == 0; low++)
		r = statement_add(&stated->statements[low], builder);
	return r;
}
