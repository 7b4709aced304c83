/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Drives a backend by the input's bytes: opening, verdict and list of choices, through
 * the service table. Nothing may crash, and no malformed answer may become a compatible
 * verdict.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/backend/provider_local.h"
#include "core/backend/loader.h"
#include "core/check/ask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(holds)             \
	do {                     \
		if (!(holds))    \
			abort(); \
	} while (0)

/* The next bytes of the input; zeros after its end. */
static const uint8_t *bytes;
static size_t left;

/* What the backend did wrong in this operation, so that its answer must be an error. */
static bool wrong;

static const struct migcompat_host *services;
static const struct migcompat_facts *the_facts;

static uint8_t next(void)
{
	uint8_t byte = left ? *bytes : 0;

	bytes += left != 0;
	left -= left != 0;
	return byte;
}

static uint64_t next_number(void)
{
	uint64_t number = 0;
	uint8_t count = next() % 9;

	while (count--)
		number = number << 8 | next();
	return number;
}

/* A text of the input's bytes, or NULL. It lives until sixteen more are made. */
static const char *next_text(void)
{
	static char texts[16][80];
	static unsigned at;
	char *text = texts[at++ % 16];
	uint8_t len = next();

	if (len == 255)
		return NULL;
	len %= 79;
	for (uint8_t i = 0; i < len; i++)
		text[i] = (char)next();
	text[len] = '\0';
	return text;
}

static const char *next_name(void)
{
	static const char *const names[] = {"count", "card",  "option", "mask",
					    "",      "Count", "type",   "stated"};
	uint8_t which = next();

	return which < 200 ? names[which % 8] : next_text();
}

static struct migcompat_value next_value(void)
{
	struct migcompat_value value = {.type = next() % 7};

	if (value.type == MIGCOMPAT_VALUE_TEXT) {
		value.as.text = next_text();
		value.len = value.as.text ? (uint32_t)strlen(value.as.text) : next() % 2;
	} else {
		value.as.number = next_number();
	}
	return value;
}

/* ---------------------------------------------------------------- the services, as arbitrary as
 * can be */

static void say_finding(struct migcompat_result *result)
{
	struct migcompat_finding finding = {
		.struct_size = next() % 4 ? sizeof(finding) : next(),
		.field = next_name(),
		.noun = next_text(),
		.rule = next() % 9,
		.status = next() % 6,
		.limit = next() % 14,
		.extra = next_number(),
		.text = next_text(),
	};

	finding.source = next_value();
	finding.target = next_value();
	wrong |= finding.struct_size < sizeof(finding) || !finding.field || !*finding.field ||
		 finding.rule > MIGCOMPAT_RULE_INFO || finding.status > MIGCOMPAT_STATUS_UNKNOWN ||
		 finding.limit > MIGCOMPAT_LIMIT_RESOURCE ||
		 finding.source.type > MIGCOMPAT_VALUE_ABSENT ||
		 finding.target.type > MIGCOMPAT_VALUE_ABSENT;
	wrong |= finding.source.type == MIGCOMPAT_VALUE_TEXT && !finding.source.as.text &&
		 finding.source.len;
	wrong |= finding.target.type == MIGCOMPAT_VALUE_TEXT && !finding.target.as.text &&
		 finding.target.len;
	services->finding(result, &finding);
}

#define FIELDS 3

static void next_record(struct migcompat_record *record, struct migcompat_field fields[FIELDS])
{
	for (size_t i = 0; i < FIELDS; i++) {
		static const char *const names[] = {"count", "card", "option"};

		fields[i] = (struct migcompat_field){
			.name = next() % 16 ? names[i] : next_name(),
			.value = next() % 8 ? MIGCOMPAT_VALUE_NUMBER : next() % 7,
			.rule = next() % 8,
			.limit = next() % 13,
			.flags = next() % 5,
		};
	}
	*record = (struct migcompat_record){
		.struct_size = next() % 16 ? sizeof(*record) : next(),
		.fields = next() % 32 ? fields : NULL,
		.field_size = next() % 16 ? sizeof(fields[0]) : next() % 2 * 8u,
		.nfields = next() % 16 ? FIELDS : next() % 2,
		.oldest = 1,
		.newest = next() % 3,
	};
}

static void say_record(struct migcompat_result *result, const char *payload, size_t len)
{
	struct migcompat_field fields[FIELDS];
	struct migcompat_record record;
	struct migcompat_value source[64], target[FIELDS];
	uint32_t format;

	next_record(&record, fields);
	for (size_t i = 0; i < FIELDS; i++)
		target[i] = next_value();
	if (services->record_read(next() % 8 ? result : NULL, &record, payload, len, source,
				  &format))
		return;
	if (next() % 4)
		services->record_compare(result, &record, source, target);
	else
		services->record_compare(result, &record, target, source);
}

static void ask_facts(void)
{
	const char *value;
	uint64_t number;
	size_t len;

	switch (next() % 4) {
	case 0:
		services->fact(the_facts, next() % 2, next_name(), &value,
			       next() % 2 ? &len : NULL);
		break;
	case 1:
		services->number(the_facts, next() % 2, next_name(), 10, UINT64_MAX, &number);
		break;
	case 2:
		CHECK(services->setting(the_facts, next_name()) != NULL);
		CHECK(services->kernel(the_facts) <= MIGCOMPAT_NO);
		break;
	default:
		services->fail(the_facts, -EINVAL, "%s", "no");
	}
}

/* ---------------------------------------------------------------- its operations */

static int handle;

static int fuzz_open(const struct migcompat_host *host, const struct migcompat_facts *facts,
		     void **ret_handle)
{
	services = host;
	the_facts = facts;
	for (uint8_t calls = next() % 4; calls; calls--)
		ask_facts();
	*ret_handle = next() % 32 ? &handle : NULL;
	return next() % 32 ? 0 : (int8_t)next();
}

static void fuzz_close(void *arg)
{
	(void)arg;
}

static int fuzz_describe(void *arg, struct migcompat_description *ret)
{
	static char types[4][80];
	static unsigned at;
	const char *text = next_text();

	(void)arg;
	/* Lives until the device is closed. */
	if (text)
		text = memcpy(types[at++ % 4], text, 80);
	ret->type = next() % 4 ? "t" : next() % 4 ? "unset" : text;
	ret->label = next() % 2 ? NULL : "a label";
	ret->mechanism = next() % 4;
	ret->not_source = next() % 8 ? NULL : "no source";
	ret->not_target = next() % 8 ? NULL : "no target";
	return next() % 32 ? 0 : (int8_t)next();
}

static int fuzz_payload(void *arg, char *buffer, size_t size)
{
	static const struct migcompat_field fields[FIELDS] = {
		{"count", NULL, MIGCOMPAT_VALUE_NUMBER, MIGCOMPAT_RULE_AT_LEAST,
		 MIGCOMPAT_LIMIT_RESOURCE, 0},
		{"card", NULL, MIGCOMPAT_VALUE_NUMBER, MIGCOMPAT_RULE_EQUAL,
		 MIGCOMPAT_LIMIT_HARDWARE, MIGCOMPAT_FIELD_CUSTOM},
		{"option", NULL, MIGCOMPAT_VALUE_NUMBER, MIGCOMPAT_RULE_EQUAL,
		 MIGCOMPAT_LIMIT_HARDWARE, MIGCOMPAT_FIELD_OPTIONAL},
	};
	static const struct migcompat_record record = {sizeof(record), fields, sizeof(fields[0]),
						       FIELDS,         1,      1};
	struct migcompat_value values[FIELDS] = {{MIGCOMPAT_VALUE_NUMBER, 0, {.number = 1}},
						 {MIGCOMPAT_VALUE_NUMBER, 0, {.number = 2}},
						 {0}};
	uint8_t how = next();

	(void)arg;
	if (how < 200)
		return services->record_write(&record, 1, values, buffer, size);
	for (size_t i = 0; i < FIELDS; i++)
		values[i] = next_value();
	if (how < 230)
		return services->record_write(&record, next() % 3, values, buffer, size);
	for (uint8_t i = 0; i < 40; i++)
		buffer[i] = (char)next();
	return (int8_t)next();
}

static int fuzz_compare(void *arg, const char *payload, size_t len, struct migcompat_result *result)
{
	(void)arg;
	for (uint8_t calls = next() % 6; calls; calls--) {
		switch (next() % 5) {
		case 0:
			say_record(result, payload, len);
			break;
		case 1:
			services->availability(result, next() % 4, next_text());
			break;
		case 2:
			services->covers(result, next_name());
			break;
		case 3:
			ask_facts();
			break;
		default:
			say_finding(result);
		}
	}
	return next() % 16 ? 0 : (int8_t)next();
}

static int fuzz_candidates(void *arg, const char *payload, size_t len, struct migcompat_sink *sink)
{
	(void)arg, (void)payload, (void)len;
	for (uint8_t calls = next() % 4; calls; calls--) {
		struct migcompat_candidate candidate = {
			.struct_size = next() % 8 ? sizeof(candidate) : next(),
			.name = next_text(),
			.extra = next_number(),
			.type = next() % 2   ? NULL
				: next() % 2 ? "t"
					     : next_text(),
		};

		services->candidate(sink, &candidate);
	}
	return next() % 16 ? 0 : (int8_t)next();
}

static int fuzz_parameters(void *arg, const char *payload, size_t len, struct migcompat_sink *sink)
{
	(void)arg, (void)payload, (void)len;
	for (uint8_t calls = next() % 4; calls; calls--) {
		struct migcompat_parameter parameter = {
			.struct_size = next() % 8 ? sizeof(parameter) : next(),
			.name = next_name(),
			.type = next() % 4,
			.value = next_text(),
			.allowed = next_text(),
			.init = next_text(),
			.off = next_text(),
			.attribute = next_text(),
		};

		services->parameter(sink, &parameter);
	}
	return next() % 16 ? 0 : (int8_t)next();
}

static int fuzz_prepare(void *arg, const char *payload, size_t len, struct migcompat_sink *sink)
{
	(void)arg, (void)payload, (void)len;
	for (uint8_t calls = next() % 4; calls; calls--)
		services->write(sink, next_text(), next_text());
	return next() % 16 ? 0 : (int8_t)next();
}

/* ---------------------------------------------------------------- the core around it */

static const struct migcompat_backend ops = {
	.struct_size = sizeof(ops),
	.api_version = MIGCOMPAT_BACKEND_API,
	.thread_model = MIGCOMPAT_THREAD_PARALLEL,
	.name = "mtty",
	.version = "1",
	.open = fuzz_open,
	.close = fuzz_close,
	.describe = fuzz_describe,
	.payload = fuzz_payload,
	.compare = fuzz_compare,
	.candidates = fuzz_candidates,
	.parameters = fuzz_parameters,
	.prepare = fuzz_prepare,
};

static const char inventory[] =
	"{\"format\":\"migcompat-inventory/1\",\"host\":{\"name\":\"a\",\"facts\":{}},\"devices\":["
	"{\"id\":\"s\",\"kind\":\"physical\",\"driver\":\"mtty\",\"facts\":{\"stated\":\"1\"}},"
	"{\"id\":\"t\",\"kind\":\"physical\",\"driver\":\"mtty\",\"facts\":{\"count\":\"1\"}}]}";

static struct engine engine;
static struct provider *provider;

/* An engine with one backend, whose operations are those above. */
static void start(void)
{
	char folder[] = "/tmp/migcompat-fuzz-XXXXXX";
	struct engine_options options = {
		.backend_dir = TEST_BACKENDS, .config = mkdtemp(folder), .in_process = true};
	struct error err = {0};

	CHECK(!engine_start(&engine, &options, &err));
	CHECK(!inventory_read_buffer(&engine.inventory, "a.json", inventory, sizeof(inventory) - 1,
				     &err));
	CHECK(!engine_ready(&engine, &err));
	rmdir(folder);
	CHECK(!engine_provider(&engine, &engine.inventory.devices[0], &provider, &err));
	((struct local *)(void *)provider)->ops = &ops;
	provider->info.operations = "candidates parameters prepare";
}

static void lists(struct opened *opened)
{
	for (unsigned which = 0; which < PROVIDER_LIST_COUNT; which++) {
		struct migcompat_sink sink = {0};

		opened_list(opened, (enum provider_list)which,
			    which == PROVIDER_PARAMETERS ? NULL : "1;", 2, &sink, NULL);
		sink_free(&sink);
	}
}

static void judge(void)
{
	static struct migcompat_verdict verdict;
	char text[ERROR_TEXT_MAX];

	wrong = false;
	check_devices(&engine, &engine.inventory.devices[0], &engine.inventory.devices[1],
		      &verdict);
	if (verdict.code == MIGCOMPAT_COMPATIBLE)
		CHECK(!wrong && verdict.result.count && !verdict.result.bad_count &&
		      !verdict.result.bad_limits);
	for (size_t i = 0; i < verdict.result.count; i++) {
		CHECK(limit_is_backends(verdict.result.findings[i].limit));
		finding_render(&verdict.result.findings[i], text, sizeof(text));
	}
	verdict_reason(&verdict, text, sizeof(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct opened *opened = NULL;
	struct answer answer;

	if (!provider)
		start();
	bytes = data;
	left = size;
	memset(&((struct local *)(void *)provider)->tables, 0, sizeof(struct checked_tables));
	judge();
	if (!provider_open(provider, &engine.inventory.devices[0], &opened, NULL)) {
		CHECK(!provider_type_trouble(opened->type, NULL, 0) &&
		      !opened->not_source == !!opened->payload);
		lists(opened);
		opened_close(opened);
	}
	if (!ask_targets(&engine, &(struct ask_question){.source = &engine.inventory.devices[0]},
			 &answer, NULL))
		answer_free(&answer);
	return 0;
}
