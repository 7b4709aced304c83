/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests with settings and facts. Only facts that the backend wants are sent; it cannot
 * ask for others.
 *
 * Facts travel in messages, not in a sealed memfd. A message is a private copy, too. For
 * 65,536 queues (13 MB of facts) a memfd would save 6 of 70 ms; most of the time is spent
 * matching globs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/wire/message.h"

#define GLOBS_MAX 65536u   /* globs that an inventory may list as collected */
#define FACT_BINARY 65536u /* a flag beside an errno, which is below 4,096 */
#define ERRNO_MAX 4095u

/* Write a text that must not be cut. */
static void put_whole(struct wire_out *out, const char *text)
{
	size_t len = strlen(text);

	if (len > WIRE_TEXT_MAX)
		out->error = -E2BIG;
	else
		wire_put_text(out, text, len);
}

void message_put_settings(struct wire_out *out, const struct backend_info *info,
			  const struct settings *settings)
{
	wire_put_u32(out, (uint32_t)info->nsettings);
	for (size_t i = 0; i < info->nsettings; i++)
		put_whole(out, settings->values[i]);
}

int message_get_settings(struct wire_reader *body, const struct backend_info *info,
			 struct arena *arena, const char *const **ret)
{
	uint32_t count = wire_get_count(body, INFO_SETTINGS_MAX, sizeof(uint32_t) + 1);
	const char **values;

	if (body->bad || count != info->nsettings)
		return -EBADMSG;
	values = arena_alloc(arena, count * sizeof(*values), 8);
	if (!values)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		const char *value = wire_get_text(body, WIRE_TEXT_MAX, NULL);

		if (!value)
			return -EBADMSG;
		values[i] = arena_copy(arena, value, strlen(value));
		if (!values[i])
			return -ENOMEM;
	}
	if (!wire_done(body))
		return -EBADMSG;
	*ret = values;
	return 0;
}

/* ---------------------------------------------------------------- facts */

/*
 * Mark the facts that a glob covers. Returns how many were not marked before. Only keys
 * with the glob's literal part are compared, since a host may have 65,536 queues.
 */
static uint32_t facts_mark(const struct factset *set, const char *glob, bool *marks)
{
	size_t literal = strcspn(glob, "*?[\\");
	uint32_t count = 0;

	for (size_t i = factset_from(set, glob, literal);
	     i < set->count && strncmp(set->facts[i].key, glob, literal) == 0; i++) {
		if (marks[i] || !fact_glob_match(glob, set->facts[i].key))
			continue;
		marks[i] = true;
		count++;
	}
	return count;
}

static void put_facts(struct wire_out *out, const struct factset *set,
		      const struct backend_info *info, uint32_t scope)
{
	bool *marks = calloc(set->count + 1, sizeof(*marks));
	uint32_t count = 0;

	if (!marks) {
		out->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < info->nwants; i++)
		if ((info->wants[i].flags & MIGCOMPAT_WANT_HOST) == scope)
			count += facts_mark(set, info->wants[i].glob, marks);
	wire_put_u32(out, count);
	for (size_t i = 0; i < set->count; i++) {
		const struct fact *fact = &set->facts[i];

		if (!marks[i])
			continue;
		wire_put_u32(out, fact->error | (fact->binary ? FACT_BINARY : 0));
		wire_put_text(out, fact->key, strlen(fact->key));
		if (!fact->error)
			wire_put_text(out, fact->value, fact->len);
	}
	free(marks);
}

static int get_fact(struct wire_reader *body, struct fact *ret)
{
	uint32_t flags = wire_get_u32(body);
	struct fact fact = {.error = (uint16_t)(flags & ERRNO_MAX), .binary = flags & FACT_BINARY};
	size_t len = 0;

	fact.key = wire_get_text(body, FACT_KEY_MAX, NULL);
	if (!fact.key || flags & ~(FACT_BINARY | ERRNO_MAX))
		return -EBADMSG;
	if (!fact.error && !(fact.value = wire_get_text(body, FACT_VALUE_MAX, &len)))
		return -EBADMSG;
	fact.len = (uint32_t)len;
	*ret = fact;
	return 0;
}

/* The body is in the arena already, so keys and values are not copied again. */
static int get_facts(struct wire_reader *body, struct arena *arena, struct factset *ret)
{
	struct factset_builder builder;
	uint32_t count = wire_get_count(body, FACTSET_MAX, 2 * sizeof(uint32_t) + 1);
	struct fact fact;
	int r = body->bad ? -EBADMSG : 0;

	factset_builder_init(&builder, arena);
	for (uint32_t i = 0; i < count && !r; i++) {
		r = get_fact(body, &fact);
		if (!r)
			r = factset_builder_share(&builder, &fact);
	}
	if (!r)
		r = factset_builder_finish(&builder, ret, NULL);
	factset_builder_free(&builder);
	return r && r != -ENOMEM ? -EBADMSG : r;
}

static void put_wanted(struct wire_out *out, const struct wanted *wanted)
{
	wire_put_u32(out, wanted->globs != NULL);
	wire_put_u32(out, wanted->globs ? (uint32_t)wanted->count : 0);
	if (wanted->count > GLOBS_MAX)
		out->error = -E2BIG;
	for (size_t i = 0; wanted->globs && i < wanted->count && !out->error; i++)
		put_whole(out, wanted->globs[i]);
}

static int get_wanted(struct wire_reader *body, struct arena *arena, struct wanted *ret)
{
	bool there = wire_get_enum(body, 1);
	uint32_t count = wire_get_count(body, there ? GLOBS_MAX : 0, sizeof(uint32_t) + 1);
	const char **globs;

	if (body->bad)
		return -EBADMSG;
	globs = there ? arena_alloc(arena, count * sizeof(*globs) + 1, 8) : NULL;
	if (there && !globs)
		return -ENOMEM;
	for (uint32_t i = 0; globs && i < count; i++) {
		globs[i] = wire_get_text(body, WIRE_TEXT_MAX, NULL);
		if (!globs[i])
			return -EBADMSG;
	}
	*ret = (struct wanted){.globs = globs, .count = count};
	return 0;
}

/* ---------------------------------------------------------------- hosts and devices */

/* Move the rest of a body into the arena, where it outlives the receive buffer. */
static int keep_body(struct wire_reader *body, struct arena *arena)
{
	size_t len = (size_t)(body->end - body->at);
	char *copy = arena_copy(arena, body->at, len);

	if (!copy)
		return -ENOMEM;
	body->at = copy;
	body->end = copy + len;
	return 0;
}

void message_put_host(struct wire_out *out, uint32_t number, const struct host *host,
		      const struct backend_info *info)
{
	wire_put_u32(out, number);
	put_wanted(out, &host->wanted);
	put_facts(out, &host->facts, info, MIGCOMPAT_WANT_HOST);
}

int message_get_host(struct wire_reader *body, struct arena *arena, uint32_t *ret_number,
		     struct host *ret)
{
	uint32_t number = wire_get_u32(body);
	struct host host = {.name = ""};
	int r;

	if ((r = keep_body(body, arena)) || (r = get_wanted(body, arena, &host.wanted)) ||
	    (r = get_facts(body, arena, &host.facts)))
		return r;
	if (!wire_done(body))
		return -EBADMSG;
	*ret_number = number;
	*ret = host;
	return 0;
}

void message_put_device(struct wire_out *out, uint32_t host, const struct device *device,
			const struct backend_info *info)
{
	wire_put_u32(out, host);
	wire_put_u32(out, device->kind);
	put_whole(out, device->id);
	wire_put_string(out, device->driver);
	put_wanted(out, &device->wanted);
	put_facts(out, &device->facts, info, 0);
}

int message_get_device(struct wire_reader *body, struct arena *arena, uint32_t *ret_host,
		       struct device *ret)
{
	uint32_t host = wire_get_u32(body);
	struct device device = {
		.kind = (enum migcompat_kind)wire_get_enum(body, MIGCOMPAT_KIND_PHYSICAL)};
	int r = keep_body(body, arena);

	if (r)
		return r;
	device.id = wire_get_text(body, WIRE_TEXT_MAX, NULL);
	device.driver = wire_get_text(body, WIRE_TEXT_MAX, NULL);
	if (!device.id || body->bad)
		return -EBADMSG;
	if ((r = get_wanted(body, arena, &device.wanted)) ||
	    (r = get_facts(body, arena, &device.facts)))
		return r;
	if (!wire_done(body))
		return -EBADMSG;
	*ret_host = host;
	*ret = device;
	return 0;
}
