/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The driver's migration stream, struct vfio_ap_config of the kernel series since its
 * fourth version: a head, then each queue with its card's properties. Numbers are
 * big-endian, as on s390. Earlier versions have no magic, so this backend does not claim
 * them.
 */
#include <errno.h>
#include <stdio.h>

#include "compare.h"

#define MAGIC 0x76666170u /* "vfap" */
#define VERSION 1u
#define HEAD \
	48u /* bytes: magic, version, number of queues, 4 of padding, mask of control domains */
#define QUEUE 16u /* bytes each: the word of TAPQ (8), adapter, domain, 6 of padding */
#define QUEUES_MAX (AP_IDS * AP_IDS)

struct stream {
	const struct migcompat_host *host;
	struct migcompat_result *result;
	const uint8_t *bytes;
	size_t len;
	uint64_t size;
	uint32_t queues; /* as the head says */
	size_t read;     /* how many of them are in the bytes */
	struct ap_matrix matrix;
	size_t distinct;
};

static uint64_t number_at(const uint8_t *at, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | at[i];
	return value;
}

/* ---------------------------------------------------------------- findings */

/* limit NONE: nothing is wrong. text may be NULL. */
static void add(const struct stream *stream, const char *field, enum migcompat_rule rule,
		enum migcompat_limit limit, struct migcompat_value value,
		struct migcompat_value want, const char *text)
{
	stream->host->finding(stream->result,
			      &(struct migcompat_finding){
				      .struct_size = sizeof(struct migcompat_finding),
				      .field = field,
				      .rule = (uint32_t)rule,
				      .status = limit == MIGCOMPAT_LIMIT_NONE
							? MIGCOMPAT_STATUS_OK
							: MIGCOMPAT_STATUS_BAD,
				      .limit = (uint32_t)limit,
				      .source = value,
				      .target = want,
				      .text = text,
			      });
}

static void add_wrong(const struct stream *stream, const char *text)
{
	add(stream, "stream_format", MIGCOMPAT_RULE_INFO, MIGCOMPAT_LIMIT_FORMAT, nothing(),
	    nothing(), text);
}

static void add_warning(const struct stream *stream, const char *text)
{
	stream->host->finding(stream->result,
			      &(struct migcompat_finding){
				      .struct_size = sizeof(struct migcompat_finding),
				      .field = "stream_matrix",
				      .rule = MIGCOMPAT_RULE_INFO,
				      .status = MIGCOMPAT_STATUS_WARN,
				      .text = text,
			      });
}

/* ---------------------------------------------------------------- the head */

/* The driver accepts no byte more, and loads nothing until the last one arrived. */
static void length_check(const struct stream *stream)
{
	uint64_t want = HEAD + (uint64_t)QUEUE * stream->queues;
	uint64_t size = stream->size ? stream->size : stream->len;
	bool fits = size == want;
	char text[96];

	if (!stream->size && stream->len == MIGCOMPAT_STREAM_HEAD && want >= stream->len)
		return; /* more of it may follow */
	snprintf(text, sizeof(text), "the stream has %llu bytes, expected %llu",
		 (unsigned long long)size, (unsigned long long)want);
	add(stream, "stream_length", MIGCOMPAT_RULE_EQUAL,
	    fits ? MIGCOMPAT_LIMIT_NONE : MIGCOMPAT_LIMIT_FORMAT, number(size), number(want),
	    fits ? NULL : text);
}

/* False: nothing after the head can be read. */
static bool head_read(struct stream *stream)
{
	uint64_t version = stream->len >= 8 ? number_at(stream->bytes + 4, 4) : VERSION;
	bool fits;

	if (version != VERSION) {
		add(stream, "stream_version", MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_LIMIT_DRIVER,
		    number(version), number(VERSION), NULL);
		return false;
	}
	if (stream->len < HEAD) {
		add_wrong(stream, "it ends in its head, which has 48 bytes");
		return false;
	}
	add(stream, "stream_version", MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_LIMIT_NONE, number(version),
	    number(VERSION), NULL);
	stream->queues = (uint32_t)number_at(stream->bytes + 8, 4);
	fits = stream->queues <= QUEUES_MAX;
	add(stream, "stream_num_queues", MIGCOMPAT_RULE_RANGE,
	    fits ? MIGCOMPAT_LIMIT_NONE : MIGCOMPAT_LIMIT_FORMAT, number(stream->queues),
	    word("0-65536"), NULL);
	if (!fits)
		return false;
	length_check(stream);
	stream->matrix.control = mask_from_bytes(stream->bytes + 16);
	stream->read = (stream->len - HEAD) / QUEUE;
	if (stream->read > stream->queues)
		stream->read = stream->queues;
	return true;
}

/* ---------------------------------------------------------------- queues */

struct queue {
	unsigned adapter, domain;
	uint32_t packed;
};

static struct queue queue_at(const struct stream *stream, size_t index)
{
	const uint8_t *at = stream->bytes + HEAD + index * QUEUE;

	/* Bits 0 to 31 are the function bits, 32 to 39 the type. */
	return (struct queue){at[8], at[9], packed_make(at[4], (uint32_t)number_at(at, 4))};
}

/* A driver that loads it gives the guest every domain of every adapter in the stream. */
static void matrix_read(struct stream *stream)
{
	struct ap_mask seen[AP_IDS] = {{{0}}};
	struct ap_matrix *matrix = &stream->matrix;
	char text[96];

	for (size_t i = 0; i < stream->read; i++) {
		struct queue queue = queue_at(stream, i);

		stream->distinct += !mask_has(&seen[queue.adapter], queue.domain);
		mask_set(&seen[queue.adapter], queue.domain);
		mask_set(&matrix->adapters, queue.adapter);
		mask_set(&matrix->domains, queue.domain);
	}
	if (stream->read == stream->queues &&
	    stream->distinct !=
		    (size_t)mask_count(&matrix->adapters) * mask_count(&matrix->domains))
		add_warning(stream,
			    "its queues are not a full cross product, but the driver gives the "
			    "guest every domain of every adapter");
	else if (stream->distinct != stream->read)
		add_warning(stream, "it names a queue more than once");
	snprintf(text, sizeof(text), "%u adapters x %u domains, %u control domains",
		 mask_count(&matrix->adapters), mask_count(&matrix->domains),
		 mask_count(&matrix->control));
	add(stream, "stream_matrix", MIGCOMPAT_RULE_INFO, MIGCOMPAT_LIMIT_NONE, word(text),
	    nothing(), NULL);
}

/* Adds what no target accepts. */
static void bound_check(const struct stream *stream)
{
	for (size_t i = 0; i < stream->read; i++) {
		struct queue queue = queue_at(stream, i);
		char field[64], text[AP_TEXT_MAX];

		if (!(queue.packed & PACKED_BOUND))
			continue;
		snprintf(field, sizeof(field), "stream_queue %02x.%04x function bits 16-17",
			 queue.adapter, queue.domain);
		snprintf(text, sizeof(text),
			 "queue %02x.%04x: function bits 16-17 (bind and association state) are "
			 "not zero",
			 queue.adapter, queue.domain);
		add(stream, field, MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_LIMIT_HARDWARE,
		    number(queue.packed & PACKED_BOUND), number(0), text);
	}
}

static void target_compare(const struct stream *stream, struct ap *ap)
{
	struct ap_source source = {.matrix = stream->matrix,
				   .nadapters = mask_count(&stream->matrix.adapters)};
	struct comparison c = {.ap = ap,
			       .host = stream->host,
			       .result = stream->result,
			       .source = &source,
			       .prefix = "stream_"};
	char text[96];

	c.has_all = cards_have_all(ap, &source.matrix);
	queues_compare(&c);
	queues_add(&c, &source.matrix);
	control_compare(&c, &source.matrix.control);
	for (size_t i = 0; i < stream->read; i++) {
		struct queue queue = queue_at(stream, i);

		if (mask_has(&ap->usable[queue.adapter], queue.domain))
			queue_compare(&c, queue.adapter, queue.domain, queue.packed);
	}
	c.adapters = source.nadapters;
	adapters_add(&c);
	keys_missing_add(&c);
	if (stream->read < stream->queues) {
		snprintf(text, sizeof(text),
			 "only %zu of its %u queues could be compared with the target",
			 stream->read, stream->queues);
		add(stream, "stream_queues_read", MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_LIMIT_FORMAT,
		    number(stream->read), number(stream->queues), text);
	}
	cards_availability(ap, &source.matrix);
	ap->host->availability(stream->result, ap->availability, ap->availability_text);
}

int ap_stream(const struct migcompat_host *host, void *handle, const void *head, size_t len,
	      uint64_t size, struct migcompat_result *result)
{
	struct stream stream = {
		.host = host, .result = result, .bytes = head, .len = len, .size = size};

	if (len < 4 || number_at(stream.bytes, 4) != MAGIC)
		return -ENOMSG;
	add(&stream, "stream_driver", MIGCOMPAT_RULE_INFO, MIGCOMPAT_LIMIT_NONE, word("vfio_ap"),
	    nothing(), NULL);
	if (!head_read(&stream))
		return 0;
	matrix_read(&stream);
	if (handle)
		target_compare(&stream, handle);
	else
		bound_check(&stream);
	return 0;
}
