/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The socket that clients connect to: handed over by systemd, or our own. */
#ifndef CORE_SERVICE_VARLINK_LISTEN_H
#define CORE_SERVICE_VARLINK_LISTEN_H

#include "core/facts/error.h"
#include "core/service/varlink/peer.h"

/* A folder 0750 root:GROUP, where it is not there yet. */
int listen_folder(const char *path, const struct peer_group *group, struct error *err);
/*
 * The folder is this service's alone for as long as the descriptor is open: of two that keep holds
 * in one file each would forget the other's. The lock is on a file that only the service's user can
 * open, since whoever can open a file can lock it. -EBUSY: another service has it. -EPERM: another
 * user owns or can write the folder, or owns the lock's file; -EINVAL: that is no regular file.
 */
int listen_claim(const char *folder, int *ret, struct error *err);
/*
 * A listening socket, 0660 root:GROUP, non-blocking; a dead one in its place is removed.
 * -EADDRINUSE: another service answers there, or something is in the way.
 */
int listen_open(const char *path, const struct peer_group *group, int *ret, struct error *err);
/*
 * What systemd passed, or -1: a listening socket, and the one of that name from its store, whatever
 * it is. -EINVAL: it passed something else; then all is closed.
 */
int listen_passed(const char *stored, int *ret_socket, int *ret_stored, struct error *err);

#endif
