/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The policy in force as one JSON document. A member that is not set is left out, as in a
 * configuration file. Plain settings are always there.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/policy/policy_private.h"
#include "core/policy/words.h"

/* jansson's setters fail for a value that is NULL, so a document is complete or there is none. */
struct writer {
	bool failed;
};

static void put(struct writer *writer, json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, value))
		writer->failed = true;
}

static void push(struct writer *writer, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value))
		writer->failed = true;
}

/* A path may have bytes that are not UTF-8. The document must not fail for them. */
static json_t *path_json(const char *text)
{
	json_t *string;
	char *shown;

	if (utf8_valid(text, strlen(text)))
		return json_string(text);
	shown = strdup(text);
	if (!shown)
		return NULL;
	utf8_mend(shown, strlen(shown));
	string = json_string(shown);
	free(shown);
	return string;
}

static void put_text(struct writer *writer, json_t *object, const char *name, const char *text)
{
	if (text)
		put(writer, object, name, path_json(text));
}

static void put_fact(struct writer *writer, json_t *object, const struct fact_name *name)
{
	put_text(writer, object, "fact", name->key);
	put_text(writer, object, "scope", scope_words[name->scope - SCOPE_DEVICE]);
}

static json_t *preferences_json(struct writer *writer, const struct policy *policy)
{
	json_t *array = json_array();

	for (const struct preference *preference = policy->preferences; preference;
	     preference = preference->next) {
		json_t *object = json_object();

		put_text(writer, object, "key", preference->key);
		put_text(writer, object, "backend", preference->backend);
		put_text(writer, object, "where", preference->where);
		push(writer, array, object);
	}
	return array;
}

static json_t *known_bad_json(struct writer *writer, const struct policy *policy)
{
	json_t *array = json_array();

	for (const struct known_bad *bad = policy->known_bad; bad; bad = bad->next) {
		json_t *object = json_object();

		put_text(writer, object, "namespace", bad->namespace);
		put_text(writer, object, "version", bad->version);
		if (bad->fact.name.key)
			put_fact(writer, object, &bad->fact.name);
		put_text(writer, object, "value", bad->fact.value);
		put_text(writer, object, "side", side_words[bad->side]);
		put_text(writer, object, "reason", bad->reason);
		put_text(writer, object, "where", bad->where);
		push(writer, array, object);
	}
	return array;
}

static json_t *side_json(struct writer *writer, const struct side_match *side)
{
	json_t *object = json_object(), *facts = side->nfacts ? json_array() : NULL;

	put_text(writer, object, "namespace", side->namespace);
	put_text(writer, object, "type", side->type);
	put_text(writer, object, "kind", side->kind);
	put_text(writer, object, "host", side->host);
	for (size_t i = 0; i < side->nfacts; i++) {
		json_t *fact = json_object();

		put_fact(writer, fact, &side->facts[i].name);
		put_text(writer, fact, "value", side->facts[i].value);
		push(writer, facts, fact);
	}
	if (side->nfacts)
		put(writer, object, "facts", facts);
	return object;
}

static json_t *require_json(struct writer *writer, const struct requirement *require)
{
	json_t *object = json_object();

	put_text(writer, object, "side", side_words[require->side]);
	put_fact(writer, object, &require->name);
	put_text(writer, object, "rule", require_words[require->rule]);
	put_text(writer, object, "value", require->value);
	return object;
}

static json_t *rule_json(struct writer *writer, const struct rule *rule)
{
	json_t *object = json_object(), *match = json_object();

	put_text(writer, object, "name", rule->name);
	for (size_t side = 0; side < SIDE_COUNT; side++)
		put(writer, match, side_words[side], side_json(writer, &rule->match[side]));
	put(writer, object, "match", match);
	put_text(writer, object, "action", action_words[rule->action]);
	if (rule->require)
		put(writer, object, "require", require_json(writer, rule->require));
	if (rule->nfields) {
		json_t *fields = json_array();

		for (size_t i = 0; i < rule->nfields; i++)
			push(writer, fields, json_string(rule->fields[i]));
		put(writer, object, "fields", fields);
	}
	put_text(writer, object, "reason", rule->reason);
	put_text(writer, object, "where", rule->where);
	return object;
}

static json_t *rules_json(struct writer *writer, const struct policy *policy)
{
	json_t *array = json_array();

	for (const struct rule *rule = policy->rules; rule; rule = rule->next)
		push(writer, array, rule_json(writer, rule));
	return array;
}

static json_t *sections_json(struct writer *writer, const struct policy *policy)
{
	json_t *object = json_object();

	for (const struct section *section = policy->sections; section; section = section->next) {
		json_t *settings = json_object();

		for (const struct section_setting *setting = section->settings; setting;
		     setting = setting->next) {
			json_t *one = json_object();

			put_text(writer, one, "value", setting->value);
			put_text(writer, one, "where", setting->where);
			put(writer, settings, setting->name, one);
		}
		put(writer, object, section->namespace, settings);
	}
	return object;
}

static json_t *files_json(struct writer *writer, const struct policy *policy)
{
	json_t *array = json_array();

	for (const struct policy_path *file = policy->files; file; file = file->next)
		push(writer, array, path_json(file->path));
	return array;
}

void *policy_json(const struct policy *policy)
{
	struct writer writer = {0};
	json_t *object = json_object();
	char hash[17];

	snprintf(hash, sizeof(hash), "%016" PRIx64, policy->hash);
	put_text(&writer, object, "format", "migcompat-policy/1");
	put_text(&writer, object, "hash", hash);
	put(&writer, object, "files", files_json(&writer, policy));
	put(&writer, object, "backend_dir",
	    policy->backend_dir ? path_json(policy->backend_dir) : json_null());
	put(&writer, object, "timeout_ms", json_integer(policy->timeout_ms));
	put(&writer, object, "mixed", json_boolean(policy->mixed));
	put_text(&writer, object, "mechanism", mechanism_words[policy->mechanism]);
	put_text(&writer, object, "generic", generic_words[policy->generic_equal]);
	put(&writer, object, "stale_after", json_integer(policy->stale_after_s));
	put(&writer, object, "prefer", preferences_json(&writer, policy));
	put(&writer, object, "known_bad", known_bad_json(&writer, policy));
	put(&writer, object, "rules", rules_json(&writer, policy));
	put(&writer, object, "sections", sections_json(&writer, policy));
	if (writer.failed) {
		json_decref(object);
		return NULL;
	}
	return object;
}
