/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the backend of the AP sample and its device state share. */
#ifndef SAMPLES_AP_STATE_H
#define SAMPLES_AP_STATE_H

#include "plugins/vfio-ap/ap.h"

/* The operations (state.c), on handles of type struct ap. Each session has a matrix of its own. */
extern const struct migcompat_device_state ap_state;

#endif
