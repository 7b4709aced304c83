/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Output of vendor code, if the caller kept standard error. Each line of both standard
 * streams gets the backend's name as prefix.
 */
#ifndef CORE_WORKER_OUTPUT_H
#define CORE_WORKER_OUTPUT_H

/*
 * Redirect standard output and error of the C library to standard error. Does nothing if
 * that is /dev/null. name begins each line and is copied.
 */
void output_redirect(const char *name);
/* Use this name from now on. */
void output_name(const char *name);

#endif
