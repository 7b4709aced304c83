/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parses a configuration file in this process, so that the parser's allocations fail:
 * parse FILE prints the tree. Status 0, or 2 after a sentence. It may also crash, as the
 * process that it stands for may.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/config/parse.h"
#include "core/config/parser.h"

static void print(const struct conf_node *node)
{
	printf("%s %d %u ", node->name ? node->name : "-", node->type, node->line);
	if (node->type == CONF_STRING)
		printf("%s\n", node->text);
	else if (node->type <= CONF_ARRAY)
		printf("%zu\n", node->count);
	else
		printf("%lld\n", node->number);
	for (size_t i = 0; i < conf_count(node); i++)
		print(conf_child(node, i));
}

int main(int argc, char **argv)
{
	static char text[65536];
	struct conf_parser parser = {.answer = conf_answer};
	const struct conf_node *root = NULL;
	struct error err = {0};
	unsigned line;
	FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
	size_t len = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	if (!file ||
	    conf_parse(&parser, &(struct conf_text){"text", text, len}, &root, &line, &err)) {
		fprintf(stderr, "parse: %s\n", *err.text ? err.text : "no file");
		return 2;
	}
	print(root);
	conf_parser_end(&parser);
	fclose(file);
	return 0;
}
