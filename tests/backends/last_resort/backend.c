/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A second fallback for any driver, and for a driver that the installed fallback has in
 * its table.
 */
#define PLAIN_NAME "last_resort"
#define PLAIN_FALLBACK 1
#define PLAIN_KEY "vfio_pci", "*"
#include "tests/backends/register.h"
