/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Conditions on a source and a target, in three values: a condition on a value that is not
 * known neither holds nor fails. Allocates nothing. A sentence is made only if the caller has a
 * buffer for it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/facts/macros.h"
#include "core/policy/policy_private.h"
#include "core/policy/words.h"

#define SHOWN 96u /* bytes of a value in a sentence */

static const char *const side_names[] = {"source", "target"};

static enum truth explain(enum truth truth, char *why, size_t size, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static enum truth explain(enum truth truth, char *why, size_t size, const char *format, ...)
{
	va_list args;

	if (!why)
		return truth;
	va_start(args, format);
	vsnprintf(why, size, format, args);
	va_end(args);
	return truth;
}

/*
 * Combine one condition's outcome with that of those before it. NO wins over UNKNOWN; the
 * sentence of the condition that decides stays. True: no other condition can change it.
 */
static bool combine(enum truth *all, enum truth one, char *why, size_t size, const char *said)
{
	if (one == TRUTH_NO || (one == TRUTH_UNKNOWN && *all == TRUTH_YES)) {
		*all = one;
		explain(one, why, size, "%s", said);
	}
	return one == TRUTH_NO;
}

/* A named value of a side, and what the condition wants it to be. */
struct text_match {
	const char *side;
	const char *what;
	const char *value; /* NULL: not known */
	size_t len;
	const char *wanted; /* NULL: no condition */
	bool exact;         /* wanted is a word, otherwise a glob */
};

static bool text_fits(const struct text_match *match)
{
	if (match->exact)
		return match->len == strlen(match->wanted) &&
		       memcmp(match->value, match->wanted, match->len) == 0;
	return policy_glob_match_bytes(match->wanted, match->value, match->len);
}

static enum truth match_text(const struct text_match *match, char *why, size_t size)
{
	char shown[2][SHOWN];

	if (!match->wanted)
		return TRUTH_YES;
	if (!match->value)
		return explain(TRUTH_UNKNOWN, why, size, "%s %s is not known", match->side,
			       match->what);
	if (text_fits(match))
		return TRUTH_YES;
	if (!why)
		return TRUTH_NO;
	return explain(TRUTH_NO, why, size, "%s %s is \"%s\", rule wants \"%s\"", match->side,
		       match->what, policy_bytes_shown(match->value, match->len, shown[0], SHOWN),
		       policy_text_shown(match->wanted, shown[1], SHOWN));
}

static struct text_match text_match(const char *side, const char *what, const char *value,
				    const char *wanted, bool exact)
{
	return (struct text_match){
		.side = side,
		.what = what,
		.value = value,
		.len = value && wanted ? strlen(value) : 0,
		.wanted = wanted,
		.exact = exact,
	};
}

/* YES: *ret_value is set. NO: the fact is known to be missing. */
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
		return explain(TRUTH_UNKNOWN, why, size, "%s %s %s is not known", side_name, of,
			       name->key);
	fact = factset_find(facts, name->key);
	if (!fact && wanted && wanted->globs &&
	    !fact_glob_any(wanted->globs, wanted->count, name->key))
		return explain(TRUTH_UNKNOWN, why, size, "%s %s %s was not collected", side_name,
			       of, name->key);
	if (!fact)
		return explain(TRUTH_NO, why, size, "%s %s %s is not there", side_name, of,
			       name->key);
	if (fact->error)
		return explain(TRUTH_UNKNOWN, why, size, "%s %s %s could not be read (%s)",
			       side_name, of, name->key, error_name(fact->error));
	if (fact->binary)
		return explain(TRUTH_UNKNOWN, why, size, "%s %s %s is no text", side_name, of,
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
	struct text_match text;

	if (truth != TRUTH_YES)
		return truth;
	if (!why)
		return policy_glob_match(match->value, value) ? TRUTH_YES : TRUTH_NO;
	snprintf(what, sizeof(what), "%s %s",
		 match->name.scope == SCOPE_HOST ? "host fact" : "fact", match->name.key);
	text = text_match(side_name, what, value, match->value, false);
	return match_text(&text, why, size);
}

static enum truth match_side(const struct side_match *match, const struct policy_side *side,
			     const char *side_name, char *why, size_t size)
{
	const struct text_match texts[] = {
		text_match(side_name, "namespace", side->namespace, match->namespace, true),
		text_match(side_name, "kind", side->kind, match->kind, true),
		text_match(side_name, "type", side->type, match->type, false),
		text_match(side_name, "host", side->host, match->host, false),
	};
	enum truth all = TRUTH_YES;
	char said[WHY_MAX];
	char *why_one = why ? said : NULL;
	bool done = false;

	for (size_t i = 0; !done && i < COUNT(texts); i++)
		done = combine(&all, match_text(&texts[i], why_one, sizeof(said)), why, size, said);
	for (size_t i = 0; !done && i < match->nfacts; i++)
		done = combine(&all,
			       match_fact(side, side_name, &match->facts[i], why_one, sizeof(said)),
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
		done = combine(&all,
			       match_side(&match[i], sides[i], side_names[i], why ? said : NULL,
					  sizeof(said)),
			       why, size, said);
	return all == TRUTH_YES ? explain(all, why, size, "every condition holds") : all;
}

/* Does an entry match one side? */
static enum truth match_bad_side(const struct known_bad *bad, const struct policy_side *side,
				 const char *side_name, char *why, size_t size)
{
	const struct text_match namespace =
		text_match(side_name, "namespace", side->namespace, bad->namespace, true);
	const struct text_match version = {side_name,         "version",    side->version,
					   side->version_len, bad->version, false};
	enum truth all = TRUTH_YES, one;
	char said[WHY_MAX], shown[SHOWN];
	char *why_one = why ? said : NULL;

	combine(&all, match_text(&namespace, why_one, sizeof(said)), why, size, said);
	if (all == TRUTH_NO)
		return all;
	if (bad->version)
		one = match_text(&version, why_one, sizeof(said));
	else
		one = match_fact(side, side_name, &bad->fact, why_one, sizeof(said));
	combine(&all, one, why, size, said);
	if (all != TRUTH_YES || !why)
		return all;
	return explain(all, why, size, "%s %s fits \"%s\"", side_name,
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
		/* One bad side is enough. A certain one replaces the sentence of a doubtful one. */
		if (first || one == TRUTH_YES || all == TRUTH_NO) {
			all = one;
			explain(one, why, size, "%s", said);
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
		return explain(truth, why, size, "%s, %s \"%s\" is required", said, rule, shown[0]);
	return explain(truth, why, size, "%s %s is \"%s\", %s \"%s\" is required", side_name,
		       require->name.key, policy_text_shown(value, shown[1], SHOWN), rule,
		       shown[0]);
}

enum truth match_mixed(const struct policy_side *const sides[SIDE_COUNT], char *why, size_t size)
{
	bool physical[SIDE_COUNT];

	for (size_t i = 0; i < SIDE_COUNT; i++) {
		enum migcompat_kind kind;

		if (!sides[i]->kind || kind_parse(sides[i]->kind, strlen(sides[i]->kind), &kind))
			return explain(TRUTH_UNKNOWN, why, size, "%s kind is not known",
				       side_names[i]);
		physical[i] = kind == MIGCOMPAT_KIND_PHYSICAL;
	}
	return explain(physical[SIDE_SOURCE] != physical[SIDE_TARGET] ? TRUTH_YES : TRUTH_NO, why,
		       size, "source kind is \"%s\", target kind is \"%s\"",
		       sides[SIDE_SOURCE]->kind, sides[SIDE_TARGET]->kind);
}
