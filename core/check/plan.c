/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes plans. Must not write: an administrator or a tool carries a plan out. */
#include "core/check/plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/check/candidate.h"
#include "core/check/writable.h"
#include "core/facts/array.h"
#include "core/facts/name.h"

int plan_parameters(const struct engine *engine, const struct device *device,
		    struct migcompat_sink *sink, struct error *err)
{
	struct opened *opened;
	int r = engine_open(engine, device, &opened, err);

	if (r)
		return r;
	r = opened_list(opened, PROVIDER_PARAMETERS, NULL, 0, sink, err);
	opened_close(opened);
	return r == -EOPNOTSUPP ? 0 : r;
}

/* Version 4, random: RFC 9562. */
static int uuid_make(char uuid[UUID_BYTES + 1])
{
	unsigned char b[16];

	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		return -EIO;
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	snprintf(uuid, UUID_BYTES + 1,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		 b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
		 b[15]);
	return 0;
}

static int uuid_choose(const struct device *source, const struct device *target, const char *wished,
		       char uuid[UUID_BYTES + 1], struct error *err)
{
	if (wished && !uuid_valid(wished))
		return error_set(err, -EINVAL, "\"%s\" is no UUID", wished);
	/* An mdev can keep its name on another host, not on its own. */
	if (!wished && source && source->kind == MIGCOMPAT_KIND_MDEV &&
	    source->host != target->host && uuid_valid(source->id))
		wished = source->id;
	if (!wished)
		return uuid_make(uuid) ? error_set(err, -EIO, "no random bytes for a UUID") : 0;
	/* The kernel names an mdev in lower case. */
	for (size_t i = 0; i <= UUID_BYTES; i++) {
		bool capital = wished[i] >= 'A' && wished[i] <= 'F';

		uuid[i] = (char)(capital ? wished[i] + 'a' - 'A' : wished[i]);
	}
	return 0;
}

static int add_write(struct plan *plan, const char *path, const char *value, bool runtime,
		     struct error *err)
{
	struct plan_write *writes = array_grow(plan->writes, plan->nwrites, sizeof(*writes));

	if (!writes)
		return error_set(err, -ENOMEM, "out of memory");
	plan->writes = writes;
	for (size_t i = 0; i < plan->nwrites; i++)
		if (strcmp(writes[i].path, path) == 0 && strcmp(writes[i].value, value) == 0)
			return error_set(err, -EPROTO, "%s would be written twice with %s", path,
					 value);
	writes[plan->nwrites] = (struct plan_write){
		.path = arena_copy(&plan->arena, path, strlen(path)),
		.value = arena_copy(&plan->arena, value, strlen(value)),
		.runtime = runtime,
	};
	if (!writes[plan->nwrites].path || !writes[plan->nwrites].value)
		return error_set(err, -ENOMEM, "out of memory");
	plan->nwrites++;
	return 0;
}

static const struct migcompat_parameter *parameter_find(const struct migcompat_sink *sink,
							const char *name)
{
	for (size_t i = 0; i < sink->nparameters; i++)
		if (strcmp(sink->parameters[i].name, name) == 0)
			return &sink->parameters[i];
	return NULL;
}

/* The next item "NAME=VALUE" of a candidate. Commas and blanks separate items. False: the end. */
static bool items_next(const char **at, const char **ret_item, size_t *ret_name, size_t *ret_size)
{
	*at += strspn(*at, ", ");
	*ret_item = *at;
	*ret_size = strcspn(*at, ", ");
	*ret_name = strcspn(*at, "=, ");
	*at += *ret_size;
	return *ret_size > 0;
}

/* 1: *ret is a copy of the value that the candidate sets for this parameter. 0: it sets none. */
static int items_value(struct arena *arena, const char *set, const char *name, const char **ret)
{
	size_t len, size;
	const char *item;

	while (items_next(&set, &item, &len, &size)) {
		if (len == size || len != strlen(name) || memcmp(item, name, len) != 0)
			continue;
		*ret = arena_copy(arena, item + len + 1, size - len - 1);
		return *ret ? 1 : -ENOMEM;
	}
	return 0;
}

/* Does the device have all values of the candidate already? */
static bool items_are_set(const struct migcompat_sink *mine, const char *set)
{
	size_t len, size;
	const char *item;

	while (items_next(&set, &item, &len, &size)) {
		bool has = false;

		for (size_t i = 0; i < mine->nparameters && !has; i++) {
			const char *name = mine->parameters[i].name,
				   *value = mine->parameters[i].value;

			has = len < size && strlen(name) == len && memcmp(item, name, len) == 0 &&
			      strlen(value) == size - len - 1 &&
			      memcmp(item + len + 1, value, size - len - 1) == 0;
		}
		if (!has)
			return false;
	}
	return true;
}

/* The values that the target needs, as its backend says. "": none. */
static int candidate_items(struct opened *opened, const struct version_string *string,
			   struct migcompat_sink *sink, const char **ret, struct error *err)
{
	const struct migcompat_candidate *candidate;
	int r = opened_list(opened, PROVIDER_CANDIDATES, string->payload, string->payload_len, sink,
			    err);

	candidate = candidate_for(opened, sink, string);
	*ret = candidate ? candidate->name : "";
	return r == -EOPNOTSUPP ? 0 : r;
}

/* Add the write of one parameter, if its value changes. -EINVAL: the value is not allowed. */
static int parameter_write(const struct migcompat_parameter *parameter, const char *value,
			   struct migcompat_sink *ret, struct error *err)
{
	if (!rule_allows(parameter->allowed, value))
		return error_set(err, -EINVAL,
				 "the parameter \"%s\" would be \"%s\", the target allows %s",
				 parameter->name, value, parameter->allowed);
	return parameter->attribute && strcmp(value, parameter->value) != 0
		       ? sink_write(ret, parameter->attribute, value)
		       : 0;
}

/*
 * The default plan. The target must know and allow each parameter that the source sent. A parameter
 * that was not sent gets its off value. A value of the candidate wins over both.
 */
static int parameter_writes(struct opened *opened, const struct version_string *string,
			    struct migcompat_sink *ret, struct error *err)
{
	struct migcompat_sink mine = {0}, theirs = {0}, ways = {0};
	const char *set = "";
	int r = opened_list(opened, PROVIDER_PARAMETERS, NULL, 0, &mine, err);

	if (!r)
		r = opened_list(opened, PROVIDER_PARAMETERS, string->payload, string->payload_len,
				&theirs, err);
	if (!r)
		r = candidate_items(opened, string, &ways, &set, err);
	for (size_t i = 0; i < theirs.nparameters && !r; i++)
		if (!parameter_find(&mine, theirs.parameters[i].name))
			r = error_set(err, -EINVAL, "the target does not know the parameter \"%s\"",
				      theirs.parameters[i].name);
	for (size_t i = 0; i < mine.nparameters && !r; i++) {
		const struct migcompat_parameter *parameter = &mine.parameters[i];
		const struct migcompat_parameter *sent = parameter_find(&theirs, parameter->name);
		const char *value = sent             ? sent->value
				    : parameter->off ? parameter->off
						     : parameter->init;

		r = items_value(&ways.arena, set, parameter->name, &value);
		r = r < 0 ? error_set(err, r, "out of memory")
			  : parameter_write(parameter, value, ret, err);
	}
	/* A device that must be set up, and for which no write is known, must not count as ready.
	 */
	if ((!r || r == -EOPNOTSUPP) && *set && !ret->nwrites &&
	    opened->device->kind != MIGCOMPAT_KIND_MDEV_TYPE && !items_are_set(&mine, set))
		r = error_set(err, -EINVAL,
			      "the target would have to be set up with %s, and its backend names "
			      "no write for that",
			      set);
	sink_free(&mine);
	sink_free(&theirs);
	sink_free(&ways);
	return r == -EOPNOTSUPP ? 0 : r;
}

/* Which writes are possible while the device is open is a note. A plan is complete without it. */
static int runtime_list(struct opened *opened, struct migcompat_sink *ret, struct error *err)
{
	int r = opened_list(opened, PROVIDER_PARAMETERS, NULL, 0, ret, NULL);

	if (r)
		sink_free(ret);
	return r == -ENOMEM ? error_set(err, r, "out of memory") : 0;
}

/* Limits that a write can change. */
#define WRITABLE_LIMITS (1u << MIGCOMPAT_LIMIT_PARAMETER | 1u << MIGCOMPAT_LIMIT_RESOURCE)

/*
 * Does the backend say that writes would make a refused target fit? Then it has a named candidate
 * of the target's own type after the first one, by which the target was judged. 1, 0, or an error.
 */
static int has_other_candidate(struct opened *opened, const char *payload, size_t len,
			       struct error *err)
{
	struct migcompat_sink sink = {0};
	int r = opened_list(opened, PROVIDER_CANDIDATES, payload, len, &sink, err), found = 0;

	for (size_t i = 1; i < sink.ncandidates && !r && !found; i++)
		found = sink.candidates[i].name && *sink.candidates[i].name &&
			!sink.candidates[i].type;
	sink_free(&sink);
	return r && r != -EOPNOTSUPP ? r : found;
}

static bool may_set_up(const struct migcompat_verdict *verdict)
{
	return verdict->code == MIGCOMPAT_INCOMPATIBLE &&
	       !(verdict->result.bad_limits & ~WRITABLE_LIMITS);
}

static int writes_list(struct opened *opened, const struct version_string *string,
		       const struct writable *writable, struct plan *plan, struct error *err)
{
	struct migcompat_sink sink = {0}, parameters = {0};
	int r = opened_list(opened, PROVIDER_PREPARE, string->payload, string->payload_len, &sink,
			    err);

	/* Only the backend's prepare knows the writes for a refused target. */
	if (r == -EOPNOTSUPP)
		r = plan->sets_up ? 0 : parameter_writes(opened, string, &sink, err);
	if (!r)
		r = runtime_list(opened, &parameters, err);
	for (size_t i = 0; i < sink.nwrites && !r; i++) {
		bool runtime = false;
		char path[WRITABLE_BYTES];

		for (size_t p = 0; p < parameters.nparameters; p++)
			if (parameters.parameters[p].attribute &&
			    strcmp(parameters.parameters[p].attribute, sink.writes[i].attribute) ==
				    0)
				runtime = parameters.parameters[p].runtime;
		r = writable_file(writable, sink.writes[i].attribute, path, sizeof(path), err);
		if (!r)
			r = add_write(plan, path, sink.writes[i].value, runtime, err);
	}
	sink_free(&sink);
	sink_free(&parameters);
	return r;
}

/* plan->sets_up: the target was refused, and its backend is asked whether writes make it fit. */
static int target_writes(const struct engine *engine, const struct device *target,
			 const struct version_string *string, const char *name, struct plan *plan,
			 struct error *err)
{
	struct writable writable;
	struct opened *opened;
	int r = engine_open(engine, target, &opened, err);

	if (r)
		return r;
	if (plan->sets_up) {
		r = has_other_candidate(opened, string->payload, string->payload_len, err);
		plan->sets_up = r > 0;
		if (r <= 0)
			goto out;
	}
	r = writable_make(target, name, &writable, err);
	if (!r && *writable.create)
		r = add_write(plan, writable.create, name, false, err);
	if (!r)
		r = writes_list(opened, string, &writable, plan, err);
	if (!r && plan->sets_up && !plan->nwrites)
		r = error_set(err, -EIO,
			      "backend %s: it lists a way to set %s up, and no write for it",
			      opened->provider->info.name, target->id);
out:
	opened_close(opened);
	return r;
}

int plan_make(const struct engine *engine, const struct plan_question *question,
	      struct migcompat_verdict *verdict, struct plan *ret, struct error *err)
{
	const struct device *source = question->source, *target = question->target;
	char string[MIGCOMPAT_STRING_MAX + 1], name[UUID_BYTES + 1];
	const char *text = question->text;
	size_t len = question->len;
	struct version_string parts;
	struct plan plan = {0};
	int r = source ? check_devices(engine, source, target, verdict)
		       : check_text(engine, text, len, target, verdict);

	*ret = plan;
	if (r)
		return error_set(err, r, "out of memory");
	if (verdict->code != MIGCOMPAT_COMPATIBLE && !may_set_up(verdict))
		return 0;
	if (source) {
		r = check_source(engine, source, string, sizeof(string), err);
		if (r < 0)
			return r;
		text = string;
		len = (size_t)r;
	}
	r = version_string_parse(text, len, &parts, err);
	plan.sets_up = verdict->code != MIGCOMPAT_COMPATIBLE;
	if (!r)
		r = uuid_choose(source, target, question->uuid, name, err);
	if (!r)
		r = target_writes(engine, target, &parts, name, &plan, err);
	if (r)
		plan_free(&plan);
	*ret = plan;
	return r;
}

void plan_free(struct plan *plan)
{
	free(plan->writes);
	arena_free(&plan->arena);
	*plan = (struct plan){0};
}
