/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The card at work: registers and FIFOs of a 16550A as in its data sheet (National
 * Semiconductor PC16550D), a line with a talking peer, and the bus master.
 */
#include "card.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "migcompat/device-state.h"

#define PAGE MIGCOMPAT_STATE_PAGE

#define LCR_DLAB 0x80u
#define MCR_DTR 0x01u
#define MCR_RTS 0x02u
#define MCR_OUT1 0x04u
#define MCR_OUT2 0x08u
#define MCR_LOOP 0x10u
#define LSR_DATA 0x01u
#define LSR_OVERRUN 0x02u
#define LSR_THRE 0x20u
#define LSR_IDLE 0x40u
#define MSR_CTS 0x10u
#define MSR_DSR 0x20u
#define MSR_RI 0x40u
#define MSR_DCD 0x80u
#define FCR_ENABLE 0x01u
#define FCR_CLEAR_RX 0x02u
#define FCR_CLEAR_TX 0x04u
#define IER_RX 0x01u
#define IER_TX 0x02u
#define IER_LINE 0x04u

/* ---------------------------------------------------------------- FIFOs */

static bool fifo_push(struct card_fifo *fifo, unsigned room, uint8_t byte)
{
	if (fifo->count >= room)
		return false;
	fifo->bytes[(fifo->head + fifo->count) % CARD_FIFO] = byte;
	fifo->count++;
	return true;
}

static uint8_t fifo_pop(struct card_fifo *fifo)
{
	uint8_t byte = fifo->bytes[fifo->head];

	fifo->bytes[fifo->head] = 0;
	fifo->head = (uint8_t)((fifo->head + 1) % CARD_FIFO);
	fifo->count--;
	return byte;
}

/* A port without its FIFOs has a holding register. */
static unsigned fifo_room(const struct card_port *port)
{
	return port->fcr & FCR_ENABLE ? CARD_FIFO : 1;
}

static void line_status(struct card_port *port)
{
	port->lsr &= (uint8_t)LSR_OVERRUN;
	port->lsr |= (uint8_t)(port->rx.count ? LSR_DATA : 0);
	port->lsr |= (uint8_t)(port->tx.count ? 0 : LSR_THRE | LSR_IDLE);
}

static void receive(struct card_port *port, uint8_t byte)
{
	if (!fifo_push(&port->rx, fifo_room(port), byte))
		port->lsr |= LSR_OVERRUN;
}

/* ---------------------------------------------------------------- registers of a port */

static uint8_t interrupt_id(const struct card_port *port)
{
	uint8_t fifos = port->fcr & FCR_ENABLE ? 0xc0 : 0;

	if ((port->ier & IER_LINE) && (port->lsr & LSR_OVERRUN))
		return fifos | 0x06;
	if ((port->ier & IER_RX) && port->rx.count)
		return fifos | 0x04;
	if ((port->ier & IER_TX) && !port->tx.count)
		return fifos | 0x02;
	return fifos | 0x01;
}

/* In loop mode a port's modem outputs are its inputs. */
static uint8_t modem_status(const struct card_port *port)
{
	if (!(port->mcr & MCR_LOOP))
		return port->msr;
	return (uint8_t)((port->mcr & MCR_RTS ? MSR_CTS : 0) | (port->mcr & MCR_DTR ? MSR_DSR : 0) |
			 (port->mcr & MCR_OUT1 ? MSR_RI : 0) |
			 (port->mcr & MCR_OUT2 ? MSR_DCD : 0));
}

static uint8_t line_read(struct card_port *port)
{
	uint8_t lsr = port->lsr;

	port->lsr &= (uint8_t)~LSR_OVERRUN; /* a read clears it */
	return lsr;
}

static uint8_t uart_read(struct card_port *port, unsigned reg)
{
	bool divisor = port->lcr & LCR_DLAB;
	uint8_t byte;

	switch (reg) {
	case UART_DATA:
		if (divisor)
			return (uint8_t)port->divisor;
		byte = port->rx.count ? fifo_pop(&port->rx) : 0;
		line_status(port);
		return byte;
	case UART_IER:
		return divisor ? (uint8_t)(port->divisor >> 8) : port->ier;
	case UART_IIR:
		return interrupt_id(port);
	case UART_LCR:
		return port->lcr;
	case UART_MCR:
		return port->mcr;
	case UART_LSR:
		return line_read(port);
	case UART_MSR:
		return modem_status(port);
	default:
		return port->scr;
	}
}

static void fifo_control(struct card_port *port, uint8_t value)
{
	bool toggled = (value ^ port->fcr) & FCR_ENABLE;

	if (toggled || value & FCR_CLEAR_RX)
		port->rx = (struct card_fifo){{0}, 0, 0};
	if (toggled || value & FCR_CLEAR_TX)
		port->tx = (struct card_fifo){{0}, 0, 0};
	port->fcr = value & (uint8_t) ~(FCR_CLEAR_RX | FCR_CLEAR_TX);
}

static void uart_write(struct card_port *port, unsigned reg, uint8_t value)
{
	bool divisor = port->lcr & LCR_DLAB;

	switch (reg) {
	case UART_DATA:
		if (divisor)
			port->divisor = (uint16_t)((port->divisor & 0xff00) | value);
		else
			(void)fifo_push(&port->tx, fifo_room(port),
					value); /* the chip drops a byte that does not fit */
		break;
	case UART_IER:
		if (divisor)
			port->divisor = (uint16_t)((port->divisor & 0xff) | value << 8);
		else
			port->ier = value & 0x0f;
		break;
	case UART_IIR:
		fifo_control(port, value);
		break;
	case UART_LCR:
		port->lcr = value;
		break;
	case UART_MCR:
		port->mcr = value & 0x1f;
		break;
	case UART_SCR:
		port->scr = value;
		break;
	default: /* LSR and MSR are read-only */
		break;
	}
	line_status(port);
}

/* ---------------------------------------------------------------- the bus master */

uint64_t card_ring_size(const struct card *card)
{
	return CARD_MEMORY / card->ports;
}

static uint64_t dma_read(const struct card_port *port, unsigned reg)
{
	switch (reg) {
	case DMA_CONTROL:
		return port->dma_control;
	case DMA_RING:
		return port->dma_ring;
	case DMA_GUEST:
		return port->dma_guest;
	case DMA_COUNT:
		return port->dma_count;
	default:
		return UINT64_MAX;
	}
}

static void dma_write(const struct card *card, struct card_port *port, unsigned reg, uint64_t value)
{
	switch (reg) {
	case DMA_CONTROL:
		port->dma_control = value & (DMA_TO_CARD | DMA_TO_GUEST);
		break;
	case DMA_RING:
		if (value <= CARD_MEMORY - card_ring_size(card))
			port->dma_ring = value;
		break;
	case DMA_GUEST:
		if (value % PAGE == 0 && value <= UINT64_MAX - (uint64_t)CARD_GUEST_PAGES * PAGE)
			port->dma_guest = value;
		break;
	default:
		break;
	}
}

/* Writes a byte into the rings. The mark follows the byte: see device-state.h. */
static void dma_put(struct card *card, struct card_port *port, uint8_t byte)
{
	uint64_t at = port->dma_ring + port->dma_count % card_ring_size(card);

	__atomic_store_n(&card->memory[at], byte, __ATOMIC_RELAXED);
	migcompat_dirty_mark(card->marks, at / PAGE);
	if (port->dma_control & DMA_TO_GUEST)
		port->guest_dirty |= (uint64_t)1 << (port->dma_count / PAGE % CARD_GUEST_PAGES);
	port->dma_count++;
}

/* ---------------------------------------------------------------- a guest's accesses */

/* The port with the register at this offset; NULL: none. Each port has size bytes of
 * registers from base on. */
static struct card_port *port_at(struct card *card, unsigned base, unsigned size, unsigned offset)
{
	unsigned port = (offset - base) / size;

	return offset >= base && port < card->ports && port < CARD_PORTS_MAX ? &card->port[port]
									     : NULL;
}

uint64_t card_read(struct card *card, unsigned offset)
{
	struct card_port *uart = port_at(card, CARD_UART(0, 0), CARD_UART_SIZE, offset);
	struct card_port *dma = port_at(card, CARD_DMA(0, 0), CARD_DMA_SIZE, offset);

	if (uart)
		return uart_read(uart, offset % CARD_UART_SIZE);
	return dma ? dma_read(dma, offset % CARD_DMA_SIZE) : UINT64_MAX;
}

void card_write(struct card *card, unsigned offset, uint64_t value)
{
	struct card_port *uart = port_at(card, CARD_UART(0, 0), CARD_UART_SIZE, offset);
	struct card_port *dma = port_at(card, CARD_DMA(0, 0), CARD_DMA_SIZE, offset);

	if (uart)
		uart_write(uart, offset % CARD_UART_SIZE, (uint8_t)value);
	else if (dma)
		dma_write(card, dma, offset % CARD_DMA_SIZE, value);
}

/* ---------------------------------------------------------------- time */

/* The peer's bytes, by xorshift. */
static uint64_t line_next(struct card_port *port)
{
	port->line ^= port->line << 13;
	port->line ^= port->line >> 7;
	port->line ^= port->line << 17;
	return port->line;
}

static void port_work(struct card *card, struct card_port *port)
{
	uint64_t line = line_next(port);

	if (port->tx.count) {
		uint8_t sent = fifo_pop(&port->tx);

		if (port->mcr & MCR_LOOP)
			receive(port, sent);
	}
	/* The peer talks half of the time, and respects RTS. */
	if (!(port->mcr & MCR_LOOP) && (port->mcr & MCR_RTS) && line & 1)
		receive(port, (uint8_t)(line >> 8));
	while (port->dma_control & DMA_TO_CARD && port->rx.count)
		dma_put(card, port, fifo_pop(&port->rx));
	line_status(port);
}

void card_run(struct card *card, unsigned ticks)
{
	for (unsigned tick = 0; tick < ticks; tick++)
		for (unsigned i = 0; i < card->ports; i++)
			port_work(card, &card->port[i]);
	card->ticks += ticks;
}

/* ---------------------------------------------------------------- power */

/* PCI configuration space of 1b36:0002, 0003 or 0004: a serial controller that is
 * compatible with the 16550 (class 07 00 02). */
static void pci_reset(struct card *card)
{
	const uint8_t device = (uint8_t)(card->ports == 4 ? 4 : card->ports + 1);
	const uint8_t head[] = {0x36, 0x1b, device, 0x00, 0x07, 0x00,
				0x00, 0x00, 0x01,   0x02, 0x00, 0x07};

	memset(card->pci, 0, sizeof(card->pci));
	memcpy(card->pci, head, sizeof(head));
}

/* The writes of a guest's driver that has found the card. */
static void driver_start(struct card *card, unsigned port)
{
	card_write(card, CARD_UART(port, UART_LCR), LCR_DLAB | 3);
	card_write(card, CARD_UART(port, UART_DATA), 1); /* 115200 baud */
	card_write(card, CARD_UART(port, UART_LCR), 3);
	card_write(card, CARD_UART(port, UART_IIR), FCR_ENABLE);
	card_write(card, CARD_UART(port, UART_IER), IER_RX | IER_LINE);
	card_write(card, CARD_UART(port, UART_MCR), MCR_DTR | MCR_RTS | MCR_OUT2);
	card_write(card, CARD_DMA(port, DMA_RING), port * card_ring_size(card));
	card_write(card, CARD_DMA(port, DMA_GUEST),
		   0x100000 + (uint64_t)port * CARD_GUEST_PAGES * PAGE);
	card_write(card, CARD_DMA(port, DMA_CONTROL), DMA_TO_CARD | DMA_TO_GUEST);
}

int card_make(struct card *card, unsigned ports, uint64_t seed)
{
	*card = (struct card){.ports = ports};
	card->memory = calloc(1, CARD_MEMORY);
	card->marks = calloc(MIGCOMPAT_DIRTY_WORDS(CARD_PAGES), sizeof(*card->marks));
	if (!card->memory || !card->marks) {
		card_free(card);
		return -ENOMEM;
	}
	pci_reset(card);
	for (unsigned i = 0; i < ports; i++) {
		card->port[i].msr = MSR_CTS | MSR_DSR | MSR_DCD;
		card->port[i].line = (seed ^ (i + 1)) | 1; /* never 0: xorshift would stay there */
		driver_start(card, i);
	}
	return 0;
}

void card_free(struct card *card)
{
	free(card->memory);
	free(card->marks);
	*card = (struct card){0};
}
