/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The policy in force as one JSON document. A member that is not set is left out, as in a
 * configuration file. Plain settings are always there.
 */
#include <inttypes.h>
#include <stdio.h>

#include <jansson.h>

#include "core/facts/json_build.h"
#include "core/policy/policy_private.h"
#include "core/policy/words.h"

/* Put a text, unless it is NULL. A path may have bytes that are not UTF-8. */
static void put_text(json_t **object, const char *name, const char *text)
{
	if (text)
		json_set(object, name, json_clean(text));
}

static void put_fact(json_t **object, const struct fact_name *name)
{
	put_text(object, "fact", name->key);
	put_text(object, "scope", scope_words[name->scope - SCOPE_DEVICE]);
}

static json_t *preferences_json(const struct policy *policy)
{
	json_t *array = json_array();

	for (const struct preference *preference = policy->preferences; preference;
	     preference = preference->next) {
		json_t *object = json_object();

		put_text(&object, "key", preference->key);
		put_text(&object, "backend", preference->backend);
		put_text(&object, "where", preference->where);
		json_append(&array, object);
	}
	return array;
}

static json_t *known_bad_json(const struct policy *policy)
{
	json_t *array = json_array();

	for (const struct known_bad *bad = policy->known_bad; bad; bad = bad->next) {
		json_t *object = json_object();

		put_text(&object, "namespace", bad->namespace);
		put_text(&object, "version", bad->version);
		if (bad->fact.name.key)
			put_fact(&object, &bad->fact.name);
		put_text(&object, "value", bad->fact.value);
		put_text(&object, "side", side_words[bad->side]);
		put_text(&object, "reason", bad->reason);
		put_text(&object, "where", bad->where);
		json_append(&array, object);
	}
	return array;
}

static json_t *side_json(const struct side_match *side)
{
	json_t *object = json_object(), *facts = side->nfacts ? json_array() : NULL;

	put_text(&object, "namespace", side->namespace);
	put_text(&object, "type", side->type);
	put_text(&object, "kind", side->kind);
	put_text(&object, "host", side->host);
	for (size_t i = 0; i < side->nfacts; i++) {
		json_t *fact = json_object();

		put_fact(&fact, &side->facts[i].name);
		put_text(&fact, "value", side->facts[i].value);
		json_append(&facts, fact);
	}
	if (side->nfacts)
		json_set(&object, "facts", facts);
	return object;
}

static json_t *require_json(const struct requirement *require)
{
	json_t *object = json_object();

	put_text(&object, "side", side_words[require->side]);
	put_fact(&object, &require->name);
	put_text(&object, "rule", require_words[require->rule]);
	put_text(&object, "value", require->value);
	return object;
}

static json_t *rule_json(const struct rule *rule)
{
	json_t *object = json_object(), *match = json_object();

	put_text(&object, "name", rule->name);
	for (size_t side = 0; side < SIDE_COUNT; side++)
		json_set(&match, side_words[side], side_json(&rule->match[side]));
	json_set(&object, "match", match);
	put_text(&object, "action", action_words[rule->action]);
	if (rule->require)
		json_set(&object, "require", require_json(rule->require));
	if (rule->nfields) {
		json_t *fields = json_array();

		for (size_t i = 0; i < rule->nfields; i++)
			json_append(&fields, json_string(rule->fields[i]));
		json_set(&object, "fields", fields);
	}
	put_text(&object, "reason", rule->reason);
	put_text(&object, "where", rule->where);
	return object;
}

static json_t *rules_json(const struct policy *policy)
{
	json_t *array = json_array();

	for (const struct rule *rule = policy->rules; rule; rule = rule->next)
		json_append(&array, rule_json(rule));
	return array;
}

static json_t *sections_json(const struct policy *policy)
{
	json_t *object = json_object();

	for (const struct section *section = policy->sections; section; section = section->next) {
		json_t *settings = json_object();

		for (const struct section_setting *setting = section->settings; setting;
		     setting = setting->next) {
			json_t *one = json_object();

			put_text(&one, "value", setting->value);
			put_text(&one, "where", setting->where);
			json_set(&settings, setting->name, one);
		}
		json_set(&object, section->namespace, settings);
	}
	return object;
}

static json_t *files_json(const struct policy *policy)
{
	json_t *array = json_array();

	for (const struct policy_path *file = policy->files; file; file = file->next)
		json_append(&array, json_clean(file->path));
	return array;
}

void *policy_json(const struct policy *policy)
{
	json_t *object = json_object();
	char hash[17];

	snprintf(hash, sizeof(hash), "%016" PRIx64, policy->hash);
	put_text(&object, "format", "migcompat-policy/1");
	put_text(&object, "hash", hash);
	json_set(&object, "files", files_json(policy));
	json_set(&object, "backend_dir",
		 policy->backend_dir ? json_clean(policy->backend_dir) : json_null());
	json_set(&object, "timeout_ms", json_integer(policy->timeout_ms));
	json_set(&object, "mixed", json_boolean(policy->mixed));
	put_text(&object, "mechanism", mechanism_words[policy->mechanism]);
	put_text(&object, "generic", generic_words[policy->generic_equal]);
	json_set(&object, "stale_after", json_integer(policy->stale_after_s));
	json_set(&object, "prefer", preferences_json(policy));
	json_set(&object, "known_bad", known_bad_json(policy));
	json_set(&object, "rules", rules_json(policy));
	json_set(&object, "sections", sections_json(policy));
	return object;
}
