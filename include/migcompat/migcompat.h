/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmigcompat: management tools ask whether a device can migrate before they migrate it.
 *
 *     struct migcompat *ctx = NULL;
 *     struct migcompat_verdict *verdict = NULL;
 *     const struct migcompat_device *source, *target;
 *
 *     if (migcompat_new(&ctx) < 0 || migcompat_verdict_new(&verdict) < 0)
 *             abort();
 *     if (migcompat_add_inventory(ctx, "a.json") < 0 ||
 *         migcompat_add_inventory(ctx, "b.json") < 0 ||
 *         migcompat_find(ctx, "a//83b8f4f2-509f-382f-3c1e-e6bfe0fa1001", &source) < 0 ||
 *         migcompat_find(ctx, "b//0000:00:04.0", &target) < 0 ||
 *         migcompat_check_devices(ctx, source, target, verdict) < 0)
 *             fprintf(stderr, "%s\n", migcompat_message(ctx));
 *     else if (migcompat_verdict_errno(verdict) == 0)
 *             puts("compatible");
 *
 * Errors: functions return 0 or a count, or a negative errno. migcompat_message gives the
 * sentence that goes with the errno. The answer "no" is not an error: it is in the
 * verdict. If a function fails, the verdict that it was given is MIGCOMPAT_ERROR. The
 * library never prints and never ends the process.
 *
 * Errors of all functions: -EINVAL (a required argument is NULL), -ECHILD (see Processes)
 * and -ENOMEM. Functions that return a pointer return NULL instead. Functions that take a
 * context also return the errors of loading the policy and the backends: -EINVAL, -EPERM,
 * -EACCES or -EIO, with the file in the message. A single backend that fails is no such
 * error.
 *
 * Processes: a context belongs to the process that made it. In a child process after
 * fork, all functions that take the context or its targets return -ECHILD or NULL.
 * Freeing them does nothing there. Verdicts and choices can still be read.
 *
 * Signals and children: workers are children of the calling process. It gets SIGCHLD when
 * a worker ends, and wait(-1) can return a worker. The library copes with a program that
 * reaps its workers. It uses no descriptor below 3. A calling thread needs 64 KiB of
 * stack.
 *
 * Threads: only one thread at a time may use a context, a verdict or an open target.
 * After all targets of a context are open, threads may check different targets of it at
 * the same time.
 *
 * Time: calls block until the backends have answered. A backend has the time that the
 * policy gives it ("timeout_ms", 5 seconds by default) for each call.
 *
 * Ownership: a pointer that a function returns belongs to the object that it was given,
 * and is valid until that object is freed, unless the function says otherwise.
 *
 * Vendor code runs in worker processes unless MIGCOMPAT_OPTION_IN_PROCESS is "true".
 */
#ifndef MIGCOMPAT_MIGCOMPAT_H
#define MIGCOMPAT_MIGCOMPAT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct migcompat;        /* policy, backends and devices */
struct migcompat_device; /* a device of a context */
struct migcompat_target; /* a device that stays open for many checks */
/* the answer to a check; its memory is reused for the next one */
struct migcompat_verdict;
struct migcompat_choices; /* the answer to "which devices could it move to?" */

enum migcompat_option {
	/*
	 * Folder of backends. Default: the policy's setting, otherwise the installed
	 * folder.
	 */
	MIGCOMPAT_OPTION_BACKEND_DIR = 0,
	/* Folder or file of the policy. Default: "/etc/migcompat". */
	MIGCOMPAT_OPTION_CONFIG = 1,
	/* Folder of stated facts. Default: "facts.d" in the policy's folder. */
	MIGCOMPAT_OPTION_FACTS_DIR = 2,
	/*
	 * "true": run backends in this process, which must trust them. Default: "false".
	 */
	MIGCOMPAT_OPTION_IN_PROCESS = 3,
	/*
	 * What it means if driver and kernel cannot move a device: "require" (not
	 * migratable), "report" (a remark) or "prove" (a doubt is a no, too). Default:
	 * the policy's setting.
	 */
	MIGCOMPAT_OPTION_MECHANISM = 4,
};

/* Ordered from best to worst; if several apply, the worst is reported. */
enum migcompat_verdict_code {
	MIGCOMPAT_COMPATIBLE = 0,
	MIGCOMPAT_INCOMPATIBLE = 1,
	MIGCOMPAT_NOT_MIGRATABLE = 2, /* one of the devices can move nowhere */
	MIGCOMPAT_ERROR = 3,          /* there is no answer; never read it as a yes */
};

#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

/* The release of the library, for example "0.1.0". A constant string. */
const char *migcompat_release(void);

/* ---------------------------------------------------------------- contexts */

/*
 * Make a context. Policy and backends are loaded by the first function that needs them.
 */
int migcompat_new(struct migcompat **ret);
/* Free a context after its targets are closed. Takes NULL. Always returns NULL. */
struct migcompat *migcompat_free(struct migcompat *ctx);
/* The sentence for the last negative return value, or "". The next call overwrites it. */
const char *migcompat_message(const struct migcompat *ctx);
/*
 * Set an option. value is copied. -EBUSY: policy and backends are loaded already.
 * -EINVAL: the option or the value is unknown.
 */
int migcompat_set_option(struct migcompat *ctx, enum migcompat_option option, const char *value);

/* ---------------------------------------------------------------- devices */

/*
 * Add the devices of an inventory. path is a file, a folder (each *.json in it, in the
 * order of their names), or "-" for standard input. If it fails, nothing is added.
 * -ENOENT, -EACCES or another errno: the file cannot be read. -EFBIG: it is too large.
 * -EINVAL: its content is wrong. -ENODATA: the folder has no inventory. -EBUSY: devices
 * were looked up already, and all devices must be added before that.
 */
int migcompat_add_inventory(struct migcompat *ctx, const char *path);
/*
 * Add the devices of this host, and its operators' holds from /run/migcompat/holds.json.
 * Both are a snapshot: make a new context to see changes. Only root and the group
 * migcompat can read the holds. If the caller cannot, no verdict of the context is
 * "compatible"; it is -EACCES. -EBUSY: devices were looked up already. Other errors:
 * sysfs or the holds cannot be read.
 */
int migcompat_add_this_host(struct migcompat *ctx);
/*
 * The number of devices, or a negative errno. -EEXIST: two devices of a host have one id.
 */
long migcompat_device_count(struct migcompat *ctx);
/* The device at index, from 0. NULL: there is none. */
const struct migcompat_device *migcompat_device_at(struct migcompat *ctx, size_t index);
/*
 * Find a device by "ID" or "HOST//ID". -ENOENT: there is none. -ENOTUNIQ: the name fits
 * two devices. -EEXIST: two devices of a host have one id.
 */
int migcompat_find(struct migcompat *ctx, const char *name, const struct migcompat_device **ret);
/* The id of a device: a PCI address, a UUID, or PARENT/TYPE-ID. */
const char *migcompat_device_id(const struct migcompat_device *device);
/* The name of its host. */
const char *migcompat_device_host(const struct migcompat_device *device);
/* Its kind: "mdev", "mdev-type" or "physical". */
const char *migcompat_device_kind(const struct migcompat_device *device);

/*
 * Write the version string of a device to buffer, zero-terminated and without a newline,
 * and return its length in bytes. A buffer of 4,095 bytes always suffices. -ENODEV: the
 * device can be no source, or driver and kernel cannot move it. -ENOTCONN: no backend
 * serves it. -EBUSY: it is held. -EACCES: the holds cannot be read. -EIO or -ETIMEDOUT:
 * its backend failed. -ENOBUFS: buffer is too small.
 */
int migcompat_version(struct migcompat *ctx, const struct migcompat_device *device, char *buffer,
		      size_t size);
/*
 * Write the migration type, NAMESPACE:TYPE. As migcompat_version, but it also works for
 * held devices and for devices that cannot move. A buffer of 131 bytes always suffices.
 */
int migcompat_type(struct migcompat *ctx, const struct migcompat_device *device, char *buffer,
		   size_t size);

/* ---------------------------------------------------------------- checks */

/*
 * Check whether source can move to target. Returns 0 if the verdict has the answer, which
 * may be MIGCOMPAT_ERROR, for example if a backend failed.
 */
int migcompat_check_devices(struct migcompat *ctx, const struct migcompat_device *source,
			    const struct migcompat_device *target,
			    struct migcompat_verdict *verdict);
/*
 * The same with a source's version string of len bytes. One newline at its end is
 * ignored. A string that is malformed gives the verdict MIGCOMPAT_INCOMPATIBLE.
 */
int migcompat_check_string(struct migcompat *ctx, const char *string, size_t len,
			   const struct migcompat_device *target,
			   struct migcompat_verdict *verdict);

/*
 * Open a target, to check many strings against it. Errors as for migcompat_type. Close it
 * before its context is freed.
 */
int migcompat_target_open(struct migcompat *ctx, const struct migcompat_device *device,
			  struct migcompat_target **ret);
/*
 * As migcompat_check_string. It does not set the message of the context. It allocates
 * nothing if the verdict was used before and the backend runs in this process.
 */
int migcompat_target_check(struct migcompat_target *target, const char *string, size_t len,
			   struct migcompat_verdict *verdict);
/* Takes NULL. Always returns NULL. */
struct migcompat_target *migcompat_target_close(struct migcompat_target *target);

/* ---------------------------------------------------------------- verdicts */

/* Make a verdict. It is MIGCOMPAT_ERROR until it was used for a check. */
int migcompat_verdict_new(struct migcompat_verdict **ret);
/* Takes NULL. Always returns NULL. */
struct migcompat_verdict *migcompat_verdict_free(struct migcompat_verdict *verdict);
/* The answer. MIGCOMPAT_ERROR if verdict is NULL. */
enum migcompat_verdict_code migcompat_verdict_code(const struct migcompat_verdict *verdict);
/* The answer as an errno: 0 if compatible, otherwise negative. */
int migcompat_verdict_errno(const struct migcompat_verdict *verdict);
/* "identical" or "superset" if compatible, otherwise NULL. A constant string. */
const char *migcompat_verdict_grade(const struct migcompat_verdict *verdict);
/*
 * What kind of limit an incompatible verdict ran into, for example "type"; otherwise
 * NULL.
 */
const char *migcompat_verdict_limit(const struct migcompat_verdict *verdict);
/* Whether the target can be used now: "yes", "no" or "unknown". It changes no verdict. */
const char *migcompat_verdict_availability(const struct migcompat_verdict *verdict);
/*
 * Write the reason to buffer: one sentence, or "" if compatible. Returns the length of
 * the whole sentence in bytes, as snprintf(3) does.
 */
int migcompat_verdict_reason(const struct migcompat_verdict *verdict, char *buffer, size_t size);
/* The number of findings. */
size_t migcompat_verdict_findings(const struct migcompat_verdict *verdict);
/*
 * Write the finding at index to buffer, as "FIELD: SENTENCE". Returns its whole length in
 * bytes, as snprintf(3) does. ret_status may be NULL; it gets "ok", "bad", "warn" or
 * "unknown". -ENOENT: there is no such finding.
 */
int migcompat_verdict_finding(const struct migcompat_verdict *verdict, size_t index,
			      const char **ret_status, char *buffer, size_t size);
/*
 * The verdict as a JSON document, "migcompat-verdict/1". The caller frees it with
 * free(3).
 */
int migcompat_verdict_json(const struct migcompat_verdict *verdict, char **ret);

/* ---------------------------------------------------------------- choices */

/*
 * Find all devices and creatable types that a source could move to, best first. Give the
 * source as a device, as its version string of len bytes, or both; otherwise pass NULL.
 * host limits the search to one host, or is NULL. Returns 0 even if there is no choice.
 * -ENODEV: the device can be no source. -ENOTCONN, -EIO, -ETIMEDOUT: as for
 * migcompat_version.
 */
int migcompat_ask(struct migcompat *ctx, const struct migcompat_device *source, const char *string,
		  size_t len, const char *host, struct migcompat_choices **ret);
/* The number of choices. 0 if choices is NULL. */
size_t migcompat_choices_count(const struct migcompat_choices *choices);
/* The device at index, from 0. It belongs to the context. NULL: there is none. */
const struct migcompat_device *migcompat_choices_at(const struct migcompat_choices *choices,
						    size_t index);
/*
 * The choices as a JSON document, "migcompat-choices/1". The caller frees it with
 * free(3).
 */
int migcompat_choices_json(const struct migcompat_choices *choices, char **ret);
/* Free the choices before their context. Takes NULL. Always returns NULL. */
struct migcompat_choices *migcompat_choices_free(struct migcompat_choices *choices);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
