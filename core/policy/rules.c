/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Applies the policy to one comparison. Known-bad entries and "mixed" come first, and no rule
 * lifts their denial. A value that is not known counts against the move: "deny" matches and
 * "require" fails. Allocates nothing. A policy without rules costs nothing.
 */
#include <stdio.h>
#include <string.h>

#include "core/policy/policy_private.h"
#include "core/policy/words.h"

/*
 * Limits of findings that an override may accept. A finding of format, namespace or type says
 * that the target is another device; one of resource, that it cannot work there. Policies and
 * holds are orders.
 */
#define LIMITS_ACCEPTED                                                  \
	(1u << MIGCOMPAT_LIMIT_HARDWARE | 1u << MIGCOMPAT_LIMIT_DRIVER | \
	 1u << MIGCOMPAT_LIMIT_FIRMWARE | 1u << MIGCOMPAT_LIMIT_PARAMETER)
#define TEXT_MAX (WHY_MAX + POLICY_REASON_MAX + POLICY_NAME_MAX + 128)

struct apply {
	const struct policy *policy;
	const struct policy_side *sides[SIDE_COUNT];
	struct policy_question *question;
};

static void matched_add(struct apply *apply, const char *name)
{
	struct policy_question *question = apply->question;

	if (question->nmatched < question->matched_max)
		question->matched[question->nmatched++] = name;
}

static void trace(const struct apply *apply, const char *rule, const char *where,
		  enum rule_action action, bool matched, const char *text)
{
	const struct policy_question *question = apply->question;

	if (question->trace)
		question->trace(question->trace_arg, rule, where, action_words[action], matched,
				text);
}

static void deny(struct apply *apply, const char *name, const char *label, const char *why,
		 const char *reason)
{
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "%s%s%s%s%s", label, *why ? ": " : "", why, reason ? ": " : "",
		 reason ? reason : "");
	result_add_text(apply->question->result, "policy", MIGCOMPAT_RULE_INFO,
			MIGCOMPAT_STATUS_BAD, MIGCOMPAT_LIMIT_POLICY, NULL, NULL, text);
	matched_add(apply, name);
}

/* ---------------------------------------------------------------- known_bad and mixed */

static bool apply_known_bad(struct apply *apply)
{
	bool denied = false;
	char why[WHY_MAX];

	for (const struct known_bad *bad = apply->policy->known_bad; bad; bad = bad->next) {
		enum truth truth = match_known_bad(bad, apply->sides, NULL, 0);

		if (truth != TRUTH_NO || apply->question->trace)
			match_known_bad(bad, apply->sides, why, sizeof(why));
		if (truth != TRUTH_NO) {
			deny(apply, "known_bad", "policy denies what is known to be bad", why,
			     bad->reason);
			denied = true;
		}
		trace(apply, "known_bad", bad->where, ACTION_DENY, truth != TRUTH_NO, why);
	}
	return denied;
}

static bool apply_mixed(struct apply *apply)
{
	const char *where = apply->policy->plain_where[PLAIN_MIXED];
	enum truth truth;
	char why[WHY_MAX];

	if (apply->policy->mixed) {
		trace(apply, "mixed", where ? where : "default", ACTION_DENY, false,
		      "mediated and physical devices may be mixed");
		return false;
	}
	truth = match_mixed(apply->sides, NULL, 0);
	if (truth != TRUTH_NO || apply->question->trace)
		match_mixed(apply->sides, why, sizeof(why));
	if (truth != TRUTH_NO)
		deny(apply, "mixed", "policy denies a mix of mediated and physical devices", why,
		     NULL);
	trace(apply, "mixed", where, ACTION_DENY, truth != TRUTH_NO, why);
	return truth != TRUTH_NO;
}

/* ---------------------------------------------------------------- overrides */

static bool rule_names(const struct rule *rule, const char *field)
{
	for (size_t i = 0; i < rule->nfields; i++)
		if (strcmp(rule->fields[i], field) == 0)
			return true;
	return false;
}

/* The finding's sentence and the rule that accepted it. If the result is full, only the rule. */
static const char *accepted_text(struct migcompat_result *result, const struct finding *finding,
				 const struct rule *rule)
{
	size_t room = RESULT_TEXT_MAX - result->text_used;
	char *text = result->text + result->text_used;
	int said = finding_render(finding, text, room), added;

	if (said < 0 || (size_t)said >= room)
		return rule->accepts;
	added = snprintf(text + said, room - (size_t)said, "; %s", rule->accepts);
	if (added < 0 || (size_t)added >= room - (size_t)said)
		return rule->accepts;
	result->text_used += (size_t)said + (size_t)added + 1;
	return text;
}

/*
 * Accept the bad findings that the rule names, and return their number. *ret_vain is the last one
 * that no override may accept.
 */
static size_t override_fields(struct apply *apply, const struct rule *rule,
			      const struct finding **ret_vain)
{
	struct migcompat_result *result = apply->question->result;
	size_t accepted = 0;

	for (size_t i = 0; i < result->count; i++) {
		struct finding *finding = &result->findings[i];

		if (finding->status != MIGCOMPAT_STATUS_BAD || !rule_names(rule, finding->field))
			continue;
		if (!(1u << finding->limit & LIMITS_ACCEPTED)) {
			*ret_vain = finding;
			continue;
		}
		finding->text = accepted_text(result, finding, rule);
		finding->status = MIGCOMPAT_STATUS_WARN;
		finding->forced = true;
		accepted++;
	}
	apply->question->forced = apply->question->forced || accepted;
	return accepted;
}

static void apply_override(struct apply *apply, const struct rule *rule, char *why, size_t size)
{
	const struct finding *vain = NULL;
	size_t accepted = override_fields(apply, rule, &vain);
	char shown[POLICY_NAME_MAX + 1];

	matched_add(apply, rule->name);
	if (vain)
		snprintf(why, size,
			 "accepted %zu finding%s; \"%s\" is of limit %s, which no override accepts",
			 accepted, accepted == 1 ? "" : "s",
			 policy_text_shown(vain->field, shown, sizeof(shown)),
			 limit_name(vain->limit));
	else if (accepted)
		snprintf(why, size, "accepted %zu finding%s", accepted, accepted == 1 ? "" : "s");
	else
		snprintf(why, size,
			 "every condition holds, but no field that it names was refused");
	trace(apply, rule->name, rule->where, ACTION_OVERRIDE, true, why);
}

/* ---------------------------------------------------------------- rules */

static enum policy_outcome apply_deny(struct apply *apply, const struct rule *rule,
				      enum truth truth, const char *why)
{
	char label[POLICY_NAME_MAX + 64];

	snprintf(label, sizeof(label), "%s denies it", rule->label);
	deny(apply, rule->name, label, truth == TRUTH_UNKNOWN ? why : "", rule->reason);
	trace(apply, rule->name, rule->where, ACTION_DENY, true, why);
	return POLICY_DENY;
}

static enum policy_outcome apply_require(struct apply *apply, const struct rule *rule,
					 enum truth truth, char *why, size_t size)
{
	char label[POLICY_NAME_MAX + 64];

	/* A condition that is not known fails, as a fact that is not known does. */
	if (truth == TRUTH_YES)
		truth = match_requirement(rule->require, apply->sides, why, size);
	if (truth == TRUTH_YES) {
		matched_add(apply, rule->name);
		trace(apply, rule->name, rule->where, ACTION_REQUIRE, true, why);
		return POLICY_NOTHING;
	}
	snprintf(label, sizeof(label), "%s is not met", rule->label);
	deny(apply, rule->name, label, why, rule->reason);
	trace(apply, rule->name, rule->where, ACTION_REQUIRE, true, why);
	return POLICY_DENY;
}

static enum policy_outcome apply_rule(struct apply *apply, const struct rule *rule)
{
	enum truth truth = match_sides(rule->match, apply->sides, NULL, 0);
	bool strict = rule->action == ACTION_DENY || rule->action == ACTION_REQUIRE;
	bool matched = truth == TRUTH_YES || (truth == TRUTH_UNKNOWN && strict);
	char why[WHY_MAX];

	if (matched || apply->question->trace)
		match_sides(rule->match, apply->sides, why, sizeof(why));
	if (!matched) {
		trace(apply, rule->name, rule->where, rule->action, false, why);
		return POLICY_NOTHING;
	}
	switch ((enum rule_action)rule->action) {
	case ACTION_DENY:
		return apply_deny(apply, rule, truth, why);
	case ACTION_REQUIRE:
		return apply_require(apply, rule, truth, why, sizeof(why));
	case ACTION_OVERRIDE:
		apply_override(apply, rule, why, sizeof(why));
		return POLICY_NOTHING;
	case ACTION_ALLOW:
		matched_add(apply, rule->name);
		trace(apply, rule->name, rule->where, ACTION_ALLOW, true, why);
		return POLICY_ALLOW;
	}
	return POLICY_DENY;
}

static void trace_not_asked(const struct apply *apply, const struct rule *from, const char *by)
{
	char text[POLICY_NAME_MAX + 64];

	snprintf(text, sizeof(text), "not asked: \"%s\" ended it", by);
	for (const struct rule *rule = from; rule; rule = rule->next)
		trace(apply, rule->name, rule->where, rule->action, false, text);
}

static enum policy_outcome apply_rules(struct apply *apply)
{
	for (const struct rule *rule = apply->policy->rules; rule; rule = rule->next) {
		enum policy_outcome outcome = apply_rule(apply, rule);

		if (outcome != POLICY_NOTHING) {
			trace_not_asked(apply, rule->next, rule->name);
			return outcome;
		}
	}
	return POLICY_NOTHING;
}

enum policy_outcome policy_apply(const struct policy *policy, struct policy_question *question)
{
	struct apply apply = {
		.policy = policy,
		.sides = {question->source, question->target},
		.question = question,
	};
	enum policy_outcome outcome = POLICY_NOTHING;
	bool bad, mixed;

	question->forced = false;
	question->nmatched = 0;
	if (!policy->rules && !policy->known_bad && policy->mixed && !question->trace)
		return POLICY_NOTHING;
	/* Apply both before either denies, so that all problems are reported at once. */
	bad = apply_known_bad(&apply);
	mixed = apply_mixed(&apply);
	if (bad || mixed) {
		trace_not_asked(&apply, policy->rules, bad ? "known_bad" : "mixed");
		outcome = POLICY_DENY;
	} else {
		outcome = apply_rules(&apply);
	}
	if (question->forced)
		result_recount(question->result);
	return outcome;
}
