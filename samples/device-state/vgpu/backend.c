/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The backend of plugins/intel-gvt, with an emulated GPU as the device that has the state. */
#include "samples/device-state/register.h"

/* NOLINTNEXTLINE(bugprone-suspicious-include): the product and a table are one source file */
#include "plugins/intel-gvt/backend.c"
#include "state.h"

const struct gvt_device *gvt_device_of(const void *handle)
{
	return &((const struct handle *)handle)->gvt;
}

SAMPLE_TABLE(gvt_state)
