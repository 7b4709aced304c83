/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The service's words to its administrator: the journal, or standard error in the foreground and
 * where there is no journal. Never a whole string of a device. Any threads may speak.
 */
#ifndef CORE_SERVICE_LOG_H
#define CORE_SERVICE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <syslog.h>

/* Once, before the first word. level: what is less important is left out. */
void log_open(bool foreground, int level);
/* "err", "warning", "notice", "info" or "debug"; -EINVAL: none of them. */
int log_level(const char *name, int *ret);

/* priority: LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO or LOG_DEBUG. */
void log_say(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define LOG_UID_UNKNOWN (~0u) /* the kernel asked */

/* One answered question, which is told at LOG_INFO; texts may be NULL. */
struct log_answer {
	const char *method;
	const char *source; /* device */
	const char *target; /* device */
	const char *hash;   /* of the source's string; of a device, its fingerprint */
	const char *verdict;
	const char *limit;
	const char *error; /* errno's name */
	bool forced;	   /* a yes that the policy made */
	uint32_t again;	   /* how often it was given again; then it has no duration */
	uint64_t duration_us;
	unsigned uid; /* of whoever asked */
};
void log_answered(const struct log_answer *answer);
/* Several at once, which standard error takes in one piece. */
void log_answers(const struct log_answer *answers, size_t count);

#endif
