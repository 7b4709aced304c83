/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The socket that clients connect to, passed by systemd or created here. */
#ifndef CORE_SERVICE_VARLINK_LISTEN_H
#define CORE_SERVICE_VARLINK_LISTEN_H

#include "core/facts/error.h"
#include "core/service/varlink/peer.h"

/* Create a folder, 0750 root:GROUP, unless it exists. */
int listen_folder(const char *path, const struct peer_group *group, struct error *err);
/*
 * Lock the folder for this service while the descriptor is open: two services with one
 * holds file would lose each other's holds. Readers need no lock, since the file is
 * replaced as a whole. The lock is on a file that only the service's user can open,
 * because any process that can open a file can lock it. -EBUSY: another service has it.
 * -EPERM: another user owns or can write the folder, or owns the lock file. -EINVAL: the
 * lock file is no regular file.
 */
int listen_claim(const char *folder, int *ret, struct error *err);
/*
 * Create a listening socket, 0660 root:GROUP, non-blocking. A dead socket at the path is
 * removed. -EADDRINUSE: another service answers there, or the path is no socket.
 */
int listen_open(const char *path, const struct peer_group *group, int *ret, struct error *err);
/*
 * Descriptors that systemd passed, or -1: a listening socket, and the descriptor of that
 * name from its store, which is not checked. -EINVAL: systemd passed others; all are
 * closed then.
 */
int listen_passed(const char *stored, int *ret_socket, int *ret_stored, struct error *err);

#endif
