/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Conditions held against a source and a target, in three values: what is not known is neither.
 * Allocates nothing; a sentence is made only where somebody wants one.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/policy/policy_private.h"

#define SHOWN 96u /* bytes of a value in a sentence */

static const char *const side_names[] = {"source", "target"};

const char *policy_text_shown(const char *text, char *buffer, size_t size)
{
	static const char more[] = "…";
	size_t len = strlen(text);

	if (len >= size) {
		len = size - sizeof(more);
		while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
		memcpy(buffer + len, more, sizeof(more));
	} else {
		buffer[len] = '\0';
	}
	for (size_t i = 0; i < len; i++)
		buffer[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? ' ' : text[i];
	return buffer;
}

static enum truth say(enum truth truth, char *why, size_t size, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static enum truth say(enum truth truth, char *why, size_t size, const char *format, ...)
{
	va_list args;

	if (!why)
		return truth;
	va_start(args, format);
	vsnprintf(why, size, format, args);
	va_end(args);
	return truth;
}

/* Take one condition's outcome into that of all: NO wins over UNKNOWN, the sentence of what decides
 * stays. true: it is final. */
static bool settle(enum truth *all, enum truth one, char *why, size_t size, const char *said)
{
	if (one == TRUTH_NO || (one == TRUTH_UNKNOWN && *all == TRUTH_YES)) {
		*all = one;
		say(one, why, size, "%s", said);
	}
	return one == TRUTH_NO;
}

/* One named value against a glob, or where exact, against a word. */
static enum truth match_text(const char *side, const char *what, const char *value,
			     const char *wanted, bool exact, char *why, size_t size)
{
	char shown[2][SHOWN];

	if (!wanted)
		return TRUTH_YES;
	if (!value)
		return say(TRUTH_UNKNOWN, why, size, "%s %s is not known", side, what);
	if (exact ? strcmp(value, wanted) == 0 : policy_glob_match(wanted, value))
		return TRUTH_YES;
	if (!why)
		return TRUTH_NO;
	return say(TRUTH_NO, why, size, "%s %s is \"%s\", rule wants \"%s\"", side, what,
		   policy_text_shown(value, shown[0], SHOWN),
		   policy_text_shown(wanted, shown[1], SHOWN));
}

/* YES: value is set. NO: it is known not to be there. */
static enum truth find_fact(const struct policy_side *side, const char *side_name,
			    const struct fact_name *name, const char **ret_value, char *why,
			    size_t size)
{
	bool host = name->scope == SCOPE_HOST;
	const struct factset *facts = host ? side->host_facts : side->facts;
	const struct wanted *wanted = host ? side->host_wanted : side->wanted;
	const char *of = host ? "host fact" : "fact";
	const struct fact *fact;

	if (!facts)
		return say(TRUTH_UNKNOWN, why, size, "%s %s %s is not known", side_name, of,
			   name->key);
	fact = factset_find(facts, name->key);
	if (!fact && wanted && wanted->globs &&
	    !fact_glob_any(wanted->globs, wanted->count, name->key))
		return say(TRUTH_UNKNOWN, why, size, "%s %s %s was not collected", side_name, of,
			   name->key);
	if (!fact)
		return say(TRUTH_NO, why, size, "%s %s %s is not there", side_name, of, name->key);
	if (fact->error)
		return say(TRUTH_UNKNOWN, why, size, "%s %s %s could not be read (%s)", side_name,
			   of, name->key, error_name(fact->error));
	if (fact->binary)
		return say(TRUTH_UNKNOWN, why, size, "%s %s %s is no text", side_name, of,
			   name->key);
	*ret_value = fact->value;
	return TRUTH_YES;
}

static enum truth match_fact(const struct policy_side *side, const char *side_name,
			     const struct fact_match *match, char *why, size_t size)
{
	const char *value = NULL;
	enum truth truth = find_fact(side, side_name, &match->name, &value, why, size);
	char what[FACT_KEY_MAX + 16];

	if (truth != TRUTH_YES)
		return truth;
	if (!why)
		return policy_glob_match(match->value, value) ? TRUTH_YES : TRUTH_NO;
	snprintf(what, sizeof(what), "%s %s",
		 match->name.scope == SCOPE_HOST ? "host fact" : "fact", match->name.key);
	return match_text(side_name, what, value, match->value, false, why, size);
}

static enum truth match_side(const struct side_match *match, const struct policy_side *side,
			     const char *side_name, char *why, size_t size)
{
	const struct {
		const char *what;
		const char *value;
		const char *wanted;
		bool exact;
	} texts[] = {
		{"namespace", side->namespace, match->namespace, true},
		{"kind", side->kind, match->kind, true},
		{"type", side->type, match->type, false},
		{"host", side->host, match->host, false},
	};
	enum truth all = TRUTH_YES;
	char said[WHY_MAX];
	char *say_one = why ? said : NULL;
	bool done = false;

	for (size_t i = 0; !done && i < sizeof(texts) / sizeof(texts[0]); i++)
		done = settle(&all,
			      match_text(side_name, texts[i].what, texts[i].value, texts[i].wanted,
					 texts[i].exact, say_one, sizeof(said)),
			      why, size, said);
	for (size_t i = 0; !done && i < match->nfacts; i++)
		done = settle(&all,
			      match_fact(side, side_name, &match->facts[i], say_one, sizeof(said)),
			      why, size, said);
	return all;
}

enum truth match_sides(const struct side_match match[SIDE_COUNT],
		       const struct policy_side *const sides[SIDE_COUNT], char *why, size_t size)
{
	enum truth all = TRUTH_YES;
	char said[WHY_MAX];
	bool done = false;

	for (size_t i = 0; !done && i < SIDE_COUNT; i++)
		done = settle(&all,
			      match_side(&match[i], sides[i], side_names[i], why ? said : NULL,
					 sizeof(said)),
			      why, size, said);
	return all == TRUTH_YES ? say(all, why, size, "every condition holds") : all;
}

/* Is one side the bad thing? */
static enum truth match_bad_side(const struct known_bad *bad, const struct policy_side *side,
				 const char *side_name, char *why, size_t size)
{
	enum truth all = TRUTH_YES, one;
	char said[WHY_MAX], shown[SHOWN];
	char *say_one = why ? said : NULL;

	settle(&all,
	       match_text(side_name, "namespace", side->namespace, bad->namespace, true, say_one,
			  sizeof(said)),
	       why, size, said);
	if (all == TRUTH_NO)
		return all;
	if (bad->version)
		one = match_text(side_name, "version", side->version, bad->version, false, say_one,
				 sizeof(said));
	else
		one = match_fact(side, side_name, &bad->fact, say_one, sizeof(said));
	settle(&all, one, why, size, said);
	if (all != TRUTH_YES || !why)
		return all;
	return say(all, why, size, "%s %s fits \"%s\"", side_name,
		   bad->version ? "version" : bad->fact.name.key,
		   policy_text_shown(bad->version ? bad->version : bad->fact.value, shown,
				     sizeof(shown)));
}

enum truth match_known_bad(const struct known_bad *bad,
			   const struct policy_side *const sides[SIDE_COUNT], char *why,
			   size_t size)
{
	enum truth all = TRUTH_NO;
	bool first = true;
	char said[WHY_MAX];

	for (size_t i = 0; i < SIDE_COUNT; i++) {
		enum truth one;

		if (bad->side != SIDE_ANY && bad->side != i)
			continue;
		one = match_bad_side(bad, sides[i], side_names[i], why ? said : NULL, sizeof(said));
		/* One bad side is enough, and a certain one says more than a doubtful one. */
		if (first || one == TRUTH_YES || all == TRUTH_NO) {
			all = one;
			say(one, why, size, "%s", said);
		}
		first = false;
	}
	return all;
}

enum truth match_requirement(const struct requirement *require,
			     const struct policy_side *const sides[SIDE_COUNT], char *why,
			     size_t size)
{
	const char *side_name = side_names[require->side], *rule = require_words[require->rule],
		   *value = NULL;
	char said[WHY_MAX], shown[2][SHOWN];
	enum truth truth = find_fact(sides[require->side], side_name, &require->name, &value,
				     why ? said : NULL, sizeof(said));

	if (truth == TRUTH_YES && !requirement_holds(require, value))
		truth = TRUTH_NO;
	if (!why)
		return truth;
	policy_text_shown(require->value, shown[0], SHOWN);
	if (!value)
		return say(truth, why, size, "%s, %s \"%s\" is required", said, rule, shown[0]);
	return say(truth, why, size, "%s %s is \"%s\", %s \"%s\" is required", side_name,
		   require->name.key, policy_text_shown(value, shown[1], SHOWN), rule, shown[0]);
}

enum truth match_mixed(const struct policy_side *const sides[SIDE_COUNT], char *why, size_t size)
{
	bool physical[SIDE_COUNT];

	for (size_t i = 0; i < SIDE_COUNT; i++) {
		enum migcompat_kind kind;

		if (!sides[i]->kind || kind_parse(sides[i]->kind, strlen(sides[i]->kind), &kind))
			return say(TRUTH_UNKNOWN, why, size, "%s kind is not known", side_names[i]);
		physical[i] = kind == MIGCOMPAT_KIND_PHYSICAL;
	}
	return say(physical[SIDE_SOURCE] != physical[SIDE_TARGET] ? TRUTH_YES : TRUTH_NO, why, size,
		   "source kind is \"%s\", target kind is \"%s\"", sides[SIDE_SOURCE]->kind,
		   sides[SIDE_TARGET]->kind);
}
