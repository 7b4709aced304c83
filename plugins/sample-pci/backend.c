/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The backend to copy. It serves PCI serial cards: mtty mediated devices of 1 or 2 ports, and
 * QEMU's physical cards 1b36:0002, 0003 and 0004 of 1, 2 and 4 ports. Start to read at
 * MIGCOMPAT_REGISTER in the last lines, which names every operation. migcompat-backend(7) has a
 * section for each.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define MODEL "org.kernel/serial"
/* The variant driver that could migrate a physical card. Nobody has written it yet. */
#define VARIANT "serial_vfio_pci"

/* The fields of the version string. Each names the rule between source and target, and the limit
 * that a verdict reports if the rule is broken. */
static const struct migcompat_field fields[FIELD_COUNT] = {
	[MODEL_FIELD] = {"model", NULL, MIGCOMPAT_VALUE_TEXT, MIGCOMPAT_RULE_EQUAL,
			 MIGCOMPAT_LIMIT_HARDWARE, 0},
	[PORTS] = {"ports", "ports", MIGCOMPAT_VALUE_NUMBER, MIGCOMPAT_RULE_EQUAL,
		   MIGCOMPAT_LIMIT_PARAMETER, 0},
	[STATE] = {"state_version", NULL, MIGCOMPAT_VALUE_VERSION, MIGCOMPAT_RULE_VERSION,
		   MIGCOMPAT_LIMIT_DRIVER, 0},
};
static const struct migcompat_record record = SERIAL_RECORD(fields, FIELD_COUNT);

/* ---------------------------------------------------------- open: facts become values */

/* Says which fact stops open. A fact may always be missing, and then no answer may be yes. hint:
 * the end of the sentence. */
static int unusable(const struct serial *serial, int error, const char *key, const char *hint)
{
	const char *why = error == -ENOENT    ? "missing"
			  : error == -ENODATA ? "not collected"
			  : error == -ERANGE  ? "malformed"
			  : error == -EILSEQ  ? "no text"
					      : "unreadable";

	return serial->host->fail(serial->facts, error, "the fact \"%s\" is %s, %s", key, why,
				  hint);
}

/* The driver names its types so: samples/vfio-mdev/mtty.c of Linux. */
static int ports_of_type(const struct serial *serial, uint64_t *ret)
{
	const char *type;
	int r = serial->host->fact(serial->facts, 0, "mdev_type", &type, NULL);

	if (r)
		return unusable(serial, r, "mdev_type", "and it tells the number of ports");
	if (strcmp(type, "mtty-1") != 0 && strcmp(type, "mtty-2") != 0)
		return serial->host->fail(serial->facts, -EINVAL,
					  "\"mdev_type\" is \"%s\", expected mtty-1 or mtty-2",
					  type);
	*ret = type[5] == '1' ? 1 : 2;
	return 0;
}

/* The PCI ids are those of QEMU: docs/specs/pci-serial.rst. */
static int ports_of_card(const struct serial *serial, uint64_t *ret)
{
	uint64_t vendor = 0x1b36, device = 0;
	const char *modalias;
	int r = serial->host->number(serial->facts, 0, "vendor", 16, 0xffff, &vendor);

	if (r && r != -ENOENT)
		return unusable(serial, r, "vendor", "expected 0x1b36");
	r = serial->host->number(serial->facts, 0, "device", 16, 0xffff, &device);
	/* Inventories that people write may have the modalias alone. */
	if (r == -ENOENT && serial->host->fact(serial->facts, 0, "modalias", &modalias, NULL) == 0)
		r = sscanf(modalias, "pci:v00001B36d%8" SCNx64, &device) == 1 ? 0 : -ERANGE;
	if (r)
		return unusable(serial, r, "device", "expected the card's PCI id");
	if (vendor != 0x1b36 || device < 2 || device > 4)
		return serial->host->fail(
			serial->facts, -ENODEV,
			"%04x:%04x is none of the serial cards 1b36:0002, 0003 and 0004",
			(unsigned)vendor, (unsigned)device);
	*ret = device == 4 ? 4 : device - 1;
	return 0;
}

/* mtty writes state 1.0. The administrator can state another version in facts.d. */
static int state_version(const struct serial *serial, uint64_t *ret)
{
	unsigned major = 1, minor = 0, patch = 0;
	const char *text;
	int used = 0, r;

	r = serial->host->fact(serial->facts, 0, "stated/state_version", &text, NULL);
	if (r && r != -ENOENT && r != -ENODATA)
		return unusable(serial, r, "stated/state_version", "expected 1.0.0 or the like");
	if (r == 0 && (sscanf(text, "%7u.%7u.%7u%n", &major, &minor, &patch, &used) != 3 ||
		       text[used] || (major | minor | patch) >> 21))
		return serial->host->fail(
			serial->facts, -EINVAL,
			"\"stated/state_version\" is \"%s\", expected three numbers such as 1.0.0",
			text);
	*ret = MIGCOMPAT_VERSION(major, minor, patch);
	return 0;
}

/* Can driver and kernel move the state at all? A doubt is UNKNOWN, never YES. */
static uint32_t mechanism(const struct serial *serial, const char **ret_text)
{
	const bool physical = serial->host->kind(serial->facts) == MIGCOMPAT_KIND_PHYSICAL;
	const char *module, *release;
	unsigned major, minor;

	*ret_text = "vfio-pci moves no device state; the card needs a variant driver";
	if (physical && (serial->host->fact(serial->facts, 0, "driver/module", &module, NULL) ||
			 strcmp(module, VARIANT) != 0))
		return MIGCOMPAT_NO;
	*ret_text = "the kernel does not say whether this variant driver migrates";
	if (physical)
		return MIGCOMPAT_UNKNOWN;
	*ret_text = "the kernel's release is not known; mtty migrates since Linux 6.8";
	if (serial->host->fact(serial->facts, MIGCOMPAT_WANT_HOST, "kernel/release", &release,
			       NULL) ||
	    sscanf(release, "%5u.%5u", &major, &minor) != 2)
		return MIGCOMPAT_UNKNOWN;
	*ret_text = "mtty migrates since Linux 6.8, this kernel is older";
	if (major < 6 || (major == 6 && minor < 8))
		return MIGCOMPAT_NO;
	*ret_text = "mtty migrates since Linux 6.8";
	return MIGCOMPAT_YES;
}

static int serial_open(const struct migcompat_host *host, const struct migcompat_facts *facts,
		       void **ret_handle)
{
	struct serial *serial = calloc(1, sizeof(*serial));
	uint64_t ports = 0, state = 0;
	int r;

	if (!serial)
		return -ENOMEM;
	serial->host = host;
	serial->facts = facts;
	r = host->kind(facts) == MIGCOMPAT_KIND_PHYSICAL ? ports_of_card(serial, &ports)
							 : ports_of_type(serial, &ports);
	if (!r)
		r = state_version(serial, &state);
	if (r) {
		free(serial);
		return r;
	}
	serial->values[MODEL_FIELD] =
		(struct migcompat_value){MIGCOMPAT_VALUE_TEXT, sizeof(MODEL) - 1, {.text = MODEL}};
	serial->values[PORTS] = serial_number(ports);
	serial->values[STATE] = (struct migcompat_value){MIGCOMPAT_VALUE_VERSION, 0, {state}};
	snprintf(serial->ports, sizeof(serial->ports), "%u", (unsigned)ports);
	snprintf(serial->type, sizeof(serial->type), "serial-%uport", (unsigned)ports);
	serial->mechanism = mechanism(serial, &serial->mechanism_text);
	*ret_handle = serial;
	return 0;
}

static void serial_close(void *handle)
{
	free(handle);
}

/* --------------------------------------------------------------- describe and compare */

/* The strings belong to the handle. A guest sees the type, so devices of two types never fit. */
static int serial_describe(void *handle, struct migcompat_description *ret)
{
	struct serial *serial = handle;

	ret->type = serial->type;
	ret->model = MODEL;
	ret->label = "PCI serial card";
	ret->mechanism = serial->mechanism;
	ret->mechanism_text = serial->mechanism_text;
	return 0;
}

/* As source: the values as bytes. */
static int serial_payload(void *handle, char *buffer, size_t size)
{
	struct serial *serial = handle;
	uint32_t format = (uint32_t)atoi(serial->host->setting(serial->facts, "emit_format"));

	return serial->host->record_write(&record, format, serial->values, buffer, size);
}

/* As target: the bytes of any source, which may be hostile, against the own values. If they are
 * malformed, record_read has added the finding that says so. */
static int serial_compare(void *handle, const char *payload, size_t len,
			  struct migcompat_result *result)
{
	struct serial *serial = handle;
	struct migcompat_value source[FIELD_COUNT];
	uint32_t format;

	if (serial->host->record_read(result, &record, payload, len, source, &format) == 0)
		serial->host->record_compare(result, &record, source, serial->values);
	return 0;
}

/* One parameter. It is fixed when the device is created: it has no attribute to write. */
static int serial_parameters(void *handle, const char *payload, size_t len,
			     struct migcompat_sink *sink)
{
	struct serial *serial = handle;
	struct migcompat_value source[FIELD_COUNT];
	char ports[24];
	uint32_t format;
	struct migcompat_parameter parameter = {.struct_size = sizeof(parameter),
						.name = "ports",
						.type = MIGCOMPAT_PARAMETER_INT,
						.value = serial->ports,
						.allowed = serial->ports,
						.init = serial->ports,
						.description = "serial ports of the card"};

	if (payload) { /* what this source asks for */
		if (serial->host->record_read(NULL, &record, payload, len, source, &format) != 0)
			return -EINVAL;
		snprintf(ports, sizeof(ports), "%llu", (unsigned long long)source[PORTS].as.number);
		parameter.value = ports;
	}
	return serial->host->parameter(sink, &parameter);
}

/* ---------------------------------------------------------------- what it declares */

/* The driver modules that it serves. vfio-pci serves any vendor, so a modalias glob follows. */
static const char *const keys[] = {"mtty", "vfio_pci:pci:v00001B36d0000000[234]*",
				   VARIANT ":pci:v00001B36d0000000[234]*", NULL};

/* The facts that it may ask for. ANNOUNCED: the value cannot change while the driver is bound. */
static const struct migcompat_want wants[] = {
	{"mdev_type", MIGCOMPAT_WANT_ANNOUNCED},
	{"vendor", MIGCOMPAT_WANT_ANNOUNCED},
	{"device", MIGCOMPAT_WANT_ANNOUNCED},
	{"modalias", MIGCOMPAT_WANT_ANNOUNCED},
	{"driver/module", MIGCOMPAT_WANT_ANNOUNCED},
	{"stated/state_version", MIGCOMPAT_WANT_ANNOUNCED},
	{"kernel/release", MIGCOMPAT_WANT_HOST | MIGCOMPAT_WANT_ANNOUNCED},
};

/* Keys of the section "mtty" in migcompat.conf. Every backend should have emit_format. */
static const struct migcompat_setting settings[] = {
	{"emit_format", MIGCOMPAT_SETTING_INT, "1-1", "1",
	 "payload format to write, for targets not yet upgraded"},
};

MIGCOMPAT_REGISTER(.thread_model = MIGCOMPAT_THREAD_PARALLEL, .name = "mtty", .version = "1.0.0",
		   .description = "PCI serial cards: mtty mediated devices and physical cards of "
				  "1, 2 and 4 ports",
		   .keys = keys, .wants = wants, .want_size = sizeof(wants[0]),
		   .nwants = COUNT(wants), .settings = settings,
		   .setting_size = sizeof(settings[0]), .nsettings = COUNT(settings),
		   .open = serial_open, .close = serial_close, .describe = serial_describe,
		   .payload = serial_payload, .compare = serial_compare,
		   .parameters = serial_parameters, .stream = serial_stream);
