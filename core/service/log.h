/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages to the administrator: to the journal, or to standard error in the foreground
 * or without a journal. They never contain a device's whole version string. Any thread.
 */
#ifndef CORE_SERVICE_LOG_H
#define CORE_SERVICE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <syslog.h>

/* Call once, before any message. Messages less important than level are dropped. */
void log_open(bool foreground, int level);
/* name: "err", "warning", "notice", "info" or "debug"; -EINVAL: another word. */
int log_level(const char *name, int *ret);

/* priority: LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO or LOG_DEBUG. */
void log_say(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define LOG_UID_UNKNOWN (~0u) /* questions from the kernel have no user */

/* One answered question, logged at LOG_INFO. Texts may be NULL. */
struct log_answer {
	const char *method;
	const char *source; /* device */
	const char *target; /* device */
	const char *hash;   /* of the source's string; for a device, its fingerprint */
	const char *verdict;
	const char *limit;
	const char *error; /* errno's name */
	bool forced;       /* the policy turned it into a yes */
	uint32_t again;    /* how often it was repeated from the cache; 0: it has a duration */
	uint64_t duration_us;
	unsigned uid; /* of the caller */
};
void log_answered(const struct log_answer *answer);
/* Several at once, with one write to standard error. */
void log_answers(const struct log_answer *answers, size_t count);

#endif
