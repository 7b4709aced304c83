// SPDX-License-Identifier: LGPL-2.1-or-later
/* Helpers of the module's tests. Nothing here knows which result is right. */
#include "shim-support.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 60000

char shim_mdev_a[256], shim_mdev_b[256], shim_card[256];
static _Atomic unsigned long expectations, broken;

void shim_expect(bool holds, const char *format, ...)
{
	va_list arguments;

	expectations++;
	if (holds)
		return;
	/* A failing stress test fails thousands of times. */
	if (++broken > 200)
		return;
	va_start(arguments, format);
	printf("  ");
	vprintf(format, arguments);
	printf("\n");
	va_end(arguments);
}

const char *shim_name(ssize_t result)
{
	const char *name = result < 0 ? strerrorname_np((int)-result) : "count";

	return name ? name : "?";
}

int shim_run(const struct shim_test *tests, size_t count, const char *only)
{
	int failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < count; i++) {
		unsigned long before = broken;
		double start = seconds_now();

		if (only && strncmp(tests[i].name, only, strlen(only)) != 0)
			continue;
		/*
		 * A test that hangs ends the program, so that the lab reports the rest.
		 */
		alarm((unsigned int)shim_number("SHIM_TEST_SECONDS", 600));
		tests[i].run();
		alarm(0);
		printf("%s %s (%.1f s)\n", broken == before ? "ok    " : "FAILED", tests[i].name,
		       seconds_now() - start);
		failed += broken != before;
	}
	printf("%d failed, %lu expectations\n", failed, (unsigned long)expectations);
	return failed;
}

long shim_number(const char *variable, long fallback)
{
	const char *value = getenv(variable);

	return value ? atol(value) : fallback;
}

void shim_set_timeout(unsigned int ms)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", ms);
	EXPECT_RESULT(0, attr_put("/sys/module/migcompat/parameters/timeout_ms", text));
}

ssize_t shim_mdev_create(const char *file, const char *uuid)
{
	ssize_t result;

	for (int waited = 0; (result = attr_put(file, uuid)) == -EEXIST && waited < PATIENCE_MS;
	     waited += 20)
		sleep_ms(20);
	return result;
}

static void device_find(char *ret_path, const char *variable)
{
	const char *link = getenv(variable);
	char *path = link ? realpath(link, NULL) : NULL;

	if (!path) {
		fprintf(stderr, "%s names no device\n", variable);
		exit(2);
	}
	snprintf(ret_path, 256, "%s", path + strlen("/sys"));
	free(path);
}

void shim_find_devices(void)
{
	device_find(shim_mdev_a, "MDEV_A");
	device_find(shim_mdev_b, "MDEV_B");
	device_find(shim_card, "CARD");
}

static char *path_buffer(void)
{
	static __thread char buffers[8][1024];
	static __thread unsigned int next;

	return buffers[next++ % 8];
}

const char *shim_file(const char *device, const char *attribute)
{
	char *path = path_buffer();

	snprintf(path, 1024, "/sys%s/%s", device, attribute);
	return path;
}

const char *shim_class_file(const char *device, const char *attribute)
{
	const char *slash = strrchr(device, '/');
	char *path = path_buffer();

	snprintf(path, 1024, "/sys/class/migcompat/%s/%s", slash ? slash + 1 : device, attribute);
	return path;
}

ssize_t attr_read(const char *path, char *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t count;

	if (fd < 0)
		return -errno;
	count = read(fd, buffer, size);
	if (count < 0)
		count = -errno;
	close(fd);
	return count;
}

ssize_t attr_text(const char *path, char *text, size_t size)
{
	ssize_t count = attr_read(path, text, size - 1);

	text[count > 0 ? count : 0] = '\0';
	return count;
}

ssize_t attr_write(const char *path, const void *bytes, size_t length)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t count;

	if (fd < 0)
		return -errno;
	count = write(fd, bytes, length);
	if (count < 0)
		count = -errno;
	close(fd);
	return count;
}

ssize_t attr_put(const char *path, const char *text)
{
	ssize_t count = attr_write(path, text, strlen(text));

	return count < 0 ? count : 0;
}

bool attr_reads_as(const char *path, const char *text)
{
	char buffer[8192];
	ssize_t count = attr_read(path, buffer, sizeof(buffer));

	return count >= 0 && (size_t)count == strlen(text) && !memcmp(buffer, text, (size_t)count);
}

double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void sleep_ms(unsigned int ms)
{
	struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	nanosleep(&time, NULL);
}

/*
 * The last line of an answer: "ok ...", or the name of an error. Earlier lines are
 * skipped.
 */
static int answer_read(struct broker_process *process, char *rest, size_t size)
{
	char line[8192];
	size_t used = 0;

	for (;;) {
		ssize_t count = read(process->from, line + used, 1);

		if (count <= 0)
			return -EPIPE;
		if (line[used] != '\n') {
			used += used < sizeof(line) - 2;
			continue;
		}
		line[used] = '\0';
		used = 0;
		if (!strncmp(line, "ok", 2)) {
			if (rest)
				snprintf(rest, size, "%s", line[2] ? line + 3 : "");
			return 0;
		}
		for (int error = 1; error < 134; error++)
			if (strerrorname_np(error) && !strcmp(line, strerrorname_np(error)))
				return -error;
	}
}

int broker_start(struct broker_process *process, int fd, char *const *words)
{
	char number[16] = "-", *arguments[32] = {"broker", number};
	int to[2], from[2], count = 2;

	if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
		return -errno;
	if (fd >= 0)
		snprintf(number, sizeof(number), "%d", fd);
	for (; words && words[count - 2] && count < 31; count++)
		arguments[count] = words[count - 2];
	process->pid = fork();
	if (process->pid == 0) {
		signal(SIGPIPE, SIG_DFL);
		dup2(to[0], STDIN_FILENO);
		dup2(from[1], STDOUT_FILENO);
		if (fd >= 0)
			fcntl(fd, F_SETFD, 0);
		execv("/bin/broker", arguments);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	process->to = to[1];
	process->from = from[0];
	return answer_read(process, NULL, 0);
}

int broker_say(struct broker_process *process, char *rest, size_t size, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vdprintf(process->to, format, arguments);
	va_end(arguments);
	dprintf(process->to, "\n");
	return answer_read(process, rest, size);
}

ssize_t broker_do_attach(struct broker_process *process, const char *device, const char *string)
{
	char rest[64];
	int error = broker_say(
		process, rest, sizeof(rest),
		device[0] == '/' ? "attach %s mtty:serial" : "attach-type %s mtty:serial", device);
	ssize_t id;

	if (error)
		return error;
	id = strtol(rest, NULL, 10);
	if (string)
		error = broker_say(process, NULL, 0, "string %zd %s", id, string);
	return error ? error : id;
}

static void broker_end(struct broker_process *process)
{
	close(process->to);
	waitpid(process->pid, NULL, 0);
	close(process->from);
}

void broker_stop(struct broker_process *process)
{
	dprintf(process->to, "quit\n");
	broker_end(process);
}

void broker_kill(struct broker_process *process)
{
	kill(process->pid, SIGKILL);
	broker_end(process);
}

unsigned long broker_count(struct broker_process *process, int which)
{
	unsigned long counts[4] = {0};
	char rest[128];

	if (broker_say(process, rest, sizeof(rest), "stats") == 0)
		sscanf(rest, "%lu %lu %lu %lu", &counts[0], &counts[1], &counts[2], &counts[3]);
	return counts[which];
}

bool broker_count_comes(struct broker_process *process, int which, unsigned long count)
{
	int waited = 0;

	while (broker_count(process, which) < count && waited < PATIENCE_MS) {
		sleep_ms(5);
		waited += 5;
	}
	return broker_count(process, which) == count;
}

void broker_start_clean(struct broker_process *process)
{
	EXPECT_RESULT(0, broker_start(process, -1, NULL));
	EXPECT_RESULT(0, broker_say(process, NULL, 0, "detach-all"));
}
