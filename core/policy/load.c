/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which files make the policy, and in which order. A file or folder that cannot be read is an
 * error, since half a policy denies less than the whole one.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/facts/owner.h"
#include "core/policy/tables.h"

#define FOLDER_FILES_MAX 1024u
#define TIMEOUT_MS_DEFAULT 5000u
#define STALE_AFTER_S_DEFAULT 86400u
#define VENDOR_FOLDER "/usr/lib/migcompat/conf.d"

/* The *.conf files of one folder. */
struct folder {
	const char *path;
	struct dirent **entries;
	int count;
};

static int folder_fail(const char *path, int code, struct error *err)
{
	return error_set(err, code, "%s: %s", path, strerror(-code));
}

/* Does the path exist? A link to nowhere does. */
static bool path_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

static int is_conf(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* A folder may be missing. Any other problem is an error. */
static int folder_check(const char *path, bool *ret_there, struct error *err)
{
	struct stat st;

	*ret_there = false;
	if (!path_exists(path))
		return 0;
	if (stat(path, &st) < 0)
		return folder_fail(path, -errno, err);
	if (!S_ISDIR(st.st_mode))
		return folder_fail(path, -ENOTDIR, err);
	*ret_there = true;
	return owner_check(&st, path, OWNER_SINCE_VERDICTS, err);
}

static int folder_list(const char *path, struct folder *ret, struct error *err)
{
	bool there;
	int r = folder_check(path, &there, err);

	ret->path = path;
	if (r || !there)
		return r;
	ret->count = scandir(path, &ret->entries, is_conf, by_name);
	if (ret->count < 0)
		return folder_fail(path, -errno, err);
	if ((size_t)ret->count > FOLDER_FILES_MAX)
		return error_set(err, -EFBIG,
				 "%s holds %d configuration files, expected at most %u", path,
				 ret->count, FOLDER_FILES_MAX);
	return 0;
}

static void folder_free(struct folder *folder)
{
	for (int i = 0; i < folder->count; i++)
		free(folder->entries[i]);
	free(folder->entries);
}

static bool folder_has(const struct folder *folder, const char *name)
{
	for (int i = 0; i < folder->count; i++)
		if (strcmp(folder->entries[i]->d_name, name) == 0)
			return true;
	return false;
}

static const char *path_join(struct policy *policy, const char *folder, const char *name)
{
	size_t len = strlen(folder), size = len + strlen(name) + 2;
	char *path = arena_alloc(&policy->arena, size, 1);

	if (path)
		snprintf(path, size, "%s%s%s", folder, len && folder[len - 1] == '/' ? "" : "/",
			 name);
	return path;
}

static int files_note(struct policy *policy, const struct source *source)
{
	struct policy_path **at = &policy->files;

	while (*at)
		at = &(*at)->next;
	for (size_t i = 0; i < source->nfiles; i++) {
		struct policy_path *path = arena_alloc(&policy->arena, sizeof(*path), 8);

		if (!path)
			return -ENOMEM;
		*path = (struct policy_path){.path = source->files[i]};
		*at = path;
		at = &path->next;
		policy->nfiles++;
	}
	return 0;
}

/* at: the line in the text, which why does not have yet. 0: why is complete. */
static int parse_fail(const struct policy *policy, const struct source *source, int r, unsigned at,
		      const struct error *why, struct error *err)
{
	const char *file = source->files[0];
	struct error whole = *why;
	unsigned line;

	if (at) {
		file = source_where(source, at, &line);
		error_set(&whole, r, "%s:%u: %s", file, line, why->text);
	}
	if (r != -ENOMEM)
		policy_tell(policy, file, r, whole.text);
	return error_set(err, r, "%s", whole.text);
}

/* Parse a file whose text was read, and put it into the policy. */
static int load_source(struct policy *policy, struct source *source, struct error *err)
{
	struct reader reader = {.policy = policy, .source = source, .err = err};
	const struct conf_text text = {source->files[0], source->text, source->len};
	const struct conf_node *root = NULL;
	struct error why = {0};
	unsigned line = 0;
	int r = 0;

	/* A file of comments alone, as the installed one is, needs no process. A process costs
	 * about 1 ms. */
	if (source->scan.last)
		r = conf_parse(policy->parser, &text, &root, &line, &why);
	if (r)
		return parse_fail(policy, source, r, line, &why, err);
	if (root)
		r = tables_read(&reader, root);
	return !r && files_note(policy, source) ? reader_no_memory(&reader) : r;
}

static int load_file(struct policy *policy, const char *path, struct error *err)
{
	struct source source = {.arena = &policy->arena, .hash = policy->hash};
	int r;

	if (!path)
		return error_set(err, -ENOMEM, "out of memory");
	r = source_read_file(&source, path, err);
	if (r && r != -ENOMEM)
		policy_tell(policy, path, r, err->text);
	if (!r)
		r = load_source(policy, &source, err);
	policy->hash = source.hash;
	source_clear(&source);
	return r;
}

static int load_folder(struct policy *policy, const struct folder *folder,
		       const struct folder *hiding, struct error *err)
{
	int first = 0;

	for (int i = 0; i < folder->count; i++) {
		const char *name = folder->entries[i]->d_name;

		if ((!hiding || !folder_has(hiding, name)) &&
		    policy_ends(policy,
				load_file(policy, path_join(policy, folder->path, name), err),
				&first))
			return first;
	}
	return first;
}

static int load_admin(struct policy *policy, const char *admin, const struct folder *confs,
		      struct error *err)
{
	const char *main_file = path_join(policy, admin, "migcompat.conf");
	int first = 0;

	if (!main_file)
		return error_set(err, -ENOMEM, "out of memory");
	if (path_exists(main_file) &&
	    policy_ends(policy, load_file(policy, main_file, err), &first))
		return first;
	policy_ends(policy, load_folder(policy, confs, NULL, err), &first);
	return first;
}

#define LIST_APPEND(head, rest)                          \
	do {                                             \
		typeof(head) *append_at = &(head);       \
		while (*append_at)                       \
			append_at = &(*append_at)->next; \
		*append_at = (rest);                     \
	} while (0)

/*
 * The vendor's files are read first, so that a plain setting of the administrator replaces theirs.
 * Their rules, known-bad entries and files are put after those of the administrator.
 */
static int load_all(struct policy *policy, const char *admin, const struct folder *confs,
		    const struct folder *vendor, struct error *err)
{
	int first = 0, r = load_folder(policy, vendor, confs, err);
	struct rule *rules = policy->rules;
	struct known_bad *known_bad = policy->known_bad;
	struct policy_path *files = policy->files;

	if (policy_ends(policy, r, &first))
		return first;
	policy->rules = NULL;
	policy->known_bad = NULL;
	policy->files = NULL;
	policy_ends(policy, load_admin(policy, admin, confs, err), &first);
	LIST_APPEND(policy->rules, rules);
	LIST_APPEND(policy->known_bad, known_bad);
	LIST_APPEND(policy->files, files);
	return first;
}

static struct policy *policy_new(struct conf_parser *parser, const struct error_list *list,
				 struct error *err)
{
	struct policy *policy = calloc(1, sizeof(*policy));

	if (!policy) {
		error_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	policy->parser = parser;
	policy->list = list;
	policy->timeout_ms = TIMEOUT_MS_DEFAULT;
	policy->stale_after_s = STALE_AFTER_S_DEFAULT;
	policy->mixed = true;
	policy->mechanism = POLICY_MECHANISM_REQUIRE;
	return policy;
}

/* If all errors were reported, the policy keeps the parts that are right. */
static int policy_done(int r, struct policy *policy, struct policy **ret)
{
	bool kept = !r || (policy->list && r != -ENOMEM);

	policy->parser = NULL;
	policy->list = NULL;
	if (!kept)
		policy_free(policy);
	else
		*ret = policy;
	return r;
}

/* Tell the error of a folder, and return its code. */
static int folder_tell(const struct policy *policy, const char *path, int r,
		       const struct error *err)
{
	if (r && r != -ENOMEM)
		policy_tell(policy, path, r, err->text);
	return r;
}

static int load_folders(const char *admin, const char *vendor, struct policy *policy,
			struct error *err)
{
	struct folder confs = {0}, vendor_confs = {0};
	const char *conf_d = path_join(policy, admin, "conf.d");
	bool there;
	int r;

	if (!conf_d)
		return error_set(err, -ENOMEM, "out of memory");
	r = folder_tell(policy, admin, folder_check(admin, &there, err), err);
	if (!r)
		r = folder_tell(policy, conf_d, folder_list(conf_d, &confs, err), err);
	if (!r && vendor)
		r = folder_tell(policy, vendor, folder_list(vendor, &vendor_confs, err), err);
	if (!r)
		r = load_all(policy, admin, &confs, &vendor_confs, err);
	folder_free(&confs);
	folder_free(&vendor_confs);
	return r;
}

int policy_load_folders(const char *admin, const char *vendor, struct conf_parser *parser,
			struct policy **ret, struct error *err)
{
	struct policy *policy = policy_new(parser, NULL, err);

	return policy ? policy_done(load_folders(admin, vendor, policy, err), policy, ret)
		      : -ENOMEM;
}

int policy_load_text(const char *name, const char *bytes, size_t len, struct conf_parser *parser,
		     struct policy **ret, struct error *err)
{
	struct policy *policy = policy_new(parser, NULL, err);
	struct source source = {0};
	int r;

	if (!policy)
		return -ENOMEM;
	source.arena = &policy->arena;
	r = source_read_text(&source, name, bytes, len, err);
	if (!r)
		r = load_source(policy, &source, err);
	policy->hash = source.hash;
	source_clear(&source);
	return policy_done(r, policy, ret);
}

static int load(const char *dir, struct conf_parser *parser, const struct error_list *list,
		struct policy **ret, struct error *err)
{
	struct policy *policy;
	struct error own = {0};
	struct stat st;
	int r;

	err = err ? err : &own;
	if (dir && stat(dir, &st) < 0)
		return folder_fail(dir, -errno, err);
	policy = policy_new(parser, list, err);
	if (!policy)
		return -ENOMEM;
	if (!dir)
		r = load_folders(MIGCOMPAT_SYSCONFDIR "/migcompat", VENDOR_FOLDER, policy, err);
	else if (S_ISDIR(st.st_mode))
		r = load_folders(dir, NULL, policy, err);
	else
		r = load_file(policy, dir, err);
	return policy_done(r, policy, ret);
}

int policy_load(const char *dir, struct conf_parser *parser, struct policy **ret, struct error *err)
{
	return load(dir, parser, NULL, ret, err);
}

int policy_check(const char *dir, struct conf_parser *parser, const struct error_list *list,
		 struct policy **ret, struct error *err)
{
	return load(dir, parser, list, ret, err);
}

struct policy *policy_free(struct policy *policy)
{
	if (policy) {
		arena_free(&policy->arena);
		free(policy);
	}
	return NULL;
}
