/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting workers by exec and ending them. posix_spawn neither copies the caller's
 * memory nor runs its code in the new process, so locks that other threads hold do not
 * matter. Only the program that was run makes copies of itself.
 */
#include "core/worker_client/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/backend/trusted.h"
#include "core/facts/macros.h"
#include "core/wire/confinement.h"
#include "core/wire/wire.h"

#define MEET_MS 1000 /* for a copy to say hello, or to end after its connection */

/* Nothing in the environment may control the linker or the C library of a worker. */
static void environment_make(char *ret[4])
{
	static const char *const kept[] = {"ASAN_OPTIONS=", "LSAN_OPTIONS=", "UBSAN_OPTIONS="};
	size_t count = 0;

	for (char **at = environ; at && *at; at++)
		for (size_t i = 0; i < COUNT(kept) && count < 3; i++)
			if (strncmp(*at, kept[i], strlen(kept[i])) == 0)
				ret[count++] = *at;
	ret[count] = NULL;
}

/* The sources lie above all numbers that they move to, see ends_move. */
static int set_descriptors(posix_spawn_file_actions_t *actions, const int *theirs, size_t count,
			   bool keep_stderr)
{
	int r = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);

	if (!r)
		r = posix_spawn_file_actions_adddup2(actions, STDIN_FILENO, STDOUT_FILENO);
	if (!r && !keep_stderr)
		r = posix_spawn_file_actions_adddup2(actions, STDIN_FILENO, STDERR_FILENO);
	for (size_t i = 0; i < count && !r; i++)
		r = posix_spawn_file_actions_adddup2(actions, theirs[i], WORKER_SOCKET + (int)i);
	return r;
}

/* An ignored signal and a blocked mask survive exec, so both are reset. */
static int set_attributes(posix_spawnattr_t *attr)
{
	sigset_t none, all;
	int r;

	sigemptyset(&none);
	sigfillset(&all);
	r = posix_spawnattr_setsigmask(attr, &none);
	if (!r)
		r = posix_spawnattr_setsigdefault(attr, &all);
	return r ? r
		 : posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/* Returns a positive errno, as posix_spawn does. */
static int spawn(const char *path, char *const *argv, const int *theirs, size_t count,
		 bool keep_stderr, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	char *env[4];
	int r = posix_spawn_file_actions_init(&actions);

	if (r)
		return r;
	r = posix_spawnattr_init(&attr);
	if (r) {
		posix_spawn_file_actions_destroy(&actions);
		return r;
	}
	environment_make(env);
	r = set_descriptors(&actions, theirs, count, keep_stderr);
	if (!r)
		r = set_attributes(&attr);
	if (!r)
		r = posix_spawn(ret, path, &actions, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return r;
}

/* Move fd to least or above if it lies below. -1: errno is set, and fd is closed. */
static int fd_raise(int fd, int least)
{
	int moved, code;

	if (fd >= least)
		return fd;
	moved = fcntl(fd, F_DUPFD_CLOEXEC, least);
	code = errno;
	close(fd);
	errno = code;
	return moved;
}

/*
 * The worker's end moves above least, so that moving one end to its final number never
 * overwrites another. Our end must be no standard descriptor, even if the caller has
 * closed those: otherwise the caller's next printf would go to the worker. Positive
 * errno: both ends are closed.
 */
static int ends_move(const int ends[2], int least, int *ret_ours, int *ret_theirs)
{
	int ours = fd_raise(ends[0], STDERR_FILENO + 1);
	int theirs = ours < 0 ? -1 : fd_raise(ends[1], least);
	int r = errno;

	if (ours >= 0 && theirs >= 0) {
		*ret_ours = ours;
		*ret_theirs = theirs;
		return 0;
	}
	if (ours < 0)
		close(ends[1]);
	else
		close(ours);
	return r;
}

/*
 * Make socket and pipe of a process; theirs are the two ends that it gets. Positive
 * errno: there is neither.
 */
static int process_connect(struct process *process, int least, int theirs[static 2])
{
	int ends[2], life[2];
	int r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return errno;
	r = ends_move(ends, least, &process->socket, &theirs[0]);
	if (r)
		return r;
	r = pipe2(life, O_CLOEXEC) < 0
		    ? errno
		    : ends_move((int[]){life[1], life[0]}, least, &process->life, &theirs[1]);
	if (r) {
		close(process->socket);
		close(theirs[0]);
	}
	return r;
}

static void process_disconnect(const struct process *process)
{
	close(process->socket);
	close(process->life);
	step_free(process->step);
}

/*
 * Check that nobody else can write the program, and return a path to it through the
 * descriptor of its folder. That descriptor lies above least, too.
 */
static int program_open(const char *program, int least, int *ret_folder,
			char path[static TRUSTED_PATH_MAX], struct error *err)
{
	struct trusted trusted = {.file = -1, .folder = -1};
	struct error why = {0};
	int folder = -1, r = trusted_open(program, &trusted, &why);

	if (!r) {
		folder = fcntl(trusted.folder, F_DUPFD_CLOEXEC, least);
		r = folder < 0 ? -errno : 0;
		trusted_path(folder, trusted.name, path);
	}
	trusted_close(&trusted);
	/*
	 * posix_spawn reports this only if vfork shares memory, which it does not under
	 * valgrind.
	 */
	if (!r && access(path, X_OK) < 0)
		r = -errno;
	if (!r) {
		*ret_folder = folder;
		return 0;
	}
	if (folder >= 0)
		close(folder);
	error_set(err, r, "the worker program %s could not be started: %s", program,
		  *why.text && r != -ENOENT ? why.text : strerror(-r));
	return r;
}

int process_start(const struct process_program *program, struct process *ret, struct error *err)
{
	char *argv[WORKERS_MAX + 3] = {(char *)(uintptr_t)program->path,
				       (char *)(uintptr_t)program->first};
	const size_t count = program->count;
	const int least = WORKER_STEPS(count) + 1;
	char path[TRUSTED_PATH_MAX];
	int theirs[WORKERS_MAX * 2 + 1];
	size_t made = 0;
	int folder = -1, steps, r;

	if (!count || count > WORKERS_MAX)
		return error_set(err, -E2BIG, "%zu workers, expected 1 to %u", count, WORKERS_MAX);
	r = program_open(program->path, least, &folder, path, err);
	if (r)
		return r;
	/*
	 * Without these pages everything works, but a death is described in less detail.
	 */
	steps = step_make(count);
	steps = steps < 0 ? steps : fd_raise(steps, least);
	for (; made < count && !r; made += !r) {
		argv[made + 2] = (char *)(uintptr_t)program->arguments[made];
		ret[made] = (struct process){.socket = -1};
		theirs[2 * made] = theirs[2 * made + 1] = -1;
		r = process_connect(&ret[made], least, &theirs[2 * made]);
		if (!r)
			ret[made].step = step_read(steps, made);
	}
	theirs[2 * count] = steps;
	if (!r)
		r = spawn(path, argv, theirs, 2 * count + (steps >= 0), program->keep_stderr,
			  &ret[0].pid);
	close(folder);
	if (steps >= 0)
		close(steps);
	for (size_t i = 0; i < 2 * made; i++)
		close(theirs[i]);
	if (!r)
		return 0;
	for (size_t i = 0; i < made; i++)
		process_disconnect(&ret[i]);
	return error_set(err, -r, "the worker program %s could not be started: %s", program->path,
			 strerror(r));
}

bool process_lacks_resources(int r)
{
	return r == -ENOMEM || r == -EAGAIN || r == -EMFILE || r == -ENFILE;
}

int process_meet(struct process *process, uint64_t deadline)
{
	struct worker_hello hello;
	ssize_t n;
	int r;

	if (process->met)
		return 0;
	do {
		r = wire_wait(process->socket, POLLIN, deadline);
		if (r)
			return r;
		n = recv(process->socket, &hello, sizeof(hello), MSG_DONTWAIT);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	if (n <= 0)
		return n < 0 ? -errno : -ECONNRESET;
	if (n != sizeof(hello) || hello.pid <= 0 || (process->pid && process->pid != hello.pid) ||
	    hello.missing & ~(uint32_t)CONFINEMENT_ALL)
		return -EBADMSG;
	process->pid = hello.pid;
	process->missing = hello.missing;
	process->met = true;
	return 0;
}

/* ---------------------------------------------------------------- the end */

enum state {
	RUNNING,
	ENDED,
	GONE, /* how it ended is lost: the caller ignores SIGCHLD or waits for any child */
};

/*
 * options: WNOHANG, or 0 to wait for the end. A process that has ended is reaped, unless
 * options has WNOWAIT.
 */
static enum state state_get(pid_t pid, int options, siginfo_t *info)
{
	int r;

	*info = (siginfo_t){0};
	while ((r = waitid(P_PID, (id_t)pid, info, WEXITED | options)) < 0 && errno == EINTR)
		;
	if (r < 0)
		return GONE;
	return info->si_pid ? ENDED : RUNNING;
}

/* A process closes its connection a little before it can be reaped. */
static enum state end_wait(pid_t pid, unsigned grace_ms, siginfo_t *info)
{
	const struct timespec step = {.tv_nsec = 500000};
	enum state state;

	for (unsigned i = 0; (state = state_get(pid, WNOHANG, info)) == RUNNING && i < 2 * grace_ms;
	     i++)
		nanosleep(&step, NULL);
	return state;
}

static void end_describe(enum state state, const siginfo_t *info, char *how, size_t size)
{
	const char *name = sigdescr_np(info->si_status);

	if (state == RUNNING)
		snprintf(how, size, "closed its connection");
	else if (state == GONE)
		snprintf(how, size, "ended");
	else if (info->si_code == CLD_EXITED)
		snprintf(how, size, "ended (exit status %d)", info->si_status);
	else
		snprintf(how, size, "was killed by signal %d (%s)", info->si_status,
			 name ? name : "unknown");
}

void process_kill(const struct process *process)
{
	siginfo_t info;

	/* Until it is reaped, no other process can get its number. */
	if (process->socket >= 0 && process->pid &&
	    state_get(process->pid, WNOHANG | WNOWAIT, &info) == RUNNING)
		kill(process->pid, SIGKILL);
}

void process_end(struct process *process, unsigned grace_ms, char *how, size_t size)
{
	enum state state = GONE;
	siginfo_t info = {0};
	bool killed;

	if (process->socket < 0)
		return;
	/*
	 * A copy whose hello was not read yet has one waiting, and must not become a
	 * zombie.
	 */
	if (process->pid || process_meet(process, wire_deadline(MEET_MS)) == 0)
		state = end_wait(process->pid, grace_ms, &info);
	if (how)
		end_describe(state, &info, how, size);
	killed = state == RUNNING && kill(process->pid, SIGKILL) == 0;
	process_disconnect(process);
	/*
	 * Root without CAP_KILL may not kill a worker of another user, but that worker
	 * ends with its connection.
	 */
	if (killed)
		state_get(process->pid, 0, &info);
	else if (state == RUNNING)
		end_wait(process->pid, MEET_MS, &info);
	*process = (struct process){.socket = -1};
}
