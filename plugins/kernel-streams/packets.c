/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xe_vfio_pci: packets (struct xe_sriov_packet_hdr), of which the first describes the device by keys with values: a word of length
 * (low half) and key (high half), then so many words. There is no magic: a first packet that tells the device is what it is known by.
 */
#include "streams.h"

#define HEAD 24u           /* bytes: version, type, tile, gt, flags (4), offset (8), size (8) */
#define VERSION 1u
#define TYPE_DESCRIPTOR 1u
#define DESCRIPTOR_MAX 4096u
#define KEY_DEVICE 0xf001u
#define KEY_REVISION 0xf002u

/* Is the value of that key here? It is one word. */
static bool key_find(const unsigned char *bytes, size_t len, uint32_t key, uint64_t *ret)
{
	for (size_t at = 0; at + 4 <= len;) {
		uint32_t word = (uint32_t)number_at(bytes + at, 4);
		size_t words = word & 0xffff;

		at += 4;
		if (words * 4 > len - at)
			return false;
		if (word >> 16 == key && words == 1) {
			*ret = number_at(bytes + at, 4);
			return true;
		}
		at += words * 4;
	}
	return false;
}

bool packets_read(const struct stream *stream)
{
	uint64_t size, device = 0, revision = 0;

	if (stream->len < HEAD || stream->bytes[1] != TYPE_DESCRIPTOR || number_at(stream->bytes + 8, 8) != 0)
		return false;
	size = number_at(stream->bytes + 16, 8);
	if (size == 0 || size > DESCRIPTOR_MAX || size % 4 || size > stream->len - HEAD ||
	    !key_find(stream->bytes + HEAD, (size_t)size, KEY_DEVICE, &device))
		return false;
	add_driver(stream, "xe_vfio_pci");
	add_judged(stream, "stream_version", MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_LIMIT_DRIVER, stream->bytes[0], VERSION, stream->bytes[0] == VERSION);
	add_value(stream, "stream_device", MIGCOMPAT_RULE_EQUAL, device, true, NULL);
	if (key_find(stream->bytes + HEAD, (size_t)size, KEY_REVISION, &revision))
		add_value(stream, "stream_revision", MIGCOMPAT_RULE_EQUAL, revision, true, NULL);
	else
		add_wrong(stream, "its description lacks the revision (key 0x%x)", KEY_REVISION);
	return true;
}
