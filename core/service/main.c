/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompatd: the command line. */
#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "core/facts/inventory_json.h"
#include "core/facts/json_seed.h"
#include "core/facts/macros.h"
#include "core/facts/standard.h"
#include "core/facts/utf8.h"
#include "core/policy/words.h"
#include "core/service/log.h"
#include "core/service/server.h"

#define PATIENCE_MS 30000u
#define PATIENCE_MS_MAX 3600000u
#define STATUS_TROUBLE 2
#define ARENAS 2
#define SENTENCE_BYTES 8192

static const char usage[] =
	"usage: migcompatd [OPTION...]\n"
	"Answers questions about the migration of VFIO devices at a Varlink socket, and keeps "
	"operators' holds.\n"
	"  --socket PATH      instead of /run/migcompat/io.migcompat; one that systemd passes goes "
	"first\n"
	"  --state DIR        where holds are kept, instead of /run/migcompat\n"
	"  --group NAME       whose members may ask, instead of migcompat\n"
	"  --config DIR       instead of /etc/migcompat\n"
	"  --plugin-dir DIR   where the backends lie\n"
	"  -i FILE            serve the devices of an inventory, or of a folder's *.json, instead "
	"of this\n"
	"                     host's; repeatable\n"
	"  --patience MS      for a client that stops within a message or does not take its reply, "
	"instead of 30000\n"
	"  --foreground       log to standard error instead of the journal\n"
	"  --log-level LEVEL  err, warning, notice, info or debug, instead of info\n"
	"  --help, --version\n";

enum letter {
	LETTER_SOCKET = 256,
	LETTER_STATE,
	LETTER_GROUP,
	LETTER_CONFIG,
	LETTER_PLUGIN_DIR,
	LETTER_PATIENCE,
	LETTER_FOREGROUND,
	LETTER_LOG_LEVEL,
	LETTER_HELP,
	LETTER_VERSION,
};

static const struct option table[] = {
	{"socket", required_argument, NULL, LETTER_SOCKET},
	{"state", required_argument, NULL, LETTER_STATE},
	{"group", required_argument, NULL, LETTER_GROUP},
	{"config", required_argument, NULL, LETTER_CONFIG},
	{"plugin-dir", required_argument, NULL, LETTER_PLUGIN_DIR},
	{"patience", required_argument, NULL, LETTER_PATIENCE},
	{"foreground", no_argument, NULL, LETTER_FOREGROUND},
	{"log-level", required_argument, NULL, LETTER_LOG_LEVEL},
	{"help", no_argument, NULL, LETTER_HELP},
	{"version", no_argument, NULL, LETTER_VERSION},
	{0},
};

struct run {
	struct server_options options;
	const char *text; /* to print instead of serving */
	bool foreground;
	int log_level;
};

static void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/*
 * Control characters of the command line are replaced, so that the message is one line.
 */
static void complain(const char *format, ...)
{
	char text[SENTENCE_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	utf8_mend(text, strlen(text));
	fprintf(stderr, "migcompatd: %s\n", text);
}

static int parse_patience(const char *text, uint64_t *ret)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9' || value == 0 || value > PATIENCE_MS_MAX) {
		complain("--patience expects 1 to %u milliseconds", PATIENCE_MS_MAX);
		return -EINVAL;
	}
	*ret = value * 1000u;
	return 0;
}

static int parse_level(const char *text, int *ret)
{
	int r = log_level(text, ret);

	if (r)
		complain("--log-level expects err, warning, notice, info or debug");
	return r;
}

static int parse_inventory(const char *path, const char **ret)
{
	if (strcmp(path, INVENTORY_STANDARD) == 0) {
		complain(
			"-i - is not for a service: it reads its inventories again at each reload");
		return -EINVAL;
	}
	*ret = path;
	return 0;
}

static int parse_option(struct run *run, int letter, size_t *count)
{
	switch (letter) {
	case 'i':
		return parse_inventory(optarg, &run->options.world.inventories[(*count)++]);
	case LETTER_SOCKET:
		run->options.socket = optarg;
		return 0;
	case LETTER_STATE:
		run->options.state = optarg;
		return 0;
	case LETTER_GROUP:
		run->options.group = optarg;
		return 0;
	case LETTER_CONFIG:
		run->options.world.config = optarg;
		return 0;
	case LETTER_PLUGIN_DIR:
		run->options.world.plugin_dir = optarg;
		return 0;
	case LETTER_PATIENCE:
		return parse_patience(optarg, &run->options.patience_us);
	case LETTER_FOREGROUND:
		run->foreground = true;
		return 0;
	case LETTER_LOG_LEVEL:
		return parse_level(optarg, &run->log_level);
	case LETTER_HELP:
		run->text = usage;
		return 0;
	case LETTER_VERSION:
		run->text = "migcompatd " MIGCOMPAT_RELEASE "\n";
		return 0;
	default:
		return -EINVAL;
	}
}

static const struct option *option_find(int letter)
{
	const struct option *option = table;

	while (option->name && option->val != letter)
		option++;
	return option->name ? option : NULL;
}

/* Report what getopt did not accept. argument: the last one of argv that it read. */
static int report_bad_option(int letter, const char *argument)
{
	const struct option *known = option_find(optopt);
	int len = (int)strcspn(argument, "=");

	if (letter == ':' && known)
		complain("--%s expects an argument, see migcompatd --help", known->name);
	else if (letter == ':')
		complain("-%c expects an argument, see migcompatd --help", optopt);
	else if (known)
		complain("--%s takes no argument", known->name);
	else if (optopt)
		complain("unknown option \"-%c\", see migcompatd --help", optopt);
	else
		complain("unknown option \"%.*s\"; nearest is \"--%s\"", len, argument,
			 nearest_word(argument + 2, table, COUNT(table) - 1, sizeof(table[0])));
	return -EINVAL;
}

static int parse_arguments(struct run *run, int argc, char **argv)
{
	size_t count = 0;
	int letter, r = 0;

	opterr = 0;
	while (!r && (letter = getopt_long(argc, argv, ":i:", table, NULL)) != -1)
		r = letter == '?' || letter == ':' ? report_bad_option(letter, argv[optind - 1])
						   : parse_option(run, letter, &count);
	if (!r && optind < argc) {
		complain("unexpected argument \"%s\", see migcompatd --help", argv[optind]);
		r = -EINVAL;
	}
	return r;
}

static int print(const char *text)
{
	if (fputs(text, stdout) >= 0 && fflush(stdout) == 0)
		return EXIT_SUCCESS;
	complain("standard output could not be written: %s", strerror(errno));
	return STATUS_TROUBLE;
}

static int serve(const struct run *run)
{
	struct error err = {0};
	sigset_t mask;
	int r;

	log_open(run->foreground, run->log_level);
	json_seed();
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signal(SIGPIPE, SIG_IGN);
	r = server_run(&run->options, &err);
	if (r) {
		log_say(LOG_ERR, "%s", err.text);
		sd_notifyf(0, "STATUS=%s\nERRNO=%i", err.text, -r);
	}
	return r ? STATUS_TROUBLE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct run run = {.log_level = LOG_INFO,
			  .options = {
				  .socket = "/run/migcompat/io.migcompat",
				  .state = HOLDS_DIR,
				  .group = "migcompat",
				  .patience_us = (uint64_t)PATIENCE_MS * 1000u,
			  }};
	int status = STATUS_TROUBLE;

	standard_open();
	/* With one arena per thread, each would keep the memory of its largest answer. */
	mallopt(M_ARENA_MAX, ARENAS);
	run.options.world.inventories =
		calloc((size_t)argc + 1, sizeof(*run.options.world.inventories));
	if (!run.options.world.inventories)
		complain("out of memory");
	else if (parse_arguments(&run, argc, argv) == 0)
		status = run.text ? print(run.text) : serve(&run);
	free(run.options.world.inventories);
	return status;
}
