/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The backend of plugins/vfio-ap, with an emulated matrix as the device that has the state. */
#include "samples/device-state/register.h"

/* NOLINTNEXTLINE(bugprone-suspicious-include): the product and a table are one source file */
#include "plugins/vfio-ap/backend.c"
#include "state.h"

SAMPLE_TABLE(ap_state)
