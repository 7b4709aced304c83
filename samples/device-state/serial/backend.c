/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The backend of plugins/sample-pci, with an emulated card as the device that has the state. */
#include "samples/device-state/register.h"

/* NOLINTNEXTLINE(bugprone-suspicious-include): the product and a table are one source file */
#include "plugins/sample-pci/backend.c"
#include "serial.h"

unsigned serial_ports(const void *handle)
{
	const struct serial *serial = handle;

	return (unsigned)serial->values[PORTS].as.number;
}

uint64_t serial_seed(const void *handle)
{
	const struct serial *serial = handle;
	const char *id = serial->host->id(serial->facts);

	return serial->host->hash(id, strlen(id));
}

SAMPLE_TABLE(serial_state)
