/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A backend with a record. The fact "plain" of a device names the mistake that it makes.
 * Without a mistake, a device of count N takes sources of at most N.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/backends/crash.h"
#include "tests/backends/plain.h"

enum { COUNT_FIELD, MASK, RELEASE, CARD, OPTION, FIELDS };

static const struct migcompat_field fields[FIELDS] = {
	[COUNT_FIELD] = {"count", "ports", MIGCOMPAT_VALUE_NUMBER, MIGCOMPAT_RULE_AT_LEAST,
			 MIGCOMPAT_LIMIT_RESOURCE, 0},
	[MASK] = {"mask", NULL, MIGCOMPAT_VALUE_HEX, MIGCOMPAT_RULE_SUPERSET,
		  MIGCOMPAT_LIMIT_HARDWARE, 0},
	[RELEASE] = {"release", NULL, MIGCOMPAT_VALUE_VERSION, MIGCOMPAT_RULE_VERSION,
		     MIGCOMPAT_LIMIT_DRIVER, 0},
	[CARD] = {"card", NULL, MIGCOMPAT_VALUE_TEXT, MIGCOMPAT_RULE_EQUAL,
		  MIGCOMPAT_LIMIT_HARDWARE, MIGCOMPAT_FIELD_CUSTOM | MIGCOMPAT_FIELD_OPTIONAL},
	[OPTION] = {"option", NULL, MIGCOMPAT_VALUE_NUMBER, MIGCOMPAT_RULE_AT_LEAST,
		    MIGCOMPAT_LIMIT_FIRMWARE, MIGCOMPAT_FIELD_OPTIONAL},
};

struct slips {
	const struct migcompat_host *host;
	const struct migcompat_facts *facts;
	char how[64];
	struct migcompat_field fields[FIELDS]; /* a copy of its own, to be changed */
	struct migcompat_record record;
	struct migcompat_value values[FIELDS];
	int calls;
};

static int is(const struct slips *slips, const char *how)
{
	return strcmp(slips->how, how) == 0;
}

/* ---------------------------------------------------------------- opening */

static const struct {
	const char *how;
	struct migcompat_field field;
} spoilt[] = {
	{"field name",
	 {"Count", NULL, MIGCOMPAT_VALUE_NUMBER, MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_LIMIT_RESOURCE,
	  0}},
	{"field twice",
	 {"mask", NULL, MIGCOMPAT_VALUE_NUMBER, MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_LIMIT_RESOURCE, 0}},
	{"rule 99", {"count", NULL, MIGCOMPAT_VALUE_NUMBER, 99, MIGCOMPAT_LIMIT_RESOURCE, 0}},
	{"rule and value",
	 {"count", NULL, MIGCOMPAT_VALUE_VERSION, MIGCOMPAT_RULE_SUPERSET, MIGCOMPAT_LIMIT_RESOURCE,
	  0}},
	{"value type 9", {"count", NULL, 9, MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_LIMIT_RESOURCE, 0}},
	{"table of hold",
	 {"count", NULL, MIGCOMPAT_VALUE_NUMBER, MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_LIMIT_HOLD, 0}},
	{"flags",
	 {"count", NULL, MIGCOMPAT_VALUE_NUMBER, MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_LIMIT_RESOURCE,
	  64}},
	{"range of a number",
	 {"count", NULL, MIGCOMPAT_VALUE_NUMBER, MIGCOMPAT_RULE_RANGE, MIGCOMPAT_LIMIT_RESOURCE,
	  0}},
	{"range of nonsense",
	 {"count", NULL, MIGCOMPAT_VALUE_NUMBER, MIGCOMPAT_RULE_RANGE, MIGCOMPAT_LIMIT_RESOURCE,
	  0}},
	{"text for a number",
	 {"count", NULL, MIGCOMPAT_VALUE_TEXT, MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_LIMIT_RESOURCE, 0}},
};

static void values_fill(struct slips *slips, uint64_t count)
{
	slips->values[COUNT_FIELD] =
		(struct migcompat_value){MIGCOMPAT_VALUE_NUMBER, 0, {.number = count}};
	slips->values[MASK] = (struct migcompat_value){MIGCOMPAT_VALUE_HEX, 0, {.number = 3}};
	slips->values[RELEASE] = (struct migcompat_value){
		MIGCOMPAT_VALUE_VERSION, 0, {.number = MIGCOMPAT_VERSION(1, 0, 0)}};
	slips->values[CARD] =
		(struct migcompat_value){MIGCOMPAT_VALUE_TEXT, 1, {.text = count == 1 ? "a" : "b"}};
	if (is(slips, "card absent") || is(slips, "card forgotten"))
		slips->values[CARD] =
			(struct migcompat_value){MIGCOMPAT_VALUE_ABSENT, 0, {.number = 0}};
	if (!is(slips, "never filled"))
		slips->values[OPTION] =
			(struct migcompat_value){MIGCOMPAT_VALUE_ABSENT, 0, {.number = 0}};
	if (is(slips, "missing"))
		slips->values[MASK] = (struct migcompat_value){0};
}

static void record_spoil(struct slips *slips)
{
	memcpy(slips->fields, fields, sizeof(fields));
	for (size_t i = 0; i < sizeof(spoilt) / sizeof(spoilt[0]); i++)
		if (is(slips, spoilt[i].how))
			slips->fields[COUNT_FIELD] = spoilt[i].field;
	slips->record = (struct migcompat_record){
		.struct_size = is(slips, "record size") ? 8 : sizeof(slips->record),
		.fields = slips->fields,
		.field_size = is(slips, "field size") ? 0 : sizeof(slips->fields[0]),
		.nfields = is(slips, "no fields") ? 0 : FIELDS,
		.oldest = 1,
		.newest = 1,
	};
}

static void *idle(void *arg)
{
	return arg;
}

static int count_fact(void *arg, const char *key, const char *value, size_t len, int error)
{
	(void)key;
	(void)value;
	(void)len;
	(void)error;
	++*(int *)arg;
	return 0;
}

/* A counting backend must tell "there is none" from "not collected". */
static int count_many(const struct migcompat_host *host, const struct migcompat_facts *facts)
{
	int count = 0, r = host->each(facts, 0, "many/*", count_fact, &count);

	return r ? host->fail(facts, r, "nobody looked for many/*, and %d were counted", count) : 0;
}

static int fill(struct slips *slips, const struct migcompat_host *host,
		const struct migcompat_facts *facts)
{
	const char *how = "", *value = "1";
	uint64_t count = 1;

	host->fact(facts, 0, "plain", &how, NULL);
	snprintf(slips->how, sizeof(slips->how), "%s", how);
	slips->host = host;
	slips->facts = facts;
	host->number(facts, 0, "many/count", 10, 99, &count);
	record_spoil(slips);
	values_fill(slips, count);
	if (is(slips, "setting"))
		return atoi(host->setting(facts, "never_declared"));
	if (is(slips, "kernel"))
		return host->kernel(facts) == MIGCOMPAT_UNKNOWN ? 0 : -EINVAL;
	if (is(slips, "scope"))
		host->fact(facts, 0, "module/plain/version", &value, NULL);
	if (is(slips, "write to a fact") && host->fact(facts, 0, "many/count", &value, NULL) == 0)
		((char *)(uintptr_t)value)[0] = '9';
	if (is(slips, "thread")) {
		pthread_t thread;
		int r = pthread_create(&thread, NULL, idle, NULL);

		return r ? -r : 0;
	}
	if (is(slips, "each"))
		return count_many(host, facts);
	if (is(slips, "not connected"))
		return host->fail(facts, -ENOTCONN, "the card hangs");
	if (is(slips, "not unique"))
		return -ENOTUNIQ;
	return is(slips, "open without a sentence") ? -EINVAL : is(slips, "positive") ? EINVAL : 0;
}

static int slips_open(const struct migcompat_host *host, const struct migcompat_facts *facts,
		      void **ret_handle)
{
	struct slips *slips = calloc(1, sizeof(*slips));
	int r = slips ? fill(slips, host, facts) : -ENOMEM;

	if (r)
		free(slips);
	else
		*ret_handle = slips;
	return r;
}

static void slips_close(void *handle)
{
	free(handle);
}

static int slips_describe(void *handle, struct migcompat_description *ret)
{
	static const char longest[] = "012345678901234567890123456789012345678901234567890123456789"
				      "0123456789012345678901234567890123456789";
	const struct slips *slips = handle;

	ret->type = is(slips, "type with colon")    ? "a:b"
		    : is(slips, "type empty")       ? ""
		    : is(slips, "type null")        ? NULL
		    : is(slips, "type too long")    ? longest
		    : is(slips, "unset and source") ? "unset"
						    : "plain";
	if (is(slips, "crash in describe"))
		crash();
	ret->mechanism = is(slips, "mechanism") ? 7 : MIGCOMPAT_UNKNOWN;
	return is(slips, "describe fails") ? -EINVAL : 0;
}

static int slips_payload(void *handle, char *buffer, size_t size)
{
	struct slips *slips = handle;
	const struct migcompat_value mask = slips->values[MASK];
	int len;

	if (is(slips, "payload unstable")) {
		buffer[0] = (char)('1' + slips->calls++);
		return 1;
	}
	if (is(slips, "crash in payload"))
		crash();
	if (is(slips, "payload blank")) {
		memcpy(buffer, "1;a b", 5);
		return 5;
	}
	if (is(slips, "payload empty"))
		return 0;
	if (is(slips, "payload fails"))
		return -EINVAL;
	if (is(slips, "wrong type"))
		slips->values[MASK].type = MIGCOMPAT_VALUE_NUMBER;
	len = slips->host->record_write(&slips->record, is(slips, "format 7") ? 7 : 1,
					slips->values, buffer, size);
	slips->values[MASK] = mask;
	return len;
}

/* ---------------------------------------------------------------- comparing */

static const struct {
	const char *how;
	struct migcompat_finding finding;
} findings[] = {
	{"size 0", {.field = "card"}},
	{"size 8", {.struct_size = 8, .field = "card"}},
	{"no field", {.struct_size = sizeof(struct migcompat_finding)}},
	{"status 9",
	 {.struct_size = sizeof(struct migcompat_finding), .field = "card", .status = 9}},
	{"finding rule 9",
	 {.struct_size = sizeof(struct migcompat_finding), .field = "card", .rule = 9}},
	{"limit policy",
	 {.struct_size = sizeof(struct migcompat_finding),
	  .field = "card",
	  .limit = MIGCOMPAT_LIMIT_POLICY}},
	{"limit hold",
	 {.struct_size = sizeof(struct migcompat_finding),
	  .field = "card",
	  .limit = MIGCOMPAT_LIMIT_HOLD}},
	{"limit hypervisor",
	 {.struct_size = sizeof(struct migcompat_finding),
	  .field = "card",
	  .limit = MIGCOMPAT_LIMIT_HYPERVISOR}},
	{"limit 42",
	 {.struct_size = sizeof(struct migcompat_finding), .field = "card", .limit = 42}},
	{"value of type 9",
	 {.struct_size = sizeof(struct migcompat_finding),
	  .field = "card",
	  .source = {9, 0, {.number = 0}}}},
	{"null text",
	 {.struct_size = sizeof(struct migcompat_finding),
	  .field = "card",
	  .target = {MIGCOMPAT_VALUE_TEXT, 4, {.text = NULL}}}},
};

static void card_compare(const struct slips *slips, const struct migcompat_value *source,
			 struct migcompat_result *result)
{
	static char flood[MIGCOMPAT_FINDING_TEXT_MAX + 2];
	struct migcompat_finding finding = {
		.struct_size = sizeof(finding),
		.field = is(slips, "covers") ? "another name" : "card",
		.status = source[CARD].type == slips->values[CARD].type ? MIGCOMPAT_STATUS_OK
									: MIGCOMPAT_STATUS_BAD,
		.limit = MIGCOMPAT_LIMIT_HARDWARE,
	};

	if (is(slips, "custom forgotten") || is(slips, "card absent") ||
	    is(slips, "card forgotten"))
		return;
	if (is(slips, "long text"))
		finding.text = memset(flood, 'x', sizeof(flood) - 1);
	for (size_t i = 0; i < sizeof(findings) / sizeof(findings[0]); i++)
		if (is(slips, findings[i].how))
			finding = findings[i].finding;
	slips->host->finding(result, is(slips, "null finding") ? NULL : &finding);
	if (is(slips, "covers"))
		slips->host->covers(result, "card");
}

static void swap_all(const struct slips *slips, const struct migcompat_value *source,
		     struct migcompat_result *result)
{
	struct migcompat_value copy[FIELDS];

	memcpy(copy, source, sizeof(copy));
	slips->host->record_compare(result, &slips->record, slips->values,
				    is(slips, "swapped copies") ? copy : source);
}

static int slips_compare(void *handle, const char *payload, size_t len,
			 struct migcompat_result *result)
{
	struct slips *slips = handle;
	struct migcompat_value source[FIELDS], target[FIELDS];
	uint32_t format;

	if (slips->host->record_read(is(slips, "quiet read") ? NULL : result, &slips->record,
				     payload, len, source, &format))
		return 0;
	memcpy(target, slips->values, sizeof(target));
	if (is(slips, "target type"))
		target[MASK].type = MIGCOMPAT_VALUE_TEXT;
	if (is(slips, "source type"))
		source[MASK].type = MIGCOMPAT_VALUE_NUMBER;
	if (is(slips, "range of nonsense"))
		target[COUNT_FIELD] =
			(struct migcompat_value){MIGCOMPAT_VALUE_TEXT, 3, {.text = "1..4"}};
	if (is(slips, "compares nothing"))
		return 0;
	if (is(slips, "setting in compare"))
		slips->host->setting(slips->facts, "never_declared");
	if (is(slips, "swapped") || is(slips, "swapped copies"))
		swap_all(slips, source, result);
	else if (is(slips, "null values"))
		slips->host->record_compare(result, &slips->record, source, NULL);
	else if (!is(slips, "no record_compare"))
		slips->host->record_compare(result, &slips->record, source, target);
	card_compare(slips, source, result);
	if (is(slips, "availability"))
		slips->host->availability(result, 9, NULL);
	return is(slips, "compare fails") ? -EINVAL : 0;
}

/* ---------------------------------------------------------------- lists */

static const struct {
	const char *how;
	struct migcompat_parameter parameter;
} parameters[] = {
	{"parameter",
	 {sizeof(struct migcompat_parameter), "p", MIGCOMPAT_PARAMETER_INT, "1", "1-4", "1", NULL,
	  "p/q", 0, NULL}},
	{"parameter size", {0, "p", MIGCOMPAT_PARAMETER_INT, "1", NULL, "1", NULL, NULL, 0, NULL}},
	{"parameter name",
	 {sizeof(struct migcompat_parameter), "a b", MIGCOMPAT_PARAMETER_INT, "1", NULL, "1", NULL,
	  NULL, 0, NULL}},
	{"parameter type",
	 {sizeof(struct migcompat_parameter), "p", 9, "1", NULL, "1", NULL, NULL, 0, NULL}},
	{"parameter value",
	 {sizeof(struct migcompat_parameter), "p", MIGCOMPAT_PARAMETER_INT, NULL, NULL, "1", NULL,
	  NULL, 0, NULL}},
	{"parameter init",
	 {sizeof(struct migcompat_parameter), "p", MIGCOMPAT_PARAMETER_INT, "1", NULL, NULL, NULL,
	  NULL, 0, NULL}},
	{"value two",
	 {sizeof(struct migcompat_parameter), "p", MIGCOMPAT_PARAMETER_INT, "two", NULL, "1", NULL,
	  NULL, 0, NULL}},
	{"value 9",
	 {sizeof(struct migcompat_parameter), "p", MIGCOMPAT_PARAMETER_INT, "9", "1-4", "1", NULL,
	  NULL, 0, NULL}},
	{"init 9",
	 {sizeof(struct migcompat_parameter), "p", MIGCOMPAT_PARAMETER_INT, "1", "1-4", "9", NULL,
	  NULL, 0, NULL}},
	{"off 9",
	 {sizeof(struct migcompat_parameter), "p", MIGCOMPAT_PARAMETER_INT, "1", "1,2", "1", "9",
	  NULL, 0, NULL}},
	{"bool maybe",
	 {sizeof(struct migcompat_parameter), "p", MIGCOMPAT_PARAMETER_BOOL, "maybe", NULL, "1",
	  NULL, NULL, 0, NULL}},
	{"attribute",
	 {sizeof(struct migcompat_parameter), "p", MIGCOMPAT_PARAMETER_INT, "1", NULL, "1", NULL,
	  "../../x", 0, NULL}},
};

static int slips_parameters(void *handle, const char *payload, size_t len,
			    struct migcompat_sink *sink)
{
	const struct slips *slips = handle;

	(void)payload, (void)len;
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++)
		if (is(slips, parameters[i].how))
			slips->host->parameter(sink, &parameters[i].parameter);
	for (int i = 0; is(slips, "parameter twice") && i < 2; i++)
		slips->host->parameter(sink, &parameters[0].parameter);
	return 0;
}

static const struct {
	const char *how;
	struct migcompat_candidate candidate;
} candidates[] = {
	{"candidate size", {0, "", 0, NULL}},
	{"half a pointer", {27, "", 0, "t"}},
	{"candidate null", {sizeof(struct migcompat_candidate), NULL, 0, NULL}},
	{"candidate name", {sizeof(struct migcompat_candidate), "a\nb", 0, NULL}},
	{"candidate type", {sizeof(struct migcompat_candidate), "", 0, "x:y"}},
};

static int slips_candidates(void *handle, const char *payload, size_t len,
			    struct migcompat_sink *sink)
{
	const struct slips *slips = handle;
	struct migcompat_candidate candidate = {.struct_size = sizeof(candidate), .name = ""};

	(void)payload, (void)len;
	if (is(slips, "no candidates"))
		return 0;
	if (is(slips, "exit in candidates"))
		_exit(0);
	if (is(slips, "candidates fail"))
		return -EINVAL;
	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++)
		if (is(slips, candidates[i].how))
			candidate = candidates[i].candidate;
	slips->host->candidate(sink, &candidate);
	return 0;
}

static int slips_prepare(void *handle, const char *payload, size_t len, struct migcompat_sink *sink)
{
	const struct slips *slips = handle;

	(void)payload, (void)len;
	slips->host->write(sink, is(slips, "write") ? "../../x" : "x",
			   is(slips, "write null") ? NULL : "1");
	return 0;
}

#define plain_close slips_close
#define PLAIN_NAME "slips"
#define PLAIN_OPEN slips_open
#define PLAIN_DESCRIBE slips_describe
#define PLAIN_PAYLOAD_FN slips_payload
#define PLAIN_COMPARE slips_compare
#define PLAIN_CANDIDATES slips_candidates
#define PLAIN_PARAMETERS slips_parameters
#define PLAIN_PREPARE slips_prepare
#include "tests/backends/register.h"
