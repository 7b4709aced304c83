/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The example that vendors copy: PCI serial cards, as mtty mediated devices (1 or 2 ports) and as
 * physical 1b36:0002, 0003 and 0004 (1, 2 and 4 ports) under vfio-pci. Every operation stands here
 * in its shortest form.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"

#define MODEL "org.kernel/serial"
#define VARIANT                                                                                  \
	"serial_vfio_pci" /* the driver that a card needs in order to move; none was written yet \
			   */

/* What travels in the version string, and how each field is held against the target's. */
enum { MODEL_FIELD, PORTS, STATE, FIELD_COUNT };

static const struct migcompat_field fields[FIELD_COUNT] = {
	[MODEL_FIELD] = {"model", NULL, MIGCOMPAT_VALUE_TEXT, MIGCOMPAT_RULE_EQUAL,
			 MIGCOMPAT_LIMIT_HARDWARE, 0},
	[PORTS] = {"ports", "ports", MIGCOMPAT_VALUE_NUMBER, MIGCOMPAT_RULE_EQUAL,
		   MIGCOMPAT_LIMIT_PARAMETER, 0},
	[STATE] = {"state_version", NULL, MIGCOMPAT_VALUE_VERSION, MIGCOMPAT_RULE_VERSION,
		   MIGCOMPAT_LIMIT_DRIVER, 0},
};

static const struct migcompat_record record = {
	.struct_size = sizeof(record),
	.fields = fields,
	.field_size = sizeof(fields[0]),
	.nfields = FIELD_COUNT,
	.oldest = 1,
	.newest = 1,
};

struct serial {
	const struct migcompat_host *host;
	const struct migcompat_facts *facts;
	struct migcompat_value values[FIELD_COUNT];
	char type[32];
	char ports[8];
	uint32_t mechanism;
	const char *mechanism_text;
};

/* ---------------------------------------------------------------- facts */

/* Why a fact is of no use, for the end of a sentence. */
static const char *trouble(int r)
{
	return r == -ENOENT    ? "missing"
	       : r == -ENODATA ? "not collected"
	       : r == -ERANGE  ? "malformed"
	       : r == -EILSEQ  ? "no text"
			       : "unreadable";
}

/* "mtty-2" has two ports: samples/vfio-mdev/mtty.c names its types so. */
static int ports_of_type(struct serial *serial, uint64_t *ret)
{
	const char *type;
	int r = serial->host->fact(serial->facts, 0, "mdev_type", &type, NULL);

	if (r)
		return serial->host->fail(
			serial->facts, r,
			"the fact \"mdev_type\" is %s, and it tells the number of ports",
			trouble(r));
	if (strcmp(type, "mtty-1") != 0 && strcmp(type, "mtty-2") != 0)
		return serial->host->fail(serial->facts, -EINVAL,
					  "\"mdev_type\" is \"%s\", expected mtty-1 or mtty-2",
					  type);
	*ret = (uint64_t)(type[5] - '0');
	return 0;
}

/* The cards of QEMU: docs/specs/pci-serial.rst. */
static int ports_of_card(struct serial *serial, uint64_t *ret)
{
	static const struct {
		uint64_t device;
		uint64_t ports;
	} cards[] = {{0x0002, 1}, {0x0003, 2}, {0x0004, 4}};
	const char *modalias;
	uint64_t device;
	uint64_t vendor;
	int r = serial->host->number(serial->facts, 0, "vendor", 16, 0xffff, &vendor);

	if (r == 0 && vendor != 0x1b36)
		return serial->host->fail(serial->facts, -ENODEV,
					  "the card's vendor is %04x, expected 1b36",
					  (unsigned)vendor);
	if (r && r != -ENOENT)
		return serial->host->fail(serial->facts, r,
					  "the fact \"vendor\" is %s, expected 0x1b36", trouble(r));
	r = serial->host->number(serial->facts, 0, "device", 16, 0xffff, &device);

	if (r == -ENOENT &&
	    serial->host->fact(serial->facts, 0, "modalias", &modalias, NULL) == 0) {
		unsigned id;

		r = sscanf(modalias, "pci:v00001B36d%8x", &id) == 1 ? 0 : -ERANGE;
		device = r ? 0 : id;
	}
	if (r)
		return serial->host->fail(serial->facts, r,
					  "the fact \"device\" is %s, expected the card's PCI id",
					  trouble(r));
	for (size_t i = 0; i < sizeof(cards) / sizeof(cards[0]); i++) {
		if (cards[i].device == device) {
			*ret = cards[i].ports;
			return 0;
		}
	}
	return serial->host->fail(
		serial->facts, -ENODEV,
		"the card 1b36:%04x is none of the serial cards 0002, 0003 and 0004",
		(unsigned)device);
}

/* The version of the state that the driver writes: 1.0 in mtty (its stream's header says so), or
 * what is stated of it. */
static int state_version(struct serial *serial, uint64_t *ret)
{
	unsigned major, minor, patch;
	const char *text;
	int used = 0;
	int r = serial->host->fact(serial->facts, 0, "stated/state_version", &text, NULL);

	if (r == -ENOENT || r == -ENODATA) {
		*ret = MIGCOMPAT_VERSION(1, 0, 0);
		return 0;
	}
	if (r)
		return serial->host->fail(serial->facts, r,
					  "the fact \"stated/state_version\" is %s", trouble(r));
	if (sscanf(text, "%7u.%7u.%7u%n", &major, &minor, &patch, &used) != 3 || text[used] ||
	    (major | minor | patch) >> 21)
		return serial->host->fail(
			serial->facts, -EINVAL,
			"\"stated/state_version\" is \"%s\", expected three numbers such as 1.0.0",
			text);
	*ret = MIGCOMPAT_VERSION(major, minor, patch);
	return 0;
}

/* vfio-pci itself moves no state. Of a variant driver the kernel tells, and the core asks it first.
 */
static void card_mechanism(struct serial *serial)
{
	const char *module;

	if (serial->host->fact(serial->facts, 0, "driver/module", &module, NULL) == 0 &&
	    strcmp(module, VARIANT) == 0) {
		serial->mechanism_text =
			"the kernel does not tell whether this variant driver migrates";
		return;
	}
	serial->mechanism = MIGCOMPAT_NO;
	serial->mechanism_text = "vfio-pci moves no device state; the card needs a variant driver";
}

/* Can it be migrated at all? mtty can since Linux 6.8. */
static void mechanism(struct serial *serial)
{
	const char *release;
	unsigned major, minor;

	if (serial->host->kind(serial->facts) == MIGCOMPAT_KIND_PHYSICAL) {
		card_mechanism(serial);
	} else if (serial->host->fact(serial->facts, MIGCOMPAT_WANT_HOST, "kernel/release",
				      &release, NULL) != 0 ||
		   sscanf(release, "%5u.%5u", &major, &minor) != 2) {
		serial->mechanism_text =
			"the kernel's release is not known; mtty migrates since Linux 6.8";
	} else if (major > 6 || (major == 6 && minor >= 8)) {
		serial->mechanism = MIGCOMPAT_YES;
		serial->mechanism_text = "mtty migrates since Linux 6.8";
	} else {
		serial->mechanism = MIGCOMPAT_NO;
		serial->mechanism_text = "mtty migrates since Linux 6.8, this kernel is older";
	}
}

/* ---------------------------------------------------------------- operations */

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
	serial->values[PORTS] =
		(struct migcompat_value){MIGCOMPAT_VALUE_NUMBER, 0, {.number = ports}};
	serial->values[STATE] =
		(struct migcompat_value){MIGCOMPAT_VALUE_VERSION, 0, {.number = state}};
	snprintf(serial->ports, sizeof(serial->ports), "%u", (unsigned)ports);
	snprintf(serial->type, sizeof(serial->type), "serial-%uport", (unsigned)ports);
	mechanism(serial);
	*ret_handle = serial;
	return 0;
}

static void serial_close(void *handle)
{
	free(handle);
}

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

static int serial_payload(void *handle, char *buffer, size_t size)
{
	struct serial *serial = handle;
	uint32_t format = (uint32_t)atoi(serial->host->setting(serial->facts, "emit_format"));

	return serial->host->record_write(&record, format, serial->values, buffer, size);
}

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

/* A target can take a payload in one way only: as it is. */
static int serial_candidates(void *handle, const char *payload, size_t len,
			     struct migcompat_sink *sink)
{
	struct serial *serial = handle;
	struct migcompat_candidate candidate = {.struct_size = sizeof(candidate), .name = ""};

	(void)payload;
	(void)len;
	return serial->host->candidate(sink, &candidate);
}

/* One parameter, fixed when the device is made: there is nothing to write, so "prepare" can stay
 * away. */
static int serial_parameters(void *handle, const char *payload, size_t len,
			     struct migcompat_sink *sink)
{
	struct serial *serial = handle;
	struct migcompat_value source[FIELD_COUNT];
	char ports[24];
	uint32_t format;
	struct migcompat_parameter parameter = {
		.struct_size = sizeof(parameter),
		.name = "ports",
		.type = MIGCOMPAT_PARAMETER_INT,
		.value = serial->ports,
		.allowed = serial->ports,
		.init = serial->ports,
		.description = "serial ports of the card",
	};

	if (payload) {
		if (serial->host->record_read(NULL, &record, payload, len, source, &format) != 0)
			return -EINVAL;
		snprintf(ports, sizeof(ports), "%llu", (unsigned long long)source[PORTS].as.number);
		parameter.value = ports;
	}
	return serial->host->parameter(sink, &parameter);
}

unsigned serial_ports(const void *handle)
{
	const struct serial *serial = handle;

	return (unsigned)serial->values[PORTS].as.number;
}

uint64_t serial_state_version(const void *handle)
{
	const struct serial *serial = handle;

	return serial->values[STATE].as.number;
}

static const char *const keys[] = {"mtty", "vfio_pci:pci:v00001B36d0000000[234]*",
				   VARIANT ":pci:v00001B36d0000000[234]*", NULL};

static const struct migcompat_want wants[] = {
	{"mdev_type", MIGCOMPAT_WANT_ANNOUNCED},
	{"vendor", MIGCOMPAT_WANT_ANNOUNCED},
	{"device", MIGCOMPAT_WANT_ANNOUNCED},
	{"modalias", MIGCOMPAT_WANT_ANNOUNCED},
	{"driver/module", MIGCOMPAT_WANT_ANNOUNCED},
	/* What is stated is read when the configuration is. */
	{"stated/state_version", MIGCOMPAT_WANT_ANNOUNCED},
	{"kernel/release", MIGCOMPAT_WANT_HOST | MIGCOMPAT_WANT_ANNOUNCED},
};

static const struct migcompat_setting settings[] = {
	{"emit_format", MIGCOMPAT_SETTING_INT, "1-1", "1",
	 "payload format to write, for targets not yet upgraded"},
};

MIGCOMPAT_REGISTER(.thread_model = MIGCOMPAT_THREAD_PARALLEL, .name = "mtty", .version = "1.0.0",
		   .description = "PCI serial cards: mtty mediated devices and physical cards of "
				  "1, 2 and 4 ports",
		   .keys = keys, .wants = wants, .want_size = sizeof(wants[0]),
		   .nwants = sizeof(wants) / sizeof(wants[0]), .settings = settings,
		   .setting_size = sizeof(settings[0]),
		   .nsettings = sizeof(settings) / sizeof(settings[0]), .open = serial_open,
		   .close = serial_close, .describe = serial_describe, .payload = serial_payload,
		   .compare = serial_compare, .candidates = serial_candidates,
		   .parameters = serial_parameters, .stream = serial_stream);
