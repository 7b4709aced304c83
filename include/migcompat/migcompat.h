/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmigcompat: for management tools that ask before they migrate.
 *
 *     struct migcompat *ctx = NULL;
 *     struct migcompat_verdict *verdict = NULL;
 *     const struct migcompat_device *source, *target;
 *
 *     if (migcompat_new(&ctx) < 0 || migcompat_verdict_new(&verdict) < 0)
 *             abort();
 *     if (migcompat_add_inventory(ctx, "a.json") < 0 || migcompat_add_inventory(ctx, "b.json") < 0
 * || migcompat_find(ctx, "a//83b8f4f2-509f-382f-3c1e-e6bfe0fa1001", &source) < 0 ||
 *         migcompat_find(ctx, "b//0000:00:04.0", &target) < 0 ||
 *         migcompat_check_devices(ctx, source, target, verdict) < 0)
 *             fprintf(stderr, "%s\n", migcompat_message(ctx));
 *     else if (migcompat_verdict_errno(verdict) == 0)
 *             puts("compatible");
 *
 * Errors: functions return 0 (or a count) or a negative errno, and migcompat_message says it in a
 * sentence. An answer of "no" is no error: it is in the verdict. The library never prints and never
 * ends the process. If an argument is NULL that must not be, the function returns -EINVAL, NULL, 0
 * or MIGCOMPAT_ERROR. A verdict that was passed to a function which fails is an error too, whatever
 * it was before.
 *
 * Processes: a context belongs to the process that made it. In a child process after fork every
 * function that takes the context or one of its targets returns -ECHILD (NULL, if it returns a
 * pointer), and freeing them does nothing. Verdicts and choices can be read there.
 *
 * Signals and children: workers are children of the calling process. They send it SIGCHLD, and
 * wait(-1) sees their end; the library copes with a program that reaps them. It keeps no descriptor
 * below 3. A thread that calls it needs 64 KiB of stack.
 *
 * Threads: a context is used by one thread at a time. A verdict and an open target are used by one
 * thread at a time each; different targets of one context may be asked side by side once all of
 * them are open.
 *
 * Ownership: what a function returns by pointer belongs to the object it was asked of and lives as
 * long, unless said otherwise.
 *
 * Vendor code runs in worker processes unless MIGCOMPAT_OPTION_IN_PROCESS is set to "true".
 */
#ifndef MIGCOMPAT_MIGCOMPAT_H
#define MIGCOMPAT_MIGCOMPAT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct migcompat;	  /* policy, backends and devices */
struct migcompat_device;  /* a device of a context */
struct migcompat_target;  /* a device that is held open to be asked many times */
struct migcompat_verdict; /* an answer; its memory is reused from question to question */
struct migcompat_choices; /* the answer to "what could it move to?" */

enum migcompat_option {
	MIGCOMPAT_OPTION_BACKEND_DIR =
		0, /* folder of backends; default: the policy's, else the installed one */
	MIGCOMPAT_OPTION_CONFIG = 1, /* folder or file of the policy; default /etc/migcompat */
	MIGCOMPAT_OPTION_FACTS_DIR =
		2, /* folder of stated facts; default facts.d in the policy's folder */
	MIGCOMPAT_OPTION_IN_PROCESS =
		3, /* "true": run backends in this process, for trusted ones; default "false" */
	/* What it means if driver and kernel cannot move a device: "require", "report" or "prove";
	   default: the policy's */
	MIGCOMPAT_OPTION_MECHANISM = 4,
};

/* Same numbers as the first verdict that applies, from best to worst. */
enum migcompat_verdict_code {
	MIGCOMPAT_COMPATIBLE = 0,
	MIGCOMPAT_INCOMPATIBLE = 1,
	MIGCOMPAT_NOT_MIGRATABLE = 2,
	MIGCOMPAT_ERROR = 3,
};

#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

/* The library's release, "0.1.0". */
const char *migcompat_release(void);

/* -ENOMEM. Nothing is loaded before the first function that needs it. */
int migcompat_new(struct migcompat **ret);
/* Close targets first. Takes NULL, returns NULL. */
struct migcompat *migcompat_free(struct migcompat *ctx);
/* The sentence that goes with the last negative return; "" before. */
const char *migcompat_message(const struct migcompat *ctx);
/* -EBUSY once policy and backends are loaded; -EINVAL: no such option or value. value is copied. */
int migcompat_set_option(struct migcompat *ctx, enum migcompat_option option, const char *value);

/*
 * Devices. Add all inventories (or this host) first, then look up: adding after a look-up is
 * -EBUSY. path is a file, a folder (each *.json in it, in name order), or "-" for standard input.
 * -ENOENT, -EACCES …: the file; -EINVAL: what is in it; -ENODATA: the folder has none. On
 * an error nothing is added.
 */
int migcompat_add_inventory(struct migcompat *ctx, const char *path);
/*
 * This host as it is now, and what operators hold on it (/run/migcompat/holds.json): like facts,
 * for a later state make another context. A caller who may not read that file gets no yes from this
 * context, but -EACCES: who may is root, and the group migcompat.
 */
int migcompat_add_this_host(struct migcompat *ctx);
/* How many devices there are, or an error. */
long migcompat_device_count(struct migcompat *ctx);
/* NULL: index is too large. */
const struct migcompat_device *migcompat_device_at(struct migcompat *ctx, size_t index);
/* By "ID" or "HOST//ID". -ENOENT: none; -ENOTUNIQ: the name fits two. */
int migcompat_find(struct migcompat *ctx, const char *name, const struct migcompat_device **ret);
const char *migcompat_device_id(const struct migcompat_device *device);
const char *migcompat_device_host(const struct migcompat_device *device);
const char *migcompat_device_kind(
	const struct migcompat_device *device); /* "mdev", "mdev-type" or "physical" */

/*
 * The version string of a device, zero-terminated, without a newline, into buffer (4,095 bytes hold
 * any); returns its length. -ENODEV: it can be no source, or nothing can move it. -ENOTCONN: no
 * backend serves it. -EBUSY: it is held; -EACCES: that could not be told. -EIO, -ETIMEDOUT: its
 * backend failed. -ENOBUFS: buffer is too small.
 */
int migcompat_version(struct migcompat *ctx, const struct migcompat_device *device, char *buffer,
		      size_t size);
/* NAMESPACE:TYPE, likewise (131 bytes hold any), but of one that is held as well. */
int migcompat_type(struct migcompat *ctx, const struct migcompat_device *device, char *buffer,
		   size_t size);

/* Questions. 0: the verdict holds the answer, an error too. Negative: there is no answer at all
 * (out of memory, the policy). */
int migcompat_check_devices(struct migcompat *ctx, const struct migcompat_device *source,
			    const struct migcompat_device *target,
			    struct migcompat_verdict *verdict);
int migcompat_check_string(struct migcompat *ctx, const char *string, size_t len,
			   const struct migcompat_device *target,
			   struct migcompat_verdict *verdict);

/* Many strings against one target. Errors of opening as for migcompat_type. Close before the
 * context is freed. */
int migcompat_target_open(struct migcompat *ctx, const struct migcompat_device *device,
			  struct migcompat_target **ret);
/* Allocates nothing where the verdict was used before and the backend runs in this process. */
int migcompat_target_check(struct migcompat_target *target, const char *string, size_t len,
			   struct migcompat_verdict *verdict);
struct migcompat_target *
migcompat_target_close(struct migcompat_target *target); /* takes NULL, returns NULL */

/* Verdicts. */
int migcompat_verdict_new(struct migcompat_verdict **ret);
struct migcompat_verdict *
migcompat_verdict_free(struct migcompat_verdict *verdict); /* takes NULL, returns NULL */
enum migcompat_verdict_code migcompat_verdict_code(const struct migcompat_verdict *verdict);
int migcompat_verdict_errno(
	const struct migcompat_verdict *verdict); /* 0 where compatible, else negative */
const char *migcompat_verdict_grade(
	const struct migcompat_verdict *verdict); /* "identical", "superset" or NULL */
const char *
migcompat_verdict_limit(const struct migcompat_verdict *verdict); /* "type", … or NULL */
const char *migcompat_verdict_availability(
	const struct migcompat_verdict *verdict); /* "yes", "no" or "unknown" */
/* One sentence into buffer, "" where compatible; returns its whole length as snprintf does. */
int migcompat_verdict_reason(const struct migcompat_verdict *verdict, char *buffer, size_t size);
size_t migcompat_verdict_findings(const struct migcompat_verdict *verdict);
/* One finding as "FIELD: SENTENCE"; status ("ok", "bad", "warn", "unknown") may be NULL. -ENOENT:
 * index is too large. Else as snprintf. */
int migcompat_verdict_finding(const struct migcompat_verdict *verdict, size_t index,
			      const char **ret_status, char *buffer, size_t size);
/* The whole verdict as a document "migcompat-verdict/1"; the caller frees it. -ENOMEM. */
int migcompat_verdict_json(const struct migcompat_verdict *verdict, char **ret);

/*
 * All devices and creatable types that the source could move to, preferred first. source or string
 * may be NULL, not both. host: only that host's, or NULL. -ENODEV: the source can be none. 0 also
 * where there is no choice.
 */
int migcompat_ask(struct migcompat *ctx, const struct migcompat_device *source, const char *string,
		  size_t len, const char *host, struct migcompat_choices **ret);
size_t migcompat_choices_count(const struct migcompat_choices *choices);
const struct migcompat_device *migcompat_choices_at(const struct migcompat_choices *choices,
						    size_t index); /* NULL: too large */
int migcompat_choices_json(const struct migcompat_choices *choices,
			   char **ret); /* the caller frees it. -ENOMEM */
struct migcompat_choices *
migcompat_choices_free(struct migcompat_choices *choices); /* takes NULL, returns NULL */

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
