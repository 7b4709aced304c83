/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * qat_vfio_pci: a block of 4,096 bytes with two preambles (struct adf_mstate_preh), first
 * of the setup and then of the state. Sections (struct adf_mstate_sect_h) follow each,
 * and they contain further sections. The rules are those of adf_gen4_vfmig_load_setup and
 * adf_gen4_vfmig_load_state.
 */
#include <byteswap.h>
#include <stdio.h>

#include "streams.h"

#define MAGIC 0xadf5caeau
#define VERSION 1u   /* the newest that a driver knows */
#define BLOCK 4096u  /* bytes */
#define PREAMBLE 16u /* bytes: magic, version, length (2), sections (2), size */
#define SECTION 16u  /* bytes of a section's head: name (8), size, parts */
#define NAME 8u
#define BANKS 4u /* of a VF */
#define SLA 24u  /* bytes: service, padding, ring pairs (8), cir, pir */
#define SLA_SHOWN 16u

typedef unsigned long long ull;

/* Sections that follow each other. */
struct part {
	uint64_t at;
	uint64_t end; /* no section ends after it */
	uint64_t count;
};

/* Sections that must exist. Without a field, only the device knows what the
 * value means. */
static const struct need {
	const char *section;
	const char *name;
	uint8_t least; /* bytes, at least */
	uint8_t most;
	enum migcompat_rule rule;
	const char *field;
} setup_needs[] =
	{
		{"CONFIG", "gencap", 0, 8, MIGCOMPAT_RULE_SUPERSET, "stream_capabilities"},
		{"CONFIG", "svcmap", 0, 8, MIGCOMPAT_RULE_EQUAL, "stream_ring_to_service"},
		{"CONFIG", "extdc", 0, 8, MIGCOMPAT_RULE_SUPERSET, "stream_extended_compression"},
},
  state_needs[] = {
	  {"GENER", "iovinit", 1, 1, MIGCOMPAT_RULE_INFO, NULL},
	  {"GENER", "compver", 1, 1, MIGCOMPAT_RULE_INFO, "stream_vf_driver_version"},
	  {"GENER", "sla", 0, UINT8_MAX, MIGCOMPAT_RULE_INFO, NULL},
	  {"MISCBAR", "vimsk", 4, 4, MIGCOMPAT_RULE_INFO, NULL},
	  {"MISCBAR", "vimpv", 4, 4, MIGCOMPAT_RULE_INFO, NULL},
	  {"MISCBAR", "pf2vm", 4, 4, MIGCOMPAT_RULE_INFO, NULL},
	  {"MISCBAR", "vm2pf", 4, 4, MIGCOMPAT_RULE_INFO, NULL},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---------------------------------------------------------------- sections */

/* Does every section end within its parent? */
static bool part_check(const struct stream *stream, struct part part, const char *whose)
{
	for (uint64_t i = 0; i < part.count; i++) {
		uint64_t left = part.end - part.at;
		uint64_t size = left >= SECTION ? number_at(stream, part.at + NAME, 4) : 0;

		if (left < SECTION || size > left - SECTION) {
			add_wrong(stream, (struct field){"stream_section", part.at},
				  "section %llu of %llu in %s goes beyond offset %llu", (ull)i + 1,
				  (ull)part.count, whose, (ull)part.end);
			return false;
		}
		part.at += SECTION + size;
	}
	return true;
}

/* The first section of that name, and its content. The sections were checked. Adds a
 * finding if it is missing or has a wrong size. */
static bool part_find(const struct stream *stream, struct part part, const char *whose,
		      const char *name, struct part *ret)
{
	const uint64_t first = part.at;
	char field[32];

	for (uint64_t i = 0; i < part.count; i++) {
		const char *id = (const char *)stream->bytes + part.at;
		uint64_t body = part.at + SECTION;
		uint64_t end = body + number_at(stream, part.at + NAME, 4);

		if (strncmp(id, name, NAME) == 0) {
			*ret = (struct part){body, end, number_at(stream, body - 4, 4)};
			return part_check(stream, *ret, name);
		}
		part.at = end;
	}
	snprintf(field, sizeof(field), "stream_%s", name);
	add_wrong(stream, (struct field){field, first}, "%s has no section %s", whose, name);
	return false;
}

/* ---------------------------------------------------------------- values */

static void show_slas(const struct stream *stream, struct part sla)
{
	uint64_t count = (sla.end - sla.at) / SLA;
	char name[40], remark[96];

	for (uint64_t i = 0; i < count && i < SLA_SHOWN; i++) {
		uint64_t at = sla.at + i * SLA;

		snprintf(name, sizeof(name), "stream_sla_%llu", (ull)i + 1);
		snprintf(remark, sizeof(remark),
			 "service %llu: the target must have an SLA of this "
			 "service and these ring pairs",
			 (ull)number_at(stream, at, 4));
		add_value(stream, (struct field){name, at + 8}, MIGCOMPAT_RULE_EQUAL,
			  number_at(stream, at + 8, 8), true, remark);
		snprintf(name, sizeof(name), "stream_sla_%llu_cir", (ull)i + 1);
		add_value(stream, (struct field){name, at + 16}, MIGCOMPAT_RULE_AT_LEAST,
			  number_at(stream, at + 16, 4), false, NULL);
		snprintf(name, sizeof(name), "stream_sla_%llu_pir", (ull)i + 1);
		add_value(stream, (struct field){name, at + 20}, MIGCOMPAT_RULE_AT_LEAST,
			  number_at(stream, at + 20, 4), false, NULL);
	}
	add_value(stream, (struct field){"stream_slas", sla.at}, MIGCOMPAT_RULE_INFO, count, false,
		  count > SLA_SHOWN ? "not all are shown" : NULL);
}

static void judge_need(const struct stream *stream, const struct need *need, struct part part)
{
	uint64_t size = part.end - part.at;
	char field[32];

	if (strcmp(need->name, "sla") == 0) {
		show_slas(stream, part);
		return;
	}
	if (size < need->least || size > need->most) {
		snprintf(field, sizeof(field), "stream_%s", need->name);
		add_wrong(stream, (struct field){field, part.at},
			  "it has %llu bytes, expected %s%u", (ull)size,
			  need->least == need->most ? "" : "at most ", need->most);
		return;
	}
	if (!need->field)
		return;
	add_value(stream, (struct field){need->field, part.at}, need->rule,
		  number_at(stream, part.at, size), need->rule != MIGCOMPAT_RULE_INFO, NULL);
	if (strcmp(need->name, "compver") == 0 && number_at(stream, part.at, size) == 0)
		add_warning(
			stream, (struct field){need->field, part.at},
			"the version of the VF's driver is not known: the driver of the PF only "
			"logs that");
}

static void judge_needs(const struct stream *stream, struct part top, const struct need *needs,
			size_t count)
{
	struct part section = {0}, part;
	bool found = false;

	for (size_t i = 0; i < count; i++) {
		const struct need *need = &needs[i];

		if (i == 0 || strcmp(need->section, needs[i - 1].section) != 0)
			found = part_find(stream, top, "it", need->section, &section);
		if (found && part_find(stream, section, need->section, need->name, &part))
			judge_need(stream, need, part);
	}
}

/* The driver does not check the size of a bank's registers. */
static void judge_banks(const struct stream *stream, struct part top)
{
	struct part section, bank, registers;
	char name[NAME];

	if (!part_find(stream, top, "it", "ETRBAR", &section))
		return;
	for (unsigned i = 0; i < BANKS; i++) {
		snprintf(name, sizeof(name), "bnk%x", i);
		if (part_find(stream, section, "ETRBAR", name, &bank))
			part_find(stream, bank, name, "mregs", &registers);
	}
}

/* ---------------------------------------------------------------- preambles */

/* The preamble at an offset, whose sections end at end or before. end 0: the preamble
 * says where. False: it is malformed, and a finding says so. */
static bool preamble_read(const struct stream *stream, uint64_t at, uint64_t end,
			  const char *version_field, struct part *ret)
{
	uint64_t room = stream->len < BLOCK ? stream->len : BLOCK, head;

	if (room < PREAMBLE || at > room - PREAMBLE) {
		add_wrong(stream, (struct field){"stream_preamble", at},
			  "no room is left for a preamble of %u bytes", PREAMBLE);
		return false;
	}
	add_judged(stream, (struct field){version_field, at + 4}, MIGCOMPAT_RULE_AT_LEAST,
		   number_at(stream, at + 4, 4), VERSION);
	head = number_at(stream, at + 8, 2);
	end = end ? end : at + head + number_at(stream, at + 12, 4);
	if (number_at(stream, at, 4) != MAGIC) {
		add_wrong(stream, (struct field){"stream_magic", at}, "it is 0x%llx, expected 0x%x",
			  (ull)number_at(stream, at, 4), MAGIC);
		return false;
	}
	if (end > room || at + head > end) {
		add_wrong(stream, (struct field){"stream_preamble", at},
			  "a preamble of %llu bytes and sections up to offset %llu, the block ends "
			  "at %llu",
			  (ull)head, (ull)end, (ull)room);
		return false;
	}
	*ret = (struct part){at + head, end, number_at(stream, at + 10, 2)};
	return part_check(stream, *ret, "it");
}

bool qat_read(const struct stream *stream)
{
	uint64_t magic = stream->len >= 4 ? number_at(stream, 0, 4) : 0;
	uint64_t length = stream->size ? stream->size : stream->len;
	struct part setup, state;

	if (magic != MAGIC && magic != bswap_32(MAGIC))
		return false;
	add_driver(stream, "qat_vfio_pci");
	if (magic != MAGIC) {
		add_swapped(stream);
		return true;
	}
	if (length != BLOCK)
		add_wrong(stream, (struct field){"stream_length", length},
			  "it has %llu bytes%s, expected %u", (ull)length,
			  stream->size ? "" : " or more", BLOCK);
	if (!preamble_read(stream, 0, 0, "stream_version", &setup))
		return true;
	judge_needs(stream, setup, setup_needs, COUNT(setup_needs));
	length = length < BLOCK ? length : BLOCK;
	if (!preamble_read(stream, setup.end, length, "stream_state_version", &state))
		return true;
	judge_needs(stream, state, state_needs, COUNT(state_needs));
	judge_banks(stream, state);
	return true;
}
