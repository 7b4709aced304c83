/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the backend of the vGPU sample and its device state share. */
#ifndef SAMPLES_VGPU_STATE_H
#define SAMPLES_VGPU_STATE_H

#include "plugins/intel-gvt/gvt.h"

/* The device of a handle; it lives as long as the handle (backend.c). */
const struct gvt_device *gvt_device_of(const void *handle);

/* The operations (state.c). Each session has a GPU of its own. */
extern const struct migcompat_device_state gvt_state;

#endif
