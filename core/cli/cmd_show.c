/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat show, type and version: one device, and whether it can move. */
#include <errno.h>
#include <string.h>

#include "core/check/json.h"
#include "core/cli/answer.h"
#include "core/cli/document.h"
#include "core/cli/output.h"
#include "core/facts/macros.h"

/* Get the document of the first argument. */
static int get_device(struct cli *cli, json_t **ret)
{
	const struct answers *answers = &answers_own;
	int status = answer_choose(cli, &answers);

	return status ? status : answers->device(cli, ret);
}

static int device_status(const json_t *device)
{
	if (document_text(device, "verdict"))
		return CLI_TROUBLE;
	/* Only its roles count here. The mechanism is shown; check and ask judge it. */
	if (document_text(device, "hold"))
		return CLI_NO;
	return document_is(device, "source", "no") && document_is(device, "target", "no") ? CLI_NO
											  : CLI_YES;
}

static void show_table(const json_t *device)
{
	const json_t *mechanism = json_object_get(device, "mechanism");
	const char *reason = document_text(device, "reason"),
		   *available = document_state(device, "availability");
	const char *mechanism_text = document_text(mechanism, "text");
	/* The kernel can know whether a device moves even if no backend serves it. */
	bool weighed =
		document_text(device, "backend") || !document_is(mechanism, "source", "none");
	const struct {
		const char *name;
		const char *text;
	} lines[] = {
		{"device", document_text(device, "device")},
		{"host", document_text(device, "host")},
		{"kind", document_text(device, "kind")},
		{"driver", document_text(device, "driver")},
		{"parent", document_text(device, "parent")},
		{"path", document_text(device, "path")},
		{"backend", document_text(device, "backend")},
		{"type", document_text(device, "type")},
		{"model", document_text(device, "model")},
		{"label", document_text(device, "label")},
		{"class", document_text(device, "class")},
		{"migratable", document_text(device, "migratable")},
		{"reason", *reason ? reason : NULL},
		{"held", document_text(device, "hold")},
		{"mechanism", weighed ? document_text(mechanism, "state") : NULL},
		{"", *mechanism_text ? mechanism_text : NULL},
		{"available", strcmp(available, "unknown") == 0 ? NULL : available},
		{"version", document_text(device, "version")},
		{"fingerprint", document_text(device, "fingerprint")},
	};

	for (size_t i = 0; i < COUNT(lines); i++)
		if (lines[i].text)
			output_line("%-12s %s", lines[i].name, lines[i].text);
}

int command_show(struct cli *cli)
{
	json_t *device = NULL;
	int status = get_device(cli, &device);

	if (status)
		return status;
	status = device_status(device);
	if (status == CLI_TROUBLE)
		output_sentence("%s: %s", document_text(device, "device"),
				document_text(device, "reason"));
	if (cli->options.json)
		return output_json(cli, device, status);
	show_table(device);
	json_decref(device);
	return status;
}

/*
 * If a device has no type or version string, that is an answer and no error. The reason
 * goes to standard error, because scripts read standard output.
 */
static int say_none(const struct cli *cli, const json_t *device, const char *what,
		    const char *verdict, int error, const char *reason)
{
	char format[64];
	json_t *object;

	output_sentence("%s: %s", document_text(device, "device"), reason);
	if (!cli->options.json)
		return CLI_NO;
	snprintf(format, sizeof(format), "migcompat-%s/1", what);
	object = json_pack("{s:s,s:O,s:O,s:n}", "format", format, "device",
			   json_object_get(device, "device"), "host",
			   json_object_get(device, "host"), what);
	json_refuse(&object, verdict, error, reason);
	return output_json(cli, object, CLI_NO);
}

static int say_text(const struct cli *cli, const json_t *device, const char *what, const char *text)
{
	char format[64];

	if (!cli->options.json) {
		output_line("%s", text);
		return CLI_YES;
	}
	snprintf(format, sizeof(format), "migcompat-%s/1", what);
	return output_json(cli,
			   json_pack("{s:s,s:O,s:O,s:s}", "format", format, "device",
				     json_object_get(device, "device"), "host",
				     json_object_get(device, "host"), what, text),
			   CLI_YES);
}

/*
 * Print a member of the device's document. If it is missing, other members say why.
 * judged: another host will be asked about this value, so a held device or one without a
 * mechanism gets none.
 */
static int say_member(struct cli *cli, const char *what, bool judged)
{
	char held[ERROR_TEXT_MAX];
	const char *text, *hold, *number;
	json_t *device = NULL;
	int status = get_device(cli, &device);

	if (status)
		return status;
	text = document_text(device, what);
	hold = judged ? document_text(device, "hold") : NULL;
	number = document_text(device, "errno");
	if (judged && cli->engine.holds_unread && !document_text(device, "verdict")) {
		status = output_fail(cli, -EACCES, "%s: %s", document_text(device, "device"),
				     cli->engine.holds_unread);
	} else if (hold) {
		snprintf(held, sizeof(held), "it is held: %s", hold);
		status = say_none(cli, device, what, "incompatible", -EBUSY, held);
	} else if (text && judged && document_is(device, "migratable", "no")) {
		status = say_none(cli, device, what, "not-migratable", -ENODEV,
				  document_text(device, "reason"));
	} else if (text) {
		status = say_text(cli, device, what, text);
	} else if (document_text(device, "verdict")) {
		status = output_fail(cli, number ? -error_number(number) : -EIO, "%s: %s",
				     document_text(device, "device"),
				     document_text(device, "reason"));
	} else {
		status = say_none(cli, device, what, "not-migratable", -ENODEV,
				  document_text(device, "reason"));
	}
	json_decref(device);
	return status;
}

int command_type(struct cli *cli)
{
	return say_member(cli, "type", false);
}

int command_version(struct cli *cli)
{
	return say_member(cli, "version", true);
}
