/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * migcompat-worker runs the code of one backend in each process, or parses configuration
 * files. The library starts it, with sockets from descriptor 3 on.
 *
 * A worker gives up its rights in steps, each for good, before it loads anything
 * (sandbox.h). It ends when the library closes its end. It runs vendor code only in
 * calls, without threads and signals, so the library's time-out is its watchdog.
 * RLIMIT_CPU would count the whole life of a process, which in a service is months.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/wire/worker_memory.h"
#include "core/wire/worker_process.h"
#include "core/worker/copies.h"
#include "core/worker/serve.h"
#include "core/config/parse.h"
#include "core/worker/file.h"
#include "core/worker/sandbox.h"
#include "core/worker/output.h"

/* Data never comes through the pipe, so a signal means its end. */
static void on_life(int signal)
{
	struct pollfd pollfd = {.fd = WORKER_LIFE};
	int before = errno;

	(void)signal;
	if (poll(&pollfd, 1, 0) > 0 && pollfd.revents & (POLLHUP | POLLERR | POLLNVAL))
		_exit(EXIT_SUCCESS);
	errno = before;
}

/* All copies inherit this. The filters keep vendor code from changing it. */
static int handle_signals(void)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN},
			       action = {.sa_handler = on_life, .sa_flags = SA_RESTART};

	return sigaction(SIGPIPE, &ignore, NULL) < 0 || sigaction(SIGIO, &action, NULL) < 0 ? -errno
											    : 0;
}

/*
 * End with the other end, even if vendor code never returns. PR_SET_PDEATHSIG is no way:
 * it reacts to the end of the thread that started this process, and threads of a program
 * may end at any time. The socket is no way either: it would send a signal for each
 * request, and each reply that was read.
 */
static int watch_life(void)
{
	if (fcntl(WORKER_LIFE, F_SETOWN, getpid()) < 0 ||
	    fcntl(WORKER_LIFE, F_SETFL, O_RDONLY | O_ASYNC) < 0)
		return -errno;
	on_life(SIGIO); /* it may have ended before this */
	return 0;
}

/* The first argument. */
struct terms {
	unsigned uid;
	unsigned gid;
	unsigned memory_kib;
	unsigned oom_score_adj;
};

/*
 * Once for all copies: open the files, then become the user who cannot open them. After
 * an error, refusal has the reason.
 */
static void files_prepare(struct file *files, char *const *paths, size_t count,
			  const struct terms *terms, uint32_t *missing, struct error *refusal)
{
	int descriptors[2 * WORKERS_MAX];

	for (size_t i = 0; i < count; i++)
		file_open(&files[i], paths[i]);
	sandbox_first(terms->oom_score_adj, missing);
	if (sandbox_user(terms->uid, terms->gid, missing, refusal))
		return;
	for (size_t i = 0; i < count; i++) {
		file_reach(&files[i]);
		descriptors[2 * i] = files[i].copy >= 0 ? -1 : files[i].opened.file;
		descriptors[2 * i + 1] = files[i].opened.folder;
	}
	sandbox_files(descriptors, 2 * count, missing, refusal);
}

/*
 * The dynamic linker reads libraries beside a backend from the folder itself. If the
 * worker's user cannot enter the folder, "not found" would hide the reason.
 */
static void explain_missing_library(const struct file *file, struct provider *provider)
{
	struct error err = {0};

	if (file->copy < 0 || !provider->info.error ||
	    !strstr(provider->info.error, "cannot open shared object file"))
		return;
	error_set(&err, -ELIBACC,
		  "%s (its worker's user cannot enter the backend's folder, and finds no library "
		  "there)",
		  provider->info.error);
	provider_refuse(provider, err.text);
}

/*
 * Load the backend. refusal: why it must not be loaded. Returns an error only if memory
 * is short.
 */
static int backend_load(struct file *file, unsigned memory_kib, const struct error *refusal,
			struct provider **ret)
{
	struct error confined = *refusal;
	const char *slash = strrchr(file->path, '/');
	int r;

	output_redirect(slash ? slash + 1 : file->path);
	if (!*confined.text)
		sandbox_loading(memory_kib, &confined);
	if (*confined.text)
		return provider_local_from(file->path, NULL, confined.text, ret, NULL);
	r = provider_local_from(file->path, file->from,
				*file->refusal.text ? file->refusal.text : NULL, ret, NULL);
	file_done(file);
	if (!r)
		explain_missing_library(file, *ret);
	if (!r && (*ret)->info.name)
		output_name((*ret)->info.name);
	if (!r && sandbox_serving(&confined))
		provider_refuse(*ret, confined.text);
	return r;
}

static int worker_run(struct file *file, unsigned memory_kib, const struct error *refusal)
{
	struct provider *provider;
	struct server server;
	int r = file_keep(file);

	if (!r)
		r = watch_life();
	if (!r)
		r = backend_load(file, memory_kib, refusal, &provider);
	if (r)
		return r;
	server_start(&server, provider);
	r = serve(WORKER_SOCKET, &server);
	server_free(&server);
	return r;
}

/*
 * No vendor code runs here and the text is the administrator's, so the user stays the
 * same. The second filter forbids to open files, so Landlock would add nothing.
 */
static int parser_run(void)
{
	struct error refusal = {0};
	int r = close_range(WORKER_LIFE + 1, ~0u, 0) < 0 ? -errno : watch_life();

	if (r)
		return r;
	if (!sandbox_capabilities(&refusal) && !sandbox_loading(WORKER_SHARE_MOST_KIB, &refusal))
		(void)sandbox_serving(&refusal);
	return conf_serve(WORKER_SOCKET, &refusal);
}

static int usage(void)
{
	fprintf(stderr,
		"usage: migcompat-worker UID:GID:KIB:OOM BACKEND.so…\n"
		"       migcompat-worker " WORKER_PARSE_CONFIG " -\n"
		"Runs one backend in each process, or parses configuration files.\n"
		"libmigcompat starts this program, with a socket for each process.\n"
		"UID, GID: the user to become before a backend is loaded, if root starts it.\n"
		"KIB: the memory of each process. OOM: its oom_score_adj.\n");
	return 2;
}

int main(int argc, char **argv)
{
	static struct file files[WORKERS_MAX];
	struct error refusal = {0};
	bool parses = argc == 3 && strcmp(argv[1], WORKER_PARSE_CONFIG) == 0;
	uint32_t missing = sandbox_left_out();
	struct terms terms;
	int r;

	if (parses) {
		r = handle_signals();
		return r || parser_run() ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	if (argc < 3 || (size_t)argc - 2 > WORKERS_MAX ||
	    sscanf(argv[1], "%u:%u:%u:%u", &terms.uid, &terms.gid, &terms.memory_kib,
		   &terms.oom_score_adj) != 4)
		return usage();
	r = handle_signals();
	if (!r) {
		files_prepare(files, argv + 2, (size_t)argc - 2, &terms, &missing, &refusal);
		r = copies_make((size_t)argc - 2, missing);
	}
	if (r >= 0)
		r = worker_run(&files[r], terms.memory_kib, &refusal);
	if (r)
		fprintf(stderr, "migcompat-worker: %s\n", strerror(-r));
	return r ? EXIT_FAILURE : EXIT_SUCCESS;
}
