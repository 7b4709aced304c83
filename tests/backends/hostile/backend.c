/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tries forbidden things in its constructor, in open and in compare. The model, the label
 * and the finding of a device list the outcome of each, as "what=ERRNO" and "what=done".
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/backends/plain.h"

/* Each function returns 0 or more if it was done, or -1 with errno. */

static int read_file(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static int create_file(void)
{
	return open("/tmp/migcompat-hostile", O_WRONLY | O_CREAT, 0600);
}

static int make_folder(void)
{
	return mkdir("/tmp/migcompat-hostile", 0700);
}

static int make_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int send_descriptor(void)
{
	struct msghdr message = {0};

	return (int)sendmsg(3, &message, 0);
}

static int make_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static void *nothing(void *arg)
{
	return arg;
}

static int make_thread(void)
{
	pthread_t thread;
	int r = pthread_create(&thread, NULL, nothing, NULL);

	errno = r;
	return r ? -1 : 0;
}

static int run_program(void)
{
	char *const argv[] = {(char *)(size_t) "/bin/true", NULL};

	return execv(argv[0], argv);
}

static int raise_limit(void)
{
	const struct rlimit limit = {.rlim_cur = 1024, .rlim_max = 1024};

	return setrlimit(RLIMIT_NOFILE, &limit);
}

static int become_root(void)
{
	return setresuid(0, 0, 0);
}

static int add_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			       MAP_FAILED
		       ? -1
		       : 0;
}

static int ignore_signal(void)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};

	return sigaction(SIGIO, &ignore, NULL);
}

static int block_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	return sigprocmask(SIG_BLOCK, &all, NULL);
}

static int stop_watching(void)
{
	return fcntl(4, F_SETFL, 0);
}

static int redirect_signal(void)
{
	return fcntl(4, F_SETOWN, getppid());
}

static int end_connection(void)
{
	return close(3);
}

/* The kernel uses only the lower half of the register. */
static int hide_its_end(void)
{
	return close(4) < 0 ? (int)syscall(SYS_close, 0x100000004ul) : 0;
}

static const struct {
	const char *name;
	int (*attempt)(void);
} attempts[] = {
	{"read", read_file},        {"create", create_file},      {"mkdir", make_folder},
	{"socket", make_socket},    {"sendmsg", send_descriptor}, {"fork", make_process},
	{"thread", make_thread},    {"exec", run_program},        {"rlimit", raise_limit},
	{"root", become_root},      {"code", add_code},           {"sigaction", ignore_signal},
	{"sigmask", block_signals}, {"unwatch", stop_watching},   {"redirect", redirect_signal},
	{"close", end_connection},  {"hide", hide_its_end},
};

static char loaded[512], opened[512], compared[512];

static void attempt_all(char *text, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		int done = attempts[i].attempt() >= 0;

		len += (size_t)snprintf(text + len, size - len, "%s=%s ", attempts[i].name,
					done ? "done" : strerrorname_np(errno));
	}
}

__attribute__((constructor)) static void load(void)
{
	attempt_all(loaded, sizeof(loaded));
}

static int hostile_open(const struct migcompat_host *host, const struct migcompat_facts *facts,
			void **ret_handle)
{
	attempt_all(opened, sizeof(opened));
	return plain_open(host, facts, ret_handle);
}

static int hostile_describe(void *handle, struct migcompat_description *ret)
{
	(void)handle;
	ret->type = "plain";
	ret->model = loaded;
	ret->label = opened;
	return 0;
}

static int hostile_compare(void *handle, const char *payload, size_t len,
			   struct migcompat_result *result)
{
	(void)handle;
	(void)payload;
	(void)len;
	attempt_all(compared, sizeof(compared));
	plain_finding(result, MIGCOMPAT_STATUS_OK, compared);
	return 0;
}

#define PLAIN_NAME "hostile"
#define PLAIN_OPEN hostile_open
#define PLAIN_DESCRIBE hostile_describe
#define PLAIN_COMPARE hostile_compare
#include "tests/backends/register.h"
