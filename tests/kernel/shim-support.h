/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the shim's test programs share: expectations that are counted and told, single system calls
 * on attributes, and a broker in a process of its own.
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

/* Runs the tests whose names begin with ONLY (NULL: all); returns how many failed. */
int shim_run(const struct shim_test *tests, size_t count, const char *only);
void shim_expect(bool holds, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The value of an error or count as people know it. */
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
/* How long the shim waits for its daemon. What has to end for another reason is tested with
 * SHIM_FOREVER_MS. */
void shim_set_timeout(unsigned int ms);
#define SHIM_TIMEOUT_MS 10000
#define SHIM_FOREVER_MS 600000
/* Makes an mdev; a kernel that delays releasing keeps its name for some seconds after an earlier
 * one went. */
ssize_t shim_mdev_create(const char *file, const char *uuid);

/* Devices of the guest, from the environment: paths below /sys and names. */
extern char shim_mdev_a[256], shim_mdev_b[256], shim_card[256];
const char *shim_file(const char *device,
		      const char *attribute); /* one of several static buffers */
const char *shim_class_file(const char *device, const char *attribute);
void shim_find_devices(void);

/* One open, one system call, one close: a count or a negative errno. */
ssize_t attr_read(const char *path, char *buffer, size_t size);
/* The same as a text, with the zero at its end. */
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

/* FD -1: it opens the broker itself. Words (up to NULL) as broker.c takes them. Returns 0, or the
 * error it told. */
int broker_start(struct broker_process *process, int fd, char *const *words);
/* Sends one command and waits for its last line; returns 0 and what stands after "ok" in REST, or a
 * negative errno. */
int broker_say(struct broker_process *process, char *rest, size_t size, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Attaches; the attachment's number, or a negative errno. */
ssize_t broker_do_attach(struct broker_process *process, const char *device, const char *string);
void broker_stop(struct broker_process *process);
void broker_kill(struct broker_process *process);
/* How many of: 0 reads, 1 writes, 2 asks, 3 cancels. */
unsigned long broker_count(struct broker_process *process, int which);
/* Whether there are as many at last. */
bool broker_count_comes(struct broker_process *process, int which, unsigned long count);
/* A broker to which nothing is attached. */
void broker_start_clean(struct broker_process *process);

#endif
