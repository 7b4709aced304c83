/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One question, one pass: the string's first parts, the type, the backend's comparison, the policy, the verdict. Every
 * step adds its findings; only a string that is no string, or another backend's, ends it early.
 */
#include "core/check/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int target_open(const struct engine *engine, const struct device *device, struct target *ret, struct error *err)
{
	struct target target = {.engine = engine};
	int r = engine_open(engine, device, &target.opened, err);

	if (r)
		return r;
	target.namespace_len = strlen(target.opened->provider->info.name);
	snprintf(target.type, sizeof(target.type), "%s:%s", target.opened->provider->info.name, target.opened->type);
	fingerprint_device(engine, target.opened, target.fingerprint);
	if (!target.opened->not_source && (r = check_version(target.opened, target.version, sizeof(target.version), err)) < 0) {
		opened_close(target.opened);
		return r;
	}
	*ret = target;
	return 0;
}

void target_close(struct target *target)
{
	opened_close(target->opened);
	*target = (struct target){0};
}

uint32_t check_mechanism(const struct opened *opened, const char **ret_text)
{
	const char *features = factset_text(&opened->device->facts, "vfio/migration/features");

	*ret_text = opened->mechanism_text;
	if (!features)
		return opened->mechanism;
	/* debugfs lists a word a line: stop-copy, p2p, pre-copy, dirty-tracking (drivers/vfio/debugfs.c). */
	*ret_text = features;
	return strstr(features, "stop-copy") ? MIGCOMPAT_YES : MIGCOMPAT_NO;
}

int check_version(const struct opened *opened, char *buffer, size_t size, struct error *err)
{
	int len;

	if (opened->not_source)
		return error_set(err, -ENODEV, "%s", opened->not_source);
	len = version_string_write(opened->provider->info.name, opened->device->kind, opened->type, opened->payload, opened->payload_len, buffer, size);
	if (len < 0)
		return error_set(err, -EPROTO, "backend %s: its version string is longer than %u bytes", opened->provider->info.name, MIGCOMPAT_STRING_MAX);
	return len;
}

/* ---------------------------------------------------------------- steps */

static void side_device(struct verdict_side *side, const struct device *device)
{
	side->device = device;
	side->kind = device->kind;
	side->kind_known = true;
}

static void side_string(struct verdict_side *side, const struct version_string *string)
{
	side->kind = string->kind;
	side->kind_known = true;
	memcpy(side->type, string->namespace, string->namespace_len);
	side->type[string->namespace_len] = ':';
	memcpy(side->type + string->namespace_len + 1, string->type, string->type_len);
	side->type[string->namespace_len + 1 + string->type_len] = '\0';
}

static void add_malformed(struct migcompat_verdict *verdict, int r, const char *text)
{
	result_add_text(&verdict->result, "format", MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_STATUS_BAD, MIGCOMPAT_LIMIT_FORMAT, NULL, NULL, text);
	if (r == -E2BIG)
		verdict->error = -E2BIG;
}

static bool same_namespace(const struct target *target, const struct version_string *string, struct migcompat_verdict *verdict)
{
	const char *name = target->opened->provider->info.name;
	char theirs[40], text[160];

	if (string->namespace_len == target->namespace_len && memcmp(string->namespace, name, target->namespace_len) == 0)
		return true;
	snprintf(theirs, sizeof(theirs), "%.*s", (int)string->namespace_len, string->namespace);
	snprintf(text, sizeof(text), "the string is the backend %s's, the target is served by %s", theirs, name);
	result_add_text(&verdict->result, "namespace", MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_STATUS_BAD, MIGCOMPAT_LIMIT_NAMESPACE, theirs, name, text);
	return false;
}

/* Could the target be set up so that it has the source's type? Only a type that does not exist as a device yet can. */
static bool candidate_has_type(const struct target *target, const struct version_string *string)
{
	struct migcompat_sink sink = {0};
	bool found = false;

	if (target->opened->device->kind != MIGCOMPAT_KIND_MDEV_TYPE)
		return false;
	if (opened_list(target->opened, PROVIDER_CANDIDATES, string->payload, string->payload_len, &sink, NULL) == 0) {
		for (size_t i = 0; i < sink.ncandidates && !found; i++) {
			const char *type = sink.candidates[i].type;

			found = type && strlen(type) == string->type_len && memcmp(type, string->type, string->type_len) == 0;
		}
	}
	sink_free(&sink);
	return found;
}

static void compare_types(const struct target *target, const struct version_string *string, struct migcompat_verdict *verdict)
{
	const char *type = target->opened->type;
	struct migcompat_finding finding = {
		.struct_size = sizeof(finding),
		.field = "type",
		.rule = MIGCOMPAT_RULE_EQUAL,
		.source = {MIGCOMPAT_VALUE_TEXT, (uint32_t)string->type_len, {.text = string->type}},
		.target = {MIGCOMPAT_VALUE_TEXT, (uint32_t)strlen(type), {.text = type}},
	};

	if (!rule_holds(MIGCOMPAT_RULE_EQUAL, &finding.source, &finding.target, NULL)) {
		if (candidate_has_type(target, string)) {
			finding.text = "the target can be set up to have the source's type";
			snprintf(verdict->target.type, sizeof(verdict->target.type), "%s:%.*s", target->opened->provider->info.name,
				 (int)string->type_len, string->type);
		} else {
			finding.status = MIGCOMPAT_STATUS_BAD;
			finding.limit = MIGCOMPAT_LIMIT_TYPE;
		}
	}
	result_add(&verdict->result, &finding, true);
}

/* mdev's own attribute, whoever the vendor is; a backend may say more, and "no" wins. */
static void mdev_availability(const struct device *device, struct migcompat_result *result)
{
	const char *available = device->kind == MIGCOMPAT_KIND_MDEV_TYPE ? factset_text(&device->facts, "mdev_type/available_instances") : NULL;

	if (!available || result->availability == MIGCOMPAT_NO)
		return;
	if (strcmp(available, "0") == 0)
		result_availability(result, MIGCOMPAT_NO, "no instance of the type is left");
	else if (*available >= '1' && *available <= '9' && available[strspn(available, "0123456789")] == '\0' && result->availability == MIGCOMPAT_UNKNOWN)
		result_availability(result, MIGCOMPAT_YES, NULL);
}

static struct policy_side policy_side(const struct verdict_side *side, const char *namespace, const char *type, const char *version)
{
	struct policy_side result = {.namespace = namespace, .type = type, .version = version};

	if (side->kind_known)
		result.kind = kind_name(side->kind);
	if (side->device) {
		result.host = side->device->host->name;
		result.facts = &side->device->facts;
		result.host_facts = &side->device->host->facts;
		result.host_wanted = &side->device->host->wanted;
		result.wanted = side->device->wanted.globs ? &side->device->wanted : result.host_wanted;
	}
	return result;
}

static void apply_policy(const struct target *target, const struct version_string *string, const char *text, struct migcompat_verdict *verdict)
{
	const char *namespace = target->opened->provider->info.name;
	char whole[MIGCOMPAT_STRING_MAX + 1];
	size_t len = (size_t)(string->payload + string->payload_len - text);

	memcpy(whole, text, len);
	whole[len] = '\0';
	struct policy_side source = policy_side(&verdict->source, namespace, verdict->source.type + target->namespace_len + 1, whole);
	struct policy_side mine = policy_side(&verdict->target, namespace, target->opened->type, target->version);

	policy_apply(target->engine->policy, &source, &mine, &verdict->result, &verdict->forced, verdict->rules, VERDICT_RULES_MAX, &verdict->nrules,
		     target->engine->trace, target->engine->trace_arg);
}

/* The mechanism stands beside the verdict; where it is missing that is never silent, and a policy may refuse it. */
static void judge_mechanism(const struct target *target, struct migcompat_verdict *verdict)
{
	const char *text = NULL;
	char sentence[512];

	verdict->target.mechanism = check_mechanism(target->opened, &verdict->target.mechanism_text);
	if (verdict_mechanism(verdict, &text) != MIGCOMPAT_NO)
		return;
	snprintf(sentence, sizeof(sentence), "driver and kernel cannot move its state%s%s", text ? ": " : "", text ? text : "");
	result_add_text(&verdict->result, "mechanism", MIGCOMPAT_RULE_INFO, MIGCOMPAT_STATUS_WARN, MIGCOMPAT_LIMIT_NONE, NULL, NULL, sentence);
	if (policy_mechanism_required(target->engine->policy))
		verdict_not_migratable(verdict, "%s", sentence);
}

/* An operator's hold is behind every policy: no override lifts it. */
static void judge_hold(const struct engine *engine, const char *role, const struct device *device, struct migcompat_verdict *verdict)
{
	char reason[ERROR_TEXT_MAX], text[ERROR_TEXT_MAX * 2];

	if (!device || !engine->hold || !engine->hold(engine->hold_arg, device, reason, sizeof(reason)))
		return;
	snprintf(text, sizeof(text), "%s %s is held: %s", role, device->id, reason);
	result_add_text(&verdict->result, "hold", MIGCOMPAT_RULE_INFO, MIGCOMPAT_STATUS_BAD, MIGCOMPAT_LIMIT_HOLD, NULL, NULL, text);
	verdict->forced = false;
}

static void judge_holds(const struct target *target, struct migcompat_verdict *verdict)
{
	judge_hold(target->engine, "source", verdict->source.device, verdict);
	judge_hold(target->engine, "target", verdict->target.device, verdict);
}

/* ---------------------------------------------------------------- questions */

static int ask_string(struct target *target, const char *text, size_t len, struct migcompat_verdict *verdict)
{
	struct version_string string;
	struct error err;
	int r;

	side_device(&verdict->target, target->opened->device);
	memcpy(verdict->target.type, target->type, sizeof(target->type));
	memcpy(verdict->target.fingerprint, target->fingerprint, sizeof(target->fingerprint));
	r = version_string_parse(text, len, &string, &err);
	if (r) {
		add_malformed(verdict, r, err.text);
		judge_holds(target, verdict);
		verdict_settle(verdict);
		return 0;
	}
	if (!verdict->source.device)
		side_string(&verdict->source, &string);
	if (target->opened->not_target)
		verdict_not_migratable(verdict, "target %s: %s", target->opened->device->id, target->opened->not_target);
	if (same_namespace(target, &string, verdict)) {
		compare_types(target, &string, verdict);
		r = opened_compare(target->opened, string.payload, string.payload_len, &verdict->result, &err);
		if (r)
			return verdict_fail(verdict, r, "%s", err.text);
		mdev_availability(target->opened->device, &verdict->result);
		apply_policy(target, &string, text, verdict);
	}
	judge_mechanism(target, verdict);
	judge_holds(target, verdict);
	verdict_settle(verdict);
	return 0;
}

int check_string(struct target *target, const struct device *source, const char *text, size_t len, struct migcompat_verdict *verdict)
{
	struct version_string string;
	int r = verdict_reset(verdict);

	if (r)
		return r;
	if (source) {
		side_device(&verdict->source, source);
		if (version_string_parse(text, len, &string, NULL) == 0) {
			side_string(&verdict->source, &string);
			verdict->source.kind = source->kind;
		}
	}
	return ask_string(target, text, len, verdict);
}

/* What opening a device failed with, as a verdict. */
static int open_failed(struct migcompat_verdict *verdict, const char *role, const struct device *device, int r, const struct error *err)
{
	if (r == -ENODEV)
		return verdict_not_migratable(verdict, "%s %s: %s", role, device->id, err->text);
	return verdict_fail(verdict, r, "%s %s: %s", role, device->id, err->text);
}

/* What the handles said of mechanisms lives until they close. */
static void keep_texts(struct migcompat_verdict *verdict)
{
	verdict->source.mechanism_text = result_keep(&verdict->result, verdict->source.mechanism_text);
	verdict->target.mechanism_text = result_keep(&verdict->result, verdict->target.mechanism_text);
}

int check_text(const struct engine *engine, const char *text, size_t len, const struct device *device, struct migcompat_verdict *verdict)
{
	struct target target;
	struct error err = {0};
	int r = verdict_reset(verdict);

	if (r)
		return r;
	side_device(&verdict->target, device);
	r = target_open(engine, device, &target, &err);
	if (r)
		return open_failed(verdict, "target", device, r, &err);
	ask_string(&target, text, len, verdict);
	fingerprint_text(text, len, verdict->source.fingerprint);
	keep_texts(verdict);
	target_close(&target);
	return 0;
}

/* The source's half: its sides, its mechanism, and the string into the buffer; the length, or -1 where the verdict is told. */
static int ask_source(const struct engine *engine, const struct device *device, char *string, size_t size, struct opened **ret_opened,
		      struct migcompat_verdict *verdict)
{
	struct opened *opened = NULL;
	struct error err = {0};
	int r = engine_open(engine, device, &opened, &err);

	if (r) {
		open_failed(verdict, "source", device, r, &err);
		return -1;
	}
	*ret_opened = opened;
	snprintf(verdict->source.type, sizeof(verdict->source.type), "%s:%s", opened->provider->info.name, opened->type);
	fingerprint_device(engine, opened, verdict->source.fingerprint);
	verdict->source.mechanism = check_mechanism(opened, &verdict->source.mechanism_text);
	r = check_version(opened, string, size, &err);
	if (r < 0) {
		open_failed(verdict, "source", device, r, &err);
		return -1;
	}
	return r;
}

int check_devices(const struct engine *engine, const struct device *source, const struct device *device, struct migcompat_verdict *verdict)
{
	char string[MIGCOMPAT_STRING_MAX + 1];
	struct opened *opened = NULL;
	struct target target = {0};
	struct error err = {0};
	int r = verdict_reset(verdict), len;

	if (r)
		return r;
	side_device(&verdict->source, source);
	side_device(&verdict->target, device);
	len = ask_source(engine, source, string, sizeof(string), &opened, verdict);
	r = target_open(engine, device, &target, &err);
	if (r) {
		open_failed(verdict, "target", device, r, &err);
	} else if (len < 0) {
		memcpy(verdict->target.type, target.type, sizeof(target.type));
		memcpy(verdict->target.fingerprint, target.fingerprint, sizeof(target.fingerprint));
		verdict->target.mechanism = check_mechanism(target.opened, &verdict->target.mechanism_text);
		if (target.opened->not_target && verdict->code < VERDICT_ERROR)
			verdict_not_migratable(verdict, "target %s: %s", device->id, target.opened->not_target);
	} else {
		ask_string(&target, string, (size_t)len, verdict);
	}
	keep_texts(verdict);
	opened_close(opened);
	target_close(&target);
	return 0;
}
