/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands: their names, arguments and help. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/cli/output.h"
#include "core/facts/macros.h"
#include "core/facts/utf8.h"
#include "core/policy/words.h"

#define PAIR "-i {a} -i {b} "
#define DUAL "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

static const struct command commands[] = {
	{"list", "", "devices, their backends, and can they move?",
	 "MIGRATABLE is yes, no, source or target (in that role only), error, or unknown\n"
	 "(no backend serves the device). HOLD is an operator's reason and is shown if a\n"
	 "device is held. The status is always 0. Columns: DEVICE HOST KIND DRIVER\n"
	 "TYPE BACKEND MIGRATABLE MECHANISM HOLD PARENT MODEL LABEL AVAILABLE REASON\n"
	 "CLASS VERSION PATH.\n",
	 "migcompat -i {a} list --types -o +MODEL",
	 CLI_OPTION_TYPES | CLI_OPTION_COLUMNS | CLI_OPTION_RAW | CLI_OPTION_MECHANISM,
	 CLI_WAY_EITHER, 0, 0, command_list},
	{"show", "DEVICE", "everything that is known about one device",
	 "The status is 1 if it can be neither source nor target, or is held.\n",
	 "migcompat -i {b} show 0000:00:04.0", CLI_OPTION_MECHANISM, CLI_WAY_EITHER, 1, 1,
	 command_show},
	{"type", "DEVICE", "its migration type: compatible devices have the same",
	 "Prints NAMESPACE:TYPE and a newline.\n", "migcompat -i {b} type 0000:00:04.0", 0,
	 CLI_WAY_EITHER, 1, 1, command_type},
	{"version", "DEVICE", "its version string, for a check against a target",
	 "Prints the migration version and a newline, and nothing else. The status is 1\n"
	 "if the device can be no source, nothing can move it, or it is held.\n",
	 "migcompat -i {a} version " DUAL, CLI_OPTION_MECHANISM, CLI_WAY_EITHER, 1, 1,
	 command_version},
	{"check", "SOURCE TARGET", "can the state of SOURCE move to TARGET?",
	 "Prints every reason why not. SOURCE is a device, or - for a version string on\n"
	 "standard input. The status is 0 yes, 1 no, 2 could not be told.\n",
	 "migcompat " PAIR "check " DUAL " 0000:00:04.0",
	 CLI_OPTION_AVAILABLE | CLI_OPTION_FINGERPRINT | CLI_OPTION_VERBOSE | CLI_OPTION_MECHANISM,
	 CLI_WAY_EITHER, 2, 2, command_check},
	{"ask", "SOURCE", "where SOURCE could move to, best first",
	 "SOURCE is a device, or - for a version string on standard input. The status is 1\n"
	 "if there is no choice.\n",
	 "migcompat " PAIR "ask " DUAL,
	 CLI_OPTION_HOST | CLI_OPTION_OTHER_HOSTS | CLI_OPTION_AVAILABLE | CLI_OPTION_ALL |
		 CLI_OPTION_MECHANISM,
	 CLI_WAY_EITHER, 1, 1, command_ask},
	{"params", "DEVICE", "its parameters, with their allowed values", "",
	 "migcompat -i {b} params 0000:00:04.0", 0, CLI_WAY_EITHER, 1, 1, command_params},
	{"prepare", "SOURCE TARGET", "the writes that make TARGET ready, for a shell",
	 "Prints a script and writes nothing itself. Read it, or pipe it to sh. It writes\n"
	 "each file once, only on the target's host, and fails if anything is wrong. The\n"
	 "status is that of check, and 1 if the target is not available.\n",
	 "migcompat " PAIR "prepare " DUAL " 0000:00:04.0", CLI_OPTION_UUID | CLI_OPTION_MECHANISM,
	 CLI_WAY_OWN, 2, 2, command_prepare},
	{"inventory", "", "this host's facts, for -i on another host", "Prints JSON.\n",
	 "migcompat inventory", CLI_OPTION_SENSITIVE, CLI_WAY_OWN, 0, 0, command_inventory},
	{"hold", "DEVICE --reason TEXT", "makes DEVICE incompatible with everything",
	 "The service keeps the hold until it is released. TEXT is the reason in answers.\n"
	 "Only root may hold a device.\n",
	 "migcompat hold 0000:00:04.0 --reason 'new firmware until noon'", CLI_OPTION_REASON,
	 CLI_WAY_SERVICE, 1, 1, command_hold},
	{"release", "DEVICE", "ends a hold",
	 "The device may be gone already. Only root may release one.\n",
	 "migcompat release 0000:00:04.0", 0, CLI_WAY_SERVICE, 1, 1, command_release},
	{"watch", "", "all devices, then each change, until it is ended",
	 "One line per event: present, ready (these were all), added, removed, changed,\n"
	 "held, released, backend (its worker ended, is back or is parked). After policy and\n"
	 "rescan the list starts again. With --json one document per line.\n",
	 "migcompat watch --json | head -n 2", CLI_OPTION_TYPES, CLI_WAY_SERVICE, 0, 0,
	 command_watch},
	{"backend list", "", "backends, their devices, and why one failed",
	 "If its worker ended, it is restarting, or parked if that was too often.\n",
	 "migcompat backend list", 0, CLI_WAY_EITHER, 0, 0, command_backend_list},
	{"backend dump", "FILE", "what a backend declares, as key=value lines",
	 "FILE is loaded in a worker process.\n", "migcompat backend dump {backend}", 0,
	 CLI_WAY_OWN, 1, 1, command_backend_dump},
	{"policy check", "[FILE...]", "errors in each FILE, or in the installed policy",
	 "FILE can also be a folder such as /etc/migcompat. Sections are checked against\n"
	 "the settings of the backends.\n",
	 "migcompat policy check", 0, CLI_WAY_OWN, 0, SIZE_MAX, command_policy_check},
	{"policy show", "", "the policy in force, and its files",
	 "The policy of the files; with --daemon or --socket, the one of the service.\n",
	 "migcompat policy show", CLI_OPTION_MECHANISM, CLI_WAY_NAMED, 0, 0, command_policy_show},
	{"policy explain", "SOURCE TARGET", "each rule, why it matched or not, and the verdict",
	 "The status is that of check.\n", "migcompat " PAIR "policy explain " DUAL " 0000:00:04.0",
	 CLI_OPTION_MECHANISM, CLI_WAY_OWN, 2, 2, command_policy_explain},
	{"state save", "DEVICE -o FILE", "a device's state, through its kernel driver",
	 "-o - is standard output. No other process may use the device; it runs again\n"
	 "afterwards. The status is 1 if its driver cannot migrate it, or it is held.\n"
	 "DEVICE may be unix:PATH, the socket of a process that serves a device's regions:\n"
	 "it is saved while it runs, in rounds, and then stopped for the rest.\n",
	 NULL, CLI_OPTION_OUTPUT | CLI_OPTION_INTERFACE | CLI_OPTION_STOPPED, CLI_WAY_OWN, 1, 1,
	 command_state_save},
	{"state inspect", "FILE", "what is in a state file? is all of it sound?",
	 "FILE is a state file, what a kernel's driver wrote into its migration stream, or -\n"
	 "for standard input. Every checksum is checked. A stream is sound if its driver\n"
	 "takes it. The status is 1 if something is wrong with it, or nobody here knows it.\n",
	 "migcompat state inspect {state}", 0, CLI_WAY_OWN, 1, 1, command_state_inspect},
	{"state check", "FILE TARGET", "can TARGET take the state in FILE?",
	 "As check, with the string that the file begins with; what a kernel's driver wrote\n"
	 "into its stream is held against TARGET as well, and all of the file must be sound.\n"
	 "A bare stream is held against TARGET by its backend alone. The process at\n"
	 "unix:PATH is asked itself.\n",
	 "migcompat -i {b} state check {state} 0000:00:04.0",
	 CLI_OPTION_AVAILABLE | CLI_OPTION_FINGERPRINT | CLI_OPTION_VERBOSE | CLI_OPTION_MECHANISM,
	 CLI_WAY_OWN, 2, 2, command_state_check},
	{"state load", "FILE TARGET", "checks it, loads it, and reads it back",
	 "What check refuses is not loaded, and TARGET is not opened; --force tries all the\n"
	 "same, and shows what the kernel says. A load that fails ends with a reset. Many\n"
	 "drivers drop what was loaded when they are closed. TARGET may be unix:PATH; the\n"
	 "device then runs on with the state.\n",
	 NULL,
	 CLI_OPTION_FORCE | CLI_OPTION_INTERFACE | CLI_OPTION_FINGERPRINT | CLI_OPTION_VERBOSE |
		 CLI_OPTION_MECHANISM | CLI_OPTION_STOPPED,
	 CLI_WAY_OWN, 2, 2, command_state_load},
};

const struct command *command_at(size_t index)
{
	return index < COUNT(commands) ? &commands[index] : NULL;
}

/*
 * Does the name of a command begin with this word? Sets *rest to the rest of it: "" or
 * the second word.
 */
static bool first_is(const struct command *command, const char *word, const char **ret_second)
{
	size_t len = strlen(word);

	if (strncmp(command->name, word, len) != 0 ||
	    (command->name[len] != '\0' && command->name[len] != ' '))
		return false;
	*ret_second = command->name + len + (command->name[len] == ' ');
	return true;
}

/* A file that the shell made of "-i *.json", or NULL. */
static const char *stray_file(const struct cli *cli, const char *const *words)
{
	for (; *cli->options.inventories && *words; words++) {
		size_t len = strlen(*words);

		if (len > 5 && strcmp(*words + len - 5, ".json") == 0)
			return *words;
	}
	return NULL;
}

static int stray_fail(const struct cli *cli, const char *file)
{
	return output_fail(cli, -EINVAL,
			   "\"%s\" is taken for a word of the command: -i takes one file; name "
			   "their folder, or repeat -i",
			   file);
}

static int unknown(const struct cli *cli, bool family)
{
	struct {
		const char *name;
		char text[16];
	} firsts[COUNT(commands)] = {{0}};
	char words[128], nearest[NEAREST_BYTES];

	if (family && cli->nwords == 1)
		return output_fail(cli, -EINVAL,
				   "\"%s\" is not a whole command; see migcompat %s --help",
				   cli->words[0], cli->words[0]);
	if (family) {
		snprintf(words, sizeof(words), "%s %s", cli->words[0], cli->words[1]);
		return output_fail(cli, -EINVAL, "unknown command \"%s\"%s", words,
				   output_nearest(nearest, words,
						  nearest_word(words, commands, COUNT(commands),
							       sizeof(commands[0]))));
	}
	if (stray_file(cli, (const char *const[]){cli->words[0], NULL}))
		return stray_fail(cli, cli->words[0]);
	for (size_t i = 0; i < COUNT(commands); i++) {
		snprintf(firsts[i].text, sizeof(firsts[i].text), "%.*s",
			 (int)strcspn(commands[i].name, " "), commands[i].name);
		firsts[i].name = firsts[i].text;
	}
	return output_fail(cli, -EINVAL, "unknown command \"%s\"%s", cli->words[0],
			   output_nearest(nearest, cli->words[0],
					  nearest_word(cli->words[0], firsts, COUNT(commands),
						       sizeof(firsts[0]))));
}

/* Can the command be answered in the way that the options demand? */
static int way_fits(const struct cli *cli)
{
	const struct command *command = cli->command;
	const char *own = cli->options.own, *service = cli->options.service;

	if (command->way == CLI_WAY_SERVICE && own)
		return output_fail(cli, -EINVAL,
				   "%s is answered by the service only: it takes no %s",
				   command->name, own);
	if (command->way == CLI_WAY_OWN && service)
		return output_fail(cli, -EINVAL, "%s does not ask the service: it takes no %s",
				   command->name, service);
	if (own && service)
		return output_fail(cli, -EINVAL, "%s and %s exclude each other: %s", service, own,
				   strcmp(own, "--no-daemon") == 0
					   ? "one demands the service, the other forbids it"
					   : "the service has its own workers, devices and policy");
	return 0;
}

/* Arguments become part of documents and messages, so they must be text. */
static int texts_fit(const struct cli *cli)
{
	const char *const options[] = {cli->options.fingerprint, cli->options.host,
				       cli->options.reason};

	for (size_t i = 0; i < COUNT(options); i++)
		if (options[i] && !utf8_valid(options[i], strlen(options[i])))
			return output_fail(cli, -EINVAL, "\"%s\" is no UTF-8 text", options[i]);
	for (size_t i = 0; i < cli->narguments; i++)
		if (!utf8_valid(cli->arguments[i], strlen(cli->arguments[i])))
			return output_fail(cli, -EINVAL, "\"%s\" is no UTF-8 text",
					   cli->arguments[i]);
	return 0;
}

/* Standard input can be used only once: as an inventory, or by the command. */
static int standard_fits(const struct cli *cli)
{
	size_t count = 0;

	for (const char **file = cli->options.inventories; *file; file++)
		count += strcmp(*file, INVENTORY_STANDARD) == 0;
	if (count > 1)
		return output_fail(cli, -EINVAL,
				   "-i - is given %zu times: standard input can be read once",
				   count);
	if (count && cli->narguments && strcmp(cli->arguments[0], "-") == 0)
		return output_fail(
			cli, -EINVAL,
			"%s - and -i - exclude each other: standard input can be read once",
			cli->command->name);
	return 0;
}

/* Do the options and arguments fit the command? */
static int fits(const struct cli *cli)
{
	const struct command *command = cli->command;
	uint32_t foreign = cli->options.given & ~command->options;
	int status;

	if (cli->options.help)
		return 0;
	if (!(cli->options.either & command->options))
		foreign |= cli->options.either;
	if (foreign)
		return output_fail(cli, -EINVAL, "%s takes no %s; see migcompat %s --help",
				   command->name, options_name(foreign & -foreign), command->name);
	if (cli->narguments > command->most && stray_file(cli, cli->arguments))
		return stray_fail(cli, stray_file(cli, cli->arguments));
	if (cli->narguments < command->least || cli->narguments > command->most)
		return output_fail(cli, -EINVAL, "%s expects %s, got %zu argument%s", command->name,
				   *command->arguments ? command->arguments : "no argument",
				   cli->narguments, cli->narguments == 1 ? "" : "s");
	for (size_t i = 0; i < cli->narguments; i++)
		if (!*cli->arguments[i])
			return output_fail(cli, -EINVAL, "%s expects %s, got an empty argument",
					   command->name, command->arguments);
	status = way_fits(cli);
	if (!status)
		status = standard_fits(cli);
	return status || command->way == CLI_WAY_OWN ? status : texts_fit(cli);
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
