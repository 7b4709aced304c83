/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asks every device, and sorts those that can take the state. All devices share the memory of one
 * verdict.
 */
#include "core/check/ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/candidate.h"
#include "core/facts/array.h"
#include "core/facts/kernel_word.h"

static int choice_compare(const void *a, const void *b)
{
	static const int by_grade[] = {
		[GRADE_NONE] = 2, [GRADE_IDENTICAL] = 0, [GRADE_SUPERSET] = 1};
	static const int by_state[] = {
		[MIGCOMPAT_UNKNOWN] = 1, [MIGCOMPAT_YES] = 0, [MIGCOMPAT_NO] = 2};
	const struct choice *x = a, *y = b;

	if (by_grade[x->grade] != by_grade[y->grade])
		return by_grade[x->grade] - by_grade[y->grade];
	if (x->extra != y->extra)
		return x->extra < y->extra ? -1 : 1;
	if (by_state[x->availability] != by_state[y->availability])
		return by_state[x->availability] - by_state[y->availability];
	if (by_state[x->mechanism.state] != by_state[y->mechanism.state])
		return by_state[x->mechanism.state] - by_state[y->mechanism.state];
	if (x->device->host != y->device->host)
		return x->device->host->number < y->device->host->number ? -1 : 1;
	return strcmp(x->device->id, y->device->id);
}

/* Copy a text. NULL would mean that there is none, so a failure is an error. */
static int keep(struct answer *answer, const char *text, const char **ret)
{
	*ret = arena_copy(&answer->arena, text, strlen(text));
	return *ret ? 0 : -ENOMEM;
}

/* Add what a candidate says of a target beyond the verdict. */
static int candidate_add(struct answer *answer, const struct target *target,
			 const struct migcompat_candidate *candidate, struct choice *choice)
{
	if (candidate->extra > choice->extra)
		choice->extra = candidate->extra;
	if (candidate->type)
		snprintf(choice->type, sizeof(choice->type), "%s:%s",
			 target->opened->provider->info.name, candidate->type);
	return *candidate->name ? keep(answer, candidate->name, &choice->candidate) : 0;
}

/*
 * Add how the target would be set up. A backend without candidates adds nothing. If no candidate
 * fits, they contradict the backend's yes, which is an error.
 */
static int candidates_ask(struct answer *answer, const struct target *target,
			  const struct version_string *string, struct choice *choice,
			  struct error *err)
{
	const struct migcompat_candidate *candidate;
	struct migcompat_sink sink = {0};
	int r = opened_list(target->opened, PROVIDER_CANDIDATES, string->payload,
			    string->payload_len, &sink, err);

	if (r == -EOPNOTSUPP)
		return 0;
	candidate = candidate_for(target->opened, &sink, string);
	if (!r)
		r = candidate
			    ? candidate_add(answer, target, candidate, choice)
			    : error_set(
				      err, -EIO,
				      "backend %s: candidates of %s: it lists no way in which the "
				      "target could take the string, yet its "
				      "comparison says yes",
				      target->opened->provider->info.name,
				      target->opened->device->id);
	sink_free(&sink);
	return r;
}

static int add_unanswered(struct answer *answer, const struct device *device, const char *text)
{
	struct unanswered *list =
		array_grow(answer->unanswered, answer->nunanswered, sizeof(*list));
	struct unanswered *added;

	if (!list)
		return -ENOMEM;
	answer->unanswered = list;
	added = &list[answer->nunanswered++];
	*added = (struct unanswered){.device = device};
	return keep(answer, text, &added->text);
}

static int add_choice(struct answer *answer, struct target *target,
		      const struct version_string *string, const struct migcompat_verdict *verdict)
{
	struct choice *choices = array_grow(answer->choices, answer->nchoices, sizeof(*choices));
	struct choice choice = {
		.device = target->opened->device,
		.grade = verdict->grade,
		.extra = verdict->result.extra,
		.mechanism = target->mechanism,
		.availability = verdict->result.availability,
	};
	struct error err = {0};
	int r = 0;

	if (!choices)
		return -ENOMEM;
	answer->choices = choices;
	memcpy(choice.type, target->type, sizeof(choice.type));
	r = keep(answer, choice.mechanism.text, &choice.mechanism.text);
	if (!r && verdict->result.availability_text)
		r = keep(answer, verdict->result.availability_text, &choice.text);
	if (!r)
		r = candidates_ask(answer, target, string, &choice, &err);
	if (r == -ENOMEM)
		return r;
	if (r)
		return add_unanswered(answer, target->opened->device, err.text);
	choices[answer->nchoices++] = choice;
	return 0;
}

/* verdict NULL: only text is known. */
static int add_refused(struct answer *answer, const struct device *device,
		       const struct migcompat_verdict *verdict, const char *text)
{
	struct refused *list = array_grow(answer->refused, answer->nrefused, sizeof(*list));
	struct refused *added;
	char buffer[ERROR_TEXT_MAX];
	int r = 0;

	if (!list)
		return -ENOMEM;
	if (verdict && !text)
		text = verdict_reason(verdict, buffer, sizeof(buffer));
	answer->refused = list;
	added = &list[answer->nrefused++];
	*added = (struct refused){
		.device = device,
		.limit = verdict ? verdict->limit : MIGCOMPAT_LIMIT_NONE,
		.availability = verdict ? verdict->result.availability : MIGCOMPAT_UNKNOWN,
	};
	if (verdict && verdict->result.availability_text)
		r = keep(answer, verdict->result.availability_text, &added->available);
	return r ? r : keep(answer, text, &added->text);
}

/* Compatible, but not available. */
static int add_taken(struct answer *answer, const struct device *device,
		     const struct migcompat_verdict *verdict)
{
	const char *why = verdict->result.availability_text;
	char text[ERROR_TEXT_MAX];

	if (!(answer->flags & ASK_REFUSED))
		return 0;
	snprintf(text, sizeof(text), "not available now%s%s", why ? ": " : "", why ? why : "");
	return add_refused(answer, device, verdict, text);
}

/* -ENODEV with a sentence: a check would say that the device is not migratable. */
static int device_moves(const struct engine *engine, struct opening *opening, struct error *err)
{
	int r = check_open(engine, opening, err);

	if (!r)
		r = mechanism_judge(engine->mode, &opening->mechanism, err);
	opened_close(opening->opened);
	return r;
}

/* A question that is being asked. */
struct asking {
	const struct engine *engine;
	const struct ask_question *question;
	const char *text; /* the source's version string */
	size_t len;
	struct version_string string; /* the same, parsed */
	struct migcompat_verdict verdict;
	struct answer answer;
	/*
	 * The target that was asked before. It is closed after the next one was opened: a worker
	 * keeps the facts of a host only while one of its devices is open.
	 */
	struct target kept;
};

/*
 * Refuse a device of another backend, or of none, if those are wanted. Its facts do not matter,
 * so it is opened only if it may be not migratable. err: why no backend serves it.
 */
static int add_other(struct asking *asking, struct opening *opening, const struct error *err)
{
	const struct device *device = opening->device;
	const struct provider *provider = opening->provider;
	bool more = (provider && provider->info.fallback) || kernel_word(device) == MIGCOMPAT_NO;
	struct answer *answer = &asking->answer;
	char text[ERROR_TEXT_MAX];
	struct error why = {0};
	int r;

	if (!(answer->flags & ASK_OTHERS))
		return 0;
	r = more ? device_moves(asking->engine, opening, &why) : 0;
	if (r == -ENOMEM)
		return r;
	if (r == -ENODEV)
		return add_refused(answer, device, NULL, why.text);
	if (!provider)
		return add_refused(answer, device, NULL, err->text);
	snprintf(text, sizeof(text),
		 "the source is the backend %.*s's, this device is served by %s",
		 (int)asking->string.namespace_len, asking->string.namespace, provider->info.name);
	r = add_refused(answer, device, NULL, text);
	if (!r)
		answer->refused[answer->nrefused - 1].limit = MIGCOMPAT_LIMIT_NAMESPACE;
	return r;
}

/* Put the verdict about a target into the answer. */
static int add_verdict(struct asking *asking, struct target *target, struct error *err)
{
	const struct migcompat_verdict *verdict = &asking->verdict;
	const struct device *device = target->opened->device;
	struct answer *answer = &asking->answer;

	if (verdict->code == MIGCOMPAT_ERROR && verdict->error == -ENOMEM)
		return error_set(err, -ENOMEM, "%s", verdict->text.text);
	if (verdict->code == MIGCOMPAT_ERROR)
		return add_unanswered(answer, device, verdict->text.text);
	if (verdict->code != MIGCOMPAT_COMPATIBLE)
		return answer->flags & ASK_REFUSED ? add_refused(answer, device, verdict, NULL) : 0;
	if (answer->flags & ASK_AVAILABLE && verdict->result.availability == MIGCOMPAT_NO)
		return add_taken(answer, device, verdict);
	return add_choice(answer, target, &asking->string, verdict);
}

static bool same_backend(const struct asking *asking, const struct provider *provider)
{
	const struct version_string *string = &asking->string;

	return strlen(provider->info.name) == string->namespace_len &&
	       memcmp(provider->info.name, string->namespace, string->namespace_len) == 0;
}

/* Ask one device. An error ends the whole question, with a sentence in err. */
static int ask_one(struct asking *asking, const struct device *device, struct error *err)
{
	struct answer *answer = &asking->answer;
	struct opening opening;
	struct target target;
	int r = check_find(asking->engine, device, &opening, err);

	if (r == -ENOTCONN || (!r && !same_backend(asking, opening.provider)))
		return add_other(asking, &opening, err);
	answer->asked++;
	r = target_open_found(asking->engine, &opening, &target, err);
	if (r == -ENODEV)
		return answer->flags & ASK_REFUSED ? add_refused(answer, device, NULL, err->text)
						   : 0;
	if (r && r != -ENOMEM)
		return add_unanswered(answer, device, err->text);
	if (r)
		return r;
	error_set(err, 0, "out of memory");
	r = check_string(&target, asking->question->source, asking->text, asking->len,
			 &asking->verdict);
	if (!r)
		r = add_verdict(asking, &target, err);
	target_close(&asking->kept);
	asking->kept = target;
	return r;
}

static void side_make(struct verdict_side *side, const struct asking *asking)
{
	const struct device *source = asking->question->source;
	const struct version_string *string = &asking->string;

	*side = (struct verdict_side){
		.device = source, .kind = source ? source->kind : string->kind, .kind_known = true};
	snprintf(side->type, sizeof(side->type), "%.*s:%.*s", (int)string->namespace_len,
		 string->namespace, (int)string->type_len, string->type);
	fingerprint_text(asking->text, asking->len, side->fingerprint);
}

/* Is the question about this device? */
static bool is_asked(const struct ask_question *question, const struct device *device)
{
	const struct device *source = question->source;

	if (device == source || (question->host && strcmp(device->host->name, question->host) != 0))
		return false;
	return !(question->flags & ASK_OTHER_HOSTS) || !source ||
	       strcmp(device->host->name, source->host->name) != 0;
}

static int ask_all(struct asking *asking, struct answer *ret, struct error *err)
{
	const struct inventory *inventory = &asking->engine->inventory;
	struct answer *answer = &asking->answer;
	struct error why = {0};
	int r = version_string_parse(asking->text, asking->len, &asking->string, err);

	if (r)
		return r;
	answer->flags = asking->question->flags;
	side_make(&answer->source, asking);
	for (size_t i = 0; i < inventory->ndevices && !r; i++)
		if (is_asked(asking->question, &inventory->devices[i]))
			r = ask_one(asking, &inventory->devices[i], &why);
	target_close(&asking->kept);
	verdict_clear(&asking->verdict);
	if (r) {
		answer_free(answer);
		return error_set(err, r, "%s", why.text);
	}
	if (answer->nchoices)
		qsort(answer->choices, answer->nchoices, sizeof(*answer->choices), choice_compare);
	*ret = *answer;
	return 0;
}

int ask_targets(const struct engine *engine, const struct ask_question *question,
		struct answer *ret, struct error *err)
{
	struct asking asking = {.engine = engine,
				.question = question,
				.text = question->text,
				.len = question->len};
	char string[MIGCOMPAT_STRING_MAX + 1];
	int r = 0;

	if (!question->text && question->source) {
		r = check_source(engine, question->source, string, sizeof(string), err);
		asking.text = string;
		asking.len = r < 0 ? 0 : (size_t)r;
	}
	return r < 0 ? r : ask_all(&asking, ret, err);
}

void answer_free(struct answer *answer)
{
	free(answer->choices);
	free(answer->unanswered);
	free(answer->refused);
	arena_free(&answer->arena);
	*answer = (struct answer){0};
}
