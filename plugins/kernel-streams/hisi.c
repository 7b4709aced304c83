/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hisi_acc_vfio_pci: struct acc_vf_data, judged in the order of vf_qm_check_match and
 * vf_qm_load_data. The driver compares the first 40 bytes with the target. A VF without a
 * driver sends only those.
 */
#include <byteswap.h>

#include "streams.h"

#define MAGIC_V1 0xcdcdcdcdfeedaaccu
#define MAGIC_V2 0xaaccfeeddecadedeu
#define MATCH 40u  /* bytes that the driver compares with the target */
#define WHOLE 176u /* bytes with the registers */
#define MAJOR 1u
#define READY 0u

enum offset {
	AT_QM_STATE = 24,
	AT_MAJOR = 28,
	AT_EQE_DMA = 144, /* three more addresses of 8 bytes follow */
};

static const struct {
	struct field field;
	uint8_t size;
	bool hex;
	enum migcompat_rule rule;
} fields[] = {
	{{"stream_dev_id", 12}, 4, true, MIGCOMPAT_RULE_EQUAL},
	{{"stream_qp_num", 8}, 4, false, MIGCOMPAT_RULE_EQUAL},
	{{"stream_que_iso_cfg", 16}, 4, true, MIGCOMPAT_RULE_EQUAL},
	{{"stream_qp_base", 20}, 4, false, MIGCOMPAT_RULE_INFO},
	{{"stream_vf_qm_state", AT_QM_STATE}, 4, false, MIGCOMPAT_RULE_INFO},
	{{"stream_minor", 30}, 2, false, MIGCOMPAT_RULE_INFO},
};

/* A write beyond the struct fails with ENOMEM. Leaving RESUMING with fewer bytes fails
 * with EINVAL. */
static void judge_length(const struct stream *stream)
{
	uint64_t length = stream->size ? stream->size : stream->len;

	if (length != MATCH && length != WHOLE)
		add_wrong(stream, (struct field){"stream_length", length},
			  "it has %llu bytes%s, expected %u or %u", (unsigned long long)length,
			  stream->size ? "" : " or more", MATCH, WHOLE);
}

/* What the driver accepts without restoring the VF's state. */
static void judge_content(const struct stream *stream, bool repaired)
{
	if (stream->size == MATCH && number_at(stream, AT_QM_STATE, 4) == READY)
		add_warning(stream, (struct field){"stream_vf_qm_state", AT_QM_STATE},
			    "the VF is READY, but its registers are missing: the driver takes the "
			    "stream and restores nothing");
	/* The driver computes the first two addresses of version 1 again. */
	for (uint64_t at = AT_EQE_DMA + (repaired ? 16 : 0); stream->size == WHOLE && at < WHOLE;
	     at += 8)
		if (number_at(stream, at, 8) == 0)
			add_warning(stream, (struct field){"stream_dma", at},
				    "a queue has no address: a driver since Linux 6.16 takes the "
				    "stream and restores nothing");
}

bool hisi_read(const struct stream *stream)
{
	uint64_t magic = stream->len >= 8 ? number_at(stream, 0, 8) : 0;
	bool swapped = magic == bswap_64(MAGIC_V1) || magic == bswap_64(MAGIC_V2);

	if (magic != MAGIC_V1 && magic != MAGIC_V2 && !swapped)
		return false;
	add_driver(stream, "hisi_acc_vfio_pci");
	if (swapped) {
		add_swapped(stream);
		return true;
	}
	judge_length(stream);
	add_value(stream, (struct field){"stream_magic", 0}, MIGCOMPAT_RULE_INFO, magic, true,
		  magic == MAGIC_V1 ? "version 1, without a major" : "version 2");
	if (stream->len < MATCH)
		return true;
	if (magic == MAGIC_V2)
		add_judged(stream, (struct field){"stream_major", AT_MAJOR}, MIGCOMPAT_RULE_EQUAL,
			   number_at(stream, AT_MAJOR, 2), MAJOR);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		add_value(stream, fields[i].field, fields[i].rule,
			  number_at(stream, fields[i].field.offset, fields[i].size), fields[i].hex,
			  NULL);
	judge_content(stream, magic == MAGIC_V1);
	return true;
}
