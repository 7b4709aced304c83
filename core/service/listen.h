/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The socket that clients connect to: handed over by systemd, or our own. */
#ifndef CORE_SERVICE_LISTEN_H
#define CORE_SERVICE_LISTEN_H

#include "core/facts/error.h"
#include "core/service/peer.h"

/* A folder 0750 root:GROUP, where it is not there yet. */
int listen_folder(const char *path, const struct peer_group *group, struct error *err);
/*
 * A listening socket, 0660 root:GROUP, non-blocking; a dead one in its place is removed. -EADDRINUSE: another service answers
 * there, or something is in the way.
 */
int listen_open(const char *path, const struct peer_group *group, int *ret, struct error *err);
/* The one that systemd passed, or -1 in *ret. -EINVAL: it passed something else. */
int listen_passed(int *ret, struct error *err);

#endif
