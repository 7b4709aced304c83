/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared by the tests of the module: expectations that are counted and reported, single
 * system calls on attributes, and a broker in a process of its own.
 */
#ifndef SHIM_SUPPORT_H
#define SHIM_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct shim_test {
	const char *name;
	void (*run)(void);
};

/*
 * Run the tests whose names begin with ONLY (NULL: all). Returns the number of failures.
 */
int shim_run(const struct shim_test *tests, size_t count, const char *only);
void shim_expect(bool holds, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* An errno by name, or a count. */
const char *shim_name(ssize_t result);
#define EXPECT_RESULT(wanted, call)                                                              \
	do {                                                                                     \
		ssize_t result_ = (call), wanted_ = (wanted);                                    \
		shim_expect(result_ == wanted_, "%s():%d: %s gives %s (%zd), expected %s (%zd)", \
			    __func__, __LINE__, #call, shim_name(result_), result_,              \
			    shim_name(wanted_), wanted_);                                        \
	} while (0)

/* A size from the environment. */
long shim_number(const char *variable, long fallback);
/* Set the module's time-out. Tests of other ends of a wait use SHIM_FOREVER_MS. */
void shim_set_timeout(unsigned int ms);
#define SHIM_TIMEOUT_MS 10000
#define SHIM_FOREVER_MS 600000
/*
 * Create an mdev. A kernel that delays releasing keeps the name of a removed one for some
 * seconds.
 */
ssize_t shim_mdev_create(const char *file, const char *uuid);

/* Devices of the guest, from the environment: paths below /sys, and names. */
extern char shim_mdev_a[256], shim_mdev_b[256], shim_card[256];
const char *shim_file(const char *device,
		      const char *attribute); /* one of several static buffers */
const char *shim_class_file(const char *device, const char *attribute);
void shim_find_devices(void);

/* Open, one system call, close. A count or -errno. */
ssize_t attr_read(const char *path, char *buffer, size_t size);
/* The same as a zero-terminated text. */
ssize_t attr_text(const char *path, char *text, size_t size);
ssize_t attr_write(const char *path, const void *bytes, size_t length);
ssize_t attr_put(const char *path, const char *text);
bool attr_reads_as(const char *path, const char *text);
double seconds_now(void);
void sleep_ms(unsigned int ms);

struct broker_process {
	pid_t pid;
	int to;
	int from;
};

/*
 * Start a broker, with arguments of broker.c up to NULL. FD -1: it opens the device
 * itself. Returns 0, or the error that it printed.
 */
int broker_start(struct broker_process *process, int fd, char *const *words);
/*
 * Send a command, and wait for its last line. Returns 0 with the text after "ok" in REST,
 * or -errno.
 */
int broker_say(struct broker_process *process, char *rest, size_t size, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Attach. Returns the attachment's number, or -errno. */
ssize_t broker_do_attach(struct broker_process *process, const char *device, const char *string);
void broker_stop(struct broker_process *process);
void broker_kill(struct broker_process *process);
/* Number of requests: 0 reads, 1 writes, 2 asks, 3 cancels. */
unsigned long broker_count(struct broker_process *process, int which);
/* Wait until there are as many. False: it took too long. */
bool broker_count_comes(struct broker_process *process, int which, unsigned long count);
/* Start a broker, and detach everything. */
void broker_start_clean(struct broker_process *process);

#endif
