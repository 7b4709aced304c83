/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls of the service's Varlink interface, as any program could make them. */
#ifndef VARLINK_CLIENT_H
#define VARLINK_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A connection, or a negative errno. */
int varlink_open(void);
/* Calls io.migcompat.METHOD; MORE as the protocol has it. 0 or a negative errno. */
int varlink_send(int fd, const char *method, const char *parameters, bool more);
/* The next reply as a text: its length; -ECONNRESET: the other end closed; -E2BIG: it is longer
 * than that. */
ssize_t varlink_receive(int fd, char *reply, size_t size);
/* Both, on a connection of its own. */
ssize_t varlink_call(const char *method, const char *parameters, char *reply, size_t size);
/* Whether a reply has this member with this text; of several, the first one counts. */
bool varlink_has(const char *reply, const char *member, const char *text);

#endif
