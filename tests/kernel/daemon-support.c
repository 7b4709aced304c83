// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The service's manager for tests, and shared helpers. The manager implements
 * sd_notify(3) and the descriptor store of systemd.
 */
#include "daemon-support.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#define PATIENCE_MS 120000
#define NOTIFY_NAME "migcompat-lab"
#define LOG "/out/daemon.log"
#define CHECKSUM_LENGTH 17 /* "=" and 16 hexadecimal digits */

struct subject subjects[SUBJECTS] = {
	[MTTY_2A] = {NULL, "MDEV_2A", 2},   [MTTY_2B] = {NULL, "MDEV_2B", 2},
	[MTTY_1A] = {NULL, "MDEV_1A", 1},   [MTTY_1B] = {NULL, "MDEV_1B", 1},
	[TYPE_2] = {NULL, "TYPE_2", 2},     [TYPE_1] = {NULL, "TYPE_1", 1},
	[CARD_2] = {NULL, "CARD_2PORT", 2}, [CARD_1] = {NULL, "CARD_1PORT", 1},
};

static int notify_open(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "\0" NOTIFY_NAME};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&address,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof(NOTIFY_NAME)))) {
		perror("cannot be a manager");
		exit(2);
	}
	return fd;
}

static void daemon_exec(const struct daemon_process *daemon)
{
	char pid[16];
	int log = open(LOG, O_WRONLY | O_CREAT | O_APPEND, 0644);

	setenv("NOTIFY_SOCKET", "@" NOTIFY_NAME, 1);
	dup2(log, STDERR_FILENO);
	dup2(log, STDOUT_FILENO);
	if (daemon->stored >= 0) {
		snprintf(pid, sizeof(pid), "%d", getpid());
		setenv("LISTEN_PID", pid, 1);
		setenv("LISTEN_FDS", "1", 1);
		setenv("LISTEN_FDNAMES", daemon->store_name, 1);
		if (daemon->stored != 3)
			dup2(daemon->stored, 3);
		fcntl(3, F_SETFD, 0);
	}
	execlp("migcompatd", "migcompatd", "--foreground", NULL);
	_exit(127);
}

/* Store a descriptor that comes with FDSTORE=1; close any other. */
static void store(struct daemon_process *daemon, const char *text, int fd)
{
	const char *name = strstr(text, "FDNAME=");

	if (!daemon->keep || !strstr(text, "FDSTORE=1") || !name) {
		close(fd);
		return;
	}
	if (daemon->stored >= 0)
		close(daemon->stored);
	daemon->stored = fd;
	snprintf(daemon->store_name, sizeof(daemon->store_name), "%.*s",
		 (int)strcspn(name + 7, "\n"), name + 7);
}

/* Receive one notification, if there is one. True: it has READY=1. */
static bool notification_take(struct daemon_process *daemon, bool *ret_some)
{
	char text[1024], control[CMSG_SPACE(sizeof(int))];
	struct iovec part = {.iov_base = text, .iov_len = sizeof(text) - 1};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	ssize_t count = recvmsg(daemon->notify, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	struct cmsghdr *header = count > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	int fd;

	*ret_some = count >= 0;
	text[count > 0 ? count : 0] = '\0';
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
		store(daemon, text, fd);
	}
	return strstr(text, "READY=1") != NULL;
}

/* They may have descriptors, which would keep the broker open. */
static void notifications_drain(struct daemon_process *daemon)
{
	bool some = true;

	while (some)
		notification_take(daemon, &some);
}

/* The next notification, if it comes soon, must have READY=1. */
static bool ready_soon(struct daemon_process *daemon)
{
	struct pollfd polled = {.fd = daemon->notify, .events = POLLIN};
	bool some;

	return poll(&polled, 1, 50) == 1 && notification_take(daemon, &some);
}

bool daemon_wait_ready(struct daemon_process *daemon, int patience_ms)
{
	double end = seconds_now() + patience_ms / 1000.0;

	while (seconds_now() < end && kill(daemon->pid, 0) == 0)
		if (ready_soon(daemon))
			return true;
	return false;
}

int daemon_start(struct daemon_process *daemon, bool keep)
{
	if (!daemon->notify) {
		daemon->notify = notify_open();
		daemon->stored = -1;
	}
	daemon->keep = keep;
	daemon->pid = fork();
	if (daemon->pid == 0)
		daemon_exec(daemon);
	for (int waited = 0; waited < PATIENCE_MS; waited += 50) {
		if (ready_soon(daemon))
			return 0;
		if (waitpid(daemon->pid, NULL, WNOHANG) == daemon->pid) {
			daemon->pid = 0;
			return -ECHILD;
		}
	}
	return -ETIMEDOUT;
}

void daemon_kill(struct daemon_process *daemon)
{
	kill(daemon->pid, SIGKILL);
	waitpid(daemon->pid, NULL, 0);
	daemon->pid = 0;
	notifications_drain(daemon);
}

int daemon_stop(struct daemon_process *daemon)
{
	int status = -1;

	kill(daemon->pid, SIGTERM);
	waitpid(daemon->pid, &status, 0);
	daemon->pid = 0;
	notifications_drain(daemon);
	if (daemon->stored >= 0)
		close(daemon->stored);
	daemon->stored = -1;
	return status;
}

int program_run(char *const *words, char *output, size_t size)
{
	int from[2], status = -1;
	size_t used = 0;
	ssize_t count;
	pid_t child;

	EXPECT_RESULT(0, pipe2(from, O_CLOEXEC));
	child = fork();
	if (child == 0) {
		dup2(from[1], STDOUT_FILENO);
		dup2(from[1], STDERR_FILENO);
		execvp(words[0], words);
		_exit(127);
	}
	close(from[1]);
	while (used < size - 1 && (count = read(from[0], output + used, size - 1 - used)) > 0)
		used += (size_t)count;
	output[used] = '\0';
	close(from[0]);
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool program_comes_to(int status, const char *text, char *const *words)
{
	char output[16384];

	for (int waited = 0; waited < PATIENCE_MS; waited += 100) {
		if (program_run(words, output, sizeof(output)) == status && strstr(output, text))
			return true;
		sleep_ms(100);
	}
	printf("  the last output was: %s\n", output);
	return false;
}

/* The next process of this name; 0: there is none. */
static pid_t process_next(DIR *folder, const char *name)
{
	struct dirent *entry;

	while ((entry = readdir(folder))) {
		char path[300], comm[32];
		ssize_t length;

		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		length = attr_text(path, comm, sizeof(comm));
		if (length <= 0)
			continue;
		comm[length - 1] = '\0';
		if (!strcmp(comm, name) && atoi(entry->d_name) > 0)
			return (pid_t)atoi(entry->d_name);
	}
	return 0;
}

unsigned int processes_signal(const char *name, int signal)
{
	DIR *folder = opendir("/proc");
	unsigned int count = 0;
	pid_t process;

	while ((process = process_next(folder, name)))
		count += kill(process, signal) == 0;
	closedir(folder);
	return count;
}

double processes_seconds(const char *name)
{
	DIR *folder = opendir("/proc");
	unsigned long ticks = 0;
	pid_t process;

	while ((process = process_next(folder, name))) {
		char path[300], stat[1024];
		unsigned long user, system;

		snprintf(path, sizeof(path), "/proc/%d/stat", process);
		if (attr_text(path, stat, sizeof(stat)) <= 0)
			continue;
		if (sscanf(strrchr(stat, ')'),
			   ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
			   &system) == 2)
			ticks += user + system;
	}
	closedir(folder);
	return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

void subjects_find(void)
{
	for (int i = 0; i < SUBJECTS; i++) {
		subjects[i].name = getenv(subjects[i].label);
		if (!subjects[i].name) {
			fprintf(stderr, "%s is not set\n", subjects[i].label);
			exit(2);
		}
	}
}

bool subjects_wait(void)
{
	char string[4096];

	for (int i = 0; i < SUBJECTS; i++) {
		ssize_t result = -1;

		for (int waited = 0; result && waited < PATIENCE_MS; waited += 20) {
			result = subject_string(subjects[i].name, string, sizeof(string));
			if (result)
				sleep_ms(20);
		}
		if (result) {
			printf("  %s reads %s\n", subjects[i].label, shim_name(result));
			return false;
		}
	}
	return true;
}

const char *subject_file(const char *name, const char *attribute)
{
	return shim_class_file(name, attribute);
}

ssize_t subject_string(const char *name, char *string, size_t size)
{
	ssize_t count = attr_text(subject_file(name, VERSION), string, size);

	if (count < 0)
		return count;
	string[strcspn(string, "\n")] = '\0';
	return 0;
}

ssize_t subject_write(const char *name, const char *string)
{
	ssize_t count = attr_write(subject_file(name, VERSION), string, strlen(string));

	if (count < 0)
		return count;
	return (size_t)count == strlen(string) ? 0 : -EPROTO;
}

ssize_t subject_ask(const char *string, char *answer, size_t size)
{
	int fd = open("/dev/migcompat", O_RDWR | O_CLOEXEC);
	ssize_t count = fd < 0 ? -1 : write(fd, string, strlen(string));
	size_t used = 0;

	while (count > 0 && (count = read(fd, answer + used, size - 1 - used)) > 0)
		used += (size_t)count;
	answer[used] = '\0';
	if (count < 0)
		count = -errno;
	if (fd >= 0)
		close(fd);
	return count < 0 ? count : (ssize_t)used;
}

void subject_line(const char *answer, const char *name, char *line, size_t size)
{
	char word[300];
	const char *found;

	snprintf(word, sizeof(word), " %s ", name);
	found = strstr(answer, word);
	line[0] = '\0';
	if (!found)
		return;
	while (found > answer && found[-1] != '\n')
		found--;
	snprintf(line, size, "%.*s", (int)strcspn(found, "\n"), found);
}

void subject_expect_refused(const char *string, const char *name, const char *word,
			    const char *text)
{
	static char answer[262145];
	char line[2048];
	ssize_t count = subject_ask(string, answer, sizeof(answer));

	subject_line(count < 0 ? "" : answer, name, line, sizeof(line));
	shim_expect(!strncmp(line, "no ", 3) && strstr(line, word) && strstr(line, text),
		    "an ask, expected to tell%s%s, gives %s: %s", word, text, shim_name(count),
		    line);
}

size_t string_vary(const char *source, unsigned long number, char *made, size_t size)
{
	size_t length = strlen(source) - CHECKSUM_LENGTH;
	const char *payload = source;

	/* The checksum covers all after the third colon. */
	for (int colons = 0; colons < 3; colons++)
		payload = strchr(payload, ':') + 1;
	memcpy(made, source, length);
	length += (size_t)snprintf(made + length, size - length, "~lap=%lu;", number);
	payload = made + (payload - source);
	length += (size_t)snprintf(
		made + length, size - length, "=%016llx",
		(unsigned long long)XXH3_64bits(payload, length - (size_t)(payload - made)));
	return length;
}
