/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands: what they are called, what they take, and how --help shows them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/cli/output.h"
#include "core/policy/schema.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define PAIR "-i {a} -i {b} "
#define DUAL "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

static const struct command commands[] = {
	{"list", "", "devices, who serves them, and whether they can move",
	 "MIGRATABLE is yes, no, source or target (in that role only), error, or unknown where no backend serves the device.\n"
	 "Columns: DEVICE HOST KIND DRIVER TYPE BACKEND MIGRATABLE PARENT MODEL LABEL MECHANISM AVAILABLE REASON VERSION PATH.\n"
	 "The status is 0, whatever the rows say.\n",
	 "migcompat -i {a} list --types -o +MECHANISM", CLI_OPTION_TYPES | CLI_OPTION_COLUMNS | CLI_OPTION_RAW, 0, 0, command_list},
	{"show", "DEVICE", "all that is known of one device", "The status is 1 where it can be neither source nor target.\n",
	 "migcompat -i {b} show 0000:00:04.0", 0, 1, 1, command_show},
	{"type", "DEVICE", "its migration type: equal types are the first thing that compatible devices have",
	 "Prints NAMESPACE:TYPE and a newline.\n", "migcompat -i {b} type 0000:00:04.0", 0, 1, 1, command_type},
	{"version", "DEVICE", "its migration version: the string that a target is asked with",
	 "Prints the string and a newline, and nothing else. The status is 1 where the device can be no source.\n",
	 "migcompat -i {a} version " DUAL, 0, 1, 1, command_version},
	{"check", "SOURCE TARGET", "can the state of SOURCE move to TARGET, and if not, why?",
	 "SOURCE is a device, or - for a version string on standard input. The status is 0 yes, 1 no, 2 could not be told.\n",
	 "migcompat " PAIR "check " DUAL " 0000:00:04.0", CLI_OPTION_AVAILABLE | CLI_OPTION_FINGERPRINT | CLI_OPTION_VERBOSE, 2, 2,
	 command_check},
	{"ask", "SOURCE", "compatible devices and creatable types, preferred first",
	 "SOURCE is a device, or - for a version string on standard input. The status is 1 where there is no choice.\n",
	 "migcompat " PAIR "ask " DUAL, CLI_OPTION_HOST, 1, 1, command_ask},
	{"params", "DEVICE", "its parameters, with their allowed values", "",
	 "migcompat -i {b} params 0000:00:04.0", 0, 1, 1, command_params},
	{"prepare", "SOURCE TARGET", "the writes that make TARGET ready for SOURCE, as a shell would do them",
	 "Nothing is written: the output can be read, or piped to sh. Each file is written once. The status is that of check.\n",
	 "migcompat " PAIR "prepare " DUAL " 0000:00:04.0", CLI_OPTION_UUID, 2, 2, command_prepare},
	{"inventory", "", "this host's facts as JSON, to be asked elsewhere or later with -i", "", "migcompat inventory",
	 CLI_OPTION_SENSITIVE, 0, 0, command_inventory},
	{"backend list", "", "backends, what they serve, and why one could not be loaded", "", "migcompat backend list", 0, 0, 0,
	 command_backend_list},
	{"backend dump", "FILE", "all that a backend declares, as key=value lines", "FILE is loaded in a child process.\n",
	 "migcompat backend dump {backend}", 0, 1, 1, command_backend_dump},
	{"policy check", "[FILE...]", "is the policy sound? each FILE, or the installed one",
	 "A FILE may also be a folder as /etc/migcompat is one. Sections are held against the backends.\n", "migcompat policy check", 0, 0,
	 SIZE_MAX, command_policy_check},
	{"policy show", "", "the policy in force, and where each part of it comes from", "", "migcompat policy show", 0, 0, 0,
	 command_policy_show},
	{"policy explain", "SOURCE TARGET", "each rule, why it did or did not match, and the outcome", "The status is that of check.\n",
	 "migcompat " PAIR "policy explain " DUAL " 0000:00:04.0", 0, 2, 2, command_policy_explain},
};

const struct command *command_at(size_t index)
{
	return index < COUNT(commands) ? &commands[index] : NULL;
}

/* Does a command's name begin with this word? Sets what is behind it, "" or the second word. */
static bool first_is(const struct command *command, const char *word, const char **ret_second)
{
	size_t len = strlen(word);

	if (strncmp(command->name, word, len) != 0 || (command->name[len] != '\0' && command->name[len] != ' '))
		return false;
	*ret_second = command->name + len + (command->name[len] == ' ');
	return true;
}

static int unknown(const struct cli *cli, bool family)
{
	struct {
		const char *name;
		char text[16];
	} firsts[COUNT(commands)] = {{0}};
	char words[128];

	if (family && cli->nwords == 1)
		return output_fail(cli, -EINVAL, "\"%s\" is not a whole command; see migcompat %s --help", cli->words[0], cli->words[0]);
	if (family) {
		snprintf(words, sizeof(words), "%s %s", cli->words[0], cli->words[1]);
		return output_fail(cli, -EINVAL, "unknown command \"%s\"; nearest is \"%s\"", words,
				   nearest_word(words, commands, COUNT(commands), sizeof(commands[0])));
	}
	for (size_t i = 0; i < COUNT(commands); i++) {
		snprintf(firsts[i].text, sizeof(firsts[i].text), "%.*s", (int)strcspn(commands[i].name, " "), commands[i].name);
		firsts[i].name = firsts[i].text;
	}
	return output_fail(cli, -EINVAL, "unknown command \"%s\"; nearest is \"%s\"", cli->words[0],
			   nearest_word(cli->words[0], firsts, COUNT(commands), sizeof(firsts[0])));
}

/* Does the command take what stands on the line? */
static int fits(const struct cli *cli)
{
	const struct command *command = cli->command;
	uint32_t foreign = cli->options.given & ~command->options;

	if (cli->options.help)
		return 0;
	if (foreign)
		return output_fail(cli, -EINVAL, "%s takes no %s; see migcompat %s --help", command->name, options_name(foreign & -foreign),
				   command->name);
	if (cli->narguments < command->least || cli->narguments > command->most)
		return output_fail(cli, -EINVAL, "%s expects %s, got %zu argument%s", command->name,
				   *command->arguments ? command->arguments : "no argument", cli->narguments,
				   cli->narguments == 1 ? "" : "s");
	return 0;
}

int command_find(struct cli *cli)
{
	bool family = false;

	if (cli->nwords == 0)
		return output_fail(cli, -EINVAL, "no command; see migcompat --help");
	for (size_t i = 0; i < COUNT(commands) && !cli->command; i++) {
		const char *second;
		size_t words;

		if (!first_is(&commands[i], cli->words[0], &second))
			continue;
		words = *second ? 2 : 1;
		family = true;
		if (*second && (cli->nwords < 2 || strcmp(cli->words[1], second) != 0))
			continue;
		cli->command = &commands[i];
		cli->arguments = cli->words + words;
		cli->narguments = cli->nwords - words;
	}
	return cli->command ? fits(cli) : unknown(cli, family);
}
