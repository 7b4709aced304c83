/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat ask: where could it go? Best first. */
#include <errno.h>
#include <string.h>

#include "core/check/json.h"
#include "core/cli/output.h"

static int check_host(const struct cli *cli, const char *name)
{
	const struct inventory *inventory = &cli->engine.inventory;
	char known[512] = "";
	size_t used = 0;

	for (size_t i = 0; i < inventory->nhosts; i++) {
		if (strcmp(inventory->hosts[i]->name, name) == 0)
			return 0;
		if (used < sizeof(known))
			used += (size_t)snprintf(known + used, sizeof(known) - used, "%s\"%s\"", i ? ", " : "", inventory->hosts[i]->name);
	}
	return output_fail(cli, -ENOENT, "no host \"%s\", there is %s", name, known);
}

static int answer_json(const struct cli *cli, const struct answer *answer, const char *reason, int status)
{
	json_t *object = json_answer(answer);

	if ((reason && json_object_set_new(object, "reason", json_clean(reason))) ||
	    (status == CLI_TROUBLE && (json_object_set_new(object, "verdict", json_string("error")) ||
				       json_object_set_new(object, "errno", json_string("EIO"))))) {
		json_decref(object);
		object = NULL;
	}
	return output_json(cli, object, status);
}

/* Where each that was asked failed, nobody said no: that is told as the failure it is. */
static int answer_failed(const struct cli *cli, const struct answer *answer)
{
	const struct unanswered *first = &answer->unanswered[0];
	char text[ERROR_TEXT_MAX * 2];

	snprintf(text, sizeof(text), "none of the %zu devices of this backend could be asked; %s//%s: %s", answer->asked, first->device->host->name,
		 first->device->id, first->text);
	output_sentence("%s", text);
	return cli->options.json ? answer_json(cli, answer, text, CLI_TROUBLE) : CLI_TROUBLE;
}

static const char *choice_grade(const struct choice *choice)
{
	return choice->grade == GRADE_NONE ? "forced" : grade_name(choice->grade);
}

static int choices_table(const struct cli *cli, const struct answer *answer)
{
	static const char *const names[] = {"DEVICE", "HOST", "KIND", "TYPE", "GRADE", "AVAILABLE", "MECHANISM", "SET", "NOTE"};
	static const char *const colors[] = {[MIGCOMPAT_UNKNOWN] = NULL, [MIGCOMPAT_YES] = "green", [MIGCOMPAT_NO] = "red"};
	struct table *table = table_new(cli);
	bool set = false, note = false;

	for (size_t i = 0; i < answer->nchoices; i++) {
		set |= answer->choices[i].candidate != NULL;
		note |= answer->choices[i].text != NULL;
	}
	for (size_t i = 0; i < 7u + set + note; i++)
		table_column(table, names[i + (i >= 7 && !set)], 0);
	for (size_t i = 0; i < answer->nchoices; i++) {
		const struct choice *choice = &answer->choices[i];

		table_line(table);
		table_cell(table, choice->device->id, NULL);
		table_cell(table, choice->device->host->name, NULL);
		table_cell(table, kind_name(choice->device->kind), NULL);
		table_cell(table, choice->type, NULL);
		table_cell(table, choice_grade(choice), NULL);
		table_cell(table, state_name(choice->availability), colors[choice->availability]);
		table_cell(table, state_name(choice->mechanism), colors[choice->mechanism]);
		if (set)
			table_cell(table, choice->candidate, NULL);
		if (note)
			table_cell(table, choice->text, NULL);
	}
	return table_print(table, CLI_YES);
}

static int answer_print(const struct cli *cli, const struct answer *answer, const char *reason)
{
	int status = answer->nchoices ? choices_table(cli, answer) : CLI_NO;

	if (reason)
		output_line("no choice: %s", reason);
	else if (!answer->nchoices)
		output_line("no choice: none of the %zu devices of this backend can take it", answer->asked - answer->nunanswered);
	for (size_t i = 0; i < answer->nunanswered; i++)
		output_line("could not be asked: %s//%s: %s", answer->unanswered[i].device->host->name, answer->unanswered[i].device->id,
			    answer->unanswered[i].text);
	return status;
}

/* A string that is none, and a device that has none, have no choice: that is an answer. */
static bool is_answer(const struct cli_source *source, int r)
{
	return source->device ? r == -ENODEV : r == -EINVAL || r == -E2BIG;
}

int command_ask(struct cli *cli)
{
	struct answer answer = {0};
	struct error err = {0};
	struct cli_source source;
	const char *reason = NULL;
	int status = cli_question(cli, &source, NULL), r;

	if (!status && cli->options.host)
		status = check_host(cli, cli->options.host);
	if (status)
		return status;
	r = source.device ? ask_device(&cli->engine, source.device, cli->options.host, &answer, &err)
			  : ask_text(&cli->engine, NULL, source.text, source.len, cli->options.host, 0, &answer, &err);
	if (r && !is_answer(&source, r))
		return output_fail(cli, r, "%s%s%s", source.device ? source.device->id : "", source.device ? ": " : "", err.text);
	if (r) {
		answer = (struct answer){.source = {.device = source.device, .kind_known = source.device != NULL}};
		answer.source.kind = source.device ? source.device->kind : MIGCOMPAT_KIND_MDEV;
		reason = err.text;
	}
	status = answer.nchoices ? CLI_YES : CLI_NO;
	if (!r && answer.asked && answer.asked == answer.nunanswered)
		status = answer_failed(cli, &answer);
	else if (cli->options.json)
		status = answer_json(cli, &answer, reason, status);
	else
		status = answer_print(cli, &answer, reason);
	answer_free(&answer);
	return status;
}
