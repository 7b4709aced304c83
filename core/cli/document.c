/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The members of each document. Pure functions. */
#include "core/cli/document.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/facts/json_source.h"

/* ---------------------------------------------------------------- shapes */

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define FORMAT(text) .name = "format", .type = SHAPE_TEXT, .words = WORDS(text)
#define TEXT(member) .name = (member), .type = SHAPE_TEXT
#define NAME(member) .name = (member), .type = SHAPE_NAME
#define STATE(member) .name = (member), .type = SHAPE_TEXT, .words = states
#define NUMBER(member) .name = (member), .type = SHAPE_COUNT
#define FLAG(member) .name = (member), .type = SHAPE_FLAG
#define TEXTS(member) .name = (member), .type = SHAPE_TEXTS
#define NAMES(member) .name = (member), .type = SHAPE_NAMES
#define OBJECT(member, shape) .name = (member), .type = SHAPE_OBJECT, .members = (shape)
#define LIST(member, shape) .name = (member), .type = SHAPE_LIST, .members = (shape)
#define LIST_OR_NONE(member, shape) .name = (member), .type = SHAPE_LIST_OR_NONE, .members = (shape)
#define MEMBERS_OF(shape) .name = "", .type = SHAPE_PART, .members = (shape)
#define END .name = NULL

static const char *const roles[] = {"yes", "no", "source", "target", "error", "unknown", NULL};
static const char *const states[] = {"yes", "no", "unknown", NULL};

static const struct shape state[] = {
	{STATE("state")},
	{TEXT("text")},
	{END},
};

static const struct shape mechanism[] = {
	{STATE("state")},
	{TEXT("source"), .words = WORDS("kernel", "backend", "driver", "none")},
	{NAMES("features")},
	{TEXT("text")},
	{END},
};

static const struct shape row[] = {
	{TEXT("device")},
	{TEXT("host")},
	{TEXT("kind")},
	{NAME("driver")},
	{NAME("parent")},
	{NAME("path")},
	{NAME("type")},
	{NAME("model")},
	{NAME("label")},
	{NAME("backend")},
	{TEXT("migratable"), .words = roles},
	{STATE("source")},
	{STATE("target")},
	{OBJECT("mechanism", mechanism)},
	{OBJECT("availability", state)},
	{TEXT("reason")},
	{NAME("class")},
	{NAME("version")},
	{NAME("fingerprint")},
	{NAME("hold")},
	{END},
};

static const struct shape finding[] = {
	{TEXT("field")},
	{TEXT("rule")},
	{NAME("source")},
	{NAME("target")},
	{TEXT("status"), .words = WORDS("ok", "bad", "warn", "unknown")},
	{NAME("limit")},
	{TEXT("text")},
	{END},
};

const struct shape shape_list[] = {
	{FORMAT("migcompat-list/1")},
	{LIST("devices", row)},
	{LIST_OR_NONE("findings", finding)},
	{END},
};

const struct shape shape_device[] = {
	{FORMAT("migcompat-device/1")},
	{MEMBERS_OF(row)},
	{NAME("verdict"), .words = WORDS("error")},
	{NAME("errno")},
	{END},
};

static const struct shape side[] = {
	{NAME("device")}, {NAME("host")}, {NAME("kind")}, {NAME("type")}, {END},
};

const struct shape shape_verdict[] = {
	{FORMAT("migcompat-verdict/1")},
	{TEXT("verdict"), .words = WORDS("compatible", "incompatible", "not-migratable", "error")},
	{NAME("grade"), .words = WORDS("identical", "superset")},
	{NAME("limit")},
	{NAME("errno")},
	{TEXT("reason")},
	{OBJECT("source", side)},
	{OBJECT("target", side)},
	{LIST("findings", finding)},
	{NUMBER("truncated")},
	{OBJECT("mechanism", mechanism)},
	{OBJECT("availability", state)},
	{TEXTS("policy")},
	{FLAG("forced")},
	{NAME("source_fingerprint")},
	{NAME("target_fingerprint")},
	{END},
};

static const struct shape choice[] = {
	{TEXT("device")},
	{TEXT("host")},
	{TEXT("kind")},
	{TEXT("type")},
	{NAME("grade"), .words = WORDS("identical", "superset")},
	{OBJECT("availability", state)},
	{OBJECT("mechanism", mechanism)},
	{NUMBER("extra")},
	{NAME("set")},
	{TEXT("text")},
	{END},
};

static const struct shape unanswered[] = {
	{TEXT("device")},
	{TEXT("host")},
	{TEXT("text")},
	{END},
};

static const struct shape refused[] = {
	{TEXT("device")},
	{TEXT("host")},
	{TEXT("kind")},
	{NAME("limit")},
	{OBJECT("availability", state)},
	{TEXT("text")},
	{END},
};

const struct shape shape_choices[] = {
	{FORMAT("migcompat-choices/1")},
	{OBJECT("source", side)},
	{LIST("choices", choice)},
	{LIST("unanswered", unanswered)},
	{LIST_OR_NONE("findings", finding)},
	{LIST_OR_NONE("refused", refused)},
	{NUMBER("asked")},
	{NAME("reason")},
	{NAME("verdict"), .words = WORDS("error")},
	{NAME("errno")},
	{END},
};

static const struct shape parameter[] = {
	{TEXT("name")},        {TEXT("type"), .words = WORDS("bool", "int", "str")},
	{NAME("value")},       {NAME("allowed_values")},
	{NAME("init_value")},  {NAME("off_value")},
	{NAME("attribute")},   {FLAG("runtime")},
	{TEXT("description")}, {END},
};

const struct shape shape_parameters[] = {
	{FORMAT("migcompat-parameters/1")},
	{TEXT("device")},
	{TEXT("host")},
	{LIST("parameters", parameter)},
	{END},
};

static const char *const lives[] = {"running", "restarting", "parked", "failed", NULL};

const struct shape shape_backend[] = {
	{NAME("name")},
	{NAME("version")},
	{NAME("description")},
	{TEXTS("keys")},
	{FLAG("fallback")},
	{TEXT("file")},
	{TEXT("status"), .words = WORDS("loaded", "failed")},
	{TEXT("reason")},
	{TEXT("state"), .words = lives},
	{NUMBER("restarts")},
	{NAME("ended")},
	{NAME("unconfined")},
	{END},
};

const struct shape shape_backends[] = {
	{FORMAT("migcompat-backends/1")},
	{LIST("backends", shape_backend)},
	{END},
};

static const char *const events[] = {
	"present",  "ready",   "added",  "removed", "changed", "held",
	"released", "backend", "policy", "rescan",  NULL,
};

const struct shape shape_event[] = {
	{FORMAT("migcompat-event/1")},
	{TEXT("event"), .words = events},
	{TEXT("time")},
	{NAME("device")},
	{NAME("host")},
	{NAME("kind")},
	{NAME("old_fingerprint")},
	{NAME("fingerprint")},
	{NAME("hold")},
	{END},
};

static const struct shape policy[] = {
	{FORMAT("migcompat-policy/1")},
	{TEXT("hash")},
	{END},
};

const struct shape shape_policy[] = {
	{OBJECT("policy", policy)},
	{TEXT("text")},
	{END},
};

const struct shape shape_nothing[] = {
	{END},
};

/* ---------------------------------------------------------------- checking */

/* "a, b or c" */
static void words_join(const char *const *words, char *buffer, size_t size)
{
	size_t used = 0;

	*buffer = '\0';
	for (size_t i = 0; words[i] && used < size; i++)
		used += (size_t)snprintf(buffer + used, size - used, "%s%s",
					 !i             ? ""
					 : words[i + 1] ? ", "
							: " or ",
					 words[i]);
}

static int wrong(const struct shape *shape, const json_t *value, const char *expected,
		 struct error *err)
{
	return error_set(err, -EBADMSG, "\"%s\" is %s, expected %s", shape->name,
			 value ? json_source_type(value) : "not there", expected);
}

static int check_words(const struct shape *shape, const char *text, struct error *err)
{
	char expected[256];

	for (size_t i = 0; shape->words[i]; i++)
		if (strcmp(shape->words[i], text) == 0)
			return 0;
	words_join(shape->words, expected, sizeof(expected));
	return error_set(err, -EBADMSG, "\"%s\" is \"%.64s\", expected %s", shape->name, text,
			 expected);
}

static int check_list(const struct shape *shape, json_t *list, struct error *err)
{
	bool texts = shape->type == SHAPE_TEXTS || shape->type == SHAPE_NAMES;
	json_t *entry;
	size_t i;
	int r = 0;

	json_array_foreach (list, i, entry) {
		if (texts && !json_is_string(entry))
			return wrong(shape, entry, "a list of strings", err);
		if (!texts && !json_is_object(entry))
			return wrong(shape, entry, "a list of objects", err);
		if (!texts)
			r = document_check(entry, shape->members, err);
		if (r)
			return r;
	}
	return 0;
}

static int check_member(const struct shape *shape, json_t *value, struct error *err)
{
	switch (shape->type) {
	case SHAPE_NAME:
		if (!value || json_is_null(value))
			return 0;
		/* fallthrough */
	case SHAPE_TEXT:
		if (!json_is_string(value))
			return wrong(shape, value, "a string", err);
		return shape->words ? check_words(shape, json_string_value(value), err) : 0;
	case SHAPE_COUNT:
		return json_is_integer(value) && json_integer_value(value) >= 0
			       ? 0
			       : wrong(shape, value, "a count", err);
	case SHAPE_FLAG:
		return json_is_boolean(value) ? 0 : wrong(shape, value, "true or false", err);
	case SHAPE_OBJECT:
		return json_is_object(value) ? document_check(value, shape->members, err)
					     : wrong(shape, value, "an object", err);
	case SHAPE_LIST_OR_NONE:
	case SHAPE_NAMES:
		if (!value || json_is_null(value))
			return 0;
		/* fallthrough */
	case SHAPE_LIST:
	case SHAPE_TEXTS:
		return json_is_array(value) ? check_list(shape, value, err)
					    : wrong(shape, value, "a list", err);
	case SHAPE_PART:
		break;
	}
	return -EBADMSG;
}

int document_check(json_t *document, const struct shape *shape, struct error *err)
{
	int r = 0;

	for (; shape->name && !r; shape++)
		r = shape->type == SHAPE_PART
			    ? document_check(document, shape->members, err)
			    : check_member(shape, json_object_get(document, shape->name), err);
	return r;
}

const char *document_text(const json_t *document, const char *name)
{
	return json_string_value(json_object_get(document, name));
}

const char *document_state(const json_t *document, const char *name)
{
	return document_text(json_object_get(document, name), "state");
}

bool document_is(const json_t *document, const char *name, const char *text)
{
	const char *value = document_text(document, name);

	return value && strcmp(value, text) == 0;
}

size_t document_count(const json_t *document, const char *name)
{
	json_int_t value = json_integer_value(json_object_get(document, name));

	return value > 0 && (uint64_t)value <= SIZE_MAX ? (size_t)value : 0;
}
