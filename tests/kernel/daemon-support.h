/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared by the tests of service and module together. The service runs in a process of
 * its own. The test is its manager, which may store its descriptor, and it runs other
 * programs.
 */
#ifndef DAEMON_SUPPORT_H
#define DAEMON_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "shim-support.h"

#define VERSION "migration_version"

struct daemon_process {
	pid_t pid;
	int notify;
	int stored; /* the stored descriptor of the broker; -1: none */
	char store_name[64];
	bool keep;
};

/*
 * Start migcompatd --foreground, and wait until it is ready. -ECHILD: it exited before.
 * Its log is appended to /out/daemon.log. A stored descriptor is passed as systemd does.
 */
int daemon_start(struct daemon_process *daemon, bool keep);
/*
 * Wait until it is ready again, as after a reload. False: it did not become ready, or
 * exited.
 */
bool daemon_wait_ready(struct daemon_process *daemon, int patience_ms);
/* Send SIGKILL. A stored descriptor stays open. */
void daemon_kill(struct daemon_process *daemon);
/* Send SIGTERM. Returns the status of waitpid(). Closes a stored descriptor. */
int daemon_stop(struct daemon_process *daemon);

/*
 * Run a program, with arguments up to NULL. Returns its exit status, and its standard
 * output and error.
 */
int program_run(char *const *words, char *output, size_t size);
#define PROGRAM(output, ...) program_run((char *const[]){__VA_ARGS__, NULL}, output, sizeof(output))
/* Does a program exit with STATUS and print TEXT, now or after a while? */
bool program_comes_to(int status, const char *text, char *const *words);
/*
 * Send a signal (0: none) to all processes of this name (/proc/PID/comm). Returns their
 * number.
 */
unsigned int processes_signal(const char *name, int signal);
/* The processor time that they used. */
double processes_seconds(const char *name);

/* Devices with a migration_version, by their names in /sys/class/migcompat. */
struct subject {
	const char *name;
	const char *label;
	unsigned int ports;
};
enum { MTTY_2A, MTTY_2B, MTTY_1A, MTTY_1B, TYPE_2, TYPE_1, CARD_2, CARD_1, SUBJECTS };
extern struct subject subjects[SUBJECTS];
/* Read the names from the environment, and wait until all devices are attached. */
void subjects_find(void);
bool subjects_wait(void);
/* The path of a file of the class device, in one of several static buffers. */
const char *subject_file(const char *name, const char *attribute);
/* Read a string without its newline: 0 or -errno. */
ssize_t subject_string(const char *name, char *string, size_t size);
/* Write a string: 0, -EPROTO after a short write, or -errno. */
ssize_t subject_write(const char *name, const char *string);
/* Ask in a session of its own. Returns the length of the answer, or -errno. */
ssize_t subject_ask(const char *string, char *answer, size_t size);
/* The line "yes|no NAME GRADE|LIMIT AVAILABILITY TEXT" about NAME in an answer; or "". */
void subject_line(const char *answer, const char *name, char *line, size_t size);
/* Expect that the answer to this string has a line with no for NAME, WORD and TEXT. */
void subject_expect_refused(const char *string, const char *name, const char *word,
			    const char *text);
/*
 * Make a variant of SOURCE with the same meaning, by an optional field that no backend
 * knows.
 */
size_t string_vary(const char *source, unsigned long number, char *made, size_t size);

#endif
