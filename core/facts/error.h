/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text channel of the library: a sentence beside a negative errno. Library code never prints.
 */
#ifndef CORE_FACTS_ERROR_H
#define CORE_FACTS_ERROR_H

#define ERROR_TEXT_MAX 1024

/* Owned by the caller; starts zeroed. The text is set by whoever returns the error, the last one
 * stays. */
struct error {
	char text[ERROR_TEXT_MAX];
};

/* Set the sentence (cut at the buffer's end, control characters replaced) and return code. err may
 * be NULL. */
int error_set(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * For a check that goes on after an error: each error is told. file: where it is, or NULL; code: a
 * negative errno; text: the sentence. Both texts live during the call.
 */
struct error_list {
	void (*tell)(void *arg, const char *file, int code, const char *text);
	void *arg;
};

/* Symbolic name of a positive or negative errno ("EINVAL"); "E<number>" where it has none here. */
const char *error_name(int code);

/* The reverse; 0 for an unknown name. Positive. */
int error_number(const char *name);

#endif
