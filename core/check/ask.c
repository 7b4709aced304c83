/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asking every device and putting those that said yes in order. One verdict's memory serves all of
 * them. */
#include "core/check/ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/candidate.h"
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

/* Room for one more in a list that doubles. */
static void *grow(void *list, size_t count, size_t size)
{
	return count & (count - 1) ? list : realloc(list, (count ? count * 2 : 1) * size);
}

/* A copy that must be there: NULL would read as "nothing to say". */
static int keep(struct answer *answer, const char *text, const char **ret)
{
	*ret = arena_copy(&answer->arena, text, strlen(text));
	return *ret ? 0 : -ENOMEM;
}

/* What its way says more of a target than the verdict did. */
static int way_take(struct answer *answer, const struct target *target,
		    const struct migcompat_candidate *way, struct choice *choice)
{
	if (way->extra > choice->extra)
		choice->extra = way->extra;
	if (way->type)
		snprintf(choice->type, sizeof(choice->type), "%s:%s",
			 target->opened->provider->info.name, way->type);
	return *way->name ? keep(answer, way->name, &choice->candidate) : 0;
}

/*
 * How it would be set up. A backend without candidates leaves what the verdict said. One whose
 * candidates contradict its own yes has no answer: err says so.
 */
static int ways_ask(struct answer *answer, const struct target *target,
		    const struct version_string *string, struct choice *choice, struct error *err)
{
	const struct migcompat_candidate *way;
	struct migcompat_sink sink = {0};
	int r = opened_list(target->opened, PROVIDER_CANDIDATES, string->payload,
			    string->payload_len, &sink, err);

	if (r == -EOPNOTSUPP)
		return 0;
	way = candidate_for(target->opened, &sink, string);
	if (!r)
		r = way ? way_take(answer, target, way, choice)
			: error_set(err, -EIO,
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
	struct unanswered *list = grow(answer->unanswered, answer->nunanswered, sizeof(*list));
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
	struct choice *choices = grow(answer->choices, answer->nchoices, sizeof(*choices));
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
		r = ways_ask(answer, target, string, &choice, &err);
	if (r == -ENOMEM)
		return r;
	if (r)
		return add_unanswered(answer, target->opened->device, err.text);
	choices[answer->nchoices++] = choice;
	return 0;
}

/* verdict NULL: text says why, and nothing more is known of it. */
static int add_refused(struct answer *answer, const struct device *device,
		       const struct migcompat_verdict *verdict, const char *text)
{
	struct refused *list = grow(answer->refused, answer->nrefused, sizeof(*list));
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

/* Compatible, but another has it. */
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

/* -ENODEV with the sentence: no device could move to it, as a check would say. */
static int never_moves(const struct engine *engine, const struct device *device, struct error *err)
{
	struct opened *opened = NULL;
	struct mechanism mechanism;
	int r = check_open(engine, device, &opened, &mechanism, err);

	if (!r)
		r = mechanism_judge(engine->mode, &mechanism, err);
	opened_close(opened);
	return r;
}

/*
 * What is incompatible whatever its facts are, if all are to be told. provider NULL: nobody serves
 * it, as err says. It is opened only if there may be more to tell.
 */
static int add_other(const struct engine *engine, struct answer *answer,
		     const struct device *device, const struct version_string *string,
		     const struct provider *provider, const struct error *err)
{
	bool more = (provider && provider->info.fallback) || kernel_word(device) == MIGCOMPAT_NO;
	char text[ERROR_TEXT_MAX];
	struct error why = {0};
	int r;

	if (!(answer->flags & ASK_OTHERS))
		return 0;
	r = more ? never_moves(engine, device, &why) : 0;
	if (r == -ENOMEM)
		return r;
	if (r == -ENODEV)
		return add_refused(answer, device, NULL, why.text);
	if (!provider)
		return add_refused(answer, device, NULL, err->text);
	snprintf(text, sizeof(text),
		 "the source is the backend %.*s's, this device is served by %s",
		 (int)string->namespace_len, string->namespace, provider->info.name);
	r = add_refused(answer, device, NULL, text);
	if (!r)
		answer->refused[answer->nrefused - 1].limit = MIGCOMPAT_LIMIT_NAMESPACE;
	return r;
}

/*
 * kept is the target that was asked before, closed only when the next one is open: a worker keeps a
 * host's facts as long as one of the host's devices is open. -ENOMEM with a sentence: a device was
 * not asked for want of memory, and an answer without it could be a wrong one.
 */
static int ask_one(const struct engine *engine, const struct device *source,
		   const struct device *device, const struct version_string *string,
		   const char *text, size_t len, struct migcompat_verdict *verdict,
		   struct answer *answer, struct target *kept, struct error *err)
{
	struct provider *provider = NULL;
	struct target target;
	int r = engine_provider(engine, device, &provider, err);

	/* Another backend's device is incompatible whatever its facts are; one that nobody serves
	 * cannot say yes. */
	if (r == -ENOTCONN ||
	    (!r && (strlen(provider->info.name) != string->namespace_len ||
		    memcmp(provider->info.name, string->namespace, string->namespace_len) != 0)))
		return add_other(engine, answer, device, string, provider, err);
	answer->asked++;
	if (!r)
		r = target_open(engine, device, &target, err);
	if (r == -ENODEV)
		return answer->flags & ASK_REFUSED ? add_refused(answer, device, NULL, err->text)
						   : 0;
	if (r && r != -ENOMEM)
		return add_unanswered(answer, device, err->text);
	if (r)
		return r;
	error_set(err, 0, "out of memory");
	r = check_string(&target, source, text, len, verdict);
	if (!r && verdict->code == VERDICT_COMPATIBLE && answer->flags & ASK_AVAILABLE &&
	    verdict->result.availability == MIGCOMPAT_NO)
		r = add_taken(answer, device, verdict);
	else if (!r && verdict->code == VERDICT_COMPATIBLE)
		r = add_choice(answer, &target, string, verdict);
	else if (!r && verdict->code == VERDICT_ERROR && verdict->error == -ENOMEM)
		r = error_set(err, -ENOMEM, "%s", verdict->text.text);
	else if (!r && verdict->code == VERDICT_ERROR)
		r = add_unanswered(answer, device, verdict->text.text);
	else if (!r && answer->flags & ASK_REFUSED)
		r = add_refused(answer, device, verdict, NULL);
	target_close(kept);
	*kept = target;
	return r;
}

static void side_make(struct verdict_side *side, const struct device *source,
		      const struct version_string *string, const char *text, size_t len)
{
	*side = (struct verdict_side){
		.device = source, .kind = source ? source->kind : string->kind, .kind_known = true};
	snprintf(side->type, sizeof(side->type), "%.*s:%.*s", (int)string->namespace_len,
		 string->namespace, (int)string->type_len, string->type);
	fingerprint_text(text, len, side->fingerprint);
}

/* Is it one of those that the question is about? */
static bool is_asked(const struct device *device, const struct device *source, const char *host,
		     unsigned flags)
{
	if (device == source || (host && strcmp(device->host->name, host) != 0))
		return false;
	return !(flags & ASK_OTHER_HOSTS) || !source ||
	       strcmp(device->host->name, source->host->name) != 0;
}

int ask_text(const struct engine *engine, const struct device *source, const char *text, size_t len,
	     const char *host, unsigned flags, struct answer *ret, struct error *err)
{
	struct migcompat_verdict verdict = {0};
	struct answer answer = {.flags = flags};
	struct target kept = {0};
	struct error why = {0};
	struct version_string string;
	int r = version_string_parse(text, len, &string, err);

	if (r)
		return r;
	side_make(&answer.source, source, &string, text, len);
	for (size_t i = 0; i < engine->inventory.ndevices && !r; i++) {
		const struct device *device = &engine->inventory.devices[i];

		if (is_asked(device, source, host, flags))
			r = ask_one(engine, source, device, &string, text, len, &verdict, &answer,
				    &kept, &why);
	}
	target_close(&kept);
	verdict_clear(&verdict);
	if (r) {
		answer_free(&answer);
		return error_set(err, r, "%s", why.text);
	}
	if (answer.nchoices)
		qsort(answer.choices, answer.nchoices, sizeof(*answer.choices), choice_compare);
	*ret = answer;
	return 0;
}

int ask_device_with(const struct engine *engine, const struct device *source, const char *host,
		    unsigned flags, struct answer *ret, struct error *err)
{
	char string[MIGCOMPAT_STRING_MAX + 1];
	int r = check_source(engine, source, string, sizeof(string), err);

	return r < 0 ? r : ask_text(engine, source, string, (size_t)r, host, flags, ret, err);
}

int ask_device(const struct engine *engine, const struct device *source, const char *host,
	       struct answer *ret, struct error *err)
{
	return ask_device_with(engine, source, host, 0, ret, err);
}

void answer_free(struct answer *answer)
{
	free(answer->choices);
	free(answer->unanswered);
	free(answer->refused);
	arena_free(&answer->arena);
	*answer = (struct answer){0};
}
