/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps of a question: the string's first parts, the type, the backend's comparison,
 * the policy, and the verdict. Each step adds findings. Only a malformed string, or one
 * of another backend, ends it early. Several questions share one exchange with the
 * backend.
 */
#include "core/check/candidate.h"
#include "core/check/check.h"
#include "core/check/doubts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------- steps */

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
	result_add_text(&verdict->result, "format", MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_STATUS_BAD,
			MIGCOMPAT_LIMIT_FORMAT, NULL, NULL, text);
	if (r == -E2BIG)
		verdict->error = -E2BIG;
}

static bool same_namespace(const struct target *target, const struct version_string *string,
			   struct migcompat_verdict *verdict)
{
	const char *name = target->opened->provider->info.name;
	char theirs[40], text[160];

	if (string->namespace_len == target->namespace_len &&
	    memcmp(string->namespace, name, target->namespace_len) == 0)
		return true;
	snprintf(theirs, sizeof(theirs), "%.*s", (int)string->namespace_len, string->namespace);
	snprintf(text, sizeof(text), "the string is the backend %s's, the target is served by %s",
		 theirs, name);
	result_add_text(&verdict->result, "namespace", MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_STATUS_BAD,
			MIGCOMPAT_LIMIT_NAMESPACE, theirs, name, text);
	return false;
}

static void compare_types(struct question *question)
{
	const struct target *target = question->target;
	const struct version_string *string = &question->string;
	struct migcompat_verdict *verdict = question->verdict;
	const char *type = target->opened->type;
	struct migcompat_finding finding = {
		.struct_size = sizeof(finding),
		.field = "type",
		.rule = MIGCOMPAT_RULE_EQUAL,
		.source = {MIGCOMPAT_VALUE_TEXT,
			   (uint32_t)string->type_len,
			   {.text = string->type}},
		.target = {MIGCOMPAT_VALUE_TEXT, (uint32_t)strlen(type), {.text = type}},
	};

	bool unset = finding.source.len == strlen(PROVIDER_TYPE_UNSET) &&
		     memcmp(string->type, PROVIDER_TYPE_UNSET, string->type_len) == 0;

	/* A device of this type has no state, so no string is valid with it. */
	if (unset || !rule_holds(MIGCOMPAT_RULE_EQUAL, &finding.source, &finding.target, NULL)) {
		int found =
			unset ? 0 : candidate_has_type(target->opened, string, &question->unlisted);

		if (found < 0)
			question->unlisted_code = found;
		if (found > 0) {
			finding.text = "the target can be set up to have the source's type";
			snprintf(verdict->target.type, sizeof(verdict->target.type), "%s:%.*s",
				 target->opened->provider->info.name, (int)string->type_len,
				 string->type);
		} else {
			finding.status = MIGCOMPAT_STATUS_BAD;
			finding.limit = MIGCOMPAT_LIMIT_TYPE;
		}
	}
	result_add(&verdict->result, &finding, true);
}

uint32_t check_instances(const struct device *device)
{
	const char *available =
		device->kind == MIGCOMPAT_KIND_MDEV_TYPE
			? factset_text(&device->facts, "mdev_type/available_instances")
			: NULL;

	if (!available)
		return MIGCOMPAT_UNKNOWN;
	if (strcmp(available, "0") == 0)
		return MIGCOMPAT_NO;
	return *available >= '1' && *available <= '9' &&
			       available[strspn(available, "0123456789")] == '\0'
		       ? MIGCOMPAT_YES
		       : MIGCOMPAT_UNKNOWN;
}

/* The backend's word counts too, and "no" wins. */
static void mdev_availability(const struct device *device, struct migcompat_result *result)
{
	uint32_t left = check_instances(device);

	if (left == MIGCOMPAT_NO && result->availability != MIGCOMPAT_NO)
		result_availability(result, MIGCOMPAT_NO, NO_INSTANCE);
	else if (left == MIGCOMPAT_YES && result->availability == MIGCOMPAT_UNKNOWN)
		result_availability(result, MIGCOMPAT_YES, NULL);
}

static struct policy_side policy_side(const struct verdict_side *side)
{
	struct policy_side result = {0};

	if (side->kind_known)
		result.kind = kind_name(side->kind);
	if (side->device) {
		result.host = side->device->host->name;
		result.facts = &side->device->facts;
		result.host_facts = &side->device->host->facts;
		result.host_wanted = &side->device->host->wanted;
		result.wanted =
			side->device->wanted.globs ? &side->device->wanted : result.host_wanted;
	}
	return result;
}

/* string NULL: namespace, type and version of the source are not known. */
static void apply_policy(const struct target *target, const struct version_string *string,
			 struct migcompat_verdict *verdict)
{
	const char *namespace = target->opened->provider->info.name;
	struct policy_side source = policy_side(&verdict->source);
	struct policy_side mine = policy_side(&verdict->target);
	struct policy_question question = {
		.source = &source,
		.target = &mine,
		.result = &verdict->result,
		.trace = target->engine->trace,
		.trace_arg = target->engine->trace_arg,
		.matched = verdict->rules,
		.matched_max = VERDICT_RULES_MAX,
	};

	mine.namespace = namespace;
	mine.type = target->opened->type;
	mine.version = target->version;
	mine.version_len = target->version_len;
	if (string) {
		source.namespace = namespace;
		source.type = verdict->source.type + target->namespace_len + 1;
		/* The namespace is at the beginning of the string. */
		source.version = string->namespace;
		source.version_len =
			(size_t)(string->payload + string->payload_len - string->namespace);
	}
	policy_apply(target->engine->policy, &question);
	verdict->nrules = question.nmatched;
	verdict->forced = question.forced;
}

/* Every mode adds a warning, so that a missing mechanism is never silent. */
void check_judge(const struct engine *engine, const char *role, const struct verdict_side *side,
		 struct migcompat_verdict *verdict)
{
	char sentence[ERROR_TEXT_MAX], text[ERROR_TEXT_MAX + 16];
	bool refused = side->weighed && mechanism_refuses(engine->mode, side->mechanism.state);

	if (!side->weighed || (!refused && side->mechanism.state != MIGCOMPAT_NO))
		return;
	mechanism_sentence(&side->mechanism, sentence, sizeof(sentence));
	snprintf(text, sizeof(text), "%s: %s", role, sentence);
	result_add_text(&verdict->result, "mechanism", MIGCOMPAT_RULE_INFO, MIGCOMPAT_STATUS_WARN,
			MIGCOMPAT_LIMIT_NONE, NULL, NULL, text);
	/* A known no replaces an error; a doubt does not. */
	if (refused && (side->mechanism.state == MIGCOMPAT_NO || verdict->code != MIGCOMPAT_ERROR))
		verdict_not_migratable(verdict, "%s %s: %s", role, side->device->id, sentence);
}

/* A hold is judged after the policy, so no override lifts it. */
static void judge_hold(const struct engine *engine, const char *role, const struct device *device,
		       struct migcompat_verdict *verdict)
{
	char reason[ERROR_TEXT_MAX], text[ERROR_TEXT_MAX * 2];

	if (!device || !engine->hold ||
	    !engine->hold(engine->hold_arg, device, reason, sizeof(reason)))
		return;
	snprintf(text, sizeof(text), "%s %s is held: %s", role, device->id, reason);
	result_add_text(&verdict->result, "hold", MIGCOMPAT_RULE_INFO, MIGCOMPAT_STATUS_BAD,
			MIGCOMPAT_LIMIT_HOLD, NULL, NULL, text);
	verdict->forced = false;
}

static void judge_holds(const struct target *target, struct migcompat_verdict *verdict)
{
	judge_hold(target->engine, "source", verdict->source.device, verdict);
	judge_hold(target->engine, "target", verdict->target.device, verdict);
	if (target->engine->holds_unread)
		result_add_text(&verdict->result, "hold", MIGCOMPAT_RULE_INFO,
				MIGCOMPAT_STATUS_WARN, MIGCOMPAT_LIMIT_NONE, NULL, NULL,
				target->engine->holds_unread);
}

/*
 * Settle the verdict. If the holds could not be read, a no stays, but a yes becomes an
 * error.
 */
static void settle(const struct target *target, struct migcompat_verdict *verdict)
{
	doubts_judge(target->engine, verdict->source.device, verdict->target.device,
		     &verdict->result);
	judge_holds(target, verdict);
	verdict_settle(verdict);
	if (verdict->code != MIGCOMPAT_COMPATIBLE || !target->engine->holds_unread)
		return;
	verdict->forced = false;
	verdict_fail(verdict, -EACCES, "%s", target->engine->holds_unread);
	verdict_settle(verdict);
}

/*
 * Compare the beginning of the stream. If the backend reads no streams, the string
 * decides. If it reads streams and does not know this one, the answer is no. Returns 0 or
 * the backend's error.
 */
static int compare_stream(const struct question *question, struct error *err)
{
	struct opened *opened = question->target->opened;
	struct migcompat_result *result = &question->verdict->result;
	const char *name = opened->provider->info.name;
	char text[160];
	int r;

	if (!question->stream)
		return 0;
	r = provider_stream(opened->provider, opened, question->stream, result, err);
	/* Without a string there is nothing else to judge. */
	if (r == -EOPNOTSUPP && !question->text)
		return error_set(err, r,
				 "the backend %s reads no streams, and the file has nothing "
				 "else to hold against target %s",
				 name, opened->device->id);
	if (r == -EOPNOTSUPP) {
		snprintf(text, sizeof(text),
			 "the backend %s reads no streams: the stream was not checked", name);
		result_add_text(result, "stream", MIGCOMPAT_RULE_INFO, MIGCOMPAT_STATUS_UNKNOWN,
				MIGCOMPAT_LIMIT_NONE, NULL, NULL, text);
		return 0;
	}
	if (r == -ENOMSG) {
		snprintf(text, sizeof(text),
			 "it does not begin like a stream of a driver that the backend %s knows",
			 name);
		result_add_text(result, "stream", MIGCOMPAT_RULE_INFO, MIGCOMPAT_STATUS_BAD,
				MIGCOMPAT_LIMIT_FORMAT, NULL, NULL, text);
		return 0;
	}
	return r;
}

/* ---------------------------------------------------------------- questions */

/* The last steps, which are the same for every answer. */
static void question_settle(struct question *question)
{
	struct migcompat_verdict *verdict = question->verdict;

	check_judge(question->target->engine, "source", &verdict->source, verdict);
	check_judge(question->target->engine, "target", &verdict->target, verdict);
	settle(question->target, verdict);
}

/* Describe the source by its string, and by its device if that is known. */
static void question_source(struct question *question)
{
	struct migcompat_verdict *verdict = question->verdict;

	if (question->source || !verdict->source.device)
		side_string(&verdict->source, &question->string);
	if (question->source)
		verdict->source.kind = question->source->kind;
}

static void question_end(struct question *question, int r, struct error *err)
{
	if (!r)
		r = compare_stream(question, err);
	if (r) {
		verdict_fail(question->verdict, r, "%s", err->text);
		return;
	}
	/*
	 * A "no" would be cached, but the next call may succeed. A malformed string has
	 * no candidates anyway.
	 */
	if (question->unlisted_code &&
	    !(question->verdict->result.bad_limits & 1u << MIGCOMPAT_LIMIT_FORMAT))
		verdict_fail(question->verdict, question->unlisted_code, "target %s: %s",
			     question->target->opened->device->id, question->unlisted.text);
	mdev_availability(question->target->opened->device, &question->verdict->result);
	apply_policy(question->target, question->text ? &question->string : NULL,
		     question->verdict);
	question_settle(question);
}

void check_target(const struct target *target, struct migcompat_verdict *verdict)
{
	verdict_side_device(&verdict->target, target->opened->device);
	memcpy(verdict->target.type, target->type, sizeof(target->type));
	memcpy(verdict->target.fingerprint, target->fingerprint, sizeof(target->fingerprint));
	verdict->target.mechanism = target->mechanism;
	verdict->target.weighed = true;
}

void check_not_target(const struct target *target, struct migcompat_verdict *verdict)
{
	const struct opened *opened = target->opened;

	if (opened->not_target)
		verdict_not_migratable(verdict, "target %s: %s", opened->device->id,
				       opened->not_target);
}

/* Describe both sides before the first step. */
static void question_sides(const struct question *question)
{
	if (question->source)
		verdict_side_device(&question->verdict->source, question->source);
	check_target(question->target, question->verdict);
}

/* Ask about a stream without a string. */
static void question_stream(struct question *question)
{
	struct error err = {0};

	question_sides(question);
	check_not_target(question->target, question->verdict);
	question_end(question, 0, &err);
}

/*
 * The steps before the backend's. True: the backend must compare, then question_end
 * follows.
 */
static bool question_begin(struct question *question)
{
	const struct target *target = question->target;
	struct migcompat_verdict *verdict = question->verdict;
	struct error err;
	int r = version_string_parse(question->text, question->len, &question->string, &err);

	question_sides(question);
	if (r) {
		add_malformed(verdict, r, err.text);
		question_settle(question);
		return false;
	}
	question_source(question);
	check_not_target(target, verdict);
	if (!same_namespace(target, &question->string, verdict)) {
		question_settle(question);
		return false;
	}
	compare_types(question);
	return true;
}

void check_begin(struct check *check, struct question *questions, size_t count,
		 const struct check *before)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		struct question *question = &questions[i];

		if (!question_begin(question))
			continue;
		check->errors[n].text[0] = '\0';
		check->jobs[n] = (struct compare_job){
			.opened = question->target->opened,
			.payload = question->string.payload,
			.len = question->string.payload_len,
			.result = &question->verdict->result,
			.err = &check->errors[n],
			.r = -EIO,
		};
		check->asked[n++] = question;
	}
	check->batch = (struct compare_batch){.jobs = check->jobs, .count = n};
	opened_compare_begin(&check->batch, before ? &before->batch : NULL);
}

void check_end(struct check *check, const struct check *after)
{
	opened_compare_end(&check->batch, after ? &after->batch : NULL);
	for (size_t i = 0; i < check->batch.count; i++)
		question_end(check->asked[i], check->jobs[i].r, check->jobs[i].err);
}

void check_question(struct question *question)
{
	struct check check;

	if (!question->text) {
		question_stream(question);
		return;
	}
	check_begin(&check, question, 1, NULL);
	check_end(&check, NULL);
}

int check_string(struct target *target, const struct device *source, const char *text, size_t len,
		 struct migcompat_verdict *verdict)
{
	struct question question = {
		.target = target, .source = source, .text = text, .len = len, .verdict = verdict};
	int r = verdict_reset(verdict);

	if (!r)
		check_question(&question);
	return r;
}
