/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The payload: three masks, 20 bits for each assigned adapter, and a hash of its keys.
 * The number of adapters determines the size of every field, and a checksum covers all of
 * it. So a cut payload never passes for a smaller matrix.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ap.h"

enum field {
	FIELD_ADAPTERS,
	FIELD_DOMAINS,
	FIELD_CONTROL,
	FIELD_CARDS,
	FIELD_KEYS,
	FIELD_FROM,
	FIELD_COUNT,
};

static const struct migcompat_field fields[FIELD_COUNT] = {
	[FIELD_ADAPTERS] = {.name = "adapters",
			    .value = MIGCOMPAT_VALUE_TEXT,
			    .flags = MIGCOMPAT_FIELD_CUSTOM},
	[FIELD_DOMAINS] = {.name = "domains",
			   .value = MIGCOMPAT_VALUE_TEXT,
			   .flags = MIGCOMPAT_FIELD_CUSTOM},
	[FIELD_CONTROL] = {.name = "control",
			   .value = MIGCOMPAT_VALUE_TEXT,
			   .flags = MIGCOMPAT_FIELD_CUSTOM},
	[FIELD_CARDS] = {.name = "cards",
			 .value = MIGCOMPAT_VALUE_TEXT,
			 .flags = MIGCOMPAT_FIELD_CUSTOM},
	[FIELD_KEYS] = {.name = "keys",
			.value = MIGCOMPAT_VALUE_TEXT,
			.flags = MIGCOMPAT_FIELD_CUSTOM | MIGCOMPAT_FIELD_OPTIONAL},
	/* "config": the masks are the configured ones, since the guest's are not
	 * known. */
	[FIELD_FROM] = {.name = "from",
			.value = MIGCOMPAT_VALUE_TEXT,
			.flags = MIGCOMPAT_FIELD_CUSTOM | MIGCOMPAT_FIELD_OPTIONAL},
};

static const struct migcompat_record record = {
	.struct_size = sizeof(record),
	.fields = fields,
	.field_size = sizeof(fields[0]),
	.nfields = FIELD_COUNT,
	.oldest = 1,
	.newest = 1,
};

#define FROM_CONFIG "config"

static struct migcompat_value text_value(const char *text, size_t len)
{
	return (struct migcompat_value){
		.type = MIGCOMPAT_VALUE_TEXT, .len = (uint32_t)len, .as.text = text};
}

/* ---------------------------------------------------------------- writing */

static int refuse(struct ap *ap, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int refuse(struct ap *ap, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ap->not_source, sizeof(ap->not_source), format, args);
	va_end(args);
	return 0;
}

/* Makes the sentence why this device cannot be a source, if it cannot. An unreadable fact
 * is an error of open. */
static int adapter_check(struct ap *ap, unsigned adapter)
{
	const struct ap_card *card = ap->cards[adapter];
	const struct ap_mask *domains = &ap->sent.domains;
	struct ap_mask there = cards_on_host(ap, adapter);
	unsigned first = mask_next(domains, 0);

	if (!card)
		return refuse(ap,
			      "adapter %02x is assigned, but the host has no such card "
			      "(bus/ap/devices/card%02x)",
			      adapter, adapter);
	if (card->broken)
		return ap->host->fail(ap->facts, -EINVAL,
				      "host fact \"%s\" is malformed or unreadable, and the matrix "
				      "has adapter %02x",
				      card->broken, adapter);
	mask_each(domain, domains)
	{
		if ((ap->loads || ap->host_usage_known) && !mask_has(&there, domain))
			return refuse(ap,
				      "queue %02x.%04x is assigned, but the host has no such "
				      "domain (bus/ap/ap_usage_domain_mask)",
				      adapter, domain);
		if (!mask_has(&card->known, domain))
			return refuse(ap,
				      "hwtype or function bits of queue %02x.%04x are not known "
				      "(of bus/ap/devices/card%02x)",
				      adapter, domain, adapter);
		if (card->packed[domain] != card->packed[first])
			return refuse(ap,
				      "the queues of adapter %02x differ in hwtype or function "
				      "bits (domains %04x and %04x)",
				      adapter, first, domain);
	}
	return 0;
}

static void cards_put(uint8_t *bytes, unsigned position, uint32_t packed)
{
	for (unsigned i = 0; i < PACKED_BITS; i++) {
		unsigned bit = position * PACKED_BITS + i;

		if (packed >> (PACKED_BITS - 1 - i) & 1)
			bytes[bit / 8] = (uint8_t)(bytes[bit / 8] | 0x80u >> bit % 8);
	}
}

static struct migcompat_value mask_value(const struct ap_mask *mask, char *text)
{
	uint8_t bytes[32];

	mask_bytes(mask, bytes);
	bits_encode(bytes, AP_IDS, text);
	return text_value(text, MASK_CHARS);
}

static int payload_make(struct ap *ap)
{
	char masks[3][MASK_CHARS], cards_text[BITS_CHARS(AP_IDS * PACKED_BITS)];
	uint8_t cards[CARDS_BYTES_MAX] = {0}, keys[AP_IDS * KEY_BYTES];
	struct migcompat_value values[FIELD_COUNT] = {{0}};
	unsigned count = 0;
	bool known = false;

	if (matrix_has_queues(&ap->sent)) {
		unsigned first = mask_next(&ap->sent.domains, 0);

		mask_each(adapter, &ap->sent.adapters)
		{
			cards_put(cards, count, ap->cards[adapter]->packed[first]);
			for (unsigned i = 0; i < KEY_BYTES; i++)
				keys[count * KEY_BYTES + i] =
					(uint8_t)(ap->keys[adapter] >> (40 - 8 * i));
			known |= ap->keys[adapter] != 0;
			count++;
		}
	}
	values[FIELD_ADAPTERS] = mask_value(&ap->sent.adapters, masks[0]);
	values[FIELD_DOMAINS] = mask_value(&ap->sent.domains, masks[1]);
	values[FIELD_CONTROL] = mask_value(&ap->sent.control, masks[2]);
	bits_encode(cards, (size_t)count * PACKED_BITS, cards_text);
	values[FIELD_CARDS] = text_value(cards_text, BITS_CHARS((size_t)count * PACKED_BITS));
	if (known) {
		ap->own_keys_len = (size_t)count * KEY_CHARS;
		bits_encode(keys, (size_t)count * KEY_BYTES * 8, ap->own_keys);
		values[FIELD_KEYS] = text_value(ap->own_keys, ap->own_keys_len);
	}
	if (ap->sent_is_configured)
		values[FIELD_FROM] = text_value(FROM_CONFIG, strlen(FROM_CONFIG));
	return ap->host->record_write(&record, ap->emit_format, values, ap->payload,
				      sizeof(ap->payload));
}

/* Would an equal source fit? Its queues are alike, or it would be no source. They must
 * exist here, and bits 16 and 17 must be zero. */
static bool equal_fits(const struct ap *ap)
{
	if (!matrix_has_queues(&ap->sent))
		return true;
	if (!cards_have_all(ap, &ap->sent))
		return false;
	mask_each(adapter,
		  &ap->sent.adapters) if (ap->uniform[adapter] &
					  PACKED_BOUND) /* PACKED_MIXED has these bits, too */
		return false;
	return true;
}

static void own_unknown(struct ap *ap)
{
	struct ap_unknown *unknown = &ap->own_unknown;

	mask_each(adapter, &ap->sent.adapters)
	{
		if (ap->keys[adapter])
			continue;
		if (!unknown->source)
			unknown->first_source = unknown->first_target = adapter;
		unknown->source++;
		unknown->target++;
	}
	keys_unknown_text(unknown);
}

int payload_open(struct ap *ap)
{
	int len;

	if (ap->is_type)
		return refuse(
			ap,
			"an mdev type has no matrix yet; create a device of it and assign queues");
	/* The guest has only the control domains that the host has. */
	if (ap->loads && !ap->host_control_known && !mask_empty(&ap->sent.control))
		return refuse(ap,
			      "control domain %04x is assigned, but whether the host has it is not "
			      "known (bus/ap/ap_control_domain_mask)",
			      mask_next(&ap->sent.control, 0));
	if (matrix_has_queues(&ap->sent)) {
		mask_each(adapter, &ap->sent.adapters)
		{
			int r = adapter_check(ap, adapter);

			if (r || ap->not_source[0])
				return r;
		}
	}
	keys_prepare(ap, &ap->sent.domains);
	len = payload_make(ap);
	if (len < 0)
		return ap->host->fail(ap->facts, len, "the payload could not be made");
	ap->payload_len = (size_t)len;
	ap->equal_holds = equal_fits(ap);
	if (matrix_has_queues(&ap->sent))
		own_unknown(ap);
	cards_availability(ap, &ap->sent);
	return 0;
}

/* ---------------------------------------------------------------- reading */

static int malformed(const struct ap *ap, struct migcompat_result *result, const char *field)
{
	char text[AP_TEXT_MAX];
	struct migcompat_finding finding = {
		.struct_size = sizeof(finding),
		.field = "format",
		.rule = MIGCOMPAT_RULE_EQUAL,
		.status = MIGCOMPAT_STATUS_BAD,
		.limit = MIGCOMPAT_LIMIT_FORMAT,
		.text = text,
	};

	snprintf(text, sizeof(text),
		 "field \"%s\" is no base64url of the length that the matrix asks for", field);
	if (result)
		ap->host->finding(result, &finding);
	return -EINVAL;
}

/* The keys are the longest field, and most often equal to those that this device sends.
 * Then nobody needs to decode them. */
static bool keys_are_own(const struct ap *ap, const struct ap_matrix *matrix,
			 const struct migcompat_value *keys)
{
	size_t len = keys->type == MIGCOMPAT_VALUE_TEXT ? keys->len : 0;

	if (!ap->payload_len || len != ap->own_keys_len ||
	    (keys->type == MIGCOMPAT_VALUE_TEXT) != (len != 0))
		return false;
	return mask_equal(&matrix->adapters, &ap->sent.adapters) &&
	       mask_equal(&matrix->domains, &ap->sent.domains) &&
	       (len == 0 || memcmp(keys->as.text, ap->own_keys, len) == 0) &&
	       cards_have_all(ap, matrix);
}

void payload_covered(const struct ap *ap, struct migcompat_result *result)
{
	for (size_t i = 0; i < FIELD_COUNT; i++)
		ap->host->covers(result, fields[i].name);
}

int payload_read(const struct ap *ap, const char *payload, size_t len,
		 struct migcompat_result *result, struct ap_source *ret)
{
	struct migcompat_value values[FIELD_COUNT];
	struct ap_mask *const masks[] = {&ret->matrix.adapters, &ret->matrix.domains,
					 &ret->matrix.control};
	uint8_t bytes[35];
	uint32_t format;
	int r = ap->host->record_read(result, &record, payload, len, values, &format);

	if (r)
		return r;
	for (size_t i = 0; i < 3; i++) {
		if (!bits_decode(values[i].as.text, values[i].len, AP_IDS, bytes))
			return malformed(ap, result, fields[i].name);
		*masks[i] = mask_from_bytes(bytes);
	}
	ret->nadapters = matrix_has_queues(&ret->matrix) ? mask_count(&ret->matrix.adapters) : 0;
	if (!bits_decode(values[FIELD_CARDS].as.text, values[FIELD_CARDS].len,
			 (size_t)ret->nadapters * PACKED_BITS, ret->cards))
		return malformed(ap, result, fields[FIELD_CARDS].name);
	ret->keys_are_own = keys_are_own(ap, &ret->matrix, &values[FIELD_KEYS]);
	ret->has_keys = values[FIELD_KEYS].type == MIGCOMPAT_VALUE_TEXT &&
			ap->master_keys != MASTER_KEYS_IGNORE && !ret->keys_are_own;
	if (ret->has_keys && !bits_decode(values[FIELD_KEYS].as.text, values[FIELD_KEYS].len,
					  (size_t)ret->nadapters * KEY_BYTES * 8, ret->keys))
		return malformed(ap, result, fields[FIELD_KEYS].name);
	/* A later release may send another word, which says nothing here. */
	ret->is_configured =
		values[FIELD_FROM].type == MIGCOMPAT_VALUE_TEXT &&
		values[FIELD_FROM].len == strlen(FROM_CONFIG) &&
		memcmp(values[FIELD_FROM].as.text, FROM_CONFIG, strlen(FROM_CONFIG)) == 0;
	return 0;
}
