/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A question: a version string, or a device, against a target. */
#ifndef CORE_CHECK_CHECK_H
#define CORE_CHECK_CHECK_H

#include "core/check/engine.h"
#include "core/check/verdict.h"

#define NO_INSTANCE "no instance of the type is left"

/* A device, the backend that serves it, and the device as that backend opened it. */
struct opening {
	const struct device *device;
	struct provider *provider; /* NULL: no backend was found */
	int code;                  /* of finding the backend: 0, or a negative errno */
	struct opened *opened;     /* NULL: not open */
	struct mechanism mechanism;
};

/* Find the backend of a device. Errors are engine_provider's. */
int check_find(const struct engine *engine, const struct device *device, struct opening *ret,
	       struct error *err);
/*
 * Open a device after check_find, and weigh its mechanism, also if that fails. err is the one of
 * check_find, and must live as long as the mechanism. Returns the error of check_find or of
 * provider_open. -ENODEV: also if no backend serves the device and the mode refuses it for what
 * the kernel says.
 */
int check_open(const struct engine *engine, struct opening *opening, struct error *err);

/* An open target, for many questions. One thread at a time may use a target. */
struct target {
	const struct engine *engine;
	struct opened *opened;
	struct mechanism mechanism;
	char type[MIGCOMPAT_PREFIX_MAX + 2];    /* NAMESPACE:TYPE */
	char version[MIGCOMPAT_STRING_MAX + 1]; /* its own string; "": it can be no source */
	char fingerprint[FINGERPRINT_SIZE];
	size_t version_len;
	size_t namespace_len;
};

/*
 * Open a target. Errors are check_open's. The mechanism is set also after an error. It is not
 * judged yet, since the target's type may be read in any case.
 */
int target_open(const struct engine *engine, const struct device *device, struct target *ret,
		struct error *err);
/* The same after check_find. */
int target_open_found(const struct engine *engine, struct opening *opening, struct target *ret,
		      struct error *err);
void target_close(struct target *target);

/*
 * Check a string against an open target. The answer, which may be an error, is in the verdict.
 * Returns 0, or -ENOMEM at the first use of a verdict. Allocates nothing if the verdict was used
 * before and the backend runs in this process: findings live in the verdict's memory. source: the
 * device that the string was read from, for the policy; NULL: a bare string. The verdict's texts
 * about the mechanism live as long as the target, unless verdict_keep copies them.
 */
int check_string(struct target *target, const struct device *source, const char *text, size_t len,
		 struct migcompat_verdict *verdict);

#define CHECK_QUESTIONS_MAX 32u

struct question {
	struct target *target;
	const struct device *source; /* NULL: a bare string */
	const char *text;            /* NULL: only a stream is known */
	size_t len;
	const struct stream_head *stream; /* the beginning of the driver's stream; or NULL */
	struct migcompat_verdict *verdict;
	/* Members that the functions below set: */
	struct version_string string;
	struct error unlisted; /* why the target's candidates are not known */
	int unlisted_code;     /* its negative errno; 0: they are known, or were not needed */
};

/* Questions that a backend is comparing. */
struct check {
	struct question *asked[CHECK_QUESTIONS_MAX]; /* those that need the backend */
	struct compare_job jobs[CHECK_QUESTIONS_MAX];
	struct error errors[CHECK_QUESTIONS_MAX];
	struct compare_batch batch;
};

/*
 * Ask at most CHECK_QUESTIONS_MAX questions in one exchange with the backend that serves all their
 * targets. Their verdicts were reset (verdict_reset). All are answered after check_end. A check may
 * begin before another one has ended, and ends after it, as for opened_compare_begin. It must not
 * if one of its questions may need more than the comparison (candidate_is_asked).
 */
void check_begin(struct check *check, struct question *questions, size_t count,
		 const struct check *before);
void check_end(struct check *check, const struct check *after);
/* Ask one question. */
void check_question(struct question *question);

/* Check a device against a device. */
int check_devices(const struct engine *engine, const struct device *source,
		  const struct device *target, struct migcompat_verdict *verdict);
/* Check a string against a device. */
int check_text(const struct engine *engine, const char *text, size_t len,
	       const struct device *target, struct migcompat_verdict *verdict);
/* The same for a string with the stream that follows it. Either may be NULL. */
int check_state(const struct engine *engine, const char *text, size_t len,
		const struct stream_head *stream, const struct device *target,
		struct migcompat_verdict *verdict);

/* Check a stream alone. It is an error if the backend reads no streams. */
int check_stream(const struct engine *engine, const struct stream_head *stream,
		 const struct device *target, struct migcompat_verdict *verdict);

/* Write a device's version string, and return its length. -ENODEV: the device can be no source. */
int check_version(const struct opened *opened, char *buffer, size_t size, struct error *err);

/*
 * Write a source's version string. Errors are those of check_open and check_version. -ENODEV: also
 * if the mode refuses the mechanism.
 */
int check_source(const struct engine *engine, const struct device *device, char *buffer,
		 size_t size, struct error *err);
/* Is an instance of an mdev type left, by mdev's own attribute? enum migcompat_state. */
uint32_t check_instances(const struct device *device);
/* Put an open target into a verdict. */
void check_target(const struct target *target, struct migcompat_verdict *verdict);
/* Make a verdict "not-migratable" if the backend says that the device can be no target. */
void check_not_target(const struct target *target, struct migcompat_verdict *verdict);
/* Judge the mechanism of a verdict's side, if it was weighed. */
void check_judge(const struct engine *engine, const char *role, const struct verdict_side *side,
		 struct migcompat_verdict *verdict);

/* A hash over compared facts, the backend's name and version, and the policy: 32 hex digits. */
void fingerprint_device(const struct engine *engine, const struct opened *opened,
			char ret[FINGERPRINT_SIZE]);
/* The same for a device that need not be open. Runs no code of the backend. */
void fingerprint_facts(const struct engine *engine, const struct provider *provider,
		       const struct device *device, char ret[FINGERPRINT_SIZE]);
void fingerprint_text(const char *text, size_t len, char ret[FINGERPRINT_SIZE]);

#endif
