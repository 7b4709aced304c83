/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * --help. Its examples name files that exist, in the source tree or where they are
 * installed.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/backend/loader.h"
#include "core/cli/cli.h"

/*
 * The folder of the two recorded hosts: below the caller's folder, relative to the
 * program, or as configured.
 */
static const char *examples(char folder[PATH_MAX])
{
	char program[PATH_MAX], path[PATH_MAX + sizeof(MIGCOMPAT_DOCDIR_BELOW) + 64];
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
	char *slash;

	if (access("tests/hosts/serial-a.json", R_OK) == 0)
		return "tests/hosts";
	program[len > 0 ? len : 0] = '\0';
	slash = strrchr(program, '/');
	if (slash)
		slash[1] = '\0';
	snprintf(path, sizeof(path), "%s" MIGCOMPAT_DOCDIR_BELOW "/examples/serial-a.json",
		 program);
	if (!slash || !realpath(path, folder))
		return MIGCOMPAT_DOCDIR "/examples";
	*strrchr(folder, '/') = '\0';
	return folder;
}

static const char *first_backend(struct arena *arena)
{
	const char *folder = engine_default_backend_dir(arena);
	const char **paths;
	size_t count = 0;

	if (!folder || loader_list(folder, arena, &paths, &count, NULL) != 0 || count == 0)
		return "FILE";
	return paths[0];
}

static void print_example(const char *text)
{
	char folder[PATH_MAX];
	struct arena arena = {0};

	printf("  ");
	while (*text) {
		if (*text != '{') {
			putchar(*text++);
			continue;
		}
		if (strncmp(text, "{backend}", 9) == 0)
			printf("%s", first_backend(&arena));
		else if (strncmp(text, "{state}", 7) == 0)
			printf("%s/serial-a.state", examples(folder));
		else
			printf("%s/serial-%c.json", examples(folder), text[1]);
		text = strchr(text, '}') + 1;
	}
	putchar('\n');
	arena_free(&arena);
}

static void print_usage(const struct command *command)
{
	printf("migcompat%s %s%s%s", command->options ? " [OPTIONS]" : "", command->name,
	       *command->arguments ? " " : "", command->arguments);
}

static void print_command(const struct command *command)
{
	printf("usage: ");
	print_usage(command);
	printf("\n\n%s\n%s", command->summary, command->text);
	if (command->way == CLI_WAY_EITHER)
		printf("The service answers if it runs, otherwise own workers.\n");
	if (command->options) {
		printf("\noptions:\n");
		options_help(command->options, command->way);
	}
	printf("\ncommon options:\n");
	options_help(0, command->way);
	if (!command->example)
		return;
	printf("\nexample:\n");
	print_example(command->example);
}

/* Is the command one of the family? family NULL: yes. */
static bool shown(const struct command *command, const char *family)
{
	return !family || (strncmp(command->name, family, strlen(family)) == 0 &&
			   command->name[strlen(family)] == ' ');
}

static void print_commands(const char *family)
{
	for (size_t i = 0; command_at(i); i++) {
		const struct command *command = command_at(i);
		char usage[64];

		snprintf(usage, sizeof(usage), "%s %s", command->name, command->arguments);
		if (shown(command, family))
			printf("  %-29s %s\n", usage, command->summary);
	}
}

void help_print(const struct command *command, const char *family)
{
	if (command) {
		print_command(command);
		return;
	}
	printf("usage: migcompat [OPTIONS] %s%sCOMMAND [ARGUMENTS]\n\n", family ? family : "",
	       family ? " " : "");
	if (!family)
		printf("Tells before a live migration whether the state of one VFIO device can "
		       "move\n"
		       "to another.\n\n");
	printf("commands (migcompat COMMAND --help has the details):\n");
	print_commands(family);
	printf("\noptions of all commands, before or after the command:\n");
	options_help(0, CLI_WAY_EITHER);
	if (!family)
		printf("\nA DEVICE is a PCI address, an mdev's UUID or PARENT/TYPE-ID; HOST//ID "
		       "if two\n"
		       "hosts have the id. The exit status is 0 yes, 1 no, 2 could not be told.\n");
	printf("\nexamples:\n");
	for (size_t i = 0; command_at(i); i++)
		if (shown(command_at(i), family) && command_at(i)->example)
			print_example(command_at(i)->example);
}
