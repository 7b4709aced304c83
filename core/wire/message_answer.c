/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Replies about a backend, a device and a comparison. All content is the vendor's:
 * numbers are checked for their range, and texts are made printable.
 */
#include <errno.h>
#include <string.h>

#include "core/wire/message.h"
#include "core/facts/utf8.h"

/* ---------------------------------------------------------------- the backend */

void message_put_info(struct wire_out *out, const struct backend_info *info)
{
	wire_put_u32(out, WIRE_VERSION);
	wire_put_string(out, info->name);
	wire_put_string(out, info->version);
	wire_put_string(out, info->description);
	wire_put_string(out, info->operations);
	wire_put_u32(out, info->api_version);
	wire_put_u32(out, info->thread_model);
	wire_put_u32(out, info->fallback);
	wire_put_u64(out, info->struct_size);
	wire_put_u32(out, (uint32_t)info->nkeys);
	for (size_t i = 0; i < info->nkeys; i++)
		wire_put_string(out, info->keys[i]);
	wire_put_u32(out, (uint32_t)info->nwants);
	for (size_t i = 0; i < info->nwants; i++) {
		wire_put_u32(out, info->wants[i].flags);
		wire_put_string(out, info->wants[i].glob);
	}
	wire_put_u32(out, (uint32_t)info->nsettings);
	for (size_t i = 0; i < info->nsettings; i++) {
		wire_put_u32(out, info->settings[i].type);
		wire_put_string(out, info->settings[i].name);
		wire_put_string(out, info->settings[i].allowed);
		wire_put_string(out, info->settings[i].init);
		wire_put_string(out, info->settings[i].description);
	}
}

static int get_keys(struct wire_reader *body, struct arena *arena, struct backend_info *info)
{
	uint32_t count = wire_get_count(body, INFO_KEYS_MAX, sizeof(uint32_t) + 1);

	info->keys = arena_alloc(arena, count * sizeof(*info->keys), 8);
	if (!info->keys)
		return -ENOMEM;
	for (info->nkeys = 0; info->nkeys < count; info->nkeys++)
		info->keys[info->nkeys] = wire_get_name(body, INFO_TEXT_MAX);
	return 0;
}

static int get_wants(struct wire_reader *body, struct arena *arena, struct backend_info *info)
{
	uint32_t count = wire_get_count(body, INFO_WANTS_MAX, 2 * sizeof(uint32_t) + 1);

	info->wants = arena_alloc(arena, count * sizeof(*info->wants), 8);
	if (!info->wants)
		return -ENOMEM;
	for (info->nwants = 0; info->nwants < count; info->nwants++) {
		struct migcompat_want *want = &info->wants[info->nwants];

		want->flags = wire_get_u32(body);
		want->glob = wire_get_name(body, INFO_TEXT_MAX);
	}
	return 0;
}

static int get_settings(struct wire_reader *body, struct arena *arena, struct backend_info *info)
{
	uint32_t count = wire_get_count(body, INFO_SETTINGS_MAX, 5 * sizeof(uint32_t));

	info->settings = arena_alloc(arena, count * sizeof(*info->settings), 8);
	if (!info->settings)
		return -ENOMEM;
	for (info->nsettings = 0; info->nsettings < count; info->nsettings++) {
		struct migcompat_setting *setting = &info->settings[info->nsettings];

		setting->type = wire_get_enum(body, MIGCOMPAT_SETTING_STRING);
		setting->name = wire_get_name(body, INFO_TEXT_MAX);
		setting->allowed = wire_get_optional(body, INFO_TEXT_MAX);
		setting->init = wire_get_name(body, INFO_TEXT_MAX);
		setting->description = wire_get_words(body, INFO_TEXT_MAX);
	}
	return 0;
}

int message_get_info(struct wire_reader *body, struct arena *arena, struct backend_info *ret)
{
	struct backend_info info = {0};
	int r;

	if (wire_get_u32(body) != WIRE_VERSION)
		return -EBADMSG;
	info.name = wire_get_name(body, INFO_TEXT_MAX);
	info.version = wire_get_words(body, INFO_TEXT_MAX);
	info.description = wire_get_words(body, INFO_TEXT_MAX);
	info.operations = wire_get_name(body, INFO_TEXT_MAX);
	info.api_version = wire_get_u32(body);
	info.thread_model = wire_get_u32(body);
	info.fallback = wire_get_enum(body, 1);
	info.struct_size = (size_t)wire_get_u64(body);
	if ((r = get_keys(body, arena, &info)) || (r = get_wants(body, arena, &info)) ||
	    (r = get_settings(body, arena, &info)))
		return r;
	if (!wire_done(body) || info.api_version != MIGCOMPAT_BACKEND_API ||
	    info_check(&info, NULL))
		return -EBADMSG;
	*ret = info;
	return 0;
}

/* ---------------------------------------------------------------- a device */

void message_put_opened(struct wire_out *out, uint32_t number, const struct opened *opened)
{
	wire_put_u32(out, number);
	wire_put_u32(out, opened->mechanism);
	wire_put_string(out, opened->type);
	wire_put_string(out, opened->model);
	wire_put_string(out, opened->label);
	wire_put_string(out, opened->mechanism_text);
	wire_put_string(out, opened->not_source);
	wire_put_string(out, opened->not_target);
	wire_put_text(out, opened->payload, opened->payload_len);
	/* Usually they are the same. */
	wire_put_text(out, opened->newest == opened->payload ? NULL : opened->newest,
		      opened->newest_len);
}

/* The newest format: a text of its own, or none if the payload has it. */
static int get_newest(struct wire_reader *body, struct opened *opened)
{
	size_t len = 0;
	const char *newest = wire_get_text(body, MIGCOMPAT_PAYLOAD_MAX, &len);

	if (newest && (!opened->payload || provider_payload_trouble(newest, len, NULL, 0)))
		return -EBADMSG;
	opened->newest = newest ? newest : opened->payload;
	opened->newest_len = newest ? len : opened->payload_len;
	return 0;
}

int message_get_opened(struct wire_reader *body, uint32_t *ret_number, struct opened *ret)
{
	struct opened opened = *ret;
	uint32_t number = wire_get_u32(body);

	opened.mechanism = wire_get_enum(body, MIGCOMPAT_NO);
	opened.type = wire_get_text(body, MIGCOMPAT_PREFIX_MAX, NULL);
	opened.model = wire_get_words(body, WIRE_TEXT_MAX);
	opened.label = wire_get_words(body, WIRE_TEXT_MAX);
	opened.mechanism_text = wire_get_words(body, WIRE_TEXT_MAX);
	opened.not_source = wire_get_words(body, WIRE_TEXT_MAX);
	opened.not_target = wire_get_words(body, WIRE_TEXT_MAX);
	opened.payload_len = 0;
	opened.payload = wire_get_text(body, MIGCOMPAT_PAYLOAD_MAX, &opened.payload_len);
	if (get_newest(body, &opened) || !wire_done(body) ||
	    provider_type_trouble(opened.type, NULL, 0))
		return -EBADMSG;
	if (opened.not_source
		    ? opened.payload != NULL
		    : !opened.payload ||
			      provider_payload_trouble(opened.payload, opened.payload_len, NULL, 0))
		return -EBADMSG;
	*ret_number = number;
	*ret = opened;
	return 0;
}

/* ---------------------------------------------------------------- findings */

static void put_value(struct wire_out *out, const struct migcompat_value *value)
{
	uint32_t type = value->type <= MIGCOMPAT_VALUE_TEXT ? value->type : MIGCOMPAT_VALUE_NONE;

	wire_put_u32(out, type);
	if (type == MIGCOMPAT_VALUE_TEXT)
		wire_put_text(out, value->as.text, value->len);
	else
		wire_put_u64(out, type == MIGCOMPAT_VALUE_NONE ? 0 : value->as.number);
}

static struct migcompat_value get_value(struct wire_reader *body)
{
	struct migcompat_value value = {.type = wire_get_enum(body, MIGCOMPAT_VALUE_TEXT)};
	size_t len = 0;
	char *text;

	if (value.type != MIGCOMPAT_VALUE_TEXT) {
		value.as.number = wire_get_u64(body);
		return value;
	}
	text = wire_get_text(body, RESULT_TEXT_MAX, &len);
	if (text)
		utf8_mend(text, len);
	else
		body->bad = true;
	value.as.text = text;
	value.len = (uint32_t)len;
	return value;
}

static void put_finding(struct wire_out *out, const struct finding *finding)
{
	wire_put_u32(out, finding->rule);
	wire_put_u32(out, finding->status);
	wire_put_u32(out, finding->limit);
	wire_put_u64(out, finding->extra);
	put_value(out, &finding->source);
	put_value(out, &finding->target);
	wire_put_string(out, finding->field);
	wire_put_string(out, finding->noun);
	wire_put_text(out, finding->text, finding->text ? strlen(finding->text) : 0);
}

static struct migcompat_finding get_finding(struct wire_reader *body)
{
	struct migcompat_finding finding = {.struct_size = sizeof(finding)};

	finding.rule = wire_get_enum(body, MIGCOMPAT_RULE_INFO);
	finding.status = wire_get_enum(body, MIGCOMPAT_STATUS_UNKNOWN);
	finding.limit = wire_get_enum(body, MIGCOMPAT_LIMIT_HYPERVISOR);
	finding.extra = wire_get_u64(body);
	finding.source = get_value(body);
	finding.target = get_value(body);
	finding.field = wire_get_words(body, WIRE_TEXT_MAX);
	finding.noun = wire_get_words(body, WIRE_TEXT_MAX);
	finding.text = wire_get_words(body, RESULT_TEXT_MAX);
	/*
	 * Hostile vendor code may send anything, but no finding in the name of an
	 * operator or a policy.
	 */
	if (!finding.field || !limit_is_backends(finding.limit) ||
	    (finding.status == MIGCOMPAT_STATUS_BAD && finding.limit == MIGCOMPAT_LIMIT_NONE))
		body->bad = true;
	return finding;
}

void message_put_result(struct wire_out *out, const struct migcompat_result *result)
{
	wire_put_u32(out, result->availability);
	wire_put_string(out, result->availability_text);
	wire_put_u64(out, result->extra);
	wire_put_u64(out, result->truncated);
	wire_put_u32(out, result->dropped_bad);
	wire_put_u32(out, result->dropped_limits);
	wire_put_u32(out, (uint32_t)result->count);
	for (size_t i = 0; i < result->count; i++)
		put_finding(out, &result->findings[i]);
}

/*
 * Findings that the worker dropped because its result was full. Here its word is
 * believed; nothing else is.
 */
struct dropped {
	uint64_t extra; /* of all findings, including those that were sent */
	uint64_t count;
	uint32_t bad;
	uint32_t limits;
};

static struct dropped get_dropped(struct wire_reader *body)
{
	struct dropped dropped = {.extra = wire_get_u64(body)};

	dropped.count = wire_get_u64(body);
	dropped.bad = wire_get_u32(body);
	dropped.limits = wire_get_u32(body);
	if (dropped.bad > dropped.count || !dropped.bad != !dropped.limits ||
	    dropped.limits & ~LIMITS_BACKENDS)
		body->bad = true;
	return dropped;
}

/* extra: the sum over the findings that were sent. */
static void add_dropped(struct migcompat_result *result, const struct dropped *dropped,
			uint64_t extra)
{
	if (!dropped->count)
		return;
	if (dropped->extra > extra &&
	    __builtin_add_overflow(result->extra, dropped->extra - extra, &result->extra))
		result->extra = UINT64_MAX;
	if (__builtin_add_overflow(result->truncated, dropped->count, &result->truncated))
		result->truncated = SIZE_MAX;
	if (__builtin_add_overflow(result->dropped_bad, dropped->bad, &result->dropped_bad))
		result->dropped_bad = UINT32_MAX;
	if (__builtin_add_overflow(result->bad_count, dropped->bad, &result->bad_count))
		result->bad_count = UINT32_MAX;
	result->dropped_limits |= dropped->limits;
	result->bad_limits |= dropped->limits;
}

int message_get_result(struct wire_reader *body, struct migcompat_result *result)
{
	struct migcompat_result before = *result;
	uint32_t availability = wire_get_enum(body, MIGCOMPAT_NO);
	const char *text = wire_get_words(body, WIRE_TEXT_MAX);
	struct dropped dropped = get_dropped(body);
	uint32_t count = wire_get_count(body, RESULT_FINDINGS_MAX, 4 * sizeof(uint32_t));

	for (uint32_t i = 0; i < count && !body->bad; i++) {
		struct migcompat_finding finding = get_finding(body);

		if (!body->bad)
			result_offer(result, &finding);
	}
	/* A comparison without findings decided nothing. */
	if (!wire_done(body) || count == 0) {
		*result = before;
		return -EBADMSG;
	}
	add_dropped(result, &dropped, result->extra - before.extra);
	if (availability != MIGCOMPAT_UNKNOWN || text)
		result_availability(result, availability, text);
	return 0;
}
