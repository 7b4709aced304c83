/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls of the service's Varlink interface, as any program makes them. */
#ifndef VARLINK_CLIENT_H
#define VARLINK_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Connect. A descriptor or -errno. */
int varlink_open(void);
/* Call io.migcompat.METHOD. MORE: as in the protocol. 0 or -errno. */
int varlink_send(int fd, const char *method, const char *parameters, bool more);
/*
 * Read the next reply. Returns its length. -ECONNRESET: the other end closed. -E2BIG: the
 * reply is too long.
 */
ssize_t varlink_receive(int fd, char *reply, size_t size);
/* Call and reply on a connection of its own. */
ssize_t varlink_call(const char *method, const char *parameters, char *reply, size_t size);
/* Does the reply have this member with this text? The first of several counts. */
bool varlink_has(const char *reply, const char *member, const char *text);

#endif
