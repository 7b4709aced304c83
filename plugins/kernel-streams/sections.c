/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* qat_vfio_pci: a preamble and sections (struct adf_mstate_preh and adf_mstate_sect_h), which hold further ones. */
#include <byteswap.h>
#include <stdio.h>

#include "streams.h"

#define MAGIC 0xadf5caeau
#define VERSION 1u     /* the newest that is known */
#define PREAMBLE 16u   /* bytes */
#define SECTION 16u    /* bytes of a section's head: its name (8), size, parts */
#define NAME_MAX_LEN 8u
#define DEEP_MAX 2     /* sections and their parts */
#define SHOWN 64u

/* Bytes of a stream, as far as they are here. */
struct part {
	uint64_t at;
	uint64_t end; /* of the section that it is in */
};

/* What the driver holds against its own hardware. */
static void show_known(const struct stream *stream, const char *name, uint64_t at, uint64_t size)
{
	static const struct {
		const char *name;
		const char *field;
		enum migcompat_rule rule;
	} known[] = {
		{"gencap", "stream_capabilities", MIGCOMPAT_RULE_SUPERSET},
		{"svcmap", "stream_ring_to_service", MIGCOMPAT_RULE_EQUAL},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(name, known[i].name) == 0 && (size == 2 || size == 4 || size == 8) && at + size <= stream->len)
			add_value(stream, known[i].field, known[i].rule, number_at(stream->bytes + at, size), true, NULL);
}

/* False: the stream is malformed, which was said. shown counts down. */
static bool show_sections(const struct stream *stream, struct part part, uint64_t count, int depth, unsigned *shown)
{
	for (uint64_t i = 0; i < count && *shown; i++) {
		char name[NAME_MAX_LEN + 1] = "", text[96];
		uint64_t size, parts;

		if (part.end - part.at < SECTION) {
			add_wrong(stream, "it ends before section %llu of %llu", (unsigned long long)i + 1, (unsigned long long)count);
			return false;
		}
		if (part.at + SECTION > stream->len)
			return true; /* beyond what is here */
		memcpy(name, stream->bytes + part.at, NAME_MAX_LEN);
		for (char *c = name; *c; c++)
			if (*c < 0x21 || *c > 0x7e)
				*c = '?';
		size = number_at(stream->bytes + part.at + 8, 4);
		parts = number_at(stream->bytes + part.at + 12, 4);
		part.at += SECTION;
		if (size > part.end - part.at) {
			add_wrong(stream, "its section %s goes beyond the end", name);
			return false;
		}
		snprintf(text, sizeof(text), "%s: %llu bytes, %llu parts", name, (unsigned long long)size, (unsigned long long)parts);
		if (depth == 0)
			add_value(stream, "stream_section", MIGCOMPAT_RULE_INFO, size, false, text);
		show_known(stream, name, part.at, size);
		(*shown)--;
		if (depth + 1 < DEEP_MAX && !show_sections(stream, (struct part){part.at, part.at + size}, parts, depth + 1, shown))
			return false;
		part.at += size;
	}
	return true;
}

bool sections_read(const struct stream *stream)
{
	uint64_t magic = stream->len >= 4 ? number_at(stream->bytes, 4) : 0, version, head, sections, size;
	unsigned shown = SHOWN;

	if (magic != MAGIC && magic != bswap_32(MAGIC))
		return false;
	add_driver(stream, "qat_vfio_pci");
	if (magic != MAGIC) {
		add_swapped(stream);
		return true;
	}
	if (stream->len < PREAMBLE) {
		add_wrong(stream, "it ends in its head, which has %u bytes", PREAMBLE);
		return true;
	}
	version = number_at(stream->bytes + 4, 4);
	head = number_at(stream->bytes + 8, 2);
	sections = number_at(stream->bytes + 10, 2);
	size = number_at(stream->bytes + 12, 4);
	add_judged(stream, "stream_version", MIGCOMPAT_RULE_AT_LEAST, MIGCOMPAT_LIMIT_DRIVER, version, VERSION, version <= VERSION);
	add_value(stream, "stream_sections", MIGCOMPAT_RULE_INFO, sections, false, NULL);
	add_value(stream, "stream_length", MIGCOMPAT_RULE_INFO, head + size, false, NULL);
	if (head < PREAMBLE || (stream->size && head + size > stream->size))
		add_wrong(stream, "its head tells of %llu and %llu bytes, and it has %llu", (unsigned long long)head, (unsigned long long)size,
			  (unsigned long long)stream->size);
	else
		show_sections(stream, (struct part){head, head + size}, sections, 0, &shown);
	return true;
}
