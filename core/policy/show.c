/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The policy in force as a configuration file, which loads to the same policy again. Comments say
 * which file each part is from.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/policy/policy_private.h"
#include "core/policy/words.h"

/* A path may have any bytes. A line break in it would end the comment, and the rest of the path
 * would be read as a setting. */
static void show_comment(FILE *out, const char *indent, const char *text)
{
	fprintf(out, "%s# ", indent);
	while (*text) {
		size_t size = utf8_sequence(text, strnlen(text, 4));

		if (size == 0 || utf8_control(text, size))
			fputc('?', out);
		else
			fwrite(text, 1, size, out);
		text += size ? size : 1;
	}
	fputc('\n', out);
}

static void show_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void show_member(FILE *out, const char *indent, const char *name, const char *text)
{
	if (!text)
		return;
	fprintf(out, "%s%s = ", indent, name);
	show_string(out, text);
	fputs(";\n", out);
}

static void show_fact_name(FILE *out, const struct fact_name *name)
{
	fputs("fact = ", out);
	show_string(out, name->key);
	fprintf(out, "; scope = \"%s\"; ", scope_words[name->scope - SCOPE_DEVICE]);
}

static void show_plain(const struct policy *policy, FILE *out)
{
	const char *const *where = policy->plain_where;

	show_comment(out, "",
		     where[PLAIN_BACKEND_DIR] ? where[PLAIN_BACKEND_DIR]
					      : "default: the installed folder");
	if (policy->backend_dir)
		show_member(out, "", "backend_dir", policy->backend_dir);
	else
		fputs("# backend_dir = \"…\";\n", out);
	show_comment(out, "", where[PLAIN_TIMEOUT_MS] ? where[PLAIN_TIMEOUT_MS] : "default");
	fprintf(out, "timeout_ms = %u;\n", policy->timeout_ms);
	show_comment(out, "", where[PLAIN_MIXED] ? where[PLAIN_MIXED] : "default");
	fprintf(out, "mixed = %s;\n", policy->mixed ? "true" : "false");
	show_comment(out, "", where[PLAIN_MECHANISM] ? where[PLAIN_MECHANISM] : "default");
	show_member(out, "", "mechanism", mechanism_words[policy->mechanism]);
	show_comment(out, "", where[PLAIN_GENERIC] ? where[PLAIN_GENERIC] : "default");
	show_member(out, "", "generic", generic_words[policy->generic_equal]);
	show_comment(out, "", where[PLAIN_STALE_AFTER] ? where[PLAIN_STALE_AFTER] : "default");
	fprintf(out, "stale_after = %u;\n", policy->stale_after_s);
}

static void show_preferences(const struct policy *policy, FILE *out)
{
	if (!policy->preferences)
		return;
	fputs("\nprefer = (\n", out);
	for (const struct preference *preference = policy->preferences; preference;
	     preference = preference->next) {
		show_comment(out, "\t", preference->where);
		fputs("\t{ key = ", out);
		show_string(out, preference->key);
		fputs("; backend = ", out);
		show_string(out, preference->backend);
		fprintf(out, "; }%s\n", preference->next ? "," : "");
	}
	fputs(");\n", out);
}

static void show_known_bad(const struct policy *policy, FILE *out)
{
	if (!policy->known_bad)
		return;
	fputs("\nknown_bad = (\n", out);
	for (const struct known_bad *bad = policy->known_bad; bad; bad = bad->next) {
		show_comment(out, "\t", bad->where);
		fputs("\t{\n", out);
		show_member(out, "\t\t", "namespace", bad->namespace);
		show_member(out, "\t\t", "version", bad->version);
		if (bad->fact.name.key) {
			fputs("\t\t", out);
			show_fact_name(out, &bad->fact.name);
			fputc('\n', out);
		}
		show_member(out, "\t\t", "value", bad->fact.value);
		show_member(out, "\t\t", "side", side_words[bad->side]);
		show_member(out, "\t\t", "reason", bad->reason);
		fprintf(out, "\t}%s\n", bad->next ? "," : "");
	}
	fputs(");\n", out);
}

static void show_side(FILE *out, const char *name, const struct side_match *side)
{
	static const char indent[] = "\t\t\t\t";

	if (!side->namespace && !side->type && !side->kind && !side->host && !side->nfacts)
		return;
	fprintf(out, "\t\t\t%s = {\n", name);
	show_member(out, indent, "namespace", side->namespace);
	show_member(out, indent, "type", side->type);
	show_member(out, indent, "kind", side->kind);
	show_member(out, indent, "host", side->host);
	if (side->nfacts)
		fprintf(out, "%sfacts = (\n", indent);
	for (size_t i = 0; i < side->nfacts; i++) {
		fprintf(out, "%s\t{ ", indent);
		show_fact_name(out, &side->facts[i].name);
		fputs("value = ", out);
		show_string(out, side->facts[i].value);
		fprintf(out, "; }%s\n", i + 1 < side->nfacts ? "," : "");
	}
	if (side->nfacts)
		fprintf(out, "%s);\n", indent);
	fputs("\t\t\t};\n", out);
}

static void show_require(FILE *out, const struct requirement *require)
{
	fprintf(out, "\t\trequire = {\n\t\t\tside = \"%s\"; ", side_words[require->side]);
	show_fact_name(out, &require->name);
	fprintf(out, "rule = \"%s\"; value = ", require_words[require->rule]);
	show_string(out, require->value);
	fputs(";\n\t\t};\n", out);
}

static void show_rules(const struct policy *policy, FILE *out)
{
	if (!policy->rules)
		return;
	fputs("\nrules = (\n", out);
	for (const struct rule *rule = policy->rules; rule; rule = rule->next) {
		show_comment(out, "\t", rule->where);
		fputs("\t{\n", out);
		show_member(out, "\t\t", "name", rule->name);
		fputs("\t\tmatch = {\n", out);
		for (size_t side = 0; side < SIDE_COUNT; side++)
			show_side(out, side_words[side], &rule->match[side]);
		fputs("\t\t};\n", out);
		show_member(out, "\t\t", "action", action_words[rule->action]);
		if (rule->require)
			show_require(out, rule->require);
		for (size_t i = 0; i < rule->nfields; i++) {
			fputs(i ? ", " : "\t\tfields = (", out);
			show_string(out, rule->fields[i]);
		}
		fputs(rule->nfields ? ");\n" : "", out);
		show_member(out, "\t\t", "reason", rule->reason);
		fprintf(out, "\t}%s\n", rule->next ? "," : "");
	}
	fputs(");\n", out);
}

static void show_setting(FILE *out, const struct section_setting *setting)
{
	long long number;

	fprintf(out, "\t%s = ", setting->name);
	switch (setting->type) {
	case MIGCOMPAT_SETTING_INT:
		number = strtoll(setting->value, NULL, 10);
		fprintf(out, "%lld%s;\n", number, number < INT_MIN || number > INT_MAX ? "L" : "");
		break;
	case MIGCOMPAT_SETTING_BOOL:
		fprintf(out, "%s;\n", setting->value);
		break;
	default:
		show_string(out, setting->value);
		fputs(";\n", out);
	}
}

static void show_sections(const struct policy *policy, FILE *out)
{
	for (const struct section *section = policy->sections; section; section = section->next) {
		fputc('\n', out);
		show_comment(out, "", section->where);
		fprintf(out, "%s = {\n", section->namespace);
		for (const struct section_setting *setting = section->settings; setting;
		     setting = setting->next) {
			show_comment(out, "\t", setting->where);
			show_setting(out, setting);
		}
		fputs("};\n", out);
	}
}

int policy_show(const struct policy *policy, FILE *out)
{
	fprintf(out, "# The policy in force, %016" PRIx64 ", from\n", policy->hash);
	for (const struct policy_path *file = policy->files; file; file = file->next)
		show_comment(out, "", file->path);
	if (!policy->files)
		fputs("# no file: all defaults\n", out);
	fputc('\n', out);
	show_plain(policy, out);
	show_preferences(policy, out);
	show_known_bad(policy, out);
	show_rules(policy, out);
	show_sections(policy, out);
	return fflush(out) || ferror(out) ? -(errno ? errno : EIO) : 0;
}
