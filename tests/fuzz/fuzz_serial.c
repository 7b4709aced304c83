/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loads any config into the serial card. The card works with a config that it accepts,
 * returns it unchanged, and survives all accesses of a guest.
 */
#include <stdlib.h>
#include <string.h>

#include "samples/device-state/serial/card.c"
#include "samples/device-state/serial/config.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes after the config are a guest's accesses: an offset and a value each. */
static void guest(struct card *card, const uint8_t *data, size_t size)
{
	for (; size >= 4; data += 4, size -= 4) {
		card_write(card, (unsigned)data[0] | (unsigned)(data[1] & 1) << 8,
			   (uint64_t)data[2] << (data[3] & 0x3f));
		card_read(card, (unsigned)data[1] | (unsigned)(data[0] & 1) << 8);
		card_run(card, data[3]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct card card;
	uint8_t again[CARD_CONFIG(2)];
	size_t len = size < sizeof(again) ? size : sizeof(again);

	if (!card.memory && card_make(&card, 2, 1))
		abort();
	if (card_config_get(data, len, &card) != NULL)
		return 0;
	card_config_put(&card, again);
	if (len != sizeof(again) || memcmp(again, data, len) != 0)
		abort();
	guest(&card, data + len, size - len);
	card_config_put(&card, again);
	if (card_config_get(again, sizeof(again), &card) != NULL)
		abort();
	return 0;
}
