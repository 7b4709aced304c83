/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs the built program from a shell's command line, in the source folder. "migcompat"
 * is the built program, with an empty policy. Its output and status are kept until the
 * next run.
 */
#ifndef TESTS_SUPPORT_RUN_H
#define TESTS_SUPPORT_RUN_H

#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "tests/support/documents.h"
#include "tests/support/files.h"

#define RUN_OUTPUT_MAX (1u << 20)
#define SERIAL_A "-i tests/hosts/serial-a.json "
#define SERIAL_B "-i tests/hosts/serial-b.json "
#define SERIAL SERIAL_A SERIAL_B
#define SERIAL_C SERIAL_A "-i tests/hosts/serial-c.json " /* cards that cannot move */
#define DUAL "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"       /* two ports, on serial-a */
#define SINGLE "83b8f4f2-509f-382f-3c1e-e6bfe0fa1002"     /* one port */
#define CARD_1 "0000:00:03.0"                             /* one port, on serial-b */
#define CARD_2 "0000:00:04.0"                             /* two ports */

static struct {
	int status;
	char out[RUN_OUTPUT_MAX];
	char err[RUN_OUTPUT_MAX];
	struct folder folder; /* $FOLDER, with an empty policy */
} ran;

static inline void run_read(FILE *file, char *buffer)
{
	size_t len;

	rewind(file);
	len = fread(buffer, 1, RUN_OUTPUT_MAX - 1, file);
	buffer[len] = '\0';
	fclose(file);
}

/*
 * The status is that of the last command. 128 and the number of a signal: a signal ended
 * it.
 */
static inline void run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline void run(const char *format, ...)
{
	static const char before[] =
		"umask 022; migcompat() { command migcompat --config \"$POLICY\" \"$@\"; }\n";
	FILE *out = tmpfile(), *err = tmpfile();
	char command[65536];
	va_list args;
	int status;
	pid_t pid;

	assert_non_null(out);
	assert_non_null(err);
	memcpy(command, before, sizeof(before));
	va_start(args, format);
	vsnprintf(command + sizeof(before) - 1, sizeof(command) - sizeof(before), format, args);
	va_end(args);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(fileno(out), STDOUT_FILENO);
		dup2(fileno(err), STDERR_FILENO);
		if (chdir(TEST_SOURCE) == 0)
			execl("/bin/bash", "bash", "-c", command, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	run_read(out, ran.out);
	run_read(err, ran.err);
	documents_keep(ran.out);
}

static inline void assert_status(int status)
{
	if (ran.status != status)
		fail_msg("exit status %d, expected %d\nstdout: %s\nstderr: %s", ran.status, status,
			 ran.out, ran.err);
}

static inline bool run_one_line(const char *text)
{
	const char *end = strchr(text, '\n');

	return end && end[1] == '\0';
}

/* Status 2, one sentence on standard error that contains part, and no output. */
static inline void assert_trouble(const char *part)
{
	assert_status(2);
	if (!run_one_line(ran.err) || strncmp(ran.err, "migcompat: ", 11) != 0)
		fail_msg("not one sentence: %s", ran.err);
	assert_contains(ran.err, part);
	assert_string_equal(ran.out, "");
}

/* Standard output must be one JSON document, which the caller frees. */
static inline json_t *run_json(void)
{
	json_error_t error;
	json_t *document = json_loads(ran.out, JSON_REJECT_DUPLICATES, &error);

	if (!document)
		fail_msg("%s: %s", error.text, ran.out);
	return document;
}

static inline const char *json_member(json_t *document, const char *key)
{
	json_t *value = json_object_get(document, key);

	if (!value)
		fail_msg("no \"%s\" in %s", key, ran.out);
	return json_is_string(value) ? json_string_value(value) : NULL;
}

/* The same with --json: one sentence, and one error document. Both contain part. */
static inline void assert_json_trouble(const char *number, const char *part)
{
	json_t *document;

	assert_status(2);
	assert_true(run_one_line(ran.err));
	assert_contains(ran.err, part);
	document = run_json();
	assert_string_equal(json_member(document, "verdict"), "error");
	assert_string_equal(json_member(document, "errno"), number);
	assert_contains(json_member(document, "reason"), part);
	assert_true(json_is_array(json_object_get(document, "findings")));
	json_decref(document);
}

static inline int run_setup(void **state)
{
	char path[8192];

	(void)state;
	folder_make(&ran.folder);
	assert_int_equal(mkdir(folder_path(&ran.folder, "policy"), 0755), 0);
	setenv("POLICY", ran.folder.file, 1);
	setenv("FOLDER", ran.folder.path, 1);
	snprintf(path, sizeof(path), "%s:%s", TEST_BUILD, getenv("PATH"));
	setenv("PATH", path, 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	unsetenv("NO_COLOR");
	return 0;
}

static inline int run_teardown(void **state)
{
	(void)state;
	folder_remove(&ran.folder);
	return 0;
}

#define run_group(tests) cmocka_run_group_tests(tests, run_setup, run_teardown)

#endif
