/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the readers of kernel drivers' streams share. The bytes may be anything. A reader
 * judges them as the driver does on load, and adds one finding for each field.
 */
#ifndef KERNEL_STREAMS_STREAMS_H
#define KERNEL_STREAMS_STREAMS_H

#include <stdbool.h>
#include <string.h>

#include "migcompat/backend.h"

/* The bytes, and where findings go. */
struct stream {
	const struct migcompat_host *host;
	struct migcompat_result *result;
	const unsigned char *bytes;
	uint64_t len;  /* of bytes; at most MIGCOMPAT_STREAM_HEAD */
	uint64_t size; /* of the whole stream, at least len; 0: more than len */
};

/* Each returns false if the bytes are not a stream of that driver, and then adds
 * nothing. */
bool hisi_read(const struct stream *stream);
bool qat_read(const struct stream *stream);
bool xe_read(const struct stream *stream);
/*
 * One entry for each of the two drivers. only_whole: claim only a stream that one of them
 * accepts from its first to its last byte, because another reader has already claimed it.
 */
bool mlx5_virtio_read(const struct stream *stream, bool only_whole);

/* The operation "stream". 0, or -ENOMSG if no driver wrote it. */
int streams_read(const struct migcompat_host *host, void *handle, const void *head, size_t len,
		 uint64_t size, struct migcompat_result *result);

/* A field of a stream. The name begins with "stream_"; the core copies it. */
struct field {
	const char *name;
	uint64_t offset; /* in the stream */
};

/* The findings after this call are those of this driver. */
void add_driver(const struct stream *stream, const char *driver);
/* A value that only a target can judge, or nobody (MIGCOMPAT_RULE_INFO). remark may be
 * NULL. */
void add_value(const struct stream *stream, struct field field, enum migcompat_rule rule,
	       uint64_t value, bool hex, const char *remark);
/* A value that the driver itself judges. The rule is EQUAL, or AT_LEAST: then want is the
 * most. */
void add_judged(const struct stream *stream, struct field field, enum migcompat_rule rule,
		uint64_t value, uint64_t want);
/* The driver accepts it, but does not do what the user wants. Printf format. */
void add_warning(const struct stream *stream, struct field field, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The driver refuses it, or never writes it. Printf format. */
void add_wrong(const struct stream *stream, struct field field, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A machine of the other byte order wrote it, so the rest cannot be read. */
void add_swapped(const struct stream *stream);
/* The stream was not read from this offset on. */
void add_unseen(const struct stream *stream, uint64_t offset);

/* Up to 8 bytes as a number in the host's byte order. The bytes must exist. */
static inline uint64_t number_at(const struct stream *stream, uint64_t offset, size_t size)
{
	const unsigned char *bytes = stream->bytes + offset;
	uint64_t eight = 0;
	uint32_t four;
	uint16_t two;

	switch (size) {
	case 1:
		return *bytes;
	case 2:
		memcpy(&two, bytes, sizeof(two));
		return two;
	case 4:
		memcpy(&four, bytes, sizeof(four));
		return four;
	default: /* the drivers read masks so: into the first bytes of a word */
		memcpy(&eight, bytes, size);
		return eight;
	}
}

#endif
