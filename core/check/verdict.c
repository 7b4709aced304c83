/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes one answer of findings. Must not know where they came from. If the types differ, the reason
 * is a field of the backend, which says more than the finding of the type.
 */
#include "core/check/verdict.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int verdict_reset(struct migcompat_verdict *verdict)
{
	int r = result_reset(&verdict->result);

	verdict->code = MIGCOMPAT_COMPATIBLE;
	verdict->grade = GRADE_NONE;
	verdict->limit = MIGCOMPAT_LIMIT_NONE;
	verdict->error = 0;
	verdict->forced = false;
	verdict->nrules = 0;
	verdict->text.text[0] = '\0';
	verdict->source.device = verdict->target.device = NULL;
	verdict->source.kind_known = verdict->target.kind_known = false;
	verdict->source.type[0] = verdict->target.type[0] = '\0';
	verdict->source.fingerprint[0] = verdict->target.fingerprint[0] = '\0';
	verdict->source.weighed = verdict->target.weighed = false;
	/* A caller that ignores r must not see a yes. */
	if (r)
		verdict_fail(verdict, r, "out of memory");
	return r;
}

void verdict_clear(struct migcompat_verdict *verdict)
{
	result_free(&verdict->result);
	*verdict = (struct migcompat_verdict){0};
}

static int worsen(struct migcompat_verdict *verdict, enum migcompat_verdict_code code, int error,
		  const char *format, va_list args) __attribute__((format(printf, 4, 0)));

/* How bad a verdict is. A device without a backend is less bad than one that cannot move. */
static int badness(enum migcompat_verdict_code code, int error)
{
	bool unserved = code == MIGCOMPAT_ERROR && error == -ENOTCONN;

	return 2 * (int)code - (unserved ? 3 : 0);
}

static int worsen(struct migcompat_verdict *verdict, enum migcompat_verdict_code code, int error,
		  const char *format, va_list args)
{
	char text[ERROR_TEXT_MAX];

	if (badness(verdict->code, verdict->error) >= badness(code, error) && *verdict->text.text)
		return 0; /* of equally bad verdicts the first sentence stays */
	vsnprintf(text, sizeof(text), format, args);
	error_set(&verdict->text, error, "%s", text);
	verdict->code = code;
	verdict->error = error;
	return 0;
}

int verdict_fail(struct migcompat_verdict *verdict, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	worsen(verdict, MIGCOMPAT_ERROR, code < 0 ? code : -EIO, format, args);
	va_end(args);
	return 0;
}

int verdict_not_migratable(struct migcompat_verdict *verdict, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	worsen(verdict, MIGCOMPAT_NOT_MIGRATABLE, -ENODEV, format, args);
	va_end(args);
	return 0;
}

void verdict_side_device(struct verdict_side *side, const struct device *device)
{
	side->device = device;
	side->kind = device->kind;
	side->kind_known = true;
}

void verdict_keep(struct migcompat_verdict *verdict)
{
	struct verdict_side *sides[] = {&verdict->source, &verdict->target};

	for (size_t i = 0; i < 2; i++)
		if (sides[i]->weighed)
			sides[i]->mechanism.text =
				result_keep(&verdict->result, sides[i]->mechanism.text);
}

static int limit_error(uint32_t limit)
{
	return limit == MIGCOMPAT_LIMIT_POLICY ? -EPERM
	       : limit == MIGCOMPAT_LIMIT_HOLD ? -EBUSY
					       : -EINVAL;
}

void verdict_settle(struct migcompat_verdict *verdict)
{
	const struct migcompat_result *result = &verdict->result;

	verdict->grade = GRADE_NONE;
	verdict->limit = MIGCOMPAT_LIMIT_NONE;
	/* Overridden findings did not make it compatible. */
	if (verdict->code >= MIGCOMPAT_NOT_MIGRATABLE || result->bad_count)
		verdict->forced = false;
	if (verdict->code >= MIGCOMPAT_NOT_MIGRATABLE)
		return;
	if (result->bad_count) {
		verdict->code = MIGCOMPAT_INCOMPATIBLE;
		verdict->limit = limit_first(result->bad_limits);
		/* A string that is too long keeps its own errno. */
		verdict->error = verdict->error == -E2BIG ? -E2BIG : limit_error(verdict->limit);
		return;
	}
	if (result->count == 0) { /* without a comparison there is no yes */
		verdict_fail(verdict, -EIO, "nothing was compared");
		return;
	}
	verdict->code = MIGCOMPAT_COMPATIBLE;
	verdict->error = 0;
	if (!verdict->forced)
		verdict->grade = result->extra ? GRADE_SUPERSET : GRADE_IDENTICAL;
}

void verdict_expect(struct migcompat_verdict *verdict, const char *expected)
{
	if (!expected || strcmp(expected, verdict->target.fingerprint) == 0)
		return;
	verdict_fail(verdict, -ESTALE, "stale: the target %s changed, its fingerprint is %s now",
		     verdict->target.device->id,
		     *verdict->target.fingerprint ? verdict->target.fingerprint : "unknown");
	verdict_settle(verdict);
}

int verdict_status(const struct migcompat_verdict *verdict)
{
	return verdict->code == MIGCOMPAT_COMPATIBLE ? 0 : verdict->code == MIGCOMPAT_ERROR ? 2 : 1;
}

/*
 * The bad finding for the reason: of the first limit in order, but a field that differs rather than
 * the type that was made of it.
 */
static const struct finding *worst_finding(const struct migcompat_result *result)
{
	const struct finding *best = NULL;

	for (size_t i = 0; i < result->count; i++) {
		const struct finding *finding = &result->findings[i];

		if (finding->status != MIGCOMPAT_STATUS_BAD)
			continue;
		if (!best || best->limit == MIGCOMPAT_LIMIT_TYPE ||
		    (finding->limit != MIGCOMPAT_LIMIT_TYPE &&
		     limit_place(finding->limit) < limit_place(best->limit)))
			best = finding;
	}
	return best;
}

const char *verdict_reason(const struct migcompat_verdict *verdict, char *buffer, size_t size)
{
	const struct finding *finding;
	char sentence[ERROR_TEXT_MAX];

	if (*verdict->text.text || verdict->code == MIGCOMPAT_COMPATIBLE)
		return verdict->text.text;
	finding = worst_finding(&verdict->result);
	if (!finding) {
		snprintf(buffer, size, "%u findings are bad", verdict->result.bad_count);
		return buffer;
	}
	finding_render_reason(finding, sentence, sizeof(sentence));
	if (finding->noun || finding->text)
		snprintf(buffer, size, "%s", sentence);
	else
		snprintf(buffer, size, "%s: %s", finding->field, sentence);
	return buffer;
}

const struct mechanism *verdict_mechanism(const struct migcompat_verdict *verdict,
					  const char **ret_side)
{
	static const struct mechanism nothing = {.text = ""};
	static const unsigned order[] = {
		[MIGCOMPAT_YES] = 0, [MIGCOMPAT_UNKNOWN] = 1, [MIGCOMPAT_NO] = 2};
	const struct verdict_side *source = &verdict->source, *target = &verdict->target;
	bool of_target = target->weighed &&
			 (!source->weighed ||
			  order[target->mechanism.state] > order[source->mechanism.state]);

	if (!source->weighed && !target->weighed) {
		*ret_side = NULL;
		return &nothing;
	}
	*ret_side = of_target ? "target" : "source";
	return of_target ? &target->mechanism : &source->mechanism;
}

const char *verdict_name(enum migcompat_verdict_code code)
{
	static const char *const names[] = {"compatible", "incompatible", "not-migratable",
					    "error"};

	return names[code];
}

const char *grade_name(enum verdict_grade grade)
{
	static const char *const names[] = {NULL, "identical", "superset"};

	return names[grade];
}
