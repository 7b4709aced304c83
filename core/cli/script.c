/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shell scripts that fail visibly. A shell at the end of a pipe does not see our exit
 * status, so no refusal may read as success.
 */
#include "core/cli/script.h"

#include <stdio.h>
#include <string.h>

#include "core/cli/cli.h"

/* Quotes the word if the shell would interpret it. */
static void print_word(const char *word)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.,:/@%+=-";

	if (*word && *word != '-' && !word[strspn(word, plain)]) {
		fputs(word, stdout);
		return;
	}
	putchar('\'');
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*word);
	}
	putchar('\'');
}

bool script_wanted(const struct cli *cli)
{
	return cli->nwords && strcmp(cli->words[0], "prepare") == 0 && !cli->options.json;
}

static void print_complaint(const char *text)
{
	fputs("printf '%s\\n' ", stdout);
	print_word(text);
	fputs(" >&2", stdout);
}

void script_plan(const struct plan *plan, const char *host)
{
	char text[512];

	snprintf(text, sizeof(text), "migcompat: this is not the host %s: nothing is written",
		 host);
	fputs("[ \"$(uname -n)\" = ", stdout);
	print_word(host);
	fputs(" ] || { ", stdout);
	print_complaint(text);
	puts("; exit 1; }");
	if (!plan->nwrites)
		puts("# nothing is to be written: the target is ready");
	else
		puts("set -e");
	for (size_t i = 0; i < plan->nwrites; i++) {
		fputs("printf '%s\\n' ", stdout);
		print_word(plan->writes[i].value);
		fputs(" > ", stdout);
		print_word(plan->writes[i].path);
		puts(plan->writes[i].runtime ? " # also while it is open" : "");
	}
}

void script_refuse(const char *why, int status)
{
	if (why) {
		print_complaint(why);
		putchar('\n');
	}
	printf("exit %d\n", status);
}
