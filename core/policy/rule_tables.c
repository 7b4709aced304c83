/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keys of rules and known-bad entries, and which of them go together. Must not apply rules.
 */
#include "core/policy/tables.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/facts/macros.h"

static const char *const kind_words[] = {"mdev", "mdev-type", "physical", NULL};
static const char *const two_sides[] = {"source", "target", NULL};

#define A_STRING TYPES_STRING, "a string"
#define A_LIST TYPES_LIST, "a list ( { … }, … )"
#define STRINGS TYPES_LIST, "a list of strings"
#define A_GROUP TYPES_GROUP, "a group { … }"

/* ---------------------------------------------------------------- facts */

/* A key is a path below the folder of a device or below /sys. */
static int read_fact(struct reader *reader, const struct conf_node *setting,
		     const struct schema_key *key, void *field)
{
	const char **fact = field;
	int r = reader_text(reader, setting, key->name, FACT_KEY_MAX, fact);

	if (!r && (**fact == '/' || strstr(*fact, "//")))
		return reader_fail(reader, setting,
				   "fact \"%s\" is no key, expected a path below the device's "
				   "folder or below /sys",
				   *fact);
	return r;
}

static int read_scope(struct reader *reader, const struct conf_node *setting,
		      const struct schema_key *key, void *field)
{
	int r = word_read(reader, setting, key, field);

	if (!r)
		*(unsigned *)field += SCOPE_DEVICE;
	return r;
}

/*
 * Add a fact that was read to the list of all facts. If its scope is not given, the key decides:
 * folders that exist in /sys itself, and in no device's folder, are the host's.
 */
static void fact_add(struct policy *policy, struct fact_name *name)
{
	static const char *const folders[] = {"bus/", "class/", "devices/", "kernel/", "module/"};

	name->next = policy->facts;
	policy->facts = name;
	if (name->scope != SCOPE_UNSAID)
		return;
	name->scope = SCOPE_DEVICE;
	for (size_t i = 0; i < COUNT(folders); i++)
		if (strncmp(name->key, folders[i], strlen(folders[i])) == 0)
			name->scope = SCOPE_HOST;
}

static const struct schema_key fact_keys[] = {
	{"fact", A_STRING, read_fact, offsetof(struct fact_match, name.key), NULL, true},
	{"scope", A_STRING, read_scope, offsetof(struct fact_match, name.scope), scope_words,
	 false},
	{"value", A_STRING, glob_read, offsetof(struct fact_match, value), NULL, true},
};
static const struct schema fact_schema = {"fact", fact_keys, COUNT(fact_keys), NULL};

static int read_one_fact(struct reader *reader, const struct conf_node *group, size_t i, void *arg)
{
	struct side_match *side = arg;
	int r = schema_read(reader, group, &fact_schema, &side->facts[i]);

	if (!r)
		fact_add(reader->policy, &side->facts[i].name);
	return r;
}

static int read_facts(struct reader *reader, const struct conf_node *setting,
		      const struct schema_key *key, void *field)
{
	struct side_match *side = field;
	size_t count = conf_count(setting);

	if (count > POLICY_ENTRIES_MAX)
		return reader_fail(reader, setting, "there are %zu of %s, expected at most %u",
				   count, key->name, POLICY_ENTRIES_MAX);
	side->nfacts = count;
	side->facts = reader_alloc(reader, side->nfacts, sizeof(*side->facts));
	return side->facts ? schema_each_group(reader, setting, key->name, POLICY_ENTRIES_MAX,
					       read_one_fact, side)
			   : -ENOMEM;
}

/* ---------------------------------------------------------------- rules */

int namespace_read(struct reader *reader, const struct conf_node *setting,
		   const struct schema_key *key, void *field)
{
	const char **name = field;
	int r = reader_text(reader, setting, key->name, POLICY_STRING_MAX, name);

	if (!r &&
	    (strlen(*name) > 32 || (*name)[strspn(*name, "abcdefghijklmnopqrstuvwxyz0123456789_")]))
		return reader_fail(reader, setting,
				   "%s is no namespace, expected 1 to 32 of a-z, 0-9 and _",
				   key->name);
	return r;
}

static int read_type(struct reader *reader, const struct conf_node *setting,
		     const struct schema_key *key, void *field)
{
	const char **type = field;
	int r = glob_read(reader, setting, key, field);

	if (!r && strchr(*type, ':'))
		return reader_fail(reader, setting,
				   "type has a \":\", expected the part after the namespace, and "
				   "namespace = \"…\" beside it");
	return r;
}

static const struct schema_key side_keys[] = {
	{"namespace", A_STRING, namespace_read, offsetof(struct side_match, namespace), NULL,
	 false},
	{"type", A_STRING, read_type, offsetof(struct side_match, type), NULL, false},
	{"kind", A_STRING, kind_read, offsetof(struct side_match, kind), kind_words, false},
	{"host", A_STRING, glob_read, offsetof(struct side_match, host), NULL, false},
	{"facts", A_LIST, read_facts, 0, NULL, false},
};
static const struct schema side_schema = {"side", side_keys, COUNT(side_keys), NULL};

static int read_side(struct reader *reader, const struct conf_node *setting,
		     const struct schema_key *key, void *field)
{
	(void)key;
	return schema_read(reader, setting, &side_schema, field);
}

static const struct schema_key match_keys[] = {
	{"source", A_GROUP, read_side, SIDE_SOURCE * sizeof(struct side_match), NULL, false},
	{"target", A_GROUP, read_side, SIDE_TARGET * sizeof(struct side_match), NULL, false},
};
static const struct schema match_schema = {"match", match_keys, COUNT(match_keys), NULL};

static int read_match(struct reader *reader, const struct conf_node *setting,
		      const struct schema_key *key, void *field)
{
	(void)key;
	return schema_read(reader, setting, &match_schema, field);
}

static int read_value(struct reader *reader, const struct conf_node *setting,
		      const struct schema_key *key, void *field)
{
	char digits[24];
	const char **text = field;

	if (setting->type == CONF_STRING)
		return string_read(reader, setting, key, field);
	snprintf(digits, sizeof(digits), "%lld", setting->number);
	*text = arena_copy(&reader->policy->arena, digits, strlen(digits));
	return *text ? 0 : reader_no_memory(reader);
}

static const struct schema_key require_keys[] = {
	{"side", A_STRING, word_read, offsetof(struct requirement, side), two_sides, false},
	{"fact", A_STRING, read_fact, offsetof(struct requirement, name.key), NULL, true},
	{"scope", A_STRING, read_scope, offsetof(struct requirement, name.scope), scope_words,
	 false},
	{"rule", A_STRING, word_read, offsetof(struct requirement, rule), require_words, true},
	{"value", TYPES_STRING | TYPES_NUMBER, "a string or a whole number", read_value,
	 offsetof(struct requirement, value), NULL, true},
};
static const struct schema require_schema = {"requirement", require_keys, COUNT(require_keys),
					     NULL};

static int read_require(struct reader *reader, const struct conf_node *setting,
			const struct schema_key *key, void *field)
{
	struct requirement *require = reader_alloc(reader, 1, sizeof(*require));
	const char *expected;
	char shown[80];
	int r;

	if (!require)
		return -ENOMEM;
	require->side = SIDE_TARGET;
	r = schema_read(reader, setting, &require_schema, require);
	if (r)
		return r;
	fact_add(reader->policy, &require->name);
	expected = requirement_prepare(require);
	if (expected)
		return reader_fail(reader, conf_member(setting, "value"),
				   "value is \"%s\", expected %s, for rule \"%s\"",
				   policy_text_shown(require->value, shown, sizeof(shown)),
				   expected, require_words[require->rule]);
	*(struct requirement **)field = require;
	(void)key;
	return 0;
}

static int read_fields(struct reader *reader, const struct conf_node *setting,
		       const struct schema_key *key, void *field)
{
	struct rule *rule = field;
	size_t count = conf_count(setting);
	int first = 0;

	if (count == 0 || count > POLICY_ENTRIES_MAX)
		return reader_fail(reader, setting, "\"%s\" names %zu fields, expected 1 to %u",
				   key->name, count, POLICY_ENTRIES_MAX);
	rule->fields = reader_alloc(reader, count, sizeof(*rule->fields));
	if (!rule->fields)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		int r = reader_text(reader, conf_child(setting, i), key->name, POLICY_NAME_MAX,
				    &rule->fields[i]);

		if (policy_ends(reader->policy, r, &first))
			return first;
	}
	rule->nfields = count;
	return first;
}

static int read_name(struct reader *reader, const struct conf_node *setting,
		     const struct schema_key *key, void *field)
{
	return reader_text(reader, setting, key->name, POLICY_NAME_MAX, field);
}

static int read_reason(struct reader *reader, const struct conf_node *setting,
		       const struct schema_key *key, void *field)
{
	return reader_text(reader, setting, key->name, POLICY_REASON_MAX, field);
}

static const struct schema_key rule_keys[] = {
	{"action", TYPES_STRING, "\"deny\", \"require\", \"allow\" or \"override\"", word_read,
	 offsetof(struct rule, action), action_words, true},
	{"fields", STRINGS, read_fields, 0, NULL, false},
	{"match", A_GROUP, read_match, offsetof(struct rule, match), NULL, false},
	{"name", A_STRING, read_name, offsetof(struct rule, name), NULL, false},
	{"reason", A_STRING, read_reason, offsetof(struct rule, reason), NULL, false},
	{"require", A_GROUP, read_require, offsetof(struct rule, require), NULL, false},
};
static const struct schema rule_schema = {"rule", rule_keys, COUNT(rule_keys), NULL};

/* The name of a rule that has none: "migcompat.conf:12". */
static const char *default_name(const char *where)
{
	const char *slash = strrchr(where, '/');

	return slash ? slash + 1 : where;
}

static int rule_label(struct reader *reader, struct rule *rule)
{
	const char *reason = rule->reason ? rule->reason : "";
	char text[POLICY_NAME_MAX + POLICY_REASON_MAX + 64], name[POLICY_NAME_MAX + 1];

	if (!rule->name) {
		policy_text_shown(default_name(rule->where), name, sizeof(name));
		rule->name = arena_copy(&reader->policy->arena, name, strlen(name));
	}
	if (!rule->name)
		return reader_no_memory(reader);
	snprintf(text, sizeof(text), "policy rule \"%s\"", rule->name);
	rule->label = arena_copy(&reader->policy->arena, text, strlen(text));
	snprintf(text, sizeof(text), "accepted by policy rule \"%s\"%s%s", rule->name,
		 *reason ? ": " : "", reason);
	rule->accepts = arena_copy(&reader->policy->arena, text, strlen(text));
	return rule->label && rule->accepts ? 0 : reader_no_memory(reader);
}

/* Refuse keys that belong to another action. */
static int rule_check(struct reader *reader, const struct conf_node *group, const struct rule *rule)
{
	const struct {
		const char *key;
		enum rule_action action;
		bool there;
	} parts[] = {{"require", ACTION_REQUIRE, rule->require},
		     {"fields", ACTION_OVERRIDE, rule->fields}};

	for (size_t i = 0; i < COUNT(parts); i++) {
		bool wanted = rule->action == parts[i].action;

		if (wanted && !parts[i].there)
			return reader_fail(reader, group,
					   "the rule lacks \"%s\", expected with action \"%s\"",
					   parts[i].key, action_words[parts[i].action]);
		if (!wanted && parts[i].there)
			return reader_fail(
				reader, conf_member(group, parts[i].key),
				"\"%s\" is in a rule of action \"%s\", expected only with "
				"\"%s\"",
				parts[i].key, action_words[rule->action],
				action_words[parts[i].action]);
	}
	return 0;
}

static int read_one_rule(struct reader *reader, const struct conf_node *group, size_t i, void *arg)
{
	struct rule ***tail = arg;
	struct rule *rule = reader_alloc(reader, 1, sizeof(*rule));
	int r;

	(void)i;
	if (!rule)
		return -ENOMEM;
	if (reader->policy->nrules == POLICY_RULES_MAX)
		return reader_fail(reader, group, "there are more than %u rules", POLICY_RULES_MAX);
	rule->where = reader_where(reader, group);
	if (!rule->where)
		return reader_no_memory(reader);
	if ((r = schema_read(reader, group, &rule_schema, rule)) ||
	    (r = rule_check(reader, group, rule)) || (r = rule_label(reader, rule)))
		return r;
	**tail = rule;
	*tail = &rule->next;
	reader->policy->nrules++;
	return 0;
}

int rules_read(struct reader *reader, const struct conf_node *setting, const struct schema_key *key,
	       void *field)
{
	struct rule **tail = &reader->policy->rules;

	(void)field;
	while (*tail)
		tail = &(*tail)->next;
	return schema_each_group(reader, setting, key->name, POLICY_RULES_MAX, read_one_rule,
				 &tail);
}

/* ---------------------------------------------------------------- known-bad entries */

static const struct schema_key known_bad_keys[] = {
	{"fact", A_STRING, read_fact, offsetof(struct known_bad, fact.name.key), NULL, false},
	{"namespace", A_STRING, namespace_read, offsetof(struct known_bad, namespace), NULL, false},
	{"reason", A_STRING, read_reason, offsetof(struct known_bad, reason), NULL, false},
	{"scope", A_STRING, read_scope, offsetof(struct known_bad, fact.name.scope), scope_words,
	 false},
	{"side", A_STRING, word_read, offsetof(struct known_bad, side), side_words, false},
	{"value", A_STRING, glob_read, offsetof(struct known_bad, fact.value), NULL, false},
	{"version", A_STRING, glob_read, offsetof(struct known_bad, version), NULL, false},
};
static const struct schema known_bad_schema = {"known-bad entry", known_bad_keys,
					       COUNT(known_bad_keys), NULL};

static int read_one_known_bad(struct reader *reader, const struct conf_node *group, size_t i,
			      void *arg)
{
	struct known_bad ***tail = arg;
	struct known_bad *bad = reader_alloc(reader, 1, sizeof(*bad));
	int r;

	(void)i;
	if (!bad)
		return -ENOMEM;
	if (reader->policy->nknown_bad == POLICY_RULES_MAX)
		return reader_fail(reader, group, "there are more than %u known-bad entries",
				   POLICY_RULES_MAX);
	bad->side = SIDE_ANY;
	bad->where = reader_where(reader, group);
	if (!bad->where)
		return reader_no_memory(reader);
	r = schema_read(reader, group, &known_bad_schema, bad);
	if (r)
		return r;
	if (!bad->version == !bad->fact.name.key || !bad->fact.value != !bad->fact.name.key ||
	    (bad->version && bad->fact.name.scope))
		return reader_fail(reader, group,
				   "a known-bad entry needs either \"version\", or \"fact\" and "
				   "\"value\"");
	if (bad->fact.name.key)
		fact_add(reader->policy, &bad->fact.name);
	**tail = bad;
	*tail = &bad->next;
	reader->policy->nknown_bad++;
	return 0;
}

int known_bad_read(struct reader *reader, const struct conf_node *setting,
		   const struct schema_key *key, void *field)
{
	struct known_bad **tail = &reader->policy->known_bad;

	(void)field;
	while (*tail)
		tail = &(*tail)->next;
	return schema_each_group(reader, setting, key->name, POLICY_RULES_MAX, read_one_known_bad,
				 &tail);
}
