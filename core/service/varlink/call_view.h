/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The devices that a call is about. All return 0, or as call_refuse. */
#ifndef CORE_SERVICE_VARLINK_CALL_VIEW_H
#define CORE_SERVICE_VARLINK_CALL_VIEW_H

#include "core/service/varlink/call.h"

/*
 * Open the call's view of one device, or of all (NULL), with the mechanism that it asks
 * for.
 */
int call_view(struct call *call, const char *only);
/* Find the device that a parameter names. Opens the view unless it is open. */
int call_device(struct call *call, const char *parameter, const struct device **ret);
/* Reply with the error of a lookup by name that returned r. */
int call_not_found(struct call *call, int r, const struct error *err);

#endif
