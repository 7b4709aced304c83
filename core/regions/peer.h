/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What both ends of a served device's socket need: addresses, users, descriptors and memory. */
#ifndef CORE_REGIONS_PEER_H
#define CORE_REGIONS_PEER_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

#include "core/regions/regions.h"

/* The address of a path. -ENAMETOOLONG, -EINVAL: the path is empty. */
int peer_address(const char *path, struct sockaddr_un *ret, struct error *err);
/* Root and the process's own user may talk to each other, nobody else. */
bool peer_allowed(uid_t peer, uid_t own);
/* Check the user at the other end of a connection. -EPERM. */
int peer_check(int socket, const char *path, struct error *err);

/* Send one message, and with it a descriptor unless fd is -1. Does not wait: -EAGAIN. */
int peer_send(int socket, const void *message, size_t size, int fd);
/*
 * Receive one message of at most size bytes, and the one descriptor that came with it; -1: none or
 * several came. Other descriptors are closed. Does not wait: -EAGAIN. -ECONNRESET: the peer has
 * left. -EBADMSG: the message is longer.
 */
ssize_t peer_receive(int socket, void *message, size_t size, int *ret_fd);

/*
 * Map memory that a peer made for such a device. -EPERM: it is no sealed memfd of this exact size,
 * so the peer could cut it and end this process by SIGBUS.
 */
int peer_map(int fd, const struct regions_info *info, uint8_t **ret_base, size_t *ret_size,
	     struct error *err);

#endif
