/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds doubts. Must not judge: each doubt is a sentence that accompanies the answer. */
#include "core/check/doubts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/check/json_common.h"
#include "core/facts/macros.h"

#define CLOCKS_APART_S 300 /* between the clocks of two hosts */
#define NAMED_MAX 4u       /* hosts in a sentence */
#define SENTENCE_MAX ERROR_TEXT_MAX

/* ---------------------------------------------------------------- ages */

static int64_t now_s(const struct engine *engine)
{
	struct timespec now;

	if (engine->options.now_s)
		return engine->options.now_s;
	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return now.tv_sec;
}

/* Render "3 days", rounded down to the largest unit. */
static void span_render(int64_t seconds, char *buffer, size_t size)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
	size_t i = 0;

	while (i + 1 < COUNT(units) && seconds < units[i].seconds)
		i++;
	seconds /= units[i].seconds;
	snprintf(buffer, size, "%lld %s%s", (long long)seconds, units[i].name,
		 seconds == 1 ? "" : "s");
}

enum age {
	AGE_FINE, /* also if the age is not known */
	AGE_OLD,
	AGE_FUTURE,
	AGE_UNREADABLE,
};

/* A live host's facts are new. */
static enum age host_age(const struct engine *engine, const struct host *host, int64_t *ret_span)
{
	int64_t limit = policy_stale_after_s(engine->policy), age;

	if (!limit || !host->source || !host->taken)
		return AGE_FINE;
	if (host->taken_s == HOST_TAKEN_UNKNOWN)
		return AGE_UNREADABLE;
	age = now_s(engine) - host->taken_s;
	*ret_span = age < 0 ? -age : age;
	if (age < -CLOCKS_APART_S)
		return AGE_FUTURE;
	return age > limit ? AGE_OLD : AGE_FINE;
}

/* Render "is 9 days old" and the like. False: there is no doubt. */
static bool age_render(const struct engine *engine, const struct host *host, char *buffer,
		       size_t size)
{
	int64_t span = 0;
	enum age age = host_age(engine, host, &span);
	char text[48];

	span_render(span, text, sizeof(text));
	if (age == AGE_OLD)
		snprintf(buffer, size, "is %s old", text);
	else if (age == AGE_FUTURE)
		snprintf(buffer, size, "was taken %s from now (is a clock wrong?)", text);
	else if (age == AGE_UNREADABLE)
		snprintf(buffer, size, "was taken at \"%.40s\", which is no time of RFC 3339",
			 host->taken);
	return age != AGE_FINE;
}

/* Append to a sentence. Text that does not fit is cut. */
static void append(char *sentence, const char *joint, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void append(char *sentence, const char *joint, const char *format, ...)
{
	size_t used = strlen(sentence);
	va_list args;

	if (used)
		used += (size_t)snprintf(sentence + used, SENTENCE_MAX - used, "%s", joint);
	if (used >= SENTENCE_MAX)
		return;
	va_start(args, format);
	vsnprintf(sentence + used, SENTENCE_MAX - used, format, args);
	va_end(args);
}

static void append_limit(const struct engine *engine, char *sentence)
{
	char limit[48];

	span_render(policy_stale_after_s(engine->policy), limit, sizeof(limit));
	append(sentence, "; ", "expected at most %s (stale_after)", limit);
}

void doubts_judge(const struct engine *engine, const struct device *source,
		  const struct device *target, struct migcompat_result *result)
{
	const struct {
		const char *role;
		const struct device *device;
	} sides[] = {{"source", source}, {"target", target}};
	char sentence[SENTENCE_MAX] = "", age[96];

	for (size_t i = 0; i < 2; i++)
		if (sides[i].device && age_render(engine, sides[i].device->host, age, sizeof(age)))
			append(sentence, ", ", "the %s's inventory %s", sides[i].role, age);
	if (!*sentence)
		return;
	append_limit(engine, sentence);
	result_add_text(result, "taken", MIGCOMPAT_RULE_INFO, MIGCOMPAT_STATUS_WARN,
			MIGCOMPAT_LIMIT_NONE, source ? source->host->taken : NULL,
			target ? target->host->taken : NULL, sentence);
}

/* ---------------------------------------------------------------- many hosts */

/*
 * Is the question about this host? host: the one that was named; NULL: all. home: the
 * source's.
 */
static bool is_asked(const struct host *one, const struct host *home, const char *host)
{
	return !host || strcmp(one->name, host) == 0 ||
	       (home && strcmp(one->name, home->name) == 0);
}

static int by_name(const void *a, const void *b)
{
	const struct host *const *x = a, *const *y = b;
	int order = strcmp((*x)->name, (*y)->name);

	return order ? order : ((*x)->number > (*y)->number) - ((*x)->number < (*y)->number);
}

/* Warn of hosts that are in several inventories: their devices cannot be told apart. */
static void add_doubles(const struct inventory *inventory, const struct host *home,
			const char *host, json_t **list)
{
	const struct host **hosts = malloc((inventory->nhosts + 1) * sizeof(const struct host *));
	char sentence[SENTENCE_MAX] = "";
	size_t count = 0;

	if (!hosts) {
		json_decref(*list);
		*list = NULL;
		return;
	}
	for (size_t i = 0; i < inventory->nhosts; i++)
		hosts[i] = inventory->hosts[i];
	qsort(hosts, inventory->nhosts, sizeof(const struct host *), by_name);
	for (size_t i = 1; i < inventory->nhosts; i++) {
		bool again = i > 1 && strcmp(hosts[i - 2]->name, hosts[i]->name) == 0;

		if (strcmp(hosts[i - 1]->name, hosts[i]->name) != 0 || again ||
		    !is_asked(hosts[i], home, host) || count++ >= NAMED_MAX)
			continue;
		append(sentence, "; ", "host %s is in %s and in %s", hosts[i]->name,
		       hosts[i - 1]->source ? hosts[i - 1]->source : "-",
		       hosts[i]->source ? hosts[i]->source : "-");
	}
	if (count > NAMED_MAX)
		append(sentence, "; ", "%zu more hosts are in several inventories",
		       count - NAMED_MAX);
	if (count)
		json_append(list, json_warning("host", sentence));
	free(hosts);
}

json_t *doubts_ask(const struct engine *engine, const struct host *home, const char *host)
{
	const struct inventory *inventory = &engine->inventory;
	json_t *list = json_array();
	char sentence[SENTENCE_MAX] = "", age[96];
	size_t count = 0;

	for (size_t i = 0; i < inventory->nhosts; i++) {
		const struct host *one = inventory->hosts[i];

		if (!is_asked(one, home, host))
			continue;
		if (age_render(engine, one, age, sizeof(age)) && count++ < NAMED_MAX)
			append(sentence, ", ", "the inventory of host %s %s", one->name, age);
	}
	if (count > NAMED_MAX)
		append(sentence, ", ", "and those of %zu more hosts likewise", count - NAMED_MAX);
	if (count) {
		append_limit(engine, sentence);
		json_append(&list, json_warning("taken", sentence));
	}
	if (list)
		add_doubles(&engine->inventory, home, host, &list);
	return list;
}

static void add_failed(const struct engine *engine, json_t **list)
{
	char sentence[96];
	size_t count = 0;

	for (size_t i = 0; i < engine->nproviders; i++)
		count += engine->infos[i]->error != NULL;
	if (!count)
		return;
	snprintf(sentence, sizeof(sentence),
		 "%zu backend%s could not be loaded, see \"migcompat backend list\"", count,
		 count == 1 ? "" : "s");
	json_append(list, json_warning("backend", sentence));
}

json_t *doubts_list(const struct engine *engine)
{
	json_t *list = doubts_ask(engine, NULL, NULL);

	if (list)
		add_failed(engine, &list);
	return list;
}
