/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Optional: most drivers write streams that only their device understands. A stream of mtty begins
 * with numbers that the driver compares on load, struct mtty_data in samples/vfio-mdev/mtty.c of
 * Linux. The driver itself reports EFAULT or ENOMEM and no reason.
 */
#include <byteswap.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sample.h"

#define MAGIC 0x7e9d09898c3e2c4eu
#define PORT_SIZE 36u /* bytes for each port after the head */

/* In the byte order of the host that wrote it. */
struct head {
	uint64_t magic;
	uint32_t numbers[4]; /* in the order of the table below */
};
_Static_assert(sizeof(struct head) == 24, "the driver writes 24 bytes");

/* Without a target nobody knows how many ports are right. Then the field is UNKNOWN. */
enum { MAJOR, MINOR, STREAM_PORTS, FLAGS, NUMBER_COUNT };
#define NUMBER(name, noun, limit, flags)                                                           \
	{                                                                                          \
		name, noun, MIGCOMPAT_VALUE_NUMBER, MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_LIMIT_##limit, \
			flags                                                                      \
	}
static const struct migcompat_field fields[NUMBER_COUNT] = {
	[MAJOR] = NUMBER("stream_major", NULL, DRIVER, 0),
	[MINOR] = NUMBER("stream_minor", NULL, DRIVER, 0),
	[STREAM_PORTS] =
		NUMBER("stream_ports", "ports in its stream", PARAMETER, MIGCOMPAT_FIELD_OPTIONAL),
	[FLAGS] = NUMBER("stream_flags", NULL, FORMAT, 0),
};
static const struct migcompat_record record = SERIAL_RECORD(fields, NUMBER_COUNT);

/* Adds a finding that no table makes. text: what is wrong; NULL: nothing. */
static void add(const struct migcompat_host *host, struct migcompat_result *result,
		struct migcompat_finding finding, const char *text)
{
	finding.struct_size = sizeof(finding);
	finding.status = text ? MIGCOMPAT_STATUS_BAD : MIGCOMPAT_STATUS_OK;
	finding.limit = text ? MIGCOMPAT_LIMIT_FORMAT : MIGCOMPAT_LIMIT_NONE;
	finding.text = text;
	host->finding(result, &finding);
}

static void numbers_compare(const struct migcompat_host *host, const struct serial *target,
			    const struct head *head, struct migcompat_result *result)
{
	struct migcompat_value theirs[NUMBER_COUNT], ours[NUMBER_COUNT];
	uint64_t version = target ? target->values[STATE].as.number : MIGCOMPAT_VERSION(1, 0, 0);

	for (int i = 0; i < NUMBER_COUNT; i++)
		theirs[i] = serial_number(head->numbers[i]);
	ours[MAJOR] = serial_number(version >> 42);
	ours[MINOR] = serial_number(version >> 21 & 0x1fffff);
	ours[STREAM_PORTS] = target ? target->values[PORTS] : (struct migcompat_value){0};
	ours[FLAGS] = serial_number(0);
	host->record_compare(result, &record, theirs, ours);
}

int serial_stream(const struct migcompat_host *host, void *handle, const void *bytes, size_t len,
		  uint64_t size, struct migcompat_result *result)
{
	struct migcompat_finding finding = {
		.field = "stream_driver",
		.rule = MIGCOMPAT_RULE_INFO,
		.source = {MIGCOMPAT_VALUE_TEXT, 4, {.text = "mtty"}},
	};
	struct head head = {0};
	char text[96];

	memcpy(&head, bytes, len < sizeof(head) ? len : sizeof(head));
	if (len < sizeof(head.magic) || (head.magic != MAGIC && head.magic != bswap_64(MAGIC)))
		return -ENOMSG;
	add(host, result, finding, NULL);
	finding = (struct migcompat_finding){.field = "stream_format", .rule = MIGCOMPAT_RULE_INFO};
	if (len < sizeof(head)) {
		add(host, result, finding, "it ends in its head, which has 24 bytes");
		return 0;
	}
	if (head.magic != MAGIC) {
		add(host, result, finding, "it is of a machine with the other byte order");
		return 0;
	}
	numbers_compare(host, handle, &head, result);
	if (size == 0) /* the length is not known */
		return 0;
	finding = (struct migcompat_finding){
		.field = "stream_length",
		.rule = MIGCOMPAT_RULE_EQUAL,
		.source = serial_number(size),
		.target = serial_number(sizeof(head) +
					(uint64_t)PORT_SIZE * head.numbers[STREAM_PORTS]),
	};
	snprintf(text, sizeof(text), "the stream has %llu bytes, expected %llu",
		 (unsigned long long)size, (unsigned long long)finding.target.as.number);
	add(host, result, finding, size == finding.target.as.number ? NULL : text);
	return 0;
}
