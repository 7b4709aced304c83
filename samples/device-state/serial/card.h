/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An emulated PCI serial card: up to four 16550A ports, and 64 MiB of memory into which a
 * bus master writes the bytes from each line. It stands in for a vendor's device. state.c
 * saves and loads it while it works.
 */
#ifndef SAMPLES_SERIAL_CARD_H
#define SAMPLES_SERIAL_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CARD_PORTS_MAX 4u
#define CARD_MEMORY (64u << 20)
#define CARD_PAGES (CARD_MEMORY / 4096u)
#define CARD_FIFO 16u
#define CARD_PCI_SPACE 256u
#define CARD_GUEST_PAGES 64u /* of a ring in guest memory; at most 64, the bits of guest_dirty */

/* Registers, from the start of BAR 0: eight for each port, then those of each port's bus
 * master. */
#define CARD_UART_SIZE 8u
#define CARD_DMA_SIZE 0x20u
#define CARD_UART(port, reg) ((port)*CARD_UART_SIZE + (reg))
#define CARD_DMA(port, reg) (0x100u + (port)*CARD_DMA_SIZE + (reg))

enum card_uart {
	UART_DATA = 0, /* also the divisor's low byte, if LCR has DLAB */
	UART_IER = 1,  /* also the divisor's high byte, if LCR has DLAB */
	UART_IIR = 2,  /* read; a write goes to FCR */
	UART_LCR = 3,
	UART_MCR = 4,
	UART_LSR = 5,
	UART_MSR = 6,
	UART_SCR = 7,
};

enum card_dma {
	DMA_CONTROL = 0x00, /* enum card_dma_control */
	DMA_RING = 0x08,    /* first byte of the port's ring in card memory, which all ports share
			       equally */
	DMA_GUEST = 0x10,   /* page address of a ring in guest memory */
	DMA_COUNT = 0x18,   /* bytes written to the rings; read-only */
};

enum card_dma_control {
	DMA_TO_CARD = 1,  /* received bytes leave the FIFO for the card's memory */
	DMA_TO_GUEST = 2, /* and for guest memory */
};

struct card_fifo {
	uint8_t bytes[CARD_FIFO];
	uint8_t head; /* the next to take */
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
	uint64_t guest_dirty; /* a bit for each page of the ring in guest memory */
	uint64_t line;        /* state of the generator of the peer's bytes */
};

struct card {
	unsigned ports;
	uint8_t pci[CARD_PCI_SPACE];
	struct card_port port[CARD_PORTS_MAX];
	uint64_t ticks;
	uint8_t *memory; /* CARD_MEMORY bytes */
	uint64_t *marks; /* a bit for each dirty page of memory */
};

/* Power on, with the setup that a guest's driver makes. ports: 1, 2 or 4. seed decides
 * which bytes come over the lines. -ENOMEM. */
int card_make(struct card *card, unsigned ports, uint64_t seed);
void card_free(struct card *card);

/* Let the card work for this many byte times. */
void card_run(struct card *card, unsigned ticks);

/* A guest's accesses. Registers that do not exist read as all ones and ignore writes. */
uint64_t card_read(struct card *card, unsigned offset);
void card_write(struct card *card, unsigned offset, uint64_t value);

/* Bytes of a port's ring. */
uint64_t card_ring_size(const struct card *card);

/* Everything but memory and marks as CARD_CONFIG(ports) bytes, little-endian
 * (config.c). */
#define CARD_CONFIG_HEAD 32u
#define CARD_CONFIG_PORT (9u + 2u * (CARD_FIFO + 2u) + 6u * 8u)
#define CARD_CONFIG(ports) (CARD_CONFIG_HEAD + CARD_PCI_SPACE + (ports)*CARD_CONFIG_PORT)
#define CARD_CONFIG_VERSION 1u
void card_config_put(const struct card *card, uint8_t *bytes);
/* Into ret, whose memory and marks stay. NULL, or what is wrong; then ret is
 * unchanged. */
const char *card_config_get(const uint8_t *bytes, size_t len, struct card *ret);

#endif
