/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs during the build and writes the two seccomp filters of a worker as C. Making them
 * at run time would take longer than all the rest of a worker's start.
 *
 * The first filter allows what loading and serving need. All other calls fail with EPERM,
 * since libraries probe in good faith and go on. Calls that only serve to attack other
 * processes end the worker. The second filter is small: it takes away what only loading
 * needed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/wire/worker_process.h"
#include "core/facts/macros.h"
#include "core/worker/filter.h"

/* The last phase in which a call is allowed. */
enum phase {
	LOADING, /* the dynamic linker and constructors run */
	SERVING, /* requests are answered */
};

/* Allowed with any arguments. Names that an architecture lacks are skipped. */
static const struct {
	const char *name;
	enum phase until;
} plain[] = {
	/* the socket, standard error, and files that were opened for loading */
	{"read", SERVING},
	{"write", SERVING},
	{"writev", SERVING},
	{"poll", SERVING},
	{"ppoll", SERVING},
	{"ppoll_time64", SERVING},
	{"fstat", SERVING},
	{"fstat64", SERVING},
	{"pread64", LOADING},
	{"lseek", SERVING},
	{"_llseek", SERVING},
	/* fstat in most releases of glibc; what it tells about a file is no secret */
	{"newfstatat", LOADING},
	{"fstatat64", LOADING},
	/* memory */
	{"brk", SERVING},
	{"munmap", SERVING},
	{"mremap", SERVING},
	{"madvise", SERVING},
	{"cacheflush", LOADING},
	{"riscv_flush_icache", LOADING},
	{"riscv_hwprobe", LOADING},
	{"arch_prctl", LOADING},
	/* locks, time, random numbers */
	{"futex", SERVING},
	{"futex_time64", SERVING},
	{"sched_yield", SERVING},
	{"clock_gettime", SERVING},
	{"clock_gettime64", SERVING},
	{"clock_getres", SERVING},
	{"clock_getres_time64", SERVING},
	{"gettimeofday", SERVING},
	{"time", SERVING},
	{"nanosleep", SERVING},
	{"clock_nanosleep", SERVING},
	{"clock_nanosleep_time64", SERVING},
	{"pause", SERVING},
	{"getrandom", SERVING},
	/* facts about the process itself and the machine */
	{"getpid", SERVING},
	{"gettid", SERVING},
	{"getppid", SERVING},
	{"sysinfo", SERVING},
	/* ending, and returning from the handler of the one signal */
	{"rt_sigreturn", SERVING},
	{"sigreturn", SERVING},
	{"restart_syscall", SERVING},
	{"exit", SERVING},
	{"exit_group", SERVING},
};

/*
 * Descriptors first to first + rest; their number is a power of two. All 64 bits are
 * compared: the kernel uses only 32, and a number that differs above these must not pass.
 * RLIMIT_NOFILE keeps descriptors below 32, see sandbox.c.
 */
#define CLOSE(first, rest)                                                                    \
	{                                                                                     \
		"close", {SCMP_A0_64(SCMP_CMP_MASKED_EQ, ~UINT64_C(rest), first)}, 1, SERVING \
	}
_Static_assert(WORKER_SOCKET == 3 && WORKER_LIFE == 4, "all but these two");

/* Allowed with these arguments only. */
static const struct {
	const char *name;
	struct scmp_arg_cmp good[2];
	unsigned count;
	enum phase until;
} bounded[] = {
	/* Only for reading. What Landlock forbids fails with EACCES. */
	{"openat",
	 {SCMP_A2_64(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC | __O_TMPFILE, O_RDONLY)},
	 1,
	 LOADING},
	/* The second filter. */
	{"seccomp",
	 {SCMP_A0_64(SCMP_CMP_EQ, SECCOMP_SET_MODE_FILTER), SCMP_A1_64(SCMP_CMP_EQ, 0)},
	 2,
	 LOADING},
	/* Socket and pipe stay open, since the worker ends with its connection. */
	CLOSE(0, 1),
	CLOSE(2, 0),
	CLOSE(5, 0),
	CLOSE(6, 1),
	CLOSE(8, 7),
	CLOSE(16, 15),
	/* The descriptor of memory for device state, see serve_state.c. */
	{"recvmsg", {SCMP_A0_64(SCMP_CMP_EQ, WORKER_SOCKET)}, 1, SERVING},
	/* Reading limits and flags, not setting them. */
	{"prlimit64", {SCMP_A2_64(SCMP_CMP_EQ, 0)}, 1, SERVING},
	{"fcntl", {SCMP_A1_64(SCMP_CMP_EQ, F_GETFL)}, 1, SERVING},
	{"fcntl64", {SCMP_A1_64(SCMP_CMP_EQ, F_GETFL)}, 1, SERVING},
	/* abort(), but no signal to another process */
	{"tgkill",
	 {SCMP_A0_64(SCMP_CMP_EQ, FILTER_PID), SCMP_A2_64(SCMP_CMP_EQ, SIGABRT)},
	 2,
	 SERVING},
};

/* Executable memory: only while loading. */
static const char *const mapping[] = {"mmap", "mmap2", "mprotect"};

/* Honest libraries do not use these calls. */
static const char *const deadly[] = {
	"ptrace",      "process_vm_readv",  "process_vm_writev", "kill",
	"tkill",       "rt_sigqueueinfo",   "rt_tgsigqueueinfo", "pidfd_open",
	"pidfd_getfd", "pidfd_send_signal",
};

static uint32_t arch; /* that the filters are for: SCMP_ARCH_… */

static void die(const char *what, int code)
{
	fprintf(stderr, "make_filters: %s: %s\n", what, strerror(code));
	exit(EXIT_FAILURE);
}

static void add(scmp_filter_ctx filter, uint32_t action, const char *name, unsigned count,
		const struct scmp_arg_cmp *arguments)
{
	int number = seccomp_syscall_resolve_name(name);
	int r = number == __NR_SCMP_ERROR
			? 0
			: seccomp_rule_add_array(filter, action, number, count, arguments);

	if (r)
		die(name, -r);
}

/*
 * If mmap takes its arguments by pointer, a filter cannot see them, so it cannot tell
 * code from data.
 */
static bool is_visible(const char *name)
{
	return strcmp(name, "mmap") != 0 ||
	       (arch != SCMP_ARCH_S390X && arch != SCMP_ARCH_S390 && arch != SCMP_ARCH_X86);
}

static void add_loading(scmp_filter_ctx filter)
{
	for (size_t i = 0; i < COUNT(plain); i++)
		add(filter, SCMP_ACT_ALLOW, plain[i].name, 0, NULL);
	for (size_t i = 0; i < COUNT(bounded); i++)
		add(filter, SCMP_ACT_ALLOW, bounded[i].name, bounded[i].count, bounded[i].good);
	for (size_t i = 0; i < COUNT(mapping); i++)
		add(filter, SCMP_ACT_ALLOW, mapping[i], 0, NULL);
	for (size_t i = 0; i < COUNT(deadly); i++)
		add(filter, SCMP_ACT_KILL_PROCESS, deadly[i], 0, NULL);
}

static void take_away(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp code = SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC);

	for (size_t i = 0; i < COUNT(plain); i++)
		if (plain[i].until == LOADING)
			add(filter, SCMP_ACT_ERRNO(EPERM), plain[i].name, 0, NULL);
	for (size_t i = 0; i < COUNT(bounded); i++)
		if (bounded[i].until == LOADING)
			add(filter, SCMP_ACT_ERRNO(EPERM), bounded[i].name, 0, NULL);
	for (size_t i = 0; i < COUNT(mapping); i++)
		if (is_visible(mapping[i]))
			add(filter, SCMP_ACT_ERRNO(EPERM), mapping[i], 1, &code);
}

static scmp_filter_ctx make(enum phase phase)
{
	scmp_filter_ctx filter =
		seccomp_init(phase == LOADING ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_ALLOW);

	if (!filter)
		die("seccomp_init", ENOMEM);
	if (seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) ||
	    seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2))
		die("seccomp_attr_set", EINVAL);
	if (arch != seccomp_arch_native() &&
	    (seccomp_arch_add(filter, arch) || seccomp_arch_remove(filter, seccomp_arch_native())))
		die("seccomp_arch_add", EINVAL);
	if (phase == LOADING)
		add_loading(filter);
	else
		take_away(filter);
	return filter;
}

static void print(FILE *out, const char *name, enum phase phase)
{
	scmp_filter_ctx filter = make(phase);
	struct sock_filter line;
	FILE *file = tmpfile();
	int r;

	if (!file)
		die("tmpfile", errno);
	r = seccomp_export_bpf(filter, fileno(file));
	if (r)
		die("seccomp_export_bpf", -r);
	rewind(file);
	fprintf(out, "static const struct sock_filter %s[] = {\n", name);
	while (fread(&line, sizeof(line), 1, file) == 1)
		fprintf(out, "\t{0x%02x, %u, %u, 0x%08x},\n", line.code, line.jt, line.jf, line.k);
	fprintf(out, "};\n");
	fclose(file);
	seccomp_release(filter);
}

/* make_filters FILE [ARCHITECTURE]: "x86_64", "aarch64" and so on, by default this machine's; of
 * another byte order libseccomp makes none. */
int main(int argc, char **argv)
{
	FILE *out = argc == 2 || argc == 3 ? fopen(argv[1], "we") : NULL;

	if (!out)
		die(argc < 2 ? "a file is expected" : argv[1], argc < 2 ? EINVAL : errno);
	arch = argc == 3 ? seccomp_arch_resolve_name(argv[2]) : seccomp_arch_native();
	if (!arch)
		die(argv[2], EINVAL);
	fprintf(out, "/* Made by core/worker/make_filters.c. */\n");
	print(out, "filter_loading", LOADING);
	print(out, "filter_serving", SERVING);
	if (fclose(out) != 0)
		die(argv[1], errno);
	return EXIT_SUCCESS;
}
