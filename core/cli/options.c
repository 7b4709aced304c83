/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options, which may come before or after the command. One table has all of them. */
#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/cli/output.h"
#include "core/facts/macros.h"
#include "core/policy/words.h"

#define LETTERLESS 256 /* getopt's values of options without a letter start here */

enum option_form {
	FORM_FLAG, /* bool */
	FORM_TEXT, /* const char * */
	FORM_LIST, /* const char ** */
	FORM_MODE,
	FORM_COLOR,
	FORM_NO_COLOR,
};

enum option_about {
	ABOUT_ANY,
	ABOUT_OWN,     /* about own workers; has no effect on the service */
	ABOUT_SERVICE, /* about the service; has no effect on own workers */
};

static const struct option_info {
	const char *name; /* with both dashes; first, so that nearest_word finds it */
	int letter;       /* 0: none */
	enum option_form form;
	size_t field; /* offset in struct options */
	const char *argument;
	uint32_t only; /* enum cli_option; 0: all commands take it */
	enum option_about about;
	const char *help; /* NULL: it is part of another line */
} infos[] = {
	{"--types", 0, FORM_FLAG, offsetof(struct options, types), NULL, CLI_OPTION_TYPES,
	 ABOUT_ANY, "also mdev types of which no device exists yet"},
	{"--columns", 'o', FORM_TEXT, offsetof(struct options, columns), "COLUMNS",
	 CLI_OPTION_COLUMNS, ABOUT_ANY, "other columns; +COLUMN adds one"},
	{"--output", 'o', FORM_TEXT, offsetof(struct options, output), "FILE", CLI_OPTION_OUTPUT,
	 ABOUT_ANY, "where the state goes"},
	{"--interface", 0, FORM_TEXT, offsetof(struct options, interface), "WAY",
	 CLI_OPTION_INTERFACE, ABOUT_ANY,
	 "group, cdev, any (the default), or regions: see the page"},
	{"--force", 0, FORM_FLAG, offsetof(struct options, force), NULL, CLI_OPTION_FORCE,
	 ABOUT_ANY, "load what was refused, to hear what the kernel says"},
	{"--stopped", 0, FORM_FLAG, offsetof(struct options, stopped), NULL, CLI_OPTION_STOPPED,
	 ABOUT_ANY, "leave a device of unix:PATH stopped"},
	{"--raw", 0, FORM_FLAG, offsetof(struct options, raw), NULL, CLI_OPTION_RAW, ABOUT_ANY,
	 "columns separated by one blank, for scripts"},
	{"--verbose", 'v', FORM_FLAG, offsetof(struct options, verbose), NULL, CLI_OPTION_VERBOSE,
	 ABOUT_ANY, "also findings that agree"},
	{"--available", 0, FORM_FLAG, offsetof(struct options, available), NULL,
	 CLI_OPTION_AVAILABLE, ABOUT_ANY, "a target that is not available now is a no"},
	{"--other-hosts", 0, FORM_FLAG, offsetof(struct options, other_hosts), NULL,
	 CLI_OPTION_OTHER_HOSTS, ABOUT_ANY, "no target on the source's own host"},
	{"--all", 0, FORM_FLAG, offsetof(struct options, all), NULL, CLI_OPTION_ALL, ABOUT_ANY,
	 "also all other targets, each with the reason"},
	{"--fingerprint", 0, FORM_TEXT, offsetof(struct options, fingerprint), "F",
	 CLI_OPTION_FINGERPRINT, ABOUT_ANY, "status 2, \"stale\", if the target has another one"},
	{"--host", 0, FORM_TEXT, offsetof(struct options, host), "HOST", CLI_OPTION_HOST, ABOUT_ANY,
	 "only devices of this host"},
	{"--uuid", 0, FORM_TEXT, offsetof(struct options, uuid), "UUID", CLI_OPTION_UUID, ABOUT_ANY,
	 "of the device to create"},
	{"--sensitive", 0, FORM_FLAG, offsetof(struct options, sensitive), NULL,
	 CLI_OPTION_SENSITIVE, ABOUT_ANY, "also sensitive facts"},
	{"--reason", 0, FORM_TEXT, offsetof(struct options, reason), "TEXT", CLI_OPTION_REASON,
	 ABOUT_ANY, "one line, the reason in answers"},
	{"--mechanism", 0, FORM_MODE, offsetof(struct options, mechanism), "MODE",
	 CLI_OPTION_MECHANISM, ABOUT_ANY, "require, report or prove that driver and kernel can"},
	{"--inventory", 'i', FORM_LIST, offsetof(struct options, inventories), "FILE", 0, ABOUT_OWN,
	 "devices of a file, a folder or -; repeatable"},
	{"--plugin-dir", 0, FORM_TEXT, offsetof(struct options, plugin_dir), "DIR", 0, ABOUT_OWN,
	 "backends from this folder"},
	{"--config", 0, FORM_TEXT, offsetof(struct options, config), "PATH", 0, ABOUT_OWN,
	 "folder or file instead of /etc/migcompat"},
	{"--daemon", 0, FORM_FLAG, offsetof(struct options, daemon), NULL, 0, ABOUT_SERVICE,
	 "ask the service, or fail"},
	{"--no-daemon", 0, FORM_FLAG, offsetof(struct options, no_daemon), NULL, 0, ABOUT_OWN,
	 "do not ask the service"},
	{"--socket", 0, FORM_TEXT, offsetof(struct options, socket), "PATH", 0, ABOUT_SERVICE,
	 "ask the service at this socket, or fail"},
	{"--json", 0, FORM_FLAG, offsetof(struct options, json), NULL, 0, ABOUT_ANY,
	 "exactly one JSON document on standard output"},
	{"--color", 0, FORM_COLOR, 0, "WHEN", 0, ABOUT_ANY,
	 "auto (the default), always or never; --no-color"},
	{"--no-color", 0, FORM_NO_COLOR, 0, NULL, 0, ABOUT_ANY, NULL},
	{"--debug", 0, FORM_FLAG, offsetof(struct options, debug), NULL, 0, ABOUT_OWN,
	 "let backends write to standard error"},
	{"--help", 'h', FORM_FLAG, offsetof(struct options, help), NULL, 0, ABOUT_ANY,
	 "this help, or that of a command"},
	{"--version", 0, FORM_FLAG, offsetof(struct options, version), NULL, 0, ABOUT_ANY,
	 "print the release"},
};

const char *options_name(uint32_t option)
{
	for (size_t i = 0; i < COUNT(infos); i++)
		if (infos[i].only == option)
			return infos[i].name;
	return "";
}

void options_help(uint32_t set, enum cli_way way)
{
	static const enum option_about foreign[] = {
		[CLI_WAY_OWN] = ABOUT_SERVICE, [CLI_WAY_SERVICE] = ABOUT_OWN};

	for (size_t i = 0; i < COUNT(infos); i++) {
		const struct option_info *info = &infos[i];
		char names[64];

		if ((way == CLI_WAY_OWN || way == CLI_WAY_SERVICE) && info->about == foreign[way])
			continue;
		if (!info->help || (set ? !(set & info->only) : info->only != 0))
			continue;
		snprintf(names, sizeof(names), "%c%c%s %s%s%s", info->letter ? '-' : ' ',
			 info->letter ? info->letter : ' ', info->letter ? "," : " ", info->name,
			 info->argument ? info->form == FORM_COLOR ? "=" : " " : "",
			 info->argument ? info->argument : "");
		printf("  %-24s %s\n", names, info->help);
	}
}

static int set_color(struct options *options, const char *when, char *problem, size_t size)
{
	static const char *const words[] = {[CLI_COLOR_AUTO] = "auto",
					    [CLI_COLOR_ALWAYS] = "always",
					    [CLI_COLOR_NEVER] = "never"};

	for (size_t i = 0; i < COUNT(words); i++) {
		if (strcmp(when ? when : "always", words[i]) == 0) {
			options->color = (enum cli_color)i;
			return 0;
		}
	}
	snprintf(problem, size,
		 "--color is \"%s\", expected auto, always or never; nearest is \"%s\"", when,
		 nearest_word(when, words, COUNT(words), sizeof(words[0])));
	return -EINVAL;
}

static int check_mode(const char *word, char *problem, size_t size)
{
	enum policy_mechanism mode;
	struct error err;
	int r = policy_mechanism_word(word, &mode, &err);

	if (r)
		snprintf(problem, size, "--%.*s", (int)size - 3, err.text);
	return r;
}

static int set_option(struct options *options, const struct option_info *info, const char *argument,
		      char *problem, size_t size)
{
	char *field = (char *)options + info->field;
	const char **list;

	options->given |= info->only;
	if (info->about == ABOUT_OWN && !options->own)
		options->own = info->name;
	if (info->about == ABOUT_SERVICE && !options->service)
		options->service = info->name;
	switch (info->form) {
	case FORM_FLAG:
		*(bool *)field = true;
		return 0;
	case FORM_TEXT:
		*(const char **)field = argument;
		return 0;
	case FORM_LIST:
		for (list = *(const char ***)field; *list;)
			list++;
		*list = argument;
		return 0;
	case FORM_MODE:
		*(const char **)field = argument;
		return check_mode(argument, problem, size);
	case FORM_COLOR:
		return set_color(options, argument, problem, size);
	case FORM_NO_COLOR:
		options->color = CLI_COLOR_NEVER;
		return 0;
	}
	return -EINVAL;
}

/* Make getopt's tables from ours. */
static void make_tables(struct option options[COUNT(infos) + 1], char letters[2 * COUNT(infos) + 3])
{
	size_t used = 0;

	/* keep the order of words, whatever POSIXLY_CORRECT says */
	letters[used++] = '-';
	letters[used++] = ':';
	for (size_t i = 0; i < COUNT(infos); i++) {
		options[i] = (struct option){
			.name = infos[i].name + 2,
			.has_arg = !infos[i].argument            ? no_argument
				   : infos[i].form == FORM_COLOR ? optional_argument
								 : required_argument,
			.val = LETTERLESS + (int)i,
		};
		if (!infos[i].letter || memchr(letters, infos[i].letter, used))
			continue;
		letters[used++] = (char)infos[i].letter;
		if (infos[i].argument)
			letters[used++] = ':';
	}
	options[COUNT(infos)] = (struct option){0};
	letters[used] = '\0';
}

static const struct option_info *info_find(int value)
{
	for (size_t i = 0; i < COUNT(infos); i++)
		if ((value && value == infos[i].letter) || value == LETTERLESS + (int)i)
			return &infos[i];
	return NULL;
}

/*
 * Set an option by its letter. If several options share the letter, the command decides
 * which one it is.
 */
static int set_letter(struct options *options, int letter, const char *argument, char *problem,
		      size_t size)
{
	uint32_t given = options->given, shared = 0;
	int r = 0;

	for (size_t i = 0; i < COUNT(infos) && !r; i++) {
		if (infos[i].letter != letter)
			continue;
		shared |= infos[i].only;
		r = set_option(options, &infos[i], argument, problem, size);
	}
	if (shared & (shared - 1)) {
		options->given = given;
		options->either |= shared;
	}
	return r;
}

/*
 * "--inventory expects FILE". For a letter that is shared, the arguments of all its
 * options.
 */
static void expects(int value, const char *got, char *problem, size_t size)
{
	const char *arguments[COUNT(infos)], *name = NULL;
	size_t count = 0;

	for (size_t i = 0; i < COUNT(infos); i++) {
		if (value != infos[i].letter && value != LETTERLESS + (int)i)
			continue;
		name = infos[i].name;
		arguments[count++] = infos[i].argument;
	}
	if (count == 1)
		snprintf(problem, size, "%s expects %s%s", name, arguments[0], got);
	else if (count)
		snprintf(problem, size, "-%c expects %s or %s%s", value, arguments[0], arguments[1],
			 got);
}

/* Describe what getopt refused. argument is the word that it read last. */
static void refuse(int value, const char *argument, char *problem, size_t size)
{
	const struct option_info *info = info_find(optopt);
	char name[64], nearest[NEAREST_BYTES];

	if (value == ':' && info)
		expects(optopt, "", problem, size);
	else if (info)
		snprintf(problem, size, "%s takes no argument", info->name);
	else if (optopt)
		snprintf(problem, size, "unknown option \"-%c\", see migcompat --help", optopt);
	else {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(argument, "="), argument);
		snprintf(problem, size, "unknown option \"%s\"%s", name,
			 output_nearest(nearest, name,
					nearest_word(name, infos, COUNT(infos), sizeof(infos[0]))));
	}
}

int options_parse(struct cli *cli, int argc, char **argv)
{
	struct option options[COUNT(infos) + 1];
	char letters[2 * COUNT(infos) + 3];
	char problem[512] = "", other[512] = "";
	int value;

	cli->options.inventories = calloc((size_t)argc + 1, sizeof(*cli->options.inventories));
	cli->words = calloc((size_t)argc + 1, sizeof(*cli->words));
	if (!cli->options.inventories || !cli->words)
		return output_fail(cli, -ENOMEM, "out of memory");
	make_tables(options, letters);
	opterr = 0;
	/*
	 * Read all words even after a mistake: a --json may follow. The first mistake is
	 * reported.
	 */
	while ((value = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		char *room = *problem ? other : problem;

		if (value == 1)
			cli->words[cli->nwords++] = optarg;
		else if (value == '?' || value == ':')
			refuse(value, argv[optind - 1], room, sizeof(other));
		else if (optarg && !*optarg && info_find(value)->form != FORM_COLOR)
			expects(value, ", got an empty one", room, sizeof(other));
		else if (value < LETTERLESS)
			set_letter(&cli->options, value, optarg, room, sizeof(other));
		else
			set_option(&cli->options, info_find(value), optarg, room, sizeof(other));
	}
	while (optind < argc)
		cli->words[cli->nwords++] = argv[optind++];
	return *problem ? output_fail(cli, -EINVAL, "%s", problem) : 0;
}

void options_free(struct cli *cli)
{
	free(cli->options.inventories);
	free(cli->words);
}
