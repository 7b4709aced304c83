/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of the service behind the module share: the service in a process of its own, with
 * us as its manager that may keep its descriptor, and other programs that are run and read.
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
	int stored; /* the broker's descriptor, where it is kept for the next one; else -1 */
	char store_name[64];
	bool keep;
};

/* Starts migcompatd --foreground and waits until it says that it is ready: 0, or -ECHILD where it
 * ended before. Its log is appended to /out/daemon.log. What was kept is handed over as systemd
 * does. */
int daemon_start(struct daemon_process *daemon, bool keep);
/* Waits until it says again that it is ready, as after a reload; false: it did not, or ended. */
bool daemon_wait_ready(struct daemon_process *daemon, int patience_ms);
/* SIGKILL, and no word. What is kept stays with us. */
void daemon_kill(struct daemon_process *daemon);
/* SIGTERM; returns how it ended, as waitpid() has it. Lets go of what was kept. */
int daemon_stop(struct daemon_process *daemon);

/* Runs a program with words up to NULL; its exit status, and what it printed (standard error too).
 */
int program_run(char *const *words, char *output, size_t size);
#define PROGRAM(output, ...) program_run((char *const[]){__VA_ARGS__, NULL}, output, sizeof(output))
/* Whether a program ends with STATUS and prints TEXT, now or after a while. */
bool program_comes_to(int status, const char *text, char *const *words);
/* Sends a signal (0: none) to all processes of this name, as /proc/PID/comm has it; how many there
 * are. */
unsigned int processes_signal(const char *name, int signal);
/* The processor's time that they took up to now. */
double processes_seconds(const char *name);

/* What has a migration_version: devices by their name in /sys/class/migcompat. */
struct subject {
	const char *name;
	const char *label;
	unsigned int ports;
};
enum { MTTY_2A, MTTY_2B, MTTY_1A, MTTY_1B, TYPE_2, TYPE_1, CARD_2, CARD_1, SUBJECTS };
extern struct subject subjects[SUBJECTS];
/* Reads the names from the environment and waits until all of them are attached. */
void subjects_find(void);
bool subjects_wait(void);
/* The file of the class device; one of several static buffers. */
const char *subject_file(const char *name, const char *attribute);
/* Reads a string without its newline: 0 or a negative errno. */
ssize_t subject_string(const char *name, char *string, size_t size);
/* Writes a string: 0, -EPROTO for a part of it, or a negative errno. */
ssize_t subject_write(const char *name, const char *string);
/* Asks by a session of its own: the answer's length, or a negative errno. */
ssize_t subject_ask(const char *string, char *answer, size_t size);
/* The line "yes|no NAME GRADE|LIMIT AVAILABILITY TEXT" of an answer as it is for NAME; empty: none.
 */
void subject_line(const char *answer, const char *name, char *line, size_t size);
/* Expects that a question by this string is answered with no for NAME, in a line that has WORD and
 * TEXT. */
void subject_expect_refused(const char *string, const char *name, const char *word,
			    const char *text);
/* SOURCE, whose payload is a record, made another one that means the same, by an optional field
 * that no backend knows. */
size_t string_vary(const char *source, unsigned long number, char *made, size_t size);

#endif
