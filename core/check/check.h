/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The question itself: a version string, or a device, against a target. */
#ifndef CORE_CHECK_CHECK_H
#define CORE_CHECK_CHECK_H

#include "core/check/engine.h"
#include "core/check/verdict.h"

#define NO_INSTANCE "no instance of the type is left"

/* A target that is held open, to be asked many times. One question at a time a target; targets side
 * by side. */
struct target {
	const struct engine *engine;
	struct opened *opened;
	struct mechanism mechanism;
	char type[MIGCOMPAT_PREFIX_MAX + 2];	/* NAMESPACE:TYPE */
	char version[MIGCOMPAT_STRING_MAX + 1]; /* its own string, "" where it can be no source */
	char fingerprint[FINGERPRINT_SIZE];
	size_t version_len;
	size_t namespace_len;
};

/*
 * Open a device and weigh its mechanism, which is told of one that could not be opened as well; err
 * must then live as long. Errors are provider_open's and engine_provider's; -ENODEV too of a device
 * that nobody serves, if the mode refuses what the kernel says of it.
 */
int check_open(const struct engine *engine, const struct device *device, struct opened **ret,
	       struct mechanism *ret_mechanism, struct error *err);
/*
 * Errors are check_open's; ret's mechanism is told then, too. The target is not judged yet, since
 * its type may be read all the same.
 */
int target_open(const struct engine *engine, const struct device *device, struct target *ret,
		struct error *err);
void target_close(struct target *target);

/*
 * Hold a string against an open target. The answer is in the verdict, an error too: the return
 * value is 0, or -ENOMEM at a verdict's first use. Allocates nothing where the verdict was used
 * before and the backend runs in this process. source: the device that the string was read from,
 * for the policy; NULL: a bare string. What the verdict says of the mechanism lives as long as the
 * target, unless verdict_keep copies it.
 */
int check_string(struct target *target, const struct device *source, const char *text, size_t len,
		 struct migcompat_verdict *verdict);

#define CHECK_QUESTIONS_MAX 32u

struct question {
	struct target *target;
	const struct device *source; /* or NULL: a bare string */
	const char *text;	     /* NULL: nothing but a stream is known */
	size_t len;
	const struct stream_head *stream; /* what the source's kernel driver wrote first, to be held
					     against the target as well; NULL: none */
	struct migcompat_verdict *verdict; /* its own */
	struct version_string string;	   /* not the caller's, as what follows */
	struct error
		unlisted;  /* why the ways in which the target could take it are not known, and */
	int unlisted_code; /* its errno; 0: they are, or nobody had to ask */
};

/* Questions on their way. */
struct check {
	struct question
		*asked[CHECK_QUESTIONS_MAX]; /* of the backend; the others have their answers */
	struct compare_job jobs[CHECK_QUESTIONS_MAX];
	struct error errors[CHECK_QUESTIONS_MAX];
	struct compare_batch batch;
};

/*
 * The same for at most CHECK_QUESTIONS_MAX at once, whose targets one backend serves and whose
 * verdicts were reset (verdict_reset): it is asked once for all of them. All are answered once it
 * has ended. One check may begin before another one has ended, and end next, as
 * opened_compare_begin has it; but not if the backend may be asked more about one of them
 * (candidate_is_asked).
 */
void check_begin(struct check *check, struct question *questions, size_t count,
		 const struct check *before);
void check_end(struct check *check, const struct check *after);
/* Both at once, of one. */
void check_question(struct question *question);

/* Device against device. */
int check_devices(const struct engine *engine, const struct device *source,
		  const struct device *target, struct migcompat_verdict *verdict);
/* A string from somewhere else against a device. */
int check_text(const struct engine *engine, const char *text, size_t len,
	       const struct device *target, struct migcompat_verdict *verdict);
/* The same of a string that came with a stream; stream may be NULL. text NULL: check_stream. */
int check_state(const struct engine *engine, const char *text, size_t len,
		const struct stream_head *stream, const struct device *target,
		struct migcompat_verdict *verdict);

/* A kernel driver's stream alone, judged by the target's backend. One without "stream" fails. */
int check_stream(const struct engine *engine, const struct stream_head *stream,
		 const struct device *target, struct migcompat_verdict *verdict);

/* Write a device's version string. -ENODEV: it can be no source, err says why. Returns the length.
 */
int check_version(const struct opened *opened, char *buffer, size_t size, struct error *err);

/* A source's string: as check_version, with the errors of check_open; -ENODEV too by the mode. */
int check_source(const struct engine *engine, const struct device *device, char *buffer,
		 size_t size, struct error *err);
/* Is an instance of an mdev type left, by mdev's own attribute? enum migcompat_state. */
uint32_t check_instances(const struct device *device);
/* Say in a verdict what the target is, and that it can be none if its backend says so. */
void check_target(const struct target *target, struct migcompat_verdict *verdict);
void check_not_target(const struct target *target, struct migcompat_verdict *verdict);
/* Judge the mechanism of a verdict's side, if it was weighed. */
void check_judge(const struct engine *engine, const char *role, const struct verdict_side *side,
		 struct migcompat_verdict *verdict);

/* Hash of the compared facts, the backend's name and version and the policy: 32 hex digits. */
void fingerprint_device(const struct engine *engine, const struct opened *opened,
			char ret[FINGERPRINT_SIZE]);
/* The same of one that need not be open: the backend's code is not asked. */
void fingerprint_facts(const struct engine *engine, const struct provider *provider,
		       const struct device *device, char ret[FINGERPRINT_SIZE]);
void fingerprint_text(const char *text, size_t len, char ret[FINGERPRINT_SIZE]);

#endif
