/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The card's config: its registers and FIFOs as bytes. A config may come from anywhere,
 * so the card refuses every value that it cannot have.
 */
#include <string.h>

#include "card.h"

#define MAGIC "SERIALST"

/* Reads or writes one field after the other. */
struct cursor {
	uint8_t *to;
	const uint8_t *from;
};

static void put(struct cursor *cursor, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		*cursor->to++ = (uint8_t)(value >> (8 * i));
}

static uint64_t get(struct cursor *cursor, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value |= (uint64_t)*cursor->from++ << (8 * i);
	return value;
}

/* ---------------------------------------------------------------- writing */

static void put_fifo(struct cursor *cursor, const struct card_fifo *fifo)
{
	memcpy(cursor->to, fifo->bytes, CARD_FIFO);
	cursor->to += CARD_FIFO;
	put(cursor, fifo->head, 1);
	put(cursor, fifo->count, 1);
}

static void put_port(struct cursor *cursor, const struct card_port *port)
{
	const uint8_t registers[] = {port->ier, port->fcr, port->lcr, port->mcr,
				     port->lsr, port->msr, port->scr};

	for (size_t i = 0; i < sizeof(registers); i++)
		put(cursor, registers[i], 1);
	put(cursor, port->divisor, 2);
	put_fifo(cursor, &port->rx);
	put_fifo(cursor, &port->tx);
	put(cursor, port->dma_control, 8);
	put(cursor, port->dma_ring, 8);
	put(cursor, port->dma_guest, 8);
	put(cursor, port->dma_count, 8);
	put(cursor, port->guest_dirty, 8);
	put(cursor, port->line, 8);
}

void card_config_put(const struct card *card, uint8_t *bytes)
{
	struct cursor cursor = {.to = bytes};

	memcpy(cursor.to, MAGIC, 8);
	cursor.to += 8;
	put(&cursor, CARD_CONFIG_VERSION, 4);
	put(&cursor, CARD_CONFIG(card->ports), 4);
	put(&cursor, card->ports, 4);
	put(&cursor, 0, 4);
	put(&cursor, card->ticks, 8);
	memcpy(cursor.to, card->pci, CARD_PCI_SPACE);
	cursor.to += CARD_PCI_SPACE;
	for (unsigned i = 0; i < card->ports; i++)
		put_port(&cursor, &card->port[i]);
}

/* ---------------------------------------------------------------- reading */

static const char *get_fifo(struct cursor *cursor, struct card_fifo *fifo)
{
	memcpy(fifo->bytes, cursor->from, CARD_FIFO);
	cursor->from += CARD_FIFO;
	fifo->head = (uint8_t)get(cursor, 1);
	fifo->count = (uint8_t)get(cursor, 1);
	return fifo->head < CARD_FIFO && fifo->count <= CARD_FIFO ? NULL
								  : "a FIFO has more than 16 bytes";
}

static const char *get_port(struct cursor *cursor, const struct card *card, struct card_port *port)
{
	uint8_t *const registers[] = {&port->ier, &port->fcr, &port->lcr, &port->mcr,
				      &port->lsr, &port->msr, &port->scr};
	const char *wrong;

	for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
		*registers[i] = (uint8_t)get(cursor, 1);
	port->divisor = (uint16_t)get(cursor, 2);
	wrong = get_fifo(cursor, &port->rx);
	if (!wrong)
		wrong = get_fifo(cursor, &port->tx);
	if (wrong)
		return wrong;
	port->dma_control = get(cursor, 8);
	port->dma_ring = get(cursor, 8);
	port->dma_guest = get(cursor, 8);
	port->dma_count = get(cursor, 8);
	port->guest_dirty = get(cursor, 8);
	port->line = get(cursor, 8);
	if (port->dma_ring > CARD_MEMORY - card_ring_size(card))
		return "a ring goes beyond the end of the card's memory";
	if (port->dma_guest % 4096 ||
	    port->dma_guest > UINT64_MAX - (uint64_t)CARD_GUEST_PAGES * 4096)
		return "a ring in guest memory does not begin at a page";
	if (port->ier & ~0x0fu || port->mcr & ~0x1fu ||
	    port->dma_control & ~(uint64_t)(DMA_TO_CARD | DMA_TO_GUEST) || !port->line)
		return "a register has bits that it does not have";
	return NULL;
}

const char *card_config_get(const uint8_t *bytes, size_t len, struct card *ret)
{
	struct cursor cursor = {.from = bytes + 8};
	struct card card = {.ports = ret->ports, .memory = ret->memory, .marks = ret->marks};
	const char *wrong = NULL;

	if (len < CARD_CONFIG_HEAD || memcmp(bytes, MAGIC, 8) != 0)
		return "it does not begin like the config of a serial card";
	if (get(&cursor, 4) != CARD_CONFIG_VERSION)
		return "its version is not known";
	if (get(&cursor, 4) != len)
		return "its length differs from what it says";
	if (get(&cursor, 4) != card.ports)
		return "the card has another number of ports";
	if (len != CARD_CONFIG(card.ports) || get(&cursor, 4) != 0)
		return "its length does not fit a card of so many ports";
	card.ticks = get(&cursor, 8);
	memcpy(card.pci, cursor.from, CARD_PCI_SPACE);
	cursor.from += CARD_PCI_SPACE;
	for (unsigned i = 0; i < card.ports && !wrong; i++)
		wrong = get_port(&cursor, &card, &card.port[i]);
	if (!wrong)
		*ret = card;
	return wrong;
}
