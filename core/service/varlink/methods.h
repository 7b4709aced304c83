/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The methods of io.migcompat and org.varlink.service, as described in *.varlink. */
#ifndef CORE_SERVICE_VARLINK_METHODS_H
#define CORE_SERVICE_VARLINK_METHODS_H

#include "core/service/varlink/call.h"

extern const struct method_table method_table;

/* The steps, see struct method. In methods.c: */
int method_get_info(struct call *call);
int method_get_interface_description(struct call *call);
int method_hold(struct call *call);
int method_release(struct call *call);
int method_backends(struct call *call);
int method_policy(struct call *call);
/* In methods_device.c: */
int method_list(struct call *call);
int method_describe(struct call *call);
int method_version(struct call *call);
int method_check(struct call *call);
int method_ask(struct call *call);
int method_params(struct call *call);
/* In methods_watch.c: */
int method_watch(struct call *call);

#endif
