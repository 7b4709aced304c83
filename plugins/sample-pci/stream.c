/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the mtty driver's migration stream begins with, struct mtty_data of
 * samples/vfio-mdev/mtty.c: numbers in the host's byte order, then 36 bytes a port. The driver
 * wants all of the head to be equal, and says no more than EFAULT or ENOMEM where it is not.
 */
#include <byteswap.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "sample.h"

#define MAGIC 0x7e9d09898c3e2c4eu
#define HEAD 24u      /* bytes */
#define PORT_SIZE 36u /* bytes a port */

struct head {
	uint64_t magic;
	uint32_t major;
	uint32_t minor;
	uint32_t ports;
	uint32_t flags;
};

_Static_assert(sizeof(struct head) == HEAD, "as the driver has it");

static struct migcompat_value number(uint64_t value)
{
	return (struct migcompat_value){MIGCOMPAT_VALUE_NUMBER, 0, {.number = value}};
}

/* One field; bad: whether the driver would refuse it. text may be NULL. */
static void add(const struct migcompat_host *host, struct migcompat_result *result,
		struct migcompat_finding finding, bool bad)
{
	finding.struct_size = sizeof(finding);
	finding.status = bad ? MIGCOMPAT_STATUS_BAD : finding.status;
	finding.limit = bad ? finding.limit : MIGCOMPAT_LIMIT_NONE;
	host->finding(result, &finding);
}

/* want NONE: only a target could tell. */
static void add_equal(const struct migcompat_host *host, struct migcompat_result *result,
		      const char *field, const char *noun, enum migcompat_limit limit,
		      struct migcompat_value value, struct migcompat_value want)
{
	bool known = want.type != MIGCOMPAT_VALUE_NONE;

	add(host, result,
	    (struct migcompat_finding){.field = field,
				       .noun = noun,
				       .rule = MIGCOMPAT_RULE_EQUAL,
				       .limit = limit,
				       .source = value,
				       .target = want,
				       .status = known ? MIGCOMPAT_STATUS_OK
						       : MIGCOMPAT_STATUS_UNKNOWN},
	    known && value.as.number != want.as.number);
}

/* What is wrong with all of it. */
static void add_wrong(const struct migcompat_host *host, struct migcompat_result *result,
		      const char *text)
{
	add(host, result,
	    (struct migcompat_finding){.field = "stream_format",
				       .rule = MIGCOMPAT_RULE_INFO,
				       .limit = MIGCOMPAT_LIMIT_FORMAT,
				       .text = text},
	    true);
}

static void add_length(const struct migcompat_host *host, struct migcompat_result *result,
		       uint64_t size, uint64_t ports)
{
	uint64_t want = HEAD + PORT_SIZE * ports;
	char text[96];

	snprintf(text, sizeof(text), "the stream has %llu bytes, expected %llu",
		 (unsigned long long)size, (unsigned long long)want);
	add(host, result,
	    (struct migcompat_finding){.field = "stream_length",
				       .rule = MIGCOMPAT_RULE_EQUAL,
				       .limit = MIGCOMPAT_LIMIT_FORMAT,
				       .source = number(size),
				       .target = number(want),
				       .text = size == want ? NULL : text},
	    size != want);
}

int serial_stream(const struct migcompat_host *host, void *handle, const void *bytes, size_t len,
		  uint64_t size, struct migcompat_result *result)
{
	struct migcompat_value none = {MIGCOMPAT_VALUE_NONE, 0, {.number = 0}};
	uint64_t version = handle ? serial_state_version(handle) : MIGCOMPAT_VERSION(1, 0, 0);
	struct head head = {0};

	if (len >= sizeof(head.magic))
		memcpy(&head.magic, bytes, sizeof(head.magic));
	if (head.magic != MAGIC && head.magic != bswap_64(MAGIC))
		return -ENOMSG;
	add(host, result,
	    (struct migcompat_finding){.field = "stream_driver",
				       .rule = MIGCOMPAT_RULE_INFO,
				       .source = {MIGCOMPAT_VALUE_TEXT, 4, {.text = "mtty"}}},
	    false);
	if (len < HEAD || head.magic != MAGIC) {
		add_wrong(host, result,
			  len < HEAD ? "it ends in its head, which has 24 bytes"
				     : "it is of a machine with the other byte order");
		return 0;
	}
	memcpy(&head, bytes, sizeof(head));
	add_equal(host, result, "stream_major", NULL, MIGCOMPAT_LIMIT_DRIVER, number(head.major),
		  number(version >> 42));
	add_equal(host, result, "stream_minor", NULL, MIGCOMPAT_LIMIT_DRIVER, number(head.minor),
		  number(version >> 21 & 0x1fffff));
	add_equal(host, result, "stream_ports", "ports in its stream", MIGCOMPAT_LIMIT_PARAMETER,
		  number(head.ports), handle ? number(serial_ports(handle)) : none);
	add_equal(host, result, "stream_flags", NULL, MIGCOMPAT_LIMIT_FORMAT, number(head.flags),
		  number(0));
	if (size)
		add_length(host, result, size, head.ports);
	return 0;
}
