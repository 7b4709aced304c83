/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads settings of a policy, and checks the sections of backends against their declarations. The
 * section of a backend that did not load is ignored, so that a bad backend never stops the others.
 * Any other unknown section is an error.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/policy/tables.h"

const char *policy_file(const struct policy *policy, size_t index)
{
	const struct policy_path *file = policy->files;

	while (file && index--)
		file = file->next;
	return file ? file->path : NULL;
}

const char *policy_setting(const struct policy *policy, const char *namespace, const char *name)
{
	for (const struct section *section = policy->sections; section; section = section->next) {
		if (strcmp(section->namespace, namespace) != 0)
			continue;
		for (const struct section_setting *setting = section->settings; setting;
		     setting = setting->next)
			if (strcmp(setting->name, name) == 0)
				return setting->value;
	}
	return NULL;
}

const char *policy_backend_dir(const struct policy *policy)
{
	return policy->backend_dir;
}

unsigned policy_timeout_ms(const struct policy *policy)
{
	return policy->timeout_ms;
}

unsigned policy_stale_after_s(const struct policy *policy)
{
	return policy->stale_after_s;
}

enum policy_mechanism policy_mechanism(const struct policy *policy)
{
	return (enum policy_mechanism)policy->mechanism;
}

int policy_mechanism_word(const char *word, enum policy_mechanism *ret, struct error *err)
{
	unsigned index = 0;
	int r = word_find("mechanism", word, mechanism_words, &index, err);

	if (!r)
		*ret = (enum policy_mechanism)index;
	return r;
}

void policy_set_mechanism(struct policy *policy, enum policy_mechanism mechanism)
{
	policy->mechanism = mechanism;
	policy->plain_where[PLAIN_MECHANISM] = "set by the caller";
}

bool policy_generic_equal(const struct policy *policy)
{
	return policy->generic_equal;
}

uint64_t policy_hash(const struct policy *policy)
{
	return policy->hash;
}

/*
 * Are the first len bytes of a key equal to a normal key? Dashes in the module, which is the part
 * before the colon, count as underscores.
 */
static bool key_same(const char *normal, const char *key, size_t len)
{
	bool module = true;

	for (size_t i = 0; i < len; i++) {
		module = module && key[i] != ':';
		if (normal[i] != (module && key[i] == '-' ? '_' : key[i]))
			return false;
	}
	return normal[len] == '\0';
}

const char *policy_prefer(const struct policy *policy, const char *key)
{
	size_t whole = strlen(key), module = strcspn(key, ":");
	const char *found = NULL;

	/* A preference for the whole key wins over one for its module. */
	for (const struct preference *preference = policy->preferences; preference;
	     preference = preference->next) {
		if (key_same(preference->key, key, whole))
			return preference->backend;
		if (key_same(preference->key, key, module))
			found = preference->backend;
	}
	return found;
}

bool policy_fact(const struct policy *policy, size_t index, const char **ret_key, bool *ret_host)
{
	const struct fact_name *fact = policy->facts;

	while (fact && index--)
		fact = fact->next;
	if (!fact)
		return false;
	*ret_key = fact->key;
	*ret_host = fact->scope == SCOPE_HOST;
	return true;
}

/* ---------------------------------------------------------------- sections */

static int fail_section(const struct section *section, const struct policy_backend *backends,
			size_t count, struct error *err)
{
	const struct schema_key *keys;
	size_t nkeys = tables_keys(&keys);
	const char *near[2] = {nearest_word(section->namespace, keys, nkeys, sizeof(*keys))};
	char names[320], known[200];

	if (count)
		near[1] = nearest_word(section->namespace, backends, count, sizeof(*backends));
	return error_set(
		err, -EINVAL,
		"%s: unknown key \"%.64s\", expected %s, or a loaded backend's name%s%s%s; nearest "
		"is \"%s\"",
		section->where, section->namespace,
		words_render(known, sizeof(known), keys, nkeys, sizeof(*keys), false),
		count ? " (" : "",
		words_render(names, sizeof(names), backends, count, sizeof(*backends), false),
		count ? ")" : "",
		nearest_word(section->namespace, near, count ? 2 : 1, sizeof(near[0])));
}

#define ALLOWED_MAX 64u /* words that a message lists */

/* A value that is none of "a,b,c", or not within "1-5". */
static int fail_allowed(const struct section_setting *given, const char *allowed, struct error *err)
{
	char copy[512], expected[640], shown[80];
	const char *words[ALLOWED_MAX];
	char *state = NULL;
	size_t count = 0, len = strlen(allowed);

	policy_text_shown(given->value, shown, sizeof(shown));
	if (!strchr(allowed, ',') || len >= sizeof(copy))
		return error_set(err, -EINVAL, "%s: %s is %s, expected %s", given->where,
				 given->name, shown, allowed);
	memcpy(copy, allowed, len + 1);
	for (char *word = strtok_r(copy, ",", &state); word && count < ALLOWED_MAX;
	     word = strtok_r(NULL, ",", &state))
		words[count++] = word;
	return error_set(
		err, -EINVAL, "%s: %s is \"%s\", expected %s; nearest is \"%s\"", given->where,
		given->name, shown,
		words_render(expected, sizeof(expected), words, count, sizeof(words[0]), true),
		count ? nearest_word(given->value, words, count, sizeof(words[0])) : "");
}

static int check_value(const struct section_setting *given,
		       const struct migcompat_setting *declared, struct error *err)
{
	static const char *const types[] = {"true or false", "a whole number", "a string"};

	if (declared->type != given->type)
		return error_set(
			err, -EINVAL, "%s: \"%s\" is %s, expected %s", given->where, given->name,
			given->type == MIGCOMPAT_SETTING_BOOL ? given->value : types[given->type],
			declared->type <= MIGCOMPAT_SETTING_STRING ? types[declared->type]
								   : "a type that is known");
	if (given->type == MIGCOMPAT_SETTING_BOOL || rule_allows(declared->allowed, given->value))
		return 0;
	return fail_allowed(given, declared->allowed, err);
}

static int check_setting(const struct section *section, const struct section_setting *given,
			 const struct policy_backend *backend, struct error *err)
{
	char known[320];

	for (size_t i = 0; i < backend->nsettings; i++)
		if (strcmp(backend->settings[i].name, given->name) == 0)
			return check_value(given, &backend->settings[i], err);
	if (!backend->nsettings)
		return error_set(err, -EINVAL,
				 "%s: unknown key \"%.64s\", expected none, since backend \"%s\" "
				 "has no settings",
				 given->where, given->name, section->namespace);
	return error_set(
		err, -EINVAL,
		"%s: unknown key \"%.64s\" of backend \"%s\", expected %s; nearest is \"%s\"",
		given->where, given->name, section->namespace,
		words_render(known, sizeof(known), backend->settings, backend->nsettings,
			     sizeof(*backend->settings), false),
		nearest_word(given->name, backend->settings, backend->nsettings,
			     sizeof(*backend->settings)));
}

static const struct policy_backend *backend_find(const struct policy_backend *backends,
						 size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(backends[i].name, name) == 0)
			return &backends[i];
	return NULL;
}

/* A preference for a backend that is not installed has no effect, and is probably a slip. */
static int check_preference(const struct preference *preference,
			    const struct policy_backend *backends, size_t count, struct error *err)
{
	char known[320];

	if (backend_find(backends, count, preference->backend))
		return 0;
	if (!count)
		return error_set(
			err, -EINVAL,
			"%s: \"prefer\" names the backend \"%.64s\", and no backend is installed",
			preference->where, preference->backend);
	return error_set(
		err, -EINVAL,
		"%s: \"prefer\" names the backend \"%.64s\", expected %s; nearest is \"%s\"",
		preference->where, preference->backend,
		words_render(known, sizeof(known), backends, count, sizeof(*backends), false),
		nearest_word(preference->backend, backends, count, sizeof(*backends)));
}

/* A check of all sections and preferences. */
struct section_check {
	const struct policy_backend *backends;
	size_t count;
	const struct error_list *list; /* NULL: the first error ends it */
	struct error *err;
	int code; /* of the first error */
};

/* Note the outcome of the part at where, which is "FILE:LINE". True: the check ends here. */
static bool part_ends(struct section_check *check, const char *where, int r)
{
	char file[PATH_MAX];

	if (r && !check->code)
		check->code = r;
	if (r && check->list) {
		snprintf(file, sizeof(file), "%.*s", (int)(strrchr(where, ':') - where), where);
		check->list->tell(check->list->arg, file, r, check->err->text);
	}
	return r && !check->list;
}

static bool section_ends(struct section_check *check, const struct section *section)
{
	const struct policy_backend *backend =
		backend_find(check->backends, check->count, section->namespace);
	int r = backend ? 0 : fail_section(section, check->backends, check->count, check->err);

	if (part_ends(check, section->where, r))
		return true;
	if (!backend || backend->failed)
		return false;
	for (const struct section_setting *given = section->settings; given; given = given->next)
		if (part_ends(check, given->where,
			      check_setting(section, given, backend, check->err)))
			return true;
	return false;
}

int policy_check_sections(const struct policy *policy, const struct policy_backend *backends,
			  size_t count, const struct error_list *list, struct error *err)
{
	struct section_check check = {backends, count, list, err, 0};

	for (const struct section *section = policy->sections; section; section = section->next)
		if (section_ends(&check, section))
			return check.code;
	for (const struct preference *preference = policy->preferences; preference;
	     preference = preference->next)
		if (part_ends(&check, preference->where,
			      check_preference(preference, backends, count, err)))
			return check.code;
	return check.code;
}
