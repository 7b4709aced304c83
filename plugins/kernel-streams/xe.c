/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xe_vfio_pci: packets (struct xe_sriov_packet_hdr and data). A descriptor comes first
 * and names the device by keys with values: a word with length (low half) and key (high
 * half), then the value's words. Packets of tiles and GTs follow, then a trailer. There
 * is no magic: the descriptor identifies the stream.
 */
#include <stdio.h>

#include "streams.h"

#define HEAD 24u /* bytes: version, type, tile, GT, flags (4), offset (8), size (8) */
#define VERSION 1u
#define DESCRIPTOR_MAX 4096u /* bytes of a descriptor, at most */
#define KEY_DEVICE 0xf001u
#define KEY_REVISION 0xf002u
#define GTS_MAX 8u /* a device has at most 4 */
#define HUGE_SIZE ((uint64_t)1 << 62)

enum type {
	TYPE_DESCRIPTOR = 1,
	TYPE_TRAILER = 2,
	TYPE_GGTT = 3,
	TYPE_MMIO = 4,
	TYPE_GUC = 5,
	TYPE_VRAM = 6,
	TYPE_COUNT, /* the driver skips this type and later ones */
};

struct packet {
	uint64_t at;
	uint8_t version;
	uint8_t type;
	uint8_t tile;
	uint8_t gt;
	uint64_t offset;
	uint64_t size;
};

/* What the packets of one GT say. */
struct gt {
	uint8_t tile;
	uint8_t id;
	uint64_t at[TYPE_COUNT];    /* offset of the first packet */
	uint64_t bytes[TYPE_COUNT]; /* its size; of VRAM, the end of the last chunk */
	bool has[TYPE_COUNT];
};

struct walk {
	const struct stream *stream;
	struct gt gts[GTS_MAX];
	size_t ngts;
	bool ended; /* a trailer came */
	bool bad;
};

static struct packet packet_at(const struct stream *stream, uint64_t at)
{
	return (struct packet){
		.at = at,
		.version = stream->bytes[at],
		.type = stream->bytes[at + 1],
		.tile = stream->bytes[at + 2],
		.gt = stream->bytes[at + 3],
		.offset = number_at(stream, at + 8, 8),
		.size = number_at(stream, at + 16, 8),
	};
}

/* ---------------------------------------------------------------- the descriptor */

/* Reads the keys that are here. add: adds their findings. Returns whether any is
 * known. */
static bool keys_read(const struct stream *stream, const struct packet *packet, bool add)
{
	uint64_t at = packet->at + HEAD, end = at + packet->size;
	bool known = false;

	while (at + 4 <= end && end <= stream->len) {
		uint64_t word = number_at(stream, at, 4), key = word >> 16, words = word & 0xffff;
		bool device = key == KEY_DEVICE, ours = device || key == KEY_REVISION;
		const char *name = device ? "stream_device"
				   : ours ? "stream_revision"
					  : "stream_key";

		at += 4;
		if (words > (end - at) / 4 || (ours && !words)) {
			if (add)
				add_wrong(stream, (struct field){name, at - 4},
					  "key 0x%llx has %llu words, and the descriptor ends at "
					  "offset %llu",
					  (unsigned long long)key, (unsigned long long)words,
					  (unsigned long long)end);
			return known;
		}
		if (ours && add)
			add_value(stream, (struct field){name, at}, MIGCOMPAT_RULE_EQUAL,
				  number_at(stream, at, 4), true, NULL);
		known |= ours;
		at += words * 4;
	}
	return known;
}

/* Packets about the whole device have tile 0 and GT 0. */
static void judge_place(struct walk *walk, const struct packet *packet)
{
	if (packet->tile || packet->gt)
		add_wrong(walk->stream, (struct field){"stream_packet", packet->at},
			  "a packet of type %u names tile %u and GT %u, expected 0 and 0",
			  packet->type, packet->tile, packet->gt);
}

static void take_descriptor(struct walk *walk, const struct packet *packet)
{
	judge_place(walk, packet);
	if (packet->size % 4)
		add_wrong(walk->stream, (struct field){"stream_descriptor", packet->at + 16},
			  "it has %llu bytes, expected a multiple of 4",
			  (unsigned long long)packet->size);
	else
		keys_read(walk->stream, packet, true);
}

static void take_trailer(struct walk *walk, const struct packet *packet)
{
	judge_place(walk, packet);
	if (packet->offset || packet->size)
		add_wrong(walk->stream, (struct field){"stream_trailer", packet->at + 8},
			  "offset and size are %llu and %llu, expected 0 and 0",
			  (unsigned long long)packet->offset, (unsigned long long)packet->size);
	walk->ended = true;
}

/* ---------------------------------------------------------------- tiles and GTs */

static struct gt *gt_get(struct walk *walk, const struct packet *packet)
{
	for (size_t i = 0; i < walk->ngts; i++)
		if (walk->gts[i].tile == packet->tile && walk->gts[i].id == packet->gt)
			return &walk->gts[i];
	if (walk->ngts == GTS_MAX)
		return NULL;
	walk->gts[walk->ngts] = (struct gt){.tile = packet->tile, .id = packet->gt};
	return &walk->gts[walk->ngts++];
}

static void take_gt(struct walk *walk, const struct packet *packet)
{
	struct gt *gt = gt_get(walk, packet);
	uint64_t end = packet->offset + packet->size;
	bool chunk = packet->type == TYPE_VRAM;
	uint64_t bytes = chunk ? end : packet->size;

	if (!gt || (chunk && end < packet->size)) {
		add_wrong(walk->stream, (struct field){"stream_packet", packet->at},
			  gt ? "the chunk's offset and size exceed 64 bits"
			     : "it is of one GT more than any device has");
		walk->bad = true;
		return;
	}
	/* The driver compares each GGTT and MMIO packet with the target's size. */
	if (gt->has[packet->type] && packet->type != TYPE_GUC && !chunk &&
	    bytes != gt->bytes[packet->type])
		add_wrong(walk->stream, (struct field){"stream_packet", packet->at + 16},
			  "it has %llu bytes, an earlier one of the same kind %llu",
			  (unsigned long long)bytes, (unsigned long long)gt->bytes[packet->type]);
	if (!gt->has[packet->type])
		gt->at[packet->type] = packet->at;
	if (!gt->has[packet->type] || (chunk && bytes > gt->bytes[packet->type]))
		gt->bytes[packet->type] = bytes;
	gt->has[packet->type] = true;
}

static void show_gts(const struct walk *walk)
{
	static const struct {
		const char *name;
		enum migcompat_rule rule;
	} kinds[TYPE_COUNT] = {
		[TYPE_GGTT] = {"ggtt", MIGCOMPAT_RULE_EQUAL},
		[TYPE_MMIO] = {"mmio", MIGCOMPAT_RULE_EQUAL},
		[TYPE_GUC] = {"guc", MIGCOMPAT_RULE_INFO},
		[TYPE_VRAM] = {"vram", MIGCOMPAT_RULE_AT_LEAST},
	};
	char name[64], remark[64];

	for (size_t i = 0; i < walk->ngts; i++) {
		const struct gt *gt = &walk->gts[i];

		snprintf(remark, sizeof(remark), "the target must have tile %u with GT %u",
			 gt->tile, gt->id);
		for (unsigned type = TYPE_GGTT; type < TYPE_COUNT; type++) {
			snprintf(name, sizeof(name), "stream_tile_%u_gt_%u_%s_bytes", gt->tile,
				 gt->id, kinds[type].name);
			if (gt->has[type])
				add_value(walk->stream, (struct field){name, gt->at[type]},
					  kinds[type].rule, gt->bytes[type], false, remark);
		}
	}
}

/* ---------------------------------------------------------------- all of it */

/* False: nothing after it can be read. */
static bool take(struct walk *walk, const struct packet *packet)
{
	if (packet->at == 0 || packet->version != VERSION)
		add_judged(walk->stream, (struct field){"stream_version", packet->at},
			   MIGCOMPAT_RULE_EQUAL, packet->version, VERSION);
	if (packet->version != VERSION)
		return false;
	if (packet->type == TYPE_DESCRIPTOR)
		take_descriptor(walk, packet);
	else if (packet->type == TYPE_TRAILER)
		take_trailer(walk, packet);
	else if (packet->type == 0)
		add_wrong(walk->stream, (struct field){"stream_packet", packet->at},
			  "its type is 0");
	else if (packet->type < TYPE_COUNT)
		take_gt(walk, packet);
	return packet->type && !walk->bad;
}

static void judge_end(const struct walk *walk, uint64_t at)
{
	const struct stream *stream = walk->stream;
	struct field end = {"stream_length", stream->size};

	if (stream->size && at > stream->size)
		add_wrong(stream, end, "it ends in a packet's data");
	else if (walk->ended && at != stream->size)
		add_wrong(stream, (struct field){"stream_trailer", at},
			  "the stream goes on after it");
	else if (!walk->ended && stream->size == stream->len)
		add_wrong(stream, end, "it ends without a trailer");
	else if (!walk->ended)
		add_unseen(stream, at);
}

/* The driver writes the descriptor first. If it has no known key, another packet must
 * follow. */
static bool is_stream(const struct stream *stream)
{
	struct packet first, second;

	if (stream->len < HEAD)
		return false;
	first = packet_at(stream, 0);
	if (first.type != TYPE_DESCRIPTOR || first.offset || first.size > DESCRIPTOR_MAX ||
	    first.size > stream->len - HEAD)
		return false;
	if (keys_read(stream, &first, false))
		return true;
	if (first.version != VERSION || stream->len - HEAD - first.size < HEAD)
		return false;
	second = packet_at(stream, HEAD + first.size);
	return second.version == VERSION && second.type > TYPE_DESCRIPTOR &&
	       second.type < TYPE_COUNT;
}

bool xe_read(const struct stream *stream)
{
	struct walk walk = {.stream = stream};
	uint64_t at = 0;
	bool go_on = true;

	if (!is_stream(stream))
		return false;
	add_driver(stream, "xe_vfio_pci");
	while (go_on && !walk.ended && at + HEAD <= stream->len) {
		struct packet packet = packet_at(stream, at);

		go_on = take(&walk, &packet);
		/* A size may be any number. If it is larger than any stream, it ends the
		 * walk without overflow. */
		at += HEAD + (packet.size < HUGE_SIZE ? packet.size : HUGE_SIZE);
	}
	show_gts(&walk);
	if (go_on)
		judge_end(&walk, at);
	return true;
}
