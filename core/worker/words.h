/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What vendor code prints, if the caller kept standard error for it: both streams, each line under
 * the backend's name. */
#ifndef CORE_WORKER_WORDS_H
#define CORE_WORKER_WORDS_H

/*
 * Lead the C library's standard output and error to standard error. Nothing happens if that is
 * /dev/null. name is what lines begin with; it is copied.
 */
void words_lead(const char *name);
/* What is known as its name from now on. */
void words_name(const char *name);

#endif
