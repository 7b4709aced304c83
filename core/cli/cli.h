/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the command line share: one run of the program, its options and its commands.
 */
#ifndef CORE_CLI_CLI_H
#define CORE_CLI_CLI_H

#include "core/check/engine.h"
#include "core/cli/varlink_client.h"
#include "core/check/holds.h"

/* The exit status of every command, as diff and grep have it. */
enum cli_status {
	CLI_YES = 0,
	CLI_NO = 1,
	CLI_TROUBLE = 2, /* it could not be told */
};

/* Options that only some commands take. */
enum cli_option {
	CLI_OPTION_TYPES = 1 << 0,
	CLI_OPTION_COLUMNS = 1 << 1,
	CLI_OPTION_RAW = 1 << 2,
	CLI_OPTION_VERBOSE = 1 << 3,
	CLI_OPTION_AVAILABLE = 1 << 4,
	CLI_OPTION_FINGERPRINT = 1 << 5,
	CLI_OPTION_HOST = 1 << 6,
	CLI_OPTION_UUID = 1 << 7,
	CLI_OPTION_SENSITIVE = 1 << 8,
	CLI_OPTION_REASON = 1 << 9,
	CLI_OPTION_OUTPUT = 1 << 10,
	CLI_OPTION_FORCE = 1 << 11,
	CLI_OPTION_INTERFACE = 1 << 12,
	CLI_OPTION_MECHANISM = 1 << 13,
	CLI_OPTION_OTHER_HOSTS = 1 << 14,
	CLI_OPTION_ALL = 1 << 15,
};

/* Who answers a command. */
enum cli_way {
	CLI_WAY_EITHER,	 /* the service where it is there and no option is about own workers, else
			    these */
	CLI_WAY_OWN,	 /* this program's own workers */
	CLI_WAY_SERVICE, /* the service alone */
	CLI_WAY_NAMED,	 /* this program, or the service where an option names it */
};

enum cli_color {
	CLI_COLOR_AUTO = 0,
	CLI_COLOR_ALWAYS = 1,
	CLI_COLOR_NEVER = 2,
};

struct options {
	const char **inventories; /* NULL-terminated */
	const char *plugin_dir;
	const char *config;
	const char *columns;
	const char *fingerprint;
	const char *host;
	const char *uuid;
	const char *reason;
	const char *socket;
	const char *output;
	const char *interface;
	const char *mechanism; /* a word that there is, or NULL */
	enum cli_color color;
	bool json;
	bool raw;
	bool types;
	bool verbose;
	bool available;
	bool other_hosts;
	bool all;
	bool sensitive;
	bool force;
	bool debug;
	bool daemon;
	bool no_daemon;
	bool help;
	bool version;
	const char
		*own; /* the first option that names own workers or their world; NULL: none does */
	const char *service; /* the first that is about the service; NULL: none is */
	uint32_t given;	     /* enum cli_option: which of those that only some commands take */
	uint32_t either; /* those that were given by a letter that they share: the command takes one
			    of them, or that is wrong */
};

struct cli;
struct command {
	const char *name;      /* "list", "backend dump" */
	const char *arguments; /* "SOURCE TARGET", or "" */
	const char *summary;   /* one line */
	const char *text;      /* what --help says further; ends in a newline */
	const char
		*example; /* a command that really runs; {a}, {b}, {state} and {backend} stand for
			     files that come along; NULL: there is none, since it takes a device */
	uint32_t options; /* enum cli_option */
	enum cli_way way;
	size_t least; /* arguments */
	size_t most;
	int (*run)(struct cli *cli);
};

/* One run. Everything in it is made by main and used by one thread. */
struct cli {
	struct options options;
	const struct command *command;
	const char **words; /* the command and its arguments, NULL-terminated */
	size_t nwords;
	const char **arguments; /* those behind the command's name */
	size_t narguments;
	struct engine engine;
	bool started; /* the engine */
	bool streams; /* to be set before it is: with those that read kernel drivers' streams alone
		       */
	struct holds holds; /* of this host, where own workers are asked about it */
	struct varlink_client service;
	int64_t now_s; /* the clock, for tests; 0: the system's */
	bool terminal; /* standard output is one */
	bool color;
};

/* options.c: what stands in argv. 0, or CLI_TROUBLE after saying what is wrong. */
int options_parse(struct cli *cli, int argc, char **argv);
void options_free(struct cli *cli);
/* The name of one of enum cli_option, and the lines of --help for a set of them (0: those of every
 * command that is answered that way). */
const char *options_name(uint32_t option);
void options_help(uint32_t set, enum cli_way way);

/* commands.c. NULL at the end of the table. */
const struct command *command_at(size_t index);
/* Finds the command in the words. 0, or CLI_TROUBLE after saying what is wrong. */
int command_find(struct cli *cli);

/* help.c: for the command that was found, all of a family ("backend"), or the program. */
void help_print(const struct command *command, const char *family);

/* start.c. Each returns 0, or CLI_TROUBLE after saying what is wrong. */
int cli_start(struct cli *cli);
/* Devices of the inventories that were named, else of this host; only: a device's name, where one
 * is enough; NULL: all. */
int cli_devices(struct cli *cli, const char *only);
int cli_find(struct cli *cli, const char *name, const struct device **ret);
/* cli_start, cli_devices and cli_find for a command about one device, its first argument. */
int cli_one_device(struct cli *cli, const struct device **ret);

#define CLI_STRING_ROOM 8192u /* more than a version string may have */

/* What stands before a target: a device, or a string from standard input. */
struct cli_source {
	bool is_text;
	const struct device *device; /* NULL: text, or not found yet */
	char text[CLI_STRING_ROOM];
	size_t len;
};
/* Read the string where the first argument is "-". */
int cli_read_source(struct cli *cli, struct cli_source *ret);
/* Both sides of a question that was read: cli_start, cli_devices and the first two arguments.
 * ret_target NULL: there is none. */
int cli_question(struct cli *cli, struct cli_source *source, const struct device **ret_target);

/* The commands. Each returns the exit status and has said everything. */
int command_list(struct cli *cli);
int command_show(struct cli *cli);
int command_type(struct cli *cli);
int command_version(struct cli *cli);
int command_check(struct cli *cli);
int command_ask(struct cli *cli);
int command_params(struct cli *cli);
int command_prepare(struct cli *cli);
int command_inventory(struct cli *cli);
int command_hold(struct cli *cli);
int command_release(struct cli *cli);
int command_watch(struct cli *cli);
int command_backend_list(struct cli *cli);
int command_backend_dump(struct cli *cli);
int command_policy_check(struct cli *cli);
int command_policy_show(struct cli *cli);
int command_policy_explain(struct cli *cli);
int command_state_inspect(struct cli *cli);
int command_state_check(struct cli *cli);
int command_state_save(struct cli *cli);
int command_state_load(struct cli *cli);

#endif
