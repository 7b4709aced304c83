/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the readers of kernel drivers' streams share. A reader gets bytes that may be anything, and adds what it finds. */
#ifndef KERNEL_STREAMS_STREAMS_H
#define KERNEL_STREAMS_STREAMS_H

#include <stdbool.h>
#include <string.h>

#include "migcompat/backend.h"

/* What is to be read, and where findings go. */
struct stream {
	const struct migcompat_host *host;
	struct migcompat_result *result;
	const unsigned char *bytes;
	size_t len;    /* that are here */
	uint64_t size; /* of the whole stream; 0: not known */
};

/* Each: false, and nothing was added: it is none of that driver's. */
bool heads_read(const struct stream *stream);    /* hisi_acc_vfio_pci */
bool sections_read(const struct stream *stream); /* qat_vfio_pci */
bool packets_read(const struct stream *stream);  /* xe_vfio_pci */
bool records_read(const struct stream *stream);  /* mlx5_vfio_pci, virtio_vfio_pci */

/* All of them. 0, or -ENOMSG. */
int streams_read(const struct migcompat_host *host, void *handle, const void *head, size_t len, uint64_t size,
		 struct migcompat_result *result);

/* Findings (find.c). A text may be NULL; it is copied. */
void add_driver(const struct stream *stream, const char *driver);
/* A value that only a target can judge. */
void add_value(const struct stream *stream, const char *field, enum migcompat_rule rule, uint64_t value, bool hex, const char *text);
/* One that the driver itself judges; ok: as it is meant to be. */
void add_judged(const struct stream *stream, const char *field, enum migcompat_rule rule, enum migcompat_limit limit, uint64_t value, uint64_t want,
		bool ok);
/* It was written by a machine of the other byte order, so nothing more can be read. */
void add_swapped(const struct stream *stream);
/* What is wrong with all of it; printf format. */
void add_wrong(const struct stream *stream, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A number in the host's byte order; the bytes are there. */
static inline uint64_t number_at(const void *bytes, size_t size)
{
	uint64_t eight;
	uint32_t four;
	uint16_t two;

	switch (size) {
	case 8:
		memcpy(&eight, bytes, sizeof(eight));
		return eight;
	case 4:
		memcpy(&four, bytes, sizeof(four));
		return four;
	default:
		memcpy(&two, bytes, sizeof(two));
		return two;
	}
}

#endif
