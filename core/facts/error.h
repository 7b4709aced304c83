/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The messages of the library: one sentence for each negative errno. Library code never
 * prints.
 */
#ifndef CORE_FACTS_ERROR_H
#define CORE_FACTS_ERROR_H

#define ERROR_TEXT_MAX 1024

/*
 * Owned by the caller, who zeroes it first. The function that returns an error sets the
 * text. The last one stays.
 */
struct error {
	char text[ERROR_TEXT_MAX];
};

/*
 * Set the text and return code. It is cut at the end of the buffer, and control
 * characters become '?'. err may be NULL.
 */
int error_set(struct error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * For a check that goes on after an error. tell is called for each error. file is the
 * place of the error, or NULL; code is a negative errno; text is the sentence. Both texts are
 * valid during the call only.
 */
struct error_list {
	void (*tell)(void *arg, const char *file, int code, const char *text);
	void *arg;
};

/*
 * The name of a positive or negative errno, "EINVAL". "E<number>": it has no name here.
 */
const char *error_name(int code);

/* The positive errno of a name. 0: the name is unknown. */
int error_number(const char *name);

#endif
