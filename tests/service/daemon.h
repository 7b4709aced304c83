/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The built service with recorded hosts, at a socket in a temporary folder, and its
 * clients. Its log goes to a file. If the service fails, or does not end in time, the
 * test fails.
 */
#ifndef TESTS_SERVICE_DAEMON_H
#define TESTS_SERVICE_DAEMON_H

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include <jansson.h>

#include "tests/support/documents.h"
#include "tests/support/files.h"

#define DUAL "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"   /* two ports, of serial-a */
#define SINGLE "83b8f4f2-509f-382f-3c1e-e6bfe0fa1002" /* one port */
#define CARD_1 "0000:00:03.0"                         /* one port, of serial-b */
#define CARD_2 "0000:00:04.0"                         /* two ports */
#define WAIT_MS 60000                                 /* sanitizers on a busy machine are slow */
#define PATIENCE "300"

struct daemon {
	struct folder folder;
	char socket[128];
	pid_t pid;
	bool live;       /* serves this host, which may be mocked, instead of recorded ones */
	bool background; /* log to the journal */
	void (*prepare)(struct daemon *daemon); /* in the child, before exec; or NULL */
};

static inline void pause_ms(long ms)
{
	struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&time, NULL);
}

static inline int client_try(const struct daemon *daemon)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval patience = {.tv_sec = WAIT_MS / 1000};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	memcpy(address.sun_path, daemon->socket, strlen(daemon->socket) + 1);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Wait until the log contains this. */
static inline void assert_logged(struct daemon *daemon, const char *part)
{
	static char text[4u << 20];
	size_t len;
	FILE *file;

	for (int i = 0; i < WAIT_MS / 20; i++) {
		file = fopen(folder_path(&daemon->folder, "log"), "r");
		len = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
		text[len] = '\0';
		if (file)
			fclose(file);
		if (strstr(text, part))
			return;
		pause_ms(20);
	}
	fail_msg("\"%s\" is not in the log:\n%s", part, text);
}

static inline pid_t daemon_spawn(struct daemon *daemon, const char *const *more)
{
	char config[192], state[192], log[192];
	const char *args[32] = {TEST_BUILD "/migcompatd",
				daemon->background ? "--log-level=info" : "--foreground",
				"--patience",
				PATIENCE,
				"--socket",
				daemon->socket,
				"--config",
				config,
				"--state",
				state,
				"-i",
				TEST_SOURCE "/tests/hosts/serial-a.json",
				"-i",
				TEST_SOURCE "/tests/hosts/serial-b.json"};
	size_t count = daemon->live ? 10 : 14;
	pid_t pid;

	snprintf(config, sizeof(config), "%s", folder_path(&daemon->folder, "policy"));
	snprintf(state, sizeof(state), "%s", folder_path(&daemon->folder, "state"));
	snprintf(log, sizeof(log), "%s", folder_path(&daemon->folder, "log"));
	while (more && *more)
		args[count++] = *more++;
	args[count] = NULL;
	unlink(log); /* of an earlier service */
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0644);

		/* If the test fails, the service is killed. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		if (daemon->prepare)
			daemon->prepare(daemon);
		execv(args[0], (char *const *)(uintptr_t)args);
		_exit(127);
	}
	return pid;
}

static inline int daemon_wait(pid_t pid)
{
	int status;

	for (int i = 0; i < WAIT_MS / 10; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		pause_ms(10);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	fail_msg("the service did not end");
	return -1;
}

static inline void daemon_start(struct daemon *daemon, const char *const *more)
{
	daemon->pid = daemon_spawn(daemon, more);
	assert_logged(daemon, "serving at");
}

static inline void daemon_keep_holds(struct daemon *daemon)
{
	FILE *file = fopen(folder_path(&daemon->folder, "state/holds.json"), "r");
	char text[65536];

	if (!file)
		return;
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	documents_keep(text);
}

static inline void daemon_end(struct daemon *daemon)
{
	assert_int_equal(kill(daemon->pid, SIGTERM), 0);
	assert_int_equal(daemon_wait(daemon->pid), 0);
	daemon->pid = 0;
	daemon_keep_holds(daemon);
}

static inline void daemon_folder(struct daemon *daemon)
{
	folder_make(&daemon->folder);
	assert_int_equal(mkdir(folder_path(&daemon->folder, "policy"), 0755), 0);
	snprintf(daemon->socket, sizeof(daemon->socket), "%s/socket/io.migcompat",
		 daemon->folder.path);
}

/* Setup of a group of tests: *state is the daemon. */
static inline int daemon_setup(void **state)
{
	static struct daemon daemon;

	daemon = (struct daemon){.pid = 0};
	*state = &daemon;
	daemon_folder(&daemon);
	daemon_start(&daemon, NULL);
	return 0;
}

static inline int daemon_teardown(void **state)
{
	struct daemon *daemon = *state;

	daemon_end(daemon);
	assert_int_equal(access(daemon->socket, F_OK), -1);
	folder_remove(&daemon->folder);
	return 0;
}

/* ---------------------------------------------------------------- clients */

static inline int client_open(const struct daemon *daemon)
{
	int fd = client_try(daemon);

	assert_true(fd >= 0);
	return fd;
}

/* False: the service has closed the connection. */
static inline bool client_send_bytes(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t done = send(fd, bytes, len, MSG_NOSIGNAL);

		if (done <= 0)
			return false;
		bytes += done;
		len -= (size_t)done;
	}
	return true;
}

/* Sends the final zero, too. */
static inline void client_send(int fd, const char *text)
{
	assert_true(client_send_bytes(fd, text, strlen(text) + 1));
}

/* The next reply, which the caller owns; NULL: the connection was closed. */
static inline json_t *client_receive(int fd)
{
	static char text[1u << 20];
	size_t len = 0;
	json_t *reply;

	for (;;) {
		ssize_t got = recv(fd, text + len, 1, 0);

		if (got < 0 && errno == EINTR) /* not restarted, because of SO_RCVTIMEO */
			continue;
		if (got < 0 && errno != ECONNRESET)
			fail_msg("no reply in time: %s", strerror(errno));
		if (got <= 0)
			return NULL;
		if (!text[len++] || len == sizeof(text))
			break;
	}
	reply = json_loads(text, 0, NULL);
	assert_non_null(reply);
	documents_keep(text);
	return reply;
}

/* The service must have closed the connection without a reply. */
static inline void client_is_closed(int fd)
{
	assert_null(client_receive(fd));
	close(fd);
}

/*
 * The service must send io.migcompat's error of that name and with that errno, and close
 * the connection.
 */
static inline void client_gets(int fd, const char *error, const char *number)
{
	json_t *reply = client_receive(fd);
	const char *name = reply ? json_string_value(json_object_get(reply, "error")) : NULL;

	assert_non_null(name);
	assert_string_equal(strrchr(name, '.') + 1, error);
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(reply, "parameters"), "errno")),
		number);
	json_decref(reply);
	client_is_closed(fd);
}

/* One call on a new connection. The caller owns the reply. */
static inline json_t *call(const struct daemon *daemon, const char *text)
{
	int fd = client_open(daemon);
	json_t *reply;

	client_send(fd, text);
	reply = client_receive(fd);
	assert_non_null(reply);
	close(fd);
	return reply;
}

/* "parameters.verdict" of a reply. */
static inline const char *text_at(json_t *reply, const char *key)
{
	return json_string_value(json_object_get(json_object_get(reply, "parameters"), key));
}

static inline void assert_text(json_t *reply, const char *key, const char *expected)
{
	const char *text = text_at(reply, key);
	char *whole;

	if (text && strcmp(text, expected) == 0)
		return;
	whole = json_dumps(reply, 0);
	fail_msg("\"%s\" is not \"%s\" in %s", key, expected, whole);
}

/* The reply must be an error of that name, whose parameter has this text. */
static inline void assert_error(json_t *reply, const char *name, const char *key,
				const char *expected)
{
	const char *error = json_string_value(json_object_get(reply, "error"));

	assert_non_null(error);
	assert_string_equal(error, name);
	assert_text(reply, key, expected);
	json_decref(reply);
}

#define METHOD(name, parameters) \
	"{\"method\":\"io.migcompat." name "\",\"parameters\":{" parameters "}}"
#define CHECK(source, target) METHOD("Check", "\"source\":\"" source "\",\"target\":\"" target "\"")
#define HOLD(device, reason) METHOD("Hold", "\"device\":\"" device "\",\"reason\":\"" reason "\"")
#define RELEASE(device) METHOD("Release", "\"device\":\"" device "\"")

#endif
