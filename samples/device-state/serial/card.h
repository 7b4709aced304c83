/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An emulated PCI serial card: up to four 16550A ports, and memory of its own in which a bus master
 * keeps what came over each line. It stands where a vendor's device would: state.c saves and loads
 * it, and it goes on while that happens.
 */
#ifndef SAMPLE_PCI_CARD_H
#define SAMPLE_PCI_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CARD_PORTS_MAX 4u
#define CARD_MEMORY (64u << 20)
#define CARD_PAGES (CARD_MEMORY / 4096u)
#define CARD_FIFO 16u
#define CARD_PCI_SPACE 256u
#define CARD_GUEST_PAGES 64u /* of a ring in guest memory, at most */

/* Registers, from the beginning of BAR 0: eight of each port, then of each port's bus master. */
#define CARD_UART_SIZE 8u
#define CARD_DMA_SIZE 0x20u
#define CARD_UART(port, reg) ((port)*CARD_UART_SIZE + (reg))
#define CARD_DMA(port, reg) (0x100u + (port)*CARD_DMA_SIZE + (reg))

enum card_uart {
	UART_DATA = 0, /* and the divisor's low byte, where LCR has DLAB */
	UART_IER = 1,  /* and its high byte */
	UART_IIR = 2,  /* read; FCR: written */
	UART_LCR = 3,
	UART_MCR = 4,
	UART_LSR = 5,
	UART_MSR = 6,
	UART_SCR = 7,
};

enum card_dma {
	DMA_CONTROL = 0x00, /* enum card_dma_control */
	DMA_RING = 0x08,    /* first byte of the ring in the card's memory; it has an equal part of
			       that, which the port may move */
	DMA_GUEST = 0x10,   /* address of a ring in guest memory, a whole page */
	DMA_COUNT = 0x18,   /* bytes that went into the rings; read-only */
};

enum card_dma_control {
	DMA_TO_CARD = 1,  /* what is received goes into the card's memory, and leaves the FIFO */
	DMA_TO_GUEST = 2, /* and into guest memory */
};

struct card_fifo {
	uint8_t bytes[CARD_FIFO];
	uint8_t head; /* the next to be taken */
	uint8_t count;
};

struct card_port {
	uint8_t ier, fcr, lcr, mcr, lsr, msr, scr;
	uint16_t divisor;
	struct card_fifo rx, tx;
	uint64_t dma_control;
	uint64_t dma_ring;
	uint64_t dma_guest;
	uint64_t dma_count;
	uint64_t guest_dirty; /* a bit a page of the ring in guest memory */
	uint64_t line;	      /* what comes over the line next is made of this */
};

struct card {
	unsigned ports;
	uint8_t pci[CARD_PCI_SPACE];
	struct card_port port[CARD_PORTS_MAX];
	uint64_t ticks;
	uint8_t *memory; /* CARD_MEMORY bytes */
	uint64_t *marks; /* dirty pages of it */
};

/* Power on, set up as a guest's driver would. ports: 1, 2 or 4. seed tells what comes over the
 * lines. -ENOMEM. */
int card_make(struct card *card, unsigned ports, uint64_t seed);
void card_free(struct card *card);

/* Let it work for so many byte times. */
void card_run(struct card *card, unsigned ticks);

/* What a guest does. Registers that are not there read as all ones and ignore what is written. */
uint64_t card_read(struct card *card, unsigned offset);
void card_write(struct card *card, unsigned offset, uint64_t value);

/* Bytes of a port's ring. */
uint64_t card_ring_size(const struct card *card);

/* All but memory and marks as bytes, always CARD_CONFIG(ports) of them, little-endian (config.c).
 */
#define CARD_CONFIG_HEAD 32u
#define CARD_CONFIG_PORT (9u + 2u * (CARD_FIFO + 2u) + 6u * 8u)
#define CARD_CONFIG(ports) (CARD_CONFIG_HEAD + CARD_PCI_SPACE + (ports)*CARD_CONFIG_PORT)
#define CARD_CONFIG_VERSION 1u
void card_config_put(const struct card *card, uint8_t *bytes);
/* Into ret, whose memory and marks stay; NULL, or what is wrong, and ret is untouched. */
const char *card_config_get(const uint8_t *bytes, size_t len, struct card *ret);

#endif
