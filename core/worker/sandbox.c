/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps of confinement, by system calls alone. Knows no backend.
 *
 * Builds with sanitizers or coverage write files of their own and trace themselves, so
 * they set only those limits that these allow. There is no network namespace: it would
 * take 0.5 to 3 ms, and a worker can make no socket.
 */
#include "core/worker/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/facts/macros.h"
#include "core/wire/confinement.h"
#include "core/wire/worker_memory.h"
#include "core/worker/filter.h"
#include "filters.h"

#if defined(WORKER_SANITIZED) || defined(WORKER_COVERED)
#define CONFINED false
#else
#define CONFINED true
#endif

/* The rights of the first version of Landlock. The filters forbid all others. */
#define FILES_ALL ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)
#define FILTER_MAX 512

static int fail(struct error *err, const char *what)
{
	int code = -errno;

	return error_set(err, code, "its worker could not be confined: %s: %s", what,
			 strerror(-code));
}

uint32_t sandbox_left_out(void)
{
	uint32_t missing = CONFINED ? 0 : CONFINEMENT_FILES | CONFINEMENT_CALLS;

#ifdef WORKER_SANITIZED
	missing |= CONFINEMENT_MEMORY;
#endif
	return missing | (CONFINED || geteuid() ? 0u : (uint32_t)CONFINEMENT_USER);
}

/* This needs no capability. */
void sandbox_first(unsigned oom_score_adj, uint32_t *missing)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || dprintf(fd, "%u", oom_score_adj) < 0)
		*missing |= CONFINEMENT_ORDER;
	if (fd >= 0)
		close(fd);
}

/* ---------------------------------------------------------------- user */

static int fail_user(uid_t uid, struct error *err)
{
	int code = -errno;

	return error_set(err, code,
			 "its worker could not be confined: root cannot become user %u (%s), for "
			 "which it needs CAP_SETUID and CAP_SETGID",
			 uid, strerror(-code));
}

static int user_change(uid_t uid, gid_t gid, uint32_t *missing, struct error *err)
{
	if (uid == 0 || gid == 0)
		return error_set(err, -EPERM,
				 "its worker could not be confined: it would stay root");
	if (setresgid(gid, gid, gid) < 0) {
		/*
		 * Root of a user namespace without this user. Outside, it is an
		 * unprivileged user.
		 */
		if (errno != EINVAL)
			return fail_user(uid, err);
		*missing |= CONFINEMENT_USER;
		return 0;
	}
	return setgroups(0, NULL) < 0 || setresuid(uid, uid, uid) < 0 ? fail_user(uid, err) : 0;
}

int sandbox_capabilities(struct error *err)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

	if (syscall(SYS_capset, &header, none) < 0)
		return fail(err, "dropping capabilities");
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? fail(err, "no_new_privs") : 0;
}

int sandbox_user(uid_t uid, gid_t gid, uint32_t *missing, struct error *err)
{
	int r = CONFINED && geteuid() == 0 ? user_change(uid, gid, missing, err) : 0;

	return r ? r : sandbox_capabilities(err);
}

/* ---------------------------------------------------------------- files */

/* Folders and files in which the dynamic linker looks for libraries. */
static const char *const libraries[] = {
	"/etc/ld.so.cache", "/lib",           "/lib64",           "/usr/lib",
	"/usr/lib64",       "/usr/local/lib", "/usr/local/lib64",
};

static int allow_reading(int ruleset, int fd)
{
	const struct landlock_path_beneath_attr rule = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE, .parent_fd = fd};

	return (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

static int allow_libraries(int ruleset)
{
	for (size_t i = 0; i < COUNT(libraries); i++) {
		int fd = open(libraries[i], O_PATH | O_CLOEXEC);
		int r = fd < 0 ? 0 : allow_reading(ruleset, fd);

		if (fd >= 0)
			close(fd);
		if (r < 0)
			return r;
	}
	return 0;
}

int sandbox_files(const int *descriptors, size_t count, uint32_t *missing, struct error *err)
{
	const struct landlock_ruleset_attr all = {.handled_access_fs = FILES_ALL};
	int ruleset = -1;
	int r;

	if (!CONFINED)
		return 0;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
	if (ruleset < 0 && (errno == ENOSYS || errno == EOPNOTSUPP)) {
		*missing |= CONFINEMENT_FILES;
		return 0;
	}
	if (ruleset < 0)
		return fail(err, "Landlock");
	r = allow_libraries(ruleset);
	for (size_t i = 0; i < count && r == 0; i++)
		if (descriptors[i] >= 0)
			r = allow_reading(ruleset, descriptors[i]);
	if (r == 0)
		r = (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
	if (r < 0)
		r = fail(err, "Landlock");
	close(ruleset);
	return r;
}

/* ---------------------------------------------------------------- limits */

/*
 * Limits of what vendor code may use. A sanitizer reserves unbounded address space and
 * starts a process that looks for leaks.
 */
static const struct {
	int resource;
	rlim_t most;
} limits[] = {
	{RLIMIT_CORE, 0},
	{RLIMIT_NOFILE, 32},
#ifndef WORKER_SANITIZED
	{RLIMIT_STACK, (rlim_t)WORKER_STACK_KIB << 10},
	{RLIMIT_NPROC, 0},
	{RLIMIT_MEMLOCK, 0},
	{RLIMIT_MSGQUEUE, 0},
#endif
};

/* Lower a limit for good. A limit that is lower already stays. */
static int limit(int resource, rlim_t most)
{
	struct rlimit now;

	if (getrlimit((__rlimit_resource_t)resource, &now) < 0)
		return -1;
	if (now.rlim_max > most)
		now.rlim_max = most;
	now.rlim_cur = now.rlim_max;
	return setrlimit((__rlimit_resource_t)resource, &now);
}

/*
 * May anything be written to a file? Only standard error that the caller kept, and data
 * of coverage.
 */
static bool writes_files(void)
{
	struct stat st;

#ifdef WORKER_COVERED
	return true;
#endif
	return fstat(STDERR_FILENO, &st) == 0 && S_ISREG(st.st_mode);
}

static int limit_memory(unsigned kib)
{
#ifdef WORKER_SANITIZED
	(void)kib;
	return 0;
#else
	if (limit(RLIMIT_DATA, (rlim_t)kib << 10) < 0)
		return -1;
	return limit(RLIMIT_AS, ((rlim_t)kib + WORKER_MAPPED_KIB) << 10);
#endif
}

static int limit_all(unsigned memory_kib)
{
	if (limit_memory(memory_kib) < 0)
		return -1;
	for (size_t i = 0; i < COUNT(limits); i++)
		if (limit(limits[i].resource, limits[i].most) < 0)
			return -1;
	return writes_files() ? 0 : limit(RLIMIT_FSIZE, 0);
}

/* ---------------------------------------------------------------- system calls */

static int filter(const struct sock_filter *lines, size_t count, struct error *err)
{
	struct sock_filter own[FILTER_MAX];
	const struct sock_fprog program = {.len = (unsigned short)count, .filter = own};

	if (!CONFINED)
		return 0;
	memcpy(own, lines, count * sizeof(*lines));
	for (size_t i = 0; i < count; i++)
		if (own[i].code == (BPF_JMP | BPF_JEQ | BPF_K) && own[i].k == FILTER_PID)
			own[i].k = (uint32_t)getpid();
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0 ? fail(err, "seccomp")
									      : 0;
}

_Static_assert(COUNT(filter_loading) <= FILTER_MAX && COUNT(filter_serving) <= FILTER_MAX,
	       "a filter has room");

int sandbox_loading(unsigned memory_kib, struct error *err)
{
	if (limit_all(memory_kib) < 0)
		return fail(err, "limits");
	return filter(filter_loading, COUNT(filter_loading), err);
}

int sandbox_serving(struct error *err)
{
	return filter(filter_serving, COUNT(filter_serving), err);
}
