/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A second fallback for any driver, and for one driver that the shipped one has a row for. */
#define PLAIN_NAME "last_resort"
#define PLAIN_FALLBACK 1
#define PLAIN_KEY "vfio_pci", "*"
#include "tests/backends/register.h"
