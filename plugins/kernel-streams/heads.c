/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hisi_acc_vfio_pci: struct acc_vf_data, of which the first 40 bytes are held against the target. A stopped queue sends no more than them. */
#include <byteswap.h>

#include "streams.h"

#define MAGIC_V1 0xcdcdcdcdfeedaaccu
#define MAGIC_V2 0xaaccfeeddecadedeu
#define HEAD 40u /* bytes */
#define MAJOR 1u

static const struct field {
	const char *name;
	uint8_t offset;
	uint8_t size;
	bool hex;
	enum migcompat_rule rule;
} fields[] = {
	{"stream_qp_num", 8, 4, false, MIGCOMPAT_RULE_EQUAL},      {"stream_dev_id", 12, 4, true, MIGCOMPAT_RULE_EQUAL},
	{"stream_que_iso_cfg", 16, 4, true, MIGCOMPAT_RULE_EQUAL}, {"stream_qp_base", 20, 4, false, MIGCOMPAT_RULE_INFO},
	{"stream_vf_qm_state", 24, 4, false, MIGCOMPAT_RULE_INFO}, {"stream_minor", 30, 2, false, MIGCOMPAT_RULE_INFO},
};

bool heads_read(const struct stream *stream)
{
	uint64_t magic = stream->len >= sizeof(magic) ? number_at(stream->bytes, sizeof(magic)) : 0;
	uint64_t major;
	bool swapped = magic == bswap_64(MAGIC_V1) || magic == bswap_64(MAGIC_V2);

	if (magic != MAGIC_V1 && magic != MAGIC_V2 && !swapped)
		return false;
	add_driver(stream, "hisi_acc_vfio_pci");
	if (swapped) {
		add_swapped(stream);
		return true;
	}
	if (stream->len < HEAD) {
		add_wrong(stream, "it ends in its head, which has %u bytes", HEAD);
		return true;
	}
	add_value(stream, "stream_magic", MIGCOMPAT_RULE_INFO, magic, true, magic == MAGIC_V1 ? "version 1, which knows no major" : "version 2");
	major = number_at(stream->bytes + 28, 2);
	if (magic == MAGIC_V2)
		add_judged(stream, "stream_major", MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_LIMIT_DRIVER, major, MAJOR, major == MAJOR);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		add_value(stream, fields[i].name, fields[i].rule, number_at(stream->bytes + fields[i].offset, fields[i].size), fields[i].hex, NULL);
	return true;
}
