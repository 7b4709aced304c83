/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts that several documents have. */
#include "core/check/json_common.h"

#include "core/facts/error.h"
#include "core/facts/json_escaped.h"

void json_refuse(json_t **object, const char *verdict, int error, const char *reason)
{
	json_set(object, "verdict", json_string(verdict));
	json_set(object, "errno", json_string(error_name(error)));
	json_set(object, "reason", json_clean(reason));
	json_set(object, "findings", json_array());
}

json_t *json_value(const struct migcompat_value *value)
{
	char text[MIGCOMPAT_STRING_MAX + 1];

	if (value->type == MIGCOMPAT_VALUE_NONE)
		return json_null();
	value_render(value, text, sizeof(text));
	return json_clean(text);
}

json_t *json_finding(const struct finding *finding)
{
	json_t *object = json_object();
	char text[ERROR_TEXT_MAX * 2];

	finding_render(finding, text, sizeof(text));
	json_set(&object, "field", json_clean(finding->field));
	json_set(&object, "rule", json_string(rule_name(finding->rule)));
	json_set(&object, "source", json_value(&finding->source));
	json_set(&object, "target", json_value(&finding->target));
	json_set(&object, "status", json_string(status_name(finding->status)));
	json_set(&object, "limit", json_clean(limit_name(finding->limit)));
	json_set(&object, "text", json_clean(text));
	return object;
}

json_t *json_warning(const char *field, const char *text)
{
	const struct finding finding = {.field = field,
					.text = text,
					.rule = MIGCOMPAT_RULE_INFO,
					.status = MIGCOMPAT_STATUS_WARN};

	return json_finding(&finding);
}

char *json_text(json_t *document, size_t flags)
{
	return json_escaped(document, flags);
}
