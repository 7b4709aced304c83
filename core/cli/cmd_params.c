/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat params: the settings of a device. */
#include "core/cli/answer.h"
#include "core/cli/document.h"
#include "core/cli/output.h"
#include "core/facts/macros.h"

static int parameters_table(const struct cli *cli, const json_t *parameters)
{
	static const struct {
		const char *name;
		const char *member;
		unsigned flags;
	} columns[] = {
		{"NAME", "name", 0},
		{"TYPE", "type", 0},
		{"VALUE", "value", 0},
		{"ALLOWED", "allowed_values", 0},
		{"INIT", "init_value", 0},
		{"OFF", "off_value", 0},
		{"ATTRIBUTE", "attribute", 0},
		{"RUNTIME", "runtime", 0},
		{"DESCRIPTION", "description", TABLE_WRAP},
	};
	struct table *table = table_new(cli);
	const json_t *parameter;
	size_t p;

	for (size_t i = 0; i < COUNT(columns); i++)
		table_column(table, columns[i].name, columns[i].flags);
	json_array_foreach (parameters, p, parameter) {
		table_line(table);
		for (size_t i = 0; i < COUNT(columns); i++) {
			const json_t *value = json_object_get(parameter, columns[i].member);
			const char *text = json_string_value(value);

			if (json_is_boolean(value))
				text = json_is_true(value) ? "yes" : "no";
			else if (!text && i == 3)
				text = "any";
			table_cell(table, text, NULL);
		}
	}
	return table_print(table, CLI_YES);
}

int command_params(struct cli *cli)
{
	const struct answers *answers = &answers_own;
	json_t *answer = NULL, *parameters;
	int status = answer_choose(cli, &answers);

	if (!status)
		status = answers->params(cli, &answer);
	if (status)
		return status;
	status = document_is(answer, "verdict", "not-migratable") ? CLI_NO : CLI_YES;
	if (status == CLI_NO)
		output_sentence("%s: %s", document_text(answer, "device"),
				document_text(answer, "reason"));
	if (cli->options.json)
		return output_json(cli, answer, status);
	parameters = json_object_get(answer, "parameters");
	if (json_array_size(parameters))
		status = parameters_table(cli, parameters);
	else if (status == CLI_YES)
		output_line("%s has no parameters", document_text(answer, "device"));
	json_decref(answer);
	return status;
}
