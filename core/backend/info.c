/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copying and checking what a backend declares. The strings are the vendor's: each is bounded before it is used. */
#include "core/backend/info.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MEMBER_END(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))

/* NULL where a string is missing or longer than allowed. */
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
	return *glob && *glob != '/' && printable(glob) && !strstr(glob, "..") && !strstr(glob, "//") && !strstr(glob, "migration_");
}

/* "MODULE" or "MODULE:MODALIAS-GLOB". */
static bool key_valid(const char *key, bool fallback)
{
	size_t len = strcspn(key, ":");

	if (strcmp(key, INFO_KEY_ANY) == 0)
		return fallback;
	if (len < 1 || len > 64 || !printable(key))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", key[i]))
			return false;
	return key[len] == '\0' || key[len + 1] != '\0';
}

static void key_normalise(char *key)
{
	for (; *key && *key != ':'; key++)
		if (*key == '-')
			*key = '_';
}

bool info_reads_streams(const struct backend_info *info)
{
	static const char word[] = "stream";
	size_t len = info->operations ? strlen(info->operations) : 0;

	/* It is the last one. */
	return len >= sizeof(word) - 1 && strcmp(info->operations + len - (sizeof(word) - 1), word) == 0;
}

int info_check(const struct backend_info *info, struct error *err)
{
	if (!info->name || !name_valid(info->name))
		return error_set(err, -EINVAL, "its name is \"%s\", expected 1 to 32 of a-z, 0-9 and _", info->name ? info->name : "");
	if (!info->version || !*info->version || !printable(info->version))
		return error_set(err, -EINVAL, "it has no version");
	if (!info->description || !printable(info->description))
		return error_set(err, -EINVAL, "its description is too long or has control characters");
	if (info->thread_model > MIGCOMPAT_THREAD_PARALLEL)
		return error_set(err, -EINVAL, "its thread model is %u, expected 0 to 2", info->thread_model);
	/* Whoever reads streams alone serves no device. */
	if ((info->nkeys < 1 && !info_reads_streams(info)) || info->nkeys > INFO_KEYS_MAX)
		return error_set(err, -EINVAL, "it has %zu keys, expected 1 to %u", info->nkeys, INFO_KEYS_MAX);
	for (size_t i = 0; i < info->nkeys; i++)
		if (!info->keys[i] || !key_valid(info->keys[i], info->fallback))
			return error_set(err, -EINVAL,
					 "its key %zu is \"%s\", expected MODULE or "
					 "MODULE:MODALIAS-GLOB%s",
					 i + 1, info->keys[i] ? info->keys[i] : "",
					 info->fallback ? " or *" : "");
	if (info->nwants > INFO_WANTS_MAX)
		return error_set(err, -EINVAL, "it wants %zu globs, expected at most %u", info->nwants, INFO_WANTS_MAX);
	for (size_t i = 0; i < info->nwants; i++)
		if (!info->wants[i].glob || !glob_valid(info->wants[i].glob))
			return error_set(err, -EINVAL, "its want %zu is \"%s\", expected a glob below the device's or the host's folder", i + 1,
					 info->wants[i].glob ? info->wants[i].glob : "");
	if (info->nsettings > INFO_SETTINGS_MAX)
		return error_set(err, -EINVAL, "it has %zu settings, expected at most %u", info->nsettings, INFO_SETTINGS_MAX);
	for (size_t i = 0; i < info->nsettings; i++) {
		const struct migcompat_setting *setting = &info->settings[i];

		if (!setting->name || !name_valid(setting->name) || !setting->init || setting->type > MIGCOMPAT_SETTING_STRING)
			return error_set(err, -EINVAL, "its setting %zu (\"%s\") lacks a name, a type or an initial value", i + 1,
					 setting->name ? setting->name : "");
	}
	return 0;
}

/* Vendor arrays have elements of the vendor's size: take what both know. */
static const void *element(const void *array, size_t size, size_t i)
{
	return (const char *)array + i * size;
}

static int copy_keys(const struct migcompat_backend *ops, struct arena *arena, struct backend_info *info)
{
	info->keys = arena_alloc(arena, INFO_KEYS_MAX * sizeof(*info->keys), 8);
	if (!info->keys)
		return -ENOMEM;
	while (ops->keys && ops->keys[info->nkeys]) {
		char *key = (char *)(uintptr_t)text_copy(arena, ops->keys[info->nkeys]);

		if (info->nkeys == INFO_KEYS_MAX - 1)
			break;
		if (key)
			key_normalise(key);
		info->keys[info->nkeys++] = key;
	}
	return 0;
}

static int copy_wants(const struct migcompat_backend *ops, struct arena *arena, struct backend_info *info)
{
	info->nwants = ops->wants ? ops->nwants : 0;
	if (info->nwants > INFO_WANTS_MAX || (info->nwants && ops->want_size < MEMBER_END(struct migcompat_want, flags)))
		return -EINVAL;
	info->wants = arena_alloc(arena, info->nwants * sizeof(*info->wants), 8);
	if (!info->wants)
		return -ENOMEM;
	for (size_t i = 0; i < info->nwants; i++) {
		const struct migcompat_want *want = element(ops->wants, ops->want_size, i);

		info->wants[i] = (struct migcompat_want){.glob = text_copy(arena, want->glob), .flags = want->flags};
	}
	return 0;
}

static int copy_settings(const struct migcompat_backend *ops, struct arena *arena, struct backend_info *info)
{
	info->nsettings = ops->settings ? ops->nsettings : 0;
	if (info->nsettings > INFO_SETTINGS_MAX || (info->nsettings && ops->setting_size < MEMBER_END(struct migcompat_setting, description)))
		return -EINVAL;
	info->settings = arena_alloc(arena, info->nsettings * sizeof(*info->settings), 8);
	if (!info->settings)
		return -ENOMEM;
	for (size_t i = 0; i < info->nsettings; i++) {
		const struct migcompat_setting *setting = element(ops->settings, ops->setting_size, i);

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

	snprintf(text, sizeof(text), "%s%s%s%s%s", ops->candidates ? " candidates" : "", ops->parameters ? " parameters" : "",
		 ops->prepare ? " prepare" : "", ops->table ? " table" : "", ops->stream ? " stream" : "");
	return arena_copy(arena, text + (*text != '\0'), strlen(text) - (*text != '\0'));
}

int info_make(const struct migcompat_backend *ops, const char *path, struct arena *arena, struct backend_info *ret, struct error *err)
{
	const struct {
		const char *name;
		bool there;
	} required[] = {
		{"open", ops->open},	   {"close", ops->close},     {"describe", ops->describe},
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

	if ((r = copy_keys(ops, arena, &info)) || (r = copy_wants(ops, arena, &info)) || (r = copy_settings(ops, arena, &info)))
		return error_set(err, r, r == -ENOMEM ? "out of memory" : "its wants or settings have a wrong element size or count");
	if (ops->fallback > 1)
		return error_set(err, -EINVAL, "its member fallback is %u, expected 0 or 1",
				 ops->fallback);
	r = info_check(&info, err);
	if (r)
		return r;
	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++)
		if (!required[i].there && info.nkeys)
			return error_set(err, -EINVAL, "it has no operation \"%s\"", required[i].name);
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
		same = a->wants[i].flags == b->wants[i].flags && strcmp(a->wants[i].glob, b->wants[i].glob) == 0;
	return same;
}

static bool same_settings(const struct backend_info *a, const struct backend_info *b)
{
	bool same = a->nsettings == b->nsettings;

	for (size_t i = 0; i < a->nsettings && same; i++) {
		const struct migcompat_setting *x = &a->settings[i], *y = &b->settings[i];

		same = x->type == y->type && strcmp(x->name, y->name) == 0 && strcmp(x->init, y->init) == 0 &&
		       (x->allowed && y->allowed ? strcmp(x->allowed, y->allowed) == 0 : x->allowed == y->allowed);
	}
	return same;
}

const char *info_differs(const struct backend_info *before, const struct backend_info *now)
{
	if (strcmp(before->name, now->name) != 0)
		return "its name";
	if (strcmp(before->version, now->version) != 0)
		return "its version";
	if (before->thread_model != now->thread_model || strcmp(before->operations, now->operations) != 0)
		return "what it can do";
	if (before->fallback != now->fallback || !same_keys(before, now))
		return "what it serves";
	if (!same_wants(before, now))
		return "the facts that it wants";
	return same_settings(before, now) ? NULL : "its settings";
}
