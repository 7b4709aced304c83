/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Copying and checking the declarations of a backend. The strings are the vendor's, so
 * the length of each is bounded before it is used.
 */
#include "core/backend/info.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/facts/macros.h"
#include "core/finding/result.h"

/* NULL if the string is missing or too long. */
static const char *text_copy(struct arena *arena, const char *text)
{
	size_t len = text ? strnlen(text, INFO_TEXT_MAX + 1) : 0;

	return text && len <= INFO_TEXT_MAX ? arena_copy(arena, text, len) : NULL;
}

static bool printable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

static bool name_valid(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return len >= 1 && len <= 32 && name[len] == '\0';
}

static bool glob_valid(const char *glob)
{
	return *glob && *glob != '/' && printable(glob) && !strstr(glob, "..") &&
	       !strstr(glob, "//") && !strstr(glob, "migration_");
}

/* Is this "MODULE", "MODULE:MODALIAS-GLOB", or "*" of a fallback? */
static bool key_valid(const char *key, bool fallback)
{
	size_t len = strcspn(key, ":");

	if (strcmp(key, INFO_KEY_ANY) == 0)
		return fallback;
	if (len < 1 || len > 64 || !printable(key))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_",
			    key[i]))
			return false;
	return key[len] == '\0' || key[len + 1] != '\0';
}

static void key_normalise(char *key)
{
	for (; *key && *key != ':'; key++)
		if (*key == '-')
			*key = '_';
}

bool info_has_operation(const struct backend_info *info, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = info->operations; at && *at;) {
		size_t size = strcspn(at, " ");

		if (size == len && memcmp(at, word, len) == 0)
			return true;
		at += size + (at[size] == ' ');
	}
	return false;
}

bool info_announced(const struct backend_info *info)
{
	for (size_t i = 0; i < info->nwants; i++)
		if (!(info->wants[i].flags &
		      (MIGCOMPAT_WANT_AVAILABILITY | MIGCOMPAT_WANT_ANNOUNCED)))
			return false;
	return true;
}

bool info_reads_streams(const struct backend_info *info)
{
	return info_has_operation(info, "stream");
}

bool info_lists_candidates(const struct backend_info *info)
{
	return info_has_operation(info, "candidates");
}

static int keys_check(const struct backend_info *info, struct error *err)
{
	/* A backend that only reads streams serves no device. */
	if (info->nkeys < 1 && !info_reads_streams(info))
		return error_set(err, -EINVAL, "it has 0 keys, expected 1 to %u", INFO_KEYS_MAX);
	for (size_t i = 0; i < info->nkeys; i++) {
		if (!info->keys[i] || !key_valid(info->keys[i], info->fallback))
			return error_set(err, -EINVAL,
					 "its key %zu is \"%s\", expected MODULE or "
					 "MODULE:MODALIAS-GLOB%s",
					 i + 1, info->keys[i] ? info->keys[i] : "",
					 info->fallback ? " or *" : " (* is a fallback's alone)");
		for (size_t before = 0; before < i; before++)
			if (strcmp(info->keys[before], info->keys[i]) == 0)
				return error_set(err, -EINVAL, "its key \"%s\" is declared twice",
						 info->keys[i]);
	}
	return 0;
}

static int wants_check(const struct backend_info *info, struct error *err)
{
	for (size_t i = 0; i < info->nwants; i++) {
		const struct migcompat_want *want = &info->wants[i];

		if (!want->glob || !glob_valid(want->glob))
			return error_set(err, -EINVAL,
					 "its want %zu is \"%s\", expected a glob below the "
					 "device's or the host's folder",
					 i + 1, want->glob ? want->glob : "");
		for (size_t before = 0; before < i; before++)
			if (!((info->wants[before].flags ^ want->flags) & MIGCOMPAT_WANT_HOST) &&
			    strcmp(info->wants[before].glob, want->glob) == 0)
				return error_set(
					err, -EINVAL, "its want \"%s\" of the %s is declared twice",
					want->glob,
					want->flags & MIGCOMPAT_WANT_HOST ? "host" : "device");
	}
	return 0;
}

static bool setting_fits(const struct migcompat_setting *setting)
{
	size_t sign = setting->init[0] == '-', digits = strspn(setting->init + sign, "0123456789");

	if (setting->type == MIGCOMPAT_SETTING_BOOL)
		return strcmp(setting->init, "true") == 0 || strcmp(setting->init, "false") == 0;
	return setting->type != MIGCOMPAT_SETTING_INT || (digits && !setting->init[sign + digits]);
}

static int setting_check(const struct backend_info *info, size_t i, struct error *err)
{
	static const char *const expected[] = {"true or false", "a whole number", "text"};
	const struct migcompat_setting *setting = &info->settings[i];

	if (!setting->name || !name_valid(setting->name) || !setting->init ||
	    setting->type > MIGCOMPAT_SETTING_STRING)
		return error_set(
			err, -EINVAL,
			"its setting %zu (\"%s\") lacks a name, a type or an initial value", i + 1,
			setting->name ? setting->name : "");
	for (size_t before = 0; before < i; before++)
		if (strcmp(info->settings[before].name, setting->name) == 0)
			return error_set(err, -EINVAL, "its setting \"%s\" is declared twice",
					 setting->name);
	if (!setting_fits(setting))
		return error_set(err, -EINVAL,
				 "its setting \"%s\" is \"%s\" initially, expected %s",
				 setting->name, setting->init, expected[setting->type]);
	if (setting->type != MIGCOMPAT_SETTING_BOOL &&
	    !rule_allows(setting->allowed, setting->init))
		return error_set(err, -EINVAL,
				 "its setting \"%s\" is \"%s\" initially, it allows %s",
				 setting->name, setting->init, setting->allowed);
	return 0;
}

int info_check(const struct backend_info *info, struct error *err)
{
	int r;

	if (!info->name || !name_valid(info->name))
		return error_set(err, -EINVAL,
				 "its name is \"%s\", expected 1 to 32 of a-z, 0-9 and _",
				 info->name ? info->name : "");
	if (!info->version || !*info->version || !printable(info->version))
		return error_set(err, -EINVAL, "it has no version");
	if (!info->description || !printable(info->description))
		return error_set(err, -EINVAL,
				 "its description is too long or has control characters");
	if (info->thread_model > MIGCOMPAT_THREAD_PARALLEL)
		return error_set(err, -EINVAL, "its thread model is %u, expected 0 to 2",
				 info->thread_model);
	if ((r = keys_check(info, err)) || (r = wants_check(info, err)))
		return r;
	for (size_t i = 0; i < info->nsettings && !r; i++)
		r = setting_check(info, i, err);
	return r;
}

/* The vendor's elements may be longer than ours. */
static const void *element(const void *array, size_t size, size_t i)
{
	return (const char *)array + i * size;
}

static int copy_keys(const struct migcompat_backend *ops, struct arena *arena,
		     struct backend_info *info, struct error *err)
{
	info->keys = arena_alloc(arena, INFO_KEYS_MAX * sizeof(*info->keys), 8);
	if (!info->keys)
		return error_set(err, -ENOMEM, "out of memory");
	while (ops->keys && ops->keys[info->nkeys]) {
		char *key;

		if (info->nkeys == INFO_KEYS_MAX)
			return error_set(err, -EINVAL, "it has more than %u keys", INFO_KEYS_MAX);
		key = (char *)(uintptr_t)text_copy(arena, ops->keys[info->nkeys]);
		if (key)
			key_normalise(key);
		info->keys[info->nkeys++] = key;
	}
	return 0;
}

static int copy_wants(const struct migcompat_backend *ops, struct arena *arena,
		      struct backend_info *info, struct error *err)
{
	const size_t least = MEMBER_END(struct migcompat_want, flags);

	info->nwants = ops->wants ? ops->nwants : 0;
	if (info->nwants > INFO_WANTS_MAX)
		return error_set(err, -EINVAL, "it wants %zu globs, expected at most %u",
				 info->nwants, INFO_WANTS_MAX);
	if (info->nwants && ops->want_size < least)
		return error_set(err, -EINVAL,
				 "its want_size is %zu, expected sizeof(struct migcompat_want), at "
				 "least %zu",
				 ops->want_size, least);
	info->wants = arena_alloc(arena, info->nwants * sizeof(*info->wants), 8);
	if (!info->wants)
		return error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < info->nwants; i++) {
		const struct migcompat_want *want = element(ops->wants, ops->want_size, i);

		info->wants[i] = (struct migcompat_want){.glob = text_copy(arena, want->glob),
							 .flags = want->flags};
	}
	return 0;
}

static int copy_settings(const struct migcompat_backend *ops, struct arena *arena,
			 struct backend_info *info, struct error *err)
{
	const size_t least = MEMBER_END(struct migcompat_setting, description);

	info->nsettings = ops->settings ? ops->nsettings : 0;
	if (info->nsettings > INFO_SETTINGS_MAX)
		return error_set(err, -EINVAL, "it has %zu settings, expected at most %u",
				 info->nsettings, INFO_SETTINGS_MAX);
	if (info->nsettings && ops->setting_size < least)
		return error_set(err, -EINVAL,
				 "its setting_size is %zu, expected sizeof(struct "
				 "migcompat_setting), at least %zu",
				 ops->setting_size, least);
	info->settings = arena_alloc(arena, info->nsettings * sizeof(*info->settings), 8);
	if (!info->settings)
		return error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < info->nsettings; i++) {
		const struct migcompat_setting *setting =
			element(ops->settings, ops->setting_size, i);

		info->settings[i] = (struct migcompat_setting){
			.name = text_copy(arena, setting->name),
			.type = setting->type,
			.allowed = text_copy(arena, setting->allowed),
			.init = text_copy(arena, setting->init),
			.description = text_copy(arena, setting->description),
		};
	}
	return 0;
}

static const char *operations(const struct migcompat_backend *ops, struct arena *arena)
{
	char text[128];

	snprintf(text, sizeof(text), "%s%s%s%s%s", ops->candidates ? " candidates" : "",
		 ops->parameters ? " parameters" : "", ops->prepare ? " prepare" : "",
		 ops->table ? " table" : "", ops->stream ? " stream" : "");
	return arena_copy(arena, text + (*text != '\0'), strlen(text) - (*text != '\0'));
}

int info_make(const struct migcompat_backend *ops, const char *path, struct arena *arena,
	      struct backend_info *ret, struct error *err)
{
	const struct {
		const char *name;
		bool there;
	} required[] = {
		{"open", ops->open},       {"close", ops->close},     {"describe", ops->describe},
		{"payload", ops->payload}, {"compare", ops->compare},
	};
	struct backend_info info = {
		.path = path,
		.name = text_copy(arena, ops->name),
		.version = text_copy(arena, ops->version),
		.description = text_copy(arena, ops->description ? ops->description : ""),
		.api_version = ops->api_version,
		.thread_model = ops->thread_model,
		.fallback = ops->fallback == 1,
		.struct_size = ops->struct_size,
		.operations = operations(ops, arena),
	};
	int r;

	if ((r = copy_keys(ops, arena, &info, err)) || (r = copy_wants(ops, arena, &info, err)) ||
	    (r = copy_settings(ops, arena, &info, err)))
		return r;
	if (ops->fallback > 1)
		return error_set(err, -EINVAL, "its member fallback is %u, expected 0 or 1",
				 ops->fallback);
	r = info_check(&info, err);
	if (r)
		return r;
	for (size_t i = 0; i < COUNT(required); i++)
		if (!required[i].there && info.nkeys)
			return error_set(err, -EINVAL, "it has no operation \"%s\"",
					 required[i].name);
	*ret = info;
	return 0;
}

const struct migcompat_setting *info_setting(const struct backend_info *info, const char *name)
{
	for (size_t i = 0; i < info->nsettings; i++)
		if (strcmp(info->settings[i].name, name) == 0)
			return &info->settings[i];
	return NULL;
}

static bool same_keys(const struct backend_info *a, const struct backend_info *b)
{
	bool same = a->nkeys == b->nkeys;

	for (size_t i = 0; i < a->nkeys && same; i++)
		same = strcmp(a->keys[i], b->keys[i]) == 0;
	return same;
}

static bool same_wants(const struct backend_info *a, const struct backend_info *b)
{
	bool same = a->nwants == b->nwants;

	for (size_t i = 0; i < a->nwants && same; i++)
		same = a->wants[i].flags == b->wants[i].flags &&
		       strcmp(a->wants[i].glob, b->wants[i].glob) == 0;
	return same;
}

static bool same_settings(const struct backend_info *a, const struct backend_info *b)
{
	bool same = a->nsettings == b->nsettings;

	for (size_t i = 0; i < a->nsettings && same; i++) {
		const struct migcompat_setting *x = &a->settings[i], *y = &b->settings[i];

		same = x->type == y->type && strcmp(x->name, y->name) == 0 &&
		       strcmp(x->init, y->init) == 0 &&
		       (x->allowed && y->allowed ? strcmp(x->allowed, y->allowed) == 0
						 : x->allowed == y->allowed);
	}
	return same;
}

const char *info_differs(const struct backend_info *before, const struct backend_info *now)
{
	if (strcmp(before->name, now->name) != 0)
		return "its name";
	if (strcmp(before->version, now->version) != 0)
		return "its version";
	if (before->thread_model != now->thread_model ||
	    strcmp(before->operations, now->operations) != 0)
		return "what it can do";
	if (before->fallback != now->fallback || !same_keys(before, now))
		return "what it serves";
	if (!same_wants(before, now))
		return "the facts that it wants";
	return same_settings(before, now) ? NULL : "its settings";
}
