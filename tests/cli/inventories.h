/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inventory files as text, for tests that write their own. */
#ifndef TESTS_CLI_INVENTORIES_H
#define TESTS_CLI_INVENTORIES_H

#define HOST(name, devices)                                                \
	"{\"format\":\"migcompat-inventory/1\",\"host\":{\"name\":\"" name \
	"\",\"facts\":{}},\"devices\":[" devices "]}"
#define DEVICE(id, kind, facts) "{\"id\":\"" id "\",\"kind\":\"" kind "\",\"facts\":{" facts "}}"
#define MDEV(id, type) DEVICE(id, "mdev", "\"driver\":\"mtty\",\"mdev_type\":\"" type "\"")

/* The backend knows the driver of this card, and that nothing can move it. */
#define ODD_CARD                                                                     \
	DEVICE("0000:00:07.0", "physical",                                           \
	       "\"driver\":\"vfio-pci\",\"modalias\":\"pci:v00001B36d00000002sv0\"," \
	       "\"vendor\":\"0x1b36\",\"device\":\"0x0009\"")
/* No backend knows the driver of this card, and the kernel has no word on it. */
#define LOST_CARD                                                                         \
	DEVICE("0000:00:07.0", "physical",                                                \
	       "\"driver\":\"acme-vfio-pci\",\"modalias\":\"pci:v00001B36d00000042sv0\"," \
	       "\"vendor\":\"0x1b36\",\"device\":\"0x0042\"")

#endif
