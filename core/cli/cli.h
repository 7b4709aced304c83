/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the command line share: one run of the program, its options and its
 * commands.
 */
#ifndef CORE_CLI_CLI_H
#define CORE_CLI_CLI_H

#include "core/check/engine.h"
#include "core/cli/varlink_client.h"
#include "core/check/holds.h"

/* The exit status of all commands, as for diff and grep. */
enum cli_status {
	CLI_YES = 0,
	CLI_NO = 1,
	CLI_TROUBLE = 2, /* there is no answer */
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
	CLI_OPTION_STOPPED = 1 << 16,
};

/* Who answers a command. */
enum cli_way {
	/*
	 * the service if it runs and no option is about own workers, otherwise own
	 * workers
	 */
	CLI_WAY_EITHER,
	CLI_WAY_OWN,     /* own workers */
	CLI_WAY_SERVICE, /* the service */
	CLI_WAY_NAMED,   /* own workers, unless an option names the service */
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
	const char *mechanism; /* a valid mode, or NULL */
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
	bool stopped;
	bool debug;
	bool daemon;
	bool no_daemon;
	bool help;
	bool version;
	const char *own; /* the first option about own workers; NULL: none was given */
	/* the first option about the service; NULL: none was given */
	const char *service;
	uint32_t given; /* enum cli_option, as a set: those that were given */
	/*
	 * options that were given by a shared letter; the command must take one of them
	 */
	uint32_t either;
};

struct cli;
struct command {
	const char *name;      /* "list", "backend dump" */
	const char *arguments; /* "SOURCE TARGET", or "" */
	const char *summary;   /* one line */
	const char *text;      /* the rest of --help; ends in a newline */
	/*
	 * a command that can be run; {a}, {b}, {state} and {backend} stand for installed
	 * files; NULL: it needs a device
	 */
	const char *example;
	uint32_t options; /* enum cli_option, as a set */
	enum cli_way way;
	size_t least; /* number of arguments */
	size_t most;
	int (*run)(struct cli *cli);
};

/* One run of the program. main makes it, and one thread uses it. */
struct cli {
	struct options options;
	const struct command *command;
	const char **words; /* the command and its arguments, NULL-terminated */
	size_t nwords;
	const char **arguments; /* those after the command's name */
	size_t narguments;
	struct engine engine;
	bool started; /* engine was started */
	/*
	 * start backends that only read the streams of kernel drivers, too; set before
	 * the start
	 */
	bool streams;
	struct holds holds; /* of this host, if own workers are asked about it */
	struct varlink_client service;
	int64_t now_s; /* the time, for tests; 0: use the system's clock */
	bool terminal; /* standard output is a terminal */
	bool color;
};

/* options.c: reads argv. Returns 0, or CLI_TROUBLE after a message. */
int options_parse(struct cli *cli, int argc, char **argv);
void options_free(struct cli *cli);
/*
 * The name of an option, and the lines of --help for a set of them. 0: those of all
 * commands that are answered in that way.
 */
const char *options_name(uint32_t option);
void options_help(uint32_t set, enum cli_way way);

/* commands.c. NULL: index is the end of the table. */
const struct command *command_at(size_t index);
/* Find the command in the words. Returns 0, or CLI_TROUBLE after a message. */
int command_find(struct cli *cli);

/*
 * help.c: help for a command, for a family of commands ("backend"), or for the program.
 */
void help_print(const struct command *command, const char *family);

/* start.c. Each returns 0, or CLI_TROUBLE after a message. */
int cli_start(struct cli *cli);
/*
 * Read the named inventories, otherwise this host. only: the one device that is needed;
 * NULL: all.
 */
int cli_devices(struct cli *cli, const char *only);
int cli_find(struct cli *cli, const char *name, const struct device **ret);
/* cli_start, cli_devices and cli_find, for a command about its first argument. */
int cli_one_device(struct cli *cli, const struct device **ret);

#define CLI_STRING_ROOM 8192u /* more than a version string can have */

/* The source of a question: a device, or a version string from standard input. */
struct cli_source {
	bool is_text;
	/* NULL: text is the source, or the device was not found yet */
	const struct device *device;
	char text[CLI_STRING_ROOM];
	size_t len;
};
/* Read the string from standard input if the first argument is "-". */
int cli_read_source(struct cli *cli, struct cli_source *ret);
/*
 * cli_start, cli_devices, and finding both devices of a question. ret_target NULL: it has
 * no target.
 */
int cli_question(struct cli *cli, struct cli_source *source, const struct device **ret_target);

/* The commands. Each prints everything and returns the exit status. */
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
