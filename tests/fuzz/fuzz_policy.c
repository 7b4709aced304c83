/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads any text as a configuration file. It is refused with a sentence, or it can be
 * applied and shown, and the shown text loads to the same policy.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/config/parse.h"
#include "core/policy/policy_private.h"

#define CHECK(condition)                  \
	do {                              \
		if (!(condition))         \
			__builtin_trap(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * Parses in this process, so that libconfig and the messages with trees are fuzzed too.
 */
static struct conf_parser parser = {.answer = conf_answer};

static void factset_make(struct arena *arena, struct factset *ret, const char *key,
			 const char *value)
{
	struct factset_builder builder;

	factset_builder_init(&builder, arena);
	CHECK(factset_builder_add(&builder, key, value, strlen(value)) == 0);
	CHECK(factset_builder_add_error(&builder, "unreadable", 13) == 0);
	CHECK(factset_builder_finish(&builder, ret, NULL) == 0);
}

static void trace(void *arg, const char *rule, const char *where, const char *action, bool matched,
		  const char *text)
{
	size_t *count = arg;

	(void)matched;
	CHECK(*rule && *where && *action && *text);
	CHECK(utf8_valid(text, strlen(text)) || !utf8_valid(where, strlen(where)));
	++*count;
}

static void apply(const struct policy *policy)
{
	static struct migcompat_result result;
	struct arena arena = {0};
	struct factset facts, host_facts;
	const char *matched[4];
	size_t traced = 0;
	enum policy_outcome silent;

	factset_make(&arena, &facts, "vendor", "0x8086");
	factset_make(&arena, &host_facts, "kernel/release", "6.12.3");
	static const char string[] = "mtty:mdev:serial-2port:1";
	const struct policy_side bare = {.namespace = "mtty",
					 .type = "serial-2port",
					 .kind = "mdev",
					 .version = string,
					 .version_len = sizeof(string) - 1};
	const struct policy_side whole = {.namespace = "mtty",
					  .type = "serial-2port",
					  .kind = "physical",
					  .host = "prod-1",
					  .version = "",
					  .facts = &facts,
					  .host_facts = &host_facts};
	struct policy_question question = {.source = &bare,
					   .target = &whole,
					   .result = &result,
					   .matched = matched,
					   .matched_max = 4};

	CHECK(result_reset(&result) == 0);
	result_add_text(&result, "ports", MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_STATUS_BAD,
			MIGCOMPAT_LIMIT_PARAMETER, "1", "2", NULL);
	silent = policy_apply(policy, &question);
	CHECK(question.nmatched <= 4);
	/* A denial is a bad finding, and a forced result marks the finding. */
	CHECK((silent == POLICY_DENY) == !!(result.bad_limits & 1u << MIGCOMPAT_LIMIT_POLICY));
	CHECK(question.forced == result.findings[0].forced);
	CHECK(result_reset(&result) == 0);
	result_add_text(&result, "ports", MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_STATUS_BAD,
			MIGCOMPAT_LIMIT_PARAMETER, "1", "2", NULL);
	question.trace = trace;
	question.trace_arg = &traced;
	CHECK(policy_apply(policy, &question) == silent);
	CHECK(traced == policy->nrules + policy->nknown_bad + 1);
	arena_free(&arena);
}

static void strip_where(json_t *list)
{
	json_t *entry;
	size_t i;

	json_array_foreach (list, i, entry)
		json_object_del(entry, "where");
}

static char *meaning(const struct policy *policy)
{
	json_t *json = policy_json(policy), *section, *setting;
	const char *name, *key;
	char *text;

	CHECK(json);
	json_object_del(json, "hash");
	json_object_del(json, "files");
	strip_where(json_object_get(json, "rules"));
	strip_where(json_object_get(json, "known_bad"));
	strip_where(json_object_get(json, "prefer"));
	json_object_foreach (json_object_get(json, "sections"), name, section)
		json_object_foreach (section, key, setting)
			json_object_del(setting, "where");
	text = json_dumps(json, JSON_SORT_KEYS);
	json_decref(json);
	CHECK(text);
	return text;
}

static void show_again(const struct policy *policy)
{
	char *text = NULL, *one, *two;
	struct policy *again = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	CHECK(out && policy_show(policy, out) == 0 && fclose(out) == 0);
	CHECK(policy_load_text("/nonexistent/again.conf", text, size, &parser, &again, NULL) == 0);
	one = meaning(policy);
	two = meaning(again);
	CHECK(strcmp(one, two) == 0);
	free(one);
	free(two);
	free(text);
	policy_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct migcompat_setting settings[] = {
		{"emit_format", MIGCOMPAT_SETTING_INT, "1-3", "1", ""},
		{"mode", MIGCOMPAT_SETTING_STRING, "a,b", "a", ""},
		{"wide", MIGCOMPAT_SETTING_BOOL, NULL, "false", ""}};
	static const struct policy_backend backend = {"mtty", settings, 3, false};
	struct policy *policy = NULL;
	struct error err = {0};

	if (policy_load_text("/nonexistent/fuzz.conf", (const char *)data, size, &parser, &policy,
			     &err)) {
		CHECK(!policy && *err.text);
		return 0;
	}
	if (policy_check_sections(policy, &backend, 1, NULL, &err))
		CHECK(*err.text);
	apply(policy);
	show_again(policy);
	policy_free(policy);
	return 0;
}
