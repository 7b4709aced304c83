/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host table: services for backends. They answer from the facts alone and open no
 * files.
 */
#include "core/backend/services.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/operation/operation.h"
#include "core/finding/record.h"
#include "core/finding/result.h"
#include "core/backend/sink.h"
#include "core/facts/kernel_word.h"
#include "core/facts/macros.h"

bool services_wanted(const struct backend_info *info, uint32_t scope, const char *key)
{
	for (size_t i = 0; i < info->nwants; i++)
		if ((info->wants[i].flags & MIGCOMPAT_WANT_HOST) == (scope & MIGCOMPAT_WANT_HOST) &&
		    fact_glob_match(info->wants[i].glob, key))
			return true;
	return false;
}

static int host_kind(const struct migcompat_facts *facts)
{
	return (int)facts->device->kind;
}

static const char *host_id(const struct migcompat_facts *facts)
{
	return facts->device->id;
}

static const struct factset *scope_set(const struct migcompat_facts *facts, uint32_t scope)
{
	return scope & MIGCOMPAT_WANT_HOST ? &facts->device->host->facts : &facts->device->facts;
}

static const struct wanted *scope_wanted(const struct migcompat_facts *facts, uint32_t scope)
{
	return scope & MIGCOMPAT_WANT_HOST || !facts->device->wanted.globs
		       ? &facts->device->host->wanted
		       : &facts->device->wanted;
}

/* -ENODATA if the inventory did not collect this key, otherwise -ENOENT. */
static int missing_error(const struct migcompat_facts *facts, uint32_t scope, const char *key)
{
	const struct wanted *wanted = scope_wanted(facts, scope);

	return wanted->globs && !fact_glob_any(wanted->globs, wanted->count, key) ? -ENODATA
										  : -ENOENT;
}

/*
 * Does a collected glob cover the whole wanted glob? A '*' in the first covers a '*' in
 * the second.
 */
static bool glob_covers(const char *have, const char *glob)
{
	return strcmp(have, glob) == 0 || (!strpbrk(have, "?[\\") && fact_glob_match(have, glob));
}

static bool each_collected(const struct migcompat_facts *facts, uint32_t scope, const char *glob)
{
	const struct wanted *wanted = scope_wanted(facts, scope);

	for (size_t i = 0; wanted->globs && i < wanted->count; i++)
		if (glob_covers(wanted->globs[i], glob))
			return true;
	return !wanted->globs;
}

/* The backend asked for a fact that it did not declare, which is its mistake. */
static int refuse_undeclared(const struct migcompat_facts *facts, uint32_t scope, const char *key)
{
	if (services_wanted(facts->info, scope ^ MIGCOMPAT_WANT_HOST, key))
		return operation_mistake("it asked for the fact \"%s\" of the %s, which it had "
					 "declared of the %s (MIGCOMPAT_WANT_HOST)",
					 key, scope & MIGCOMPAT_WANT_HOST ? "host" : "device",
					 scope & MIGCOMPAT_WANT_HOST ? "device" : "host");
	return operation_mistake("it asked for the fact \"%s\", which it had not declared", key);
}

/* The error of a fact. Codes that have another meaning here become -EIO. */
static int fact_error(int error)
{
	return error == ENOENT || error == ENODATA || error == EINVAL || error == ENODEV ? -EIO
											 : -error;
}

/*
 * An inventory may give a device's driver without a fact. For a type that is the parent's
 * driver.
 */
static const char *driver_member(const struct migcompat_facts *facts, uint32_t scope,
				 const char *key)
{
	bool own =
		!(scope & MIGCOMPAT_WANT_HOST) && facts->device->kind != MIGCOMPAT_KIND_MDEV_TYPE;

	return own && strcmp(key, "driver") == 0 ? facts->device->driver : NULL;
}

static int host_fact(const struct migcompat_facts *facts, uint32_t scope, const char *key,
		     const char **ret_value, size_t *ret_len)
{
	const struct fact *fact;
	const char *driver;

	if (!key)
		return operation_mistake("it asked for a fact without a key");
	if (!services_wanted(facts->info, scope, key))
		return refuse_undeclared(facts, scope, key);
	fact = factset_find(scope_set(facts, scope), key);
	driver = fact ? NULL : driver_member(facts, scope, key);
	if (driver) {
		*ret_value = driver;
		if (ret_len)
			*ret_len = strlen(driver);
		return 0;
	}
	if (!fact)
		return missing_error(facts, scope, key);
	if (fact->error) {
		operation_unreadable();
		return fact_error(fact->error);
	}
	if (fact->binary && !ret_len) /* as text, a part of it would be lost */
		return -EILSEQ;
	operation_given(fact->key, fact->value, fact->len);
	*ret_value = fact->value;
	if (ret_len)
		*ret_len = fact->len;
	return 0;
}

static int host_number(const struct migcompat_facts *facts, uint32_t scope, const char *key,
		       int base, uint64_t max, uint64_t *ret)
{
	unsigned long long number;
	const char *text = "";
	size_t len = 0;
	char *end;
	int r = host_fact(facts, scope, key, &text, &len);

	if (r)
		return r;
	/* strtoull accepts spaces and signs, but such a fact is no number. */
	if (!((*text >= '0' && *text <= '9') ||
	      (base == 16 && strchr("abcdefABCDEF", *text) && *text)))
		return -ERANGE;
	errno = 0;
	number = strtoull(text, &end, base);
	if (errno || end != text + len || number > max)
		return -ERANGE;
	*ret = number;
	return 0;
}

static int host_each(const struct migcompat_facts *facts, uint32_t scope, const char *glob,
		     migcompat_fact_fn *fn, void *arg)
{
	const struct factset *set = scope_set(facts, scope);
	size_t literal;
	bool wanted = false;

	if (!glob || !fn)
		return operation_mistake("it walks facts without a glob or a function");
	literal = strcspn(glob, "*?[\\");

	for (size_t i = 0; i < facts->info->nwants && !wanted; i++)
		wanted = (facts->info->wants[i].flags & MIGCOMPAT_WANT_HOST) ==
				 (scope & MIGCOMPAT_WANT_HOST) &&
			 strcmp(facts->info->wants[i].glob, glob) == 0;
	if (!wanted)
		return refuse_undeclared(facts, scope, glob);
	if (!each_collected(facts, scope, glob))
		return -ENODATA;
	for (size_t i = factset_from(set, glob, literal);
	     i < set->count && strncmp(set->facts[i].key, glob, literal) == 0; i++) {
		const struct fact *fact = &set->facts[i];
		int r;

		if (!fact_glob_match(glob, fact->key))
			continue;
		operation_given(fact->key, fact->value, fact->len);
		if (fact->error)
			operation_unreadable();
		r = fn(arg, fact->key, fact->value, fact->len, fact->error);
		if (r)
			return r;
	}
	return 0;
}

static const char *host_setting(const struct migcompat_facts *facts, const char *name)
{
	const struct migcompat_setting *setting = name ? info_setting(facts->info, name) : NULL;

	if (!setting) {
		operation_mistake("it asked for the setting \"%s\", which it had not declared",
				  name ? name : "");
		return "";
	}
	if (facts->newest && strcmp(name, SETTING_EMIT_FORMAT) == 0)
		return setting->init;
	return facts->settings ? facts->settings->values[setting - facts->info->settings]
			       : setting->init;
}

static int host_fail(const struct migcompat_facts *facts, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int host_fail(const struct migcompat_facts *facts, int error, const char *format, ...)
{
	char text[ERROR_TEXT_MAX / 2];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return error_set(facts->err, error, "%s", text);
}

/* What is wrong with a value, or NULL. ABSENT becomes NONE. */
static const char *value_trouble(struct migcompat_value *value)
{
	if (value->type == MIGCOMPAT_VALUE_ABSENT)
		*value = (struct migcompat_value){0};
	if (value->type > MIGCOMPAT_VALUE_TEXT)
		return "is of no known type";
	return value->type == MIGCOMPAT_VALUE_TEXT && !value->as.text && value->len
		       ? "is a text that is NULL"
		       : NULL;
}

/*
 * 0, or -EINVAL: the finding is invalid. That is a mistake of the backend, and says
 * nothing about the devices.
 */
static int finding_check(struct migcompat_finding *finding)
{
	const char *name = finding->field;
	const char *source = value_trouble(&finding->source),
		   *target = value_trouble(&finding->target);

	if (!name || !*name)
		return operation_mistake("a finding has no field");
	if (finding->status > MIGCOMPAT_STATUS_UNKNOWN)
		return operation_mistake(
			"the finding \"%.64s\" has the status %u, expected 0 to %u", name,
			finding->status, MIGCOMPAT_STATUS_UNKNOWN);
	if (finding->rule > MIGCOMPAT_RULE_INFO)
		return operation_mistake("the finding \"%.64s\" has the rule %u, expected 0 to %u",
					 name, finding->rule, MIGCOMPAT_RULE_INFO);
	if (!limit_is_backends(finding->limit))
		return operation_mistake(
			"the finding \"%.64s\" has the limit %u (%s), which no backend may use",
			name, finding->limit,
			limit_name(finding->limit) ? limit_name(finding->limit) : "unknown");
	if (source || target)
		return operation_mistake("the %s's value of the finding \"%.64s\" %s",
					 source ? "source" : "target", name,
					 source ? source : target);
	if (finding->text &&
	    strnlen(finding->text, MIGCOMPAT_FINDING_TEXT_MAX + 1) > MIGCOMPAT_FINDING_TEXT_MAX)
		return operation_mistake("the text of the finding \"%.64s\" has more than %u bytes",
					 name, MIGCOMPAT_FINDING_TEXT_MAX);
	return 0;
}

static void host_finding(struct migcompat_result *result, const struct migcompat_finding *given)
{
	const size_t least = MEMBER_END(struct migcompat_finding, text);
	struct migcompat_finding finding = {0};

	if (!result || !given) {
		operation_mistake("a finding, or its result, is NULL");
		return;
	}
	if (!operation_size_fits(given->struct_size, least)) {
		operation_mistake("a finding has struct_size %zu, expected at least %zu",
				  given->struct_size, least);
		return;
	}
	memcpy(&finding, given,
	       given->struct_size < sizeof(finding) ? given->struct_size : sizeof(finding));
	if (finding_check(&finding))
		return;
	result_offer(result, &finding);
	operation_judged(finding.field);
}

static void host_availability(struct migcompat_result *result, uint32_t state, const char *text)
{
	if (!result || state > MIGCOMPAT_NO)
		operation_mistake("the availability is %u, expected 0 to %u", state, MIGCOMPAT_NO);
	else
		result_availability(result, state, text);
}

static void host_covers(struct migcompat_result *result, const char *field)
{
	const char *kept = result && field ? result_keep(result, field) : NULL;

	if (!kept)
		operation_mistake("it covers a field without a name");
	else
		operation_covers(kept);
}

static uint32_t host_kernel(const struct migcompat_facts *facts)
{
	static const char *const keys[] = {KERNEL_WORD_FOLDER, KERNEL_WORD_STATE,
					   KERNEL_WORD_FEATURES};

	/* A file that was not wanted was not collected, but may exist. */
	for (size_t i = 0; i < COUNT(keys); i++) {
		if (services_wanted(facts->info, 0, keys[i]))
			continue;
		refuse_undeclared(facts, 0, keys[i]);
		return MIGCOMPAT_UNKNOWN;
	}
	return kernel_word(facts->device);
}

static uint64_t host_hash(const void *bytes, size_t len)
{
	return XXH3_64bits(bytes, len);
}

const struct migcompat_host services_table = {
	.struct_size = sizeof(struct migcompat_host),
	.api_version = MIGCOMPAT_BACKEND_API,
	.kind = host_kind,
	.id = host_id,
	.fact = host_fact,
	.number = host_number,
	.each = host_each,
	.setting = host_setting,
	.fail = host_fail,
	.finding = host_finding,
	.availability = host_availability,
	.record_write = record_write,
	.record_read = record_read,
	.record_compare = record_compare,
	.hash = host_hash,
	.parameter = sink_parameter,
	.candidate = sink_candidate,
	.write = sink_write,
	.covers = host_covers,
	.kernel = host_kernel,
};
