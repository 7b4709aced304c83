/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public functions that read a verdict. NULL counts as a verdict that is an error. */
#include "migcompat/migcompat.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/check/json.h"
#include "core/check/verdict.h"

int migcompat_verdict_new(struct migcompat_verdict **ret)
{
	struct migcompat_verdict *verdict;

	if (!ret)
		return -EINVAL;
	verdict = calloc(1, sizeof(*verdict));
	if (!verdict || verdict_reset(verdict) != 0) {
		migcompat_verdict_free(verdict);
		return -ENOMEM;
	}
	/* A new verdict is no yes. */
	verdict_fail(verdict, -EIO, "nothing was asked");
	*ret = verdict;
	return 0;
}

struct migcompat_verdict *migcompat_verdict_free(struct migcompat_verdict *verdict)
{
	if (verdict)
		verdict_clear(verdict);
	free(verdict);
	return NULL;
}

enum migcompat_verdict_code migcompat_verdict_code(const struct migcompat_verdict *verdict)
{
	return verdict ? verdict->code : MIGCOMPAT_ERROR;
}

int migcompat_verdict_errno(const struct migcompat_verdict *verdict)
{
	return verdict ? verdict->error : -EINVAL;
}

const char *migcompat_verdict_grade(const struct migcompat_verdict *verdict)
{
	return verdict ? grade_name(verdict->grade) : NULL;
}

const char *migcompat_verdict_limit(const struct migcompat_verdict *verdict)
{
	return verdict ? limit_name(verdict->limit) : NULL;
}

const char *migcompat_verdict_availability(const struct migcompat_verdict *verdict)
{
	return state_name(verdict ? verdict->result.availability : MIGCOMPAT_UNKNOWN);
}

int migcompat_verdict_reason(const struct migcompat_verdict *verdict, char *buffer, size_t size)
{
	char text[ERROR_TEXT_MAX * 2];

	if (!verdict || (!buffer && size))
		return -EINVAL;
	return snprintf(buffer, size, "%s", verdict_reason(verdict, text, sizeof(text)));
}

size_t migcompat_verdict_findings(const struct migcompat_verdict *verdict)
{
	return verdict ? verdict->result.count : 0;
}

int migcompat_verdict_finding(const struct migcompat_verdict *verdict, size_t index,
			      const char **ret_status, char *buffer, size_t size)
{
	const struct finding *finding;
	char text[ERROR_TEXT_MAX * 2];

	if (!verdict || (!buffer && size))
		return -EINVAL;
	if (index >= verdict->result.count)
		return -ENOENT;
	finding = &verdict->result.findings[index];
	finding_render(finding, text, sizeof(text));
	if (ret_status)
		*ret_status = status_name(finding->status);
	return snprintf(buffer, size, "%s: %s", finding->field, text);
}

int migcompat_verdict_json(const struct migcompat_verdict *verdict, char **ret)
{
	json_t *document;
	char *text;

	if (!verdict || !ret)
		return -EINVAL;
	document = json_verdict(verdict);
	text = json_text(document, JSON_COMPACT);
	json_decref(document);
	if (!text)
		return -ENOMEM;
	*ret = text;
	return 0;
}
