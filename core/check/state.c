/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose stream it is, and the document about a state file. */
#include "core/check/state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/check/json.h"
#include "core/check/version_string.h"
#include "core/facts/utf8.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---------------------------------------------------------------- streams */

const struct stream_head *state_stream(const struct survey *survey, struct stream_head *buffer)
{
	if (!survey->head_len || (survey->is_state && survey->reader.head.content != FORMAT_STREAM))
		return NULL;
	*buffer = (struct stream_head){.bytes = survey->head, .len = survey->head_len, .size = survey->stream_size};
	return buffer;
}

/* Does the string begin with that namespace? */
static bool is_named(const struct survey *survey, const struct backend_info *info)
{
	size_t len = info->error ? 0 : strlen(info->name);

	return len && strncmp(survey->reader.version, info->name, len) == 0 && survey->reader.version[len] == ':';
}

int state_look(const struct engine *engine, const struct survey *survey, struct stream_look *ret, struct error *err)
{
	struct stream_head buffer;
	const struct stream_head *stream = state_stream(survey, &buffer);
	int r;

	for (int named = 1; named >= 0 && stream; named--) {
		for (size_t i = 0; i < engine->nproviders; i++) {
			if (engine->infos[i]->error || is_named(survey, engine->infos[i]) != named)
				continue;
			if (result_reset(&ret->result))
				return error_set(err, -ENOMEM, "out of memory");
			r = provider_stream(engine->providers[i], NULL, stream, &ret->result, err);
			if (r == -ENOMEM)
				return r;
			if (r)
				continue;
			ret->backend = engine->infos[i];
			return 0;
		}
	}
	return 0;
}

void state_look_free(struct stream_look *look)
{
	result_free(&look->result);
	*look = (struct stream_look){0};
}

/* The first field of a stream that its driver would refuse anywhere. */
static void stream_reason(const struct migcompat_result *result, char *ret, size_t size)
{
	char value[ERROR_TEXT_MAX / 4], want[ERROR_TEXT_MAX / 4];
	const struct finding *finding = result->findings;

	while (finding < result->findings + result->count && finding->status != MIGCOMPAT_STATUS_BAD)
		finding++;
	if (finding == result->findings + result->count) {
		snprintf(ret, size, "%u fields of its stream are bad", result->bad_count);
	} else if (finding->text) {
		snprintf(ret, size, "%s", finding->text);
	} else {
		value_render(&finding->source, value, sizeof(value));
		value_render(&finding->target, want, sizeof(want));
		snprintf(ret, size, "%s is %s, expected %s", finding->field, value, want);
	}
}

/* What is wrong with it: "", or a sentence. */
static void state_reason(const struct survey *survey, const struct stream_look *look, char *ret, size_t size)
{
	bool known = look && look->backend;
	struct version_string string;
	struct error err = {0};

	*ret = '\0';
	/* A bare stream is refused as a state file, which it does not claim to be. */
	if (survey->is_state ? !survey->sound : !known && !survey->head_len)
		snprintf(ret, size, "%s", survey->reason.text);
	else if (!survey->is_state && !known)
		snprintf(ret, size, "it is no state file, and no stream that a backend here knows");
	else if (survey->is_state && version_string_parse(survey->reader.version, survey->reader.version_len, &string, &err))
		snprintf(ret, size, "%s", err.text);
	else if (known && look->result.bad_count)
		stream_reason(&look->result, ret, size);
}

bool state_sound(const struct survey *survey, const struct stream_look *look)
{
	char reason[ERROR_TEXT_MAX];

	state_reason(survey, look, reason, sizeof(reason));
	return !*reason;
}

/* ---------------------------------------------------------------- the document */

static json_t *value_json(const struct migcompat_value *value)
{
	char text[MIGCOMPAT_STRING_MAX + 1];

	if (value->type == MIGCOMPAT_VALUE_NONE)
		return json_null();
	value_render(value, text, sizeof(text));
	return json_clean(text);
}

static json_t *fields_json(const struct migcompat_result *result)
{
	json_t *fields = json_array();

	for (size_t i = 0; i < result->count; i++) {
		const struct finding *finding = &result->findings[i];
		json_t *entry = json_pack("{s:o,s:o,s:s,s:o,s:s,s:o,s:o}", "field", json_clean(finding->field), "value", value_json(&finding->source),
					  "rule", rule_name(finding->rule), "expected", value_json(&finding->target), "status",
					  status_name(finding->status), "limit", json_clean(limit_name(finding->limit)), "text",
					  json_clean(finding->text ? finding->text : ""));

		json_append(&fields, entry);
	}
	return fields;
}

static json_t *stream_json(const struct survey *survey, const struct stream_look *look)
{
	struct stream_head buffer;
	bool known = look && look->backend;
	char sum[17];

	if (!state_stream(survey, &buffer) || (!survey->is_state && !known))
		return json_null();
	snprintf(sum, sizeof(sum), "%016llx", (unsigned long long)survey->stream_sum);
	return json_pack("{s:o,s:s?,s:o,s:o}", "bytes", survey->stream_size ? json_integer((json_int_t)survey->stream_size) : json_null(), "sum",
			 survey->stream_size ? sum : NULL, "backend", json_clean(known ? look->backend->name : NULL), "fields",
			 known ? fields_json(&look->result) : json_array());
}

static json_t *records_json(const struct survey *survey)
{
	json_t *records = json_array();

	for (uint32_t type = 0; type <= RECORD_TYPE_COUNT; type++) {
		const struct survey_count *count = type == RECORD_TYPE_COUNT ? &survey->unknown : &survey->counts[type];
		const char *name = record_name(type);

		if (!count->records)
			continue;
		json_append(&records, json_pack("{s:s,s:I,s:I}", "type", name ? name : "unknown",
						"records", (json_int_t)count->records, "bytes",
						(json_int_t)count->bytes));
	}
	return records;
}

/* "key=value" lines as members; what is no such line is left out. */
static json_t *info_json(const struct survey *survey)
{
	json_t *info = json_object();
	const char *next;

	for (const char *line = survey->info; *line; line = next) {
		size_t len = strcspn(line, "\n"), key = strcspn(line, "=\n");
		char name[64];

		next = line + len + 1;
		if (key == len || key == 0 || key >= sizeof(name))
			continue;
		memcpy(name, line, key);
		name[key] = '\0';
		/* If it is no UTF-8, nobody can tell what it was to say. */
		if (utf8_valid(name, key) && utf8_valid(line + key + 1, len - key - 1))
			json_set(&info, name, json_stringn(line + key + 1, len - key - 1));
	}
	return info;
}

static json_t *flags_json(uint32_t flags)
{
	static const char *const names[] = {"stop-copy", "p2p", "pre-copy"};
	json_t *list = json_array();

	for (size_t i = 0; i < COUNT(names); i++)
		if (flags & 1u << i)
			json_append(&list, json_string(names[i]));
	return list;
}

/* What only a state file has. */
static json_t *header_json(const struct survey *survey)
{
	const struct state_reader *reader = &survey->reader;
	bool head = survey->counts[RECORD_HEAD].records;
	struct version_string string;
	int r = version_string_parse(reader->version, reader->version_len, &string, NULL);

	return json_pack("{s:s,s:o,s:o,s:o,s:o,s:o,s:o}", "version", reader->version, "type",
			 r ? json_null()
			   : json_sprintf("%.*s:%.*s", (int)string.namespace_len, string.namespace, (int)string.type_len, string.type),
			 "content", head ? json_string(reader->head.content == FORMAT_STREAM ? "stream" : "regions") : json_null(), "memory",
			 head ? json_integer((json_int_t)reader->head.memory_size) : json_null(), "saved_with",
			 flags_json(head ? reader->head.migration_flags : 0), "info", info_json(survey), "records", records_json(survey));
}

json_t *json_state(const char *file, const struct survey *survey, const struct stream_look *look)
{
	bool known = look && look->backend;
	const char *kind = survey->is_state ? "state" : known ? "stream" : "unknown";
	char reason[ERROR_TEXT_MAX];
	json_t *document;

	state_reason(survey, look, reason, sizeof(reason));
	document = json_pack("{s:s,s:o,s:s,s:b,s:o,s:o}", "format", "migcompat-state/1", "file", json_clean(file), "kind", kind, "sound",
			     !*reason, "reason", json_clean(reason), "stream", stream_json(survey, look));

	if (survey->is_state && json_object_update_new(document, header_json(survey)) != 0) {
		json_decref(document);
		return NULL;
	}
	return document;
}
