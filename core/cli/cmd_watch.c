/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * migcompat watch: all devices, then each change, one event per line, until a signal ends
 * it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/cli/output.h"
#include "core/cli/service.h"
#include "core/facts/json_escaped.h"
#include "core/facts/macros.h"

static void on_end(int number)
{
	(void)number; /* its only effect is that the wait ends */
}

/*
 * Signals that end the wait are blocked except during it, so none is lost. A signal that
 * was ignored at the start stays ignored.
 */
static void take_signals(sigset_t *ret_mask)
{
	static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_end}, before;
	sigset_t blocked;

	sigemptyset(&blocked);
	for (size_t i = 0; i < COUNT(ends); i++) {
		if (sigaction(ends[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN &&
		    sigaction(ends[i], &action, NULL) == 0)
			sigaddset(&blocked, ends[i]);
	}
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &blocked, ret_mask);
}

static void print_backend(const json_t *backend)
{
	const char *name = document_text(backend, "name"), *ended = document_text(backend, "ended");

	output_line("%-8s %s %s%s%s", "backend", name ? name : document_text(backend, "file"),
		    document_text(backend, "state"), ended ? ": " : "", ended ? ended : "");
}

static void print_event(const json_t *event)
{
	const char *name = document_text(event, "event"), *device = document_text(event, "device"),
		   *hold = document_text(event, "hold");
	/* NULL if a held device is gone */
	const char *kind = document_text(event, "kind");

	if (document_is(event, "event", "backend")) {
		print_backend(json_object_get(event, "backend"));
		return;
	}
	if (!device) {
		output_line("%s", name);
		return;
	}
	output_line("%-8s %s %s%s%s%s%s", name, device, kind ? kind : "", kind ? " " : "",
		    document_text(event, "host"),
		    !hold                       ? ""
		    : strcmp(name, "held") == 0 ? ": "
						: ", held: ",
		    hold ? hold : "");
}

/* 0: go on. 1: nobody reads the output any more. Otherwise CLI_TROUBLE. */
static int write_event(const struct cli *cli, json_t *event)
{
	char *text = NULL;

	if (cli->options.json) {
		text = json_escaped(event, JSON_COMPACT);
		if (!text)
			return output_fail(cli, -ENOMEM, "out of memory");
		puts(text);
		free(text);
	} else {
		print_event(event);
	}
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	if (errno != EPIPE)
		return output_lost(errno ? -errno : -EIO);
	output_drop();
	return 1;
}

/* Does the event have the members of its kind? */
static int check_event(const struct cli *cli, const json_t *event, bool continues)
{
	bool alone = document_is(event, "event", "ready") ||
		     document_is(event, "event", "policy") || document_is(event, "event", "rescan");
	json_t *backend = json_object_get(event, "backend");
	struct error err = {0};

	if (document_is(event, "event", "backend")) {
		if (!json_is_object(backend))
			return service_invalid(cli, "an event without its backend");
		if (document_check(backend, shape_backend, &err))
			return service_invalid(cli, err.text);
	} else if (!alone && (!document_text(event, "device") || !document_text(event, "host"))) {
		return service_invalid(cli, "an event without its device");
	}
	return continues ? 0 : service_invalid(cli, "a last event");
}

int command_watch(struct cli *cli)
{
	struct error err = {0};
	json_t *event = NULL;
	sigset_t mask;
	int r = service_connect(cli, &err), status;

	if (r)
		return output_fail(cli, r, "%s", err.text);
	take_signals(&mask);
	cli->service.mask = &mask;
	cli->service.watched = STDOUT_FILENO;
	status = service_call(cli, "Watch", json_pack("{s:b}", "types", cli->options.types), true);
	while (!status) {
		bool continues = false;

		status = service_reply(cli, shape_event, &event, NULL, &continues);
		if (!event)
			break;
		status = check_event(cli, event, continues);
		if (!status)
			status = write_event(cli, event);
		json_decref(event);
		/* The next change may take any time. */
		varlink_wait_forever(&cli->service);
	}
	return status == CLI_TROUBLE ? CLI_TROUBLE : CLI_YES;
}
