/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The emulated card as a guest sees it, and its config as bytes. Each rule has a
 * malformed case.
 */
#include "samples/device-state/serial/card.c"
#include "samples/device-state/serial/config.c"
#include "tests/support/test.h"

static int setup(void **state)
{
	struct card *card = malloc(sizeof(*card));

	assert_non_null(card);
	assert_int_equal(card_make(card, 2, 1), 0);
	*state = card;
	return 0;
}

static int teardown(void **state)
{
	card_free(*state);
	free(*state);
	return 0;
}

/* Port 0 in loop mode, without the bus master. */
static void loop(struct card *card)
{
	card_write(card, CARD_DMA(0, DMA_CONTROL), 0);
	card_write(card, CARD_UART(0, UART_MCR), MCR_LOOP);
	card_write(card, CARD_UART(0, UART_IIR), FCR_ENABLE | FCR_CLEAR_RX | FCR_CLEAR_TX);
}

static void what_is_sent_in_a_loop_is_received_in_order(void **state)
{
	struct card *card = *state;

	loop(card);
	for (unsigned i = 0; i < 5; i++)
		card_write(card, CARD_UART(0, UART_DATA), 'a' + i);
	assert_int_equal(card_read(card, CARD_UART(0, UART_LSR)) & (LSR_THRE | LSR_DATA), 0);
	card_run(card, 5);
	assert_int_equal(card_read(card, CARD_UART(0, UART_LSR)) & (LSR_THRE | LSR_DATA),
			 LSR_THRE | LSR_DATA);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(card_read(card, CARD_UART(0, UART_DATA)), 'a' + i);
	assert_int_equal(card_read(card, CARD_UART(0, UART_LSR)) & LSR_DATA, 0);
}

static void more_than_the_fifo_holds_is_an_overrun_that_is_told_once(void **state)
{
	struct card *card = *state;

	loop(card);
	for (unsigned i = 0; i < CARD_FIFO; i++)
		card_write(card, CARD_UART(0, UART_DATA), i);
	card_run(card, CARD_FIFO);
	card_write(card, CARD_UART(0, UART_DATA), 99);
	card_run(card, 1);
	card_write(card, CARD_UART(0, UART_IER), IER_LINE);
	assert_int_equal(card_read(card, CARD_UART(0, UART_IIR)), 0xc6);
	assert_int_equal(card_read(card, CARD_UART(0, UART_LSR)) & LSR_OVERRUN, LSR_OVERRUN);
	assert_int_equal(card_read(card, CARD_UART(0, UART_LSR)) & LSR_OVERRUN, 0);
	assert_int_equal(card_read(card, CARD_UART(0, UART_DATA)), 0);
}

static void interrupts_are_told_by_their_rank(void **state)
{
	struct card *card = *state;

	loop(card);
	card_write(card, CARD_UART(0, UART_IER), IER_RX | IER_TX);
	assert_int_equal(card_read(card, CARD_UART(0, UART_IIR)), 0xc2);
	card_write(card, CARD_UART(0, UART_DATA), 'x');
	assert_int_equal(card_read(card, CARD_UART(0, UART_IIR)), 0xc1);
	card_run(card, 1);
	assert_int_equal(card_read(card, CARD_UART(0, UART_IIR)), 0xc4);
	card_write(card, CARD_UART(0, UART_IIR), 0);
	assert_int_equal(card_read(card, CARD_UART(0, UART_IIR)), 0x02);
}

static void the_divisor_hides_behind_dlab(void **state)
{
	struct card *card = *state;

	card_write(card, CARD_UART(1, UART_LCR), LCR_DLAB);
	card_write(card, CARD_UART(1, UART_DATA), 0x34);
	card_write(card, CARD_UART(1, UART_IER), 0x12);
	assert_int_equal(card_read(card, CARD_UART(1, UART_DATA)), 0x34);
	assert_int_equal(card_read(card, CARD_UART(1, UART_IER)), 0x12);
	card_write(card, CARD_UART(1, UART_LCR), 3);
	assert_int_equal(card_read(card, CARD_UART(1, UART_IER)), IER_RX | IER_LINE);
}

static void a_loop_shows_the_modems_outputs_as_its_inputs(void **state)
{
	struct card *card = *state;

	assert_int_equal(card_read(card, CARD_UART(0, UART_MSR)), MSR_CTS | MSR_DSR | MSR_DCD);
	card_write(card, CARD_UART(0, UART_MCR), MCR_LOOP | MCR_RTS | MCR_OUT1);
	assert_int_equal(card_read(card, CARD_UART(0, UART_MSR)), MSR_CTS | MSR_RI);
	card_write(card, CARD_UART(0, UART_SCR), 0x77);
	assert_int_equal(card_read(card, CARD_UART(0, UART_SCR)), 0x77);
	assert_int_equal(card_read(card, CARD_UART(0, UART_LCR)), 3);
	assert_int_equal(card_read(card, CARD_UART(0, UART_MCR)), MCR_LOOP | MCR_RTS | MCR_OUT1);
}

static void what_the_line_brings_goes_to_the_ports_ring(void **state)
{
	struct card *card = *state;
	uint64_t count, bytes = 0;

	memset(card->marks, 0, CARD_PAGES / 8);
	card_run(card, 10000);
	count = card_read(card, CARD_DMA(1, DMA_COUNT));
	assert_true(count > 4096 && count < 10000);
	for (uint64_t i = 0; i < count; i++)
		bytes |= card->memory[card_ring_size(card) + i];
	assert_int_equal(bytes, 0xff);
	assert_int_equal(card->memory[card_ring_size(card) + count], 0);
	assert_true(card->marks[CARD_PAGES / 2 / 64] & 3);
	assert_int_equal(card->port[1].guest_dirty & 3, 3);
}

static void a_ring_stays_within_the_cards_memory(void **state)
{
	struct card *card = *state;

	card_write(card, CARD_DMA(0, DMA_RING), CARD_MEMORY - card_ring_size(card));
	assert_int_equal(card_read(card, CARD_DMA(0, DMA_RING)),
			 CARD_MEMORY - card_ring_size(card));
	card_write(card, CARD_DMA(0, DMA_RING), CARD_MEMORY - card_ring_size(card) + 1);
	assert_int_equal(card_read(card, CARD_DMA(0, DMA_RING)),
			 CARD_MEMORY - card_ring_size(card));
	card_write(card, CARD_DMA(0, DMA_GUEST), 4095);
	assert_int_equal(card_read(card, CARD_DMA(0, DMA_GUEST)), 0x100000);
	card_run(card, 100);
}

static void registers_that_are_not_there_read_as_ones(void **state)
{
	struct card *card = *state;

	assert_true(card_read(card, CARD_UART(2, 0)) == UINT64_MAX);
	assert_true(card_read(card, CARD_DMA(2, 0)) == UINT64_MAX);
	assert_true(card_read(card, CARD_DMA(0, 1)) == UINT64_MAX);
	card_write(card, CARD_UART(2, 0), 1);
	card_write(card, CARD_DMA(0, DMA_COUNT), 1);
	assert_int_equal(card_read(card, CARD_DMA(0, DMA_COUNT)), 0);
}

/* ---------------------------------------------------------------- config */

static void a_config_brings_every_register_back(void **state)
{
	struct card *card = *state;
	uint8_t bytes[CARD_CONFIG(2)], again[CARD_CONFIG(2)];
	struct card other;

	card_run(card, 1234);
	card_write(card, CARD_UART(1, UART_DATA), 'x');
	card_config_put(card, bytes);
	assert_int_equal(card_make(&other, 2, 99), 0);
	assert_null(card_config_get(bytes, sizeof(bytes), &other));
	card_config_put(&other, again);
	assert_memory_equal(bytes, again, sizeof(bytes));
	card_free(&other);
}

static void expect_wrong(const uint8_t *bytes, size_t len, unsigned ports, const char *part)
{
	uint8_t before[CARD_CONFIG(4)], after[CARD_CONFIG(4)];
	struct card other;
	const char *wrong;

	assert_int_equal(card_make(&other, ports, 99), 0);
	card_config_put(&other, before);
	wrong = card_config_get(bytes, len, &other);
	if (!wrong)
		fail_msg("it was taken, expected \"%s\"", part);
	assert_contains(wrong, part);
	card_config_put(&other, after);
	assert_memory_equal(before, after, CARD_CONFIG(ports));
	card_free(&other);
}

static void a_config_that_no_card_has_is_refused_with_the_reason(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *part;
	} changes[] = {
		{0, 'X', "begin"},
		{8, 2, "version"},
		{12, 0, "length"},
		{16, 4, "ports"},
		{20, 1, "does not fit"},
		{CARD_CONFIG_HEAD + CARD_PCI_SPACE + 0, 0xff, "bits"},           /* IER */
		{CARD_CONFIG_HEAD + CARD_PCI_SPACE + 3, 0xff, "bits"},           /* MCR */
		{CARD_CONFIG_HEAD + CARD_PCI_SPACE + 9 + CARD_FIFO, 16, "FIFO"}, /* head */
		{CARD_CONFIG_HEAD + CARD_PCI_SPACE + 9 + CARD_FIFO + 1, 17, "FIFO"},
		{CARD_CONFIG_HEAD + CARD_PCI_SPACE + 9 + 2 * CARD_FIFO + 3, 17, "FIFO"},
		{CARD_CONFIG_HEAD + CARD_PCI_SPACE + 45, 0xff, "bits"},       /* DMA control */
		{CARD_CONFIG_HEAD + CARD_PCI_SPACE + 53 + 7, 0xff, "beyond"}, /* ring */
		{CARD_CONFIG_HEAD + CARD_PCI_SPACE + 61, 1, "guest memory"},
	};
	struct card *card = *state;
	uint8_t bytes[CARD_CONFIG(2)];

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		card_config_put(card, bytes);
		bytes[changes[i].at] = changes[i].value;
		expect_wrong(bytes, sizeof(bytes), 2, changes[i].part);
	}
	card_config_put(card, bytes);
	expect_wrong(bytes, sizeof(bytes), 1, "ports");
}

static void half_a_config_is_refused(void **state)
{
	uint8_t bytes[CARD_CONFIG(2)];

	card_config_put(*state, bytes);
	for (size_t len = 0; len < sizeof(bytes); len += 50)
		expect_wrong(bytes, len, 2, len < CARD_CONFIG_HEAD ? "begin" : "length");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_sent_in_a_loop_is_received_in_order),
		TEST(more_than_the_fifo_holds_is_an_overrun_that_is_told_once),
		TEST(interrupts_are_told_by_their_rank),
		TEST(the_divisor_hides_behind_dlab),
		TEST(a_loop_shows_the_modems_outputs_as_its_inputs),
		TEST(what_the_line_brings_goes_to_the_ports_ring),
		TEST(a_ring_stays_within_the_cards_memory),
		TEST(registers_that_are_not_there_read_as_ones),
		TEST(a_config_brings_every_register_back),
		TEST(a_config_that_no_card_has_is_refused_with_the_reason),
		TEST(half_a_config_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
