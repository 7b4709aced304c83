/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds the drivers that take a stream, and makes the document about a state file. Two drivers may
 * write the same bytes, so each driver has an entry. If a backend fails and no driver takes the
 * stream, the answer is an error.
 */
#include "core/check/state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/json.h"
#include "core/check/version_string.h"
#include "core/facts/macros.h"
#include "core/facts/utf8.h"

/* ---------------------------------------------------------------- streams */

const struct stream_head *state_stream(const struct survey *survey, struct stream_head *buffer)
{
	if (!survey->head_len || (survey->is_state && survey->reader.head.content != FORMAT_STREAM))
		return NULL;
	*buffer = (struct stream_head){
		.bytes = survey->head, .len = survey->head_len, .size = survey->stream_size};
	return buffer;
}

/* Does the version string name this backend? */
static bool is_named(const struct survey *survey, const struct backend_info *info)
{
	size_t len = info->error ? 0 : strlen(info->name);

	return survey->is_state && len && strncmp(survey->reader.version, info->name, len) == 0 &&
	       survey->reader.version[len] == ':';
}

/* Ask one backend. named: the version string names it, so "unknown stream" is an answer too. */
static int ask_one(struct provider *provider, const struct backend_info *info, bool named,
		   const struct stream_head *stream, struct stream_answers *answers,
		   struct error *err)
{
	struct stream_answer *answer = &answers->list[answers->count];
	int r;

	*answer = (struct stream_answer){.backend = info};
	if (result_reset(&answer->result))
		return error_set(err, -ENOMEM, "out of memory");
	r = provider_stream(provider, NULL, stream, &answer->result, &answer->error);
	if (r)
		result_free(&answer->result);
	if (r == -ENOMEM)
		return error_set(err, r, "%s", answer->error.text);
	answer->failed = r;
	answers->count += r != -ENOMSG || named;
	return 0;
}

int stream_ask(const struct engine *engine, const struct survey *survey, struct stream_answers *ret,
	       struct error *err)
{
	struct stream_head buffer;
	const struct stream_head *stream = state_stream(survey, &buffer);
	int r = 0;

	if (!stream)
		return 0;
	ret->list = calloc(engine->nproviders + 1, sizeof(*ret->list));
	if (!ret->list)
		return error_set(err, -ENOMEM, "out of memory");
	for (int named = 1; named >= 0; named--) {
		for (size_t i = 0; i < engine->nproviders && !r; i++) {
			const struct backend_info *info = engine->infos[i];

			if (info_reads_streams(info) && is_named(survey, info) == named)
				r = ask_one(engine->providers[i], info, named, stream, ret, err);
		}
	}
	return r;
}

void stream_answers_free(struct stream_answers *answers)
{
	for (size_t i = 0; i < answers->count; i++)
		result_free(&answers->list[i].result);
	free(answers->list);
	*answers = (struct stream_answers){0};
}

/* ---------------------------------------------------------------- entries, one a driver */

/* The findings from "stream_driver" up to the next one. */
struct entry {
	const struct stream_answer *answer;
	const struct finding *findings; /* the first names the driver */
	size_t count;
};

static bool names_driver(const struct finding *finding)
{
	return strcmp(finding->field, "stream_driver") == 0;
}

/* Go to the next entry of all answers. A zeroed entry is before the first. */
static bool entry_next(const struct stream_answers *answers, struct entry *entry)
{
	const struct stream_answer *answer = entry->answer ? entry->answer : answers->list;
	const struct finding *next = entry->answer ? entry->findings + entry->count : NULL;
	const struct finding *end;

	for (; answer && answer < answers->list + answers->count; answer++, next = NULL) {
		end = answer->result.findings + answer->result.count;
		if (!next)
			next = answer->result.findings;
		if (answer->failed || next == end)
			continue;
		*entry = (struct entry){answer, next, 1};
		while (next + entry->count < end && !names_driver(&next[entry->count]))
			entry->count++;
		return true;
	}
	return false;
}

/* The sentence about what is wrong with the stream, or "". */
static void entry_reason(const struct entry *entry, char *ret, size_t size)
{
	char value[ERROR_TEXT_MAX / 4], want[ERROR_TEXT_MAX / 4];
	const struct finding *finding = entry->findings, *end = finding + entry->count;

	*ret = '\0';
	while (finding < end && finding->status != MIGCOMPAT_STATUS_BAD)
		finding++;
	if (finding == end && entry->answer->result.dropped_bad) {
		snprintf(ret, size, "%u fields that were not kept are bad",
			 entry->answer->result.dropped_bad);
	} else if (finding < end && finding->text) {
		snprintf(ret, size, "%s", finding->text);
	} else if (finding < end) {
		value_render(&finding->source, value, sizeof(value));
		value_render(&finding->target, want, sizeof(want));
		snprintf(ret, size, "%s is %s, expected %s", finding->field, value, want);
	}
}

/*
 * Judge the answers that count. 1: a driver takes the stream. 0: none does; reason is that of the
 * first driver, or "" if no backend knows the stream. Negative: a backend failed, and reason says
 * why.
 */
static int answers_judge(const struct survey *survey, const struct stream_answers *answers,
			 char *reason, size_t size)
{
	bool named = answers->count && is_named(survey, answers->list[0].backend);
	char text[ERROR_TEXT_MAX];
	struct entry entry = {0};
	int failed = 0;

	*reason = '\0';
	while (entry_next(answers, &entry)) {
		if (named && !is_named(survey, entry.answer->backend))
			continue;
		entry_reason(&entry, text, sizeof(text));
		if (!*text)
			return 1;
		if (!*reason)
			snprintf(reason, size, "%s", text);
	}
	for (size_t i = 0; i < answers->count && !failed; i++) {
		const struct stream_answer *answer = &answers->list[i];

		if (!answer->failed || (named && !is_named(survey, answer->backend)))
			continue;
		failed = answer->failed == -ENOMSG ? 0 : answer->failed;
		snprintf(reason, size, "%s", answer->error.text);
	}
	return failed;
}

static bool answers_know(const struct stream_answers *answers)
{
	struct entry entry = {0};

	return entry_next(answers, &entry);
}

/* The sentence about what is wrong with the file, or "". Returns as state_sound does. */
static int state_reason(const struct survey *survey, const struct stream_answers *answers,
			char *ret, size_t size)
{
	struct version_string string;
	struct error err = {0};
	int r = 0;

	*ret = '\0';
	if (survey->is_state ? !survey->sound : !survey->head_len)
		snprintf(ret, size, "%s", survey->reason.text);
	else if (survey->is_state &&
		 version_string_parse(survey->reader.version, survey->reader.version_len, &string,
				      &err))
		snprintf(ret, size, "%s", err.text);
	else
		r = answers_judge(survey, answers, ret, size);
	if (r == 1)
		*ret = '\0';
	else if (!*ret && !survey->is_state)
		snprintf(ret, size, "it is no state file, and no stream that a backend here knows");
	return r < 0 ? r : !*ret;
}

int state_sound(const struct survey *survey, const struct stream_answers *answers,
		struct error *err)
{
	char reason[ERROR_TEXT_MAX];
	int r = state_reason(survey, answers, reason, sizeof(reason));

	return r < 0 ? error_set(err, r, "%s", reason) : r;
}

/* ---------------------------------------------------------------- the document */

/* The fields of an entry, without that of the driver. */
static json_t *fields_json(const struct entry *entry)
{
	json_t *fields = json_array();

	for (size_t i = names_driver(&entry->findings[0]); i < entry->count; i++) {
		const struct finding *finding = &entry->findings[i];
		json_t *field = json_object();

		json_set(&field, "field", json_clean(finding->field));
		json_set(&field, "value", json_value(&finding->source));
		json_set(&field, "rule", json_string(rule_name(finding->rule)));
		json_set(&field, "expected", json_value(&finding->target));
		json_set(&field, "status", json_string(status_name(finding->status)));
		json_set(&field, "limit", json_clean(limit_name(finding->limit)));
		json_set(&field, "text", json_clean(finding->text ? finding->text : ""));
		json_append(&fields, field);
	}
	return fields;
}

static json_t *drivers_json(const struct stream_answers *answers)
{
	json_t *drivers = json_array();
	struct entry entry = {0};
	char reason[ERROR_TEXT_MAX];

	while (entry_next(answers, &entry)) {
		const struct finding *first = entry.findings;
		json_t *object = json_object();

		entry_reason(&entry, reason, sizeof(reason));
		json_set(&object, "driver",
			 names_driver(first) ? json_value(&first->source) : json_null());
		json_set(&object, "backend", json_clean(entry.answer->backend->name));
		json_set(&object, "sound", json_boolean(!*reason));
		json_set(&object, "reason", json_clean(reason));
		json_set(&object, "fields", fields_json(&entry));
		json_append(&drivers, object);
	}
	return drivers;
}

static json_t *stream_json(const struct survey *survey, const struct stream_answers *answers)
{
	json_t *object, *bytes;
	struct stream_head buffer;
	char sum[17] = "";

	if (!state_stream(survey, &buffer) || (!survey->is_state && !answers_know(answers)))
		return json_null();
	if (survey->stream_summed)
		snprintf(sum, sizeof(sum), "%016llx", (unsigned long long)survey->stream_sum);
	bytes = survey->stream_size ? json_integer((json_int_t)survey->stream_size) : json_null();
	object = json_object();
	json_set(&object, "bytes", bytes);
	json_set(&object, "sum", json_clean(*sum ? sum : NULL));
	json_set(&object, "drivers", drivers_json(answers));
	return object;
}

static json_t *records_json(const struct survey *survey)
{
	json_t *records = json_array();

	for (uint32_t type = 0; type <= RECORD_TYPE_COUNT; type++) {
		const struct survey_count *count =
			type == RECORD_TYPE_COUNT ? &survey->unknown : &survey->counts[type];
		const char *name = record_name(type);

		if (!count->records)
			continue;
		json_append(&records, json_pack("{s:s,s:I,s:I}", "type", name ? name : "unknown",
						"records", (json_int_t)count->records, "bytes",
						(json_int_t)count->bytes));
	}
	return records;
}

/* Lines "key=value" as members. Other lines are left out. */
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
		/* A text that is not UTF-8 has no known meaning. */
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

/* Members that only a state file has. */
static json_t *header_json(const struct survey *survey)
{
	const struct state_reader *reader = &survey->reader;
	bool head = survey->counts[RECORD_HEAD].records;
	struct version_string string;
	int r = version_string_parse(reader->version, reader->version_len, &string, NULL);

	return json_pack(
		"{s:s,s:o,s:o,s:o,s:o,s:o,s:o}", "version", reader->version, "type",
		r ? json_null()
		  : json_sprintf("%.*s:%.*s", (int)string.namespace_len, string.namespace,
				 (int)string.type_len, string.type),
		"content",
		head ? json_string(reader->head.content == FORMAT_STREAM ? "stream" : "regions")
		     : json_null(),
		"memory", head ? json_integer((json_int_t)reader->head.memory_size) : json_null(),
		"saved_with", flags_json(head ? reader->head.migration_flags : 0), "info",
		info_json(survey), "records", records_json(survey));
}

json_t *json_state(const char *file, const struct survey *survey,
		   const struct stream_answers *answers)
{
	const char *kind = survey->is_state        ? "state"
			   : answers_know(answers) ? "stream"
						   : "unknown";
	char reason[ERROR_TEXT_MAX];
	json_t *document;

	state_reason(survey, answers, reason, sizeof(reason));
	document = json_pack("{s:s,s:o,s:s,s:b,s:o,s:o}", "format", "migcompat-state/1", "file",
			     json_clean(file), "kind", kind, "sound", !*reason, "reason",
			     json_clean(reason), "stream", stream_json(survey, answers));

	if (survey->is_state && json_object_update_new(document, header_json(survey)) != 0) {
		json_decref(document);
		return NULL;
	}
	return document;
}
