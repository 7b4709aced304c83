/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The serial card is saved while a guest works with it, and loaded into another card. */
#include "core/regions/load.h"
#include "core/regions/save.h"
#include "samples/device-state/serial/card.c"
#include "samples/device-state/serial/config.c"
#include "samples/device-state/serial/state.c"
#include "tests/support/local_port.h"
#include "tests/support/tape.h"
#include "tests/support/test.h"

#define SAVES 25
#define VERSION "mtty:mdev:serial-2port:1;x"

/* The handle of this test is the number of ports. */
unsigned serial_ports(const void *handle)
{
	return *(const unsigned *)handle;
}

uint64_t serial_seed(const void *handle)
{
	return (uintptr_t)handle;
}

struct side {
	struct session *session;
	struct state_port *port;
};

static void side_make(struct side *side, const unsigned *ports)
{
	struct migcompat_regions *regions = NULL;
	void *session = NULL;

	assert_int_equal(serial_state.open((void *)(uintptr_t)ports, &session), 0);
	side->session = session;
	assert_int_equal(migcompat_regions_new(&serial_state, session, &regions), 0);
	side->port = local_port_new(regions);
}

static void side_free(struct side *side)
{
	local_port_free(side->port);
	serial_state.close(side->session);
}

/* The config of a card, as bytes. */
static void config_of(const struct side *side, uint8_t *bytes)
{
	card_config_put(&side->session->card, bytes);
}

static void assert_same(const struct side *a, const struct side *b)
{
	uint8_t x[CARD_CONFIG(4)] = {0}, y[CARD_CONFIG(4)] = {0};

	config_of(a, x);
	config_of(b, y);
	assert_memory_equal(x, y, sizeof(x));
	if (memcmp(a->session->card.memory, b->session->card.memory, CARD_MEMORY) != 0)
		fail_msg("the cards' memories differ");
}

static uint64_t random_next;

static uint64_t random_below(uint64_t n)
{
	random_next = random_next * 6364136223846793005u + 1442695040888963407u;
	return (random_next >> 33) % n;
}

/* A guest that does anything at random. */
static int guest_works(void *arg, const struct save_progress *progress)
{
	struct session *session = arg;

	(void)progress;
	if (session->state & MIGCOMPAT_DEVICE_STOPPED)
		return 0;
	for (uint64_t i = random_below(40); i; i--) {
		unsigned port = (unsigned)random_below(2);

		if (random_below(10))
			card_write(&session->card, CARD_UART(port, (unsigned)random_below(8)),
				   random_below(256));
		else
			card_write(&session->card, CARD_DMA(port, (unsigned)random_below(3) * 8),
				   random_below(CARD_MEMORY));
		card_read(&session->card, CARD_UART(port, (unsigned)random_below(8)));
	}
	card_run(&session->card, (unsigned)random_below(20000));
	return 0;
}

static int judge(void *arg, const char *version, size_t len, struct error *err)
{
	(void)arg;
	(void)err;
	return len == strlen(VERSION) && memcmp(version, VERSION, len) == 0 ? 0 : -EINVAL;
}

static void save(struct side *side, struct tape *tape, struct save_report *report)
{
	const struct state_transport to = tape_transport(tape);
	const struct save_options options = {.version = VERSION,
					     .version_len = strlen(VERSION),
					     .rounds_max = 4,
					     .progress = guest_works,
					     .arg = side->session};
	struct error err = {0};

	if (state_save(side->port, &to, &options, report, &err))
		fail_msg("%s", err.text);
}

static int load(struct side *side, struct tape *tape, struct error *err)
{
	const struct state_transport from = tape_transport(tape);
	const struct load_options options = {.judge = judge};

	return state_load(side->port, &from, &options, err);
}

static void run_on(struct side *side)
{
	static const struct state_write run = {STATE_FIELD(device_state), MIGCOMPAT_DEVICE_RUNNING};
	struct migcompat_control control;

	assert_int_equal(port_run(side->port, &run, 1, false, &control, NULL), 0);
}

static void a_card_that_a_guest_works_with_is_copied_as_it_stopped(void **state)
{
	static const unsigned ports[2] = {2, 2};
	struct save_report report = {0};
	struct error err = {0};
	struct side source, target;
	unsigned rounds = 0;

	(void)state;
	side_make(&source, &ports[0]);
	side_make(&target, &ports[1]);
	for (int i = 0; i < SAVES; i++) {
		struct tape tape = {0};

		save(&source, &tape, &report);
		rounds += report.rounds;
		if (load(&target, &tape, &err))
			fail_msg("%s", err.text);
		assert_same(&source, &target);
		run_on(&source);
		run_on(&target);
		tape_free(&tape);
	}
	assert_true(rounds > SAVES);
	side_free(&source);
	side_free(&target);
}

static void a_card_of_another_number_of_ports_is_refused_and_left_alone(void **state)
{
	static const unsigned two = 2, one = 1;
	uint8_t before[CARD_CONFIG(1)], after[CARD_CONFIG(1)];
	struct save_report report = {0};
	struct tape tape = {0};
	struct error err = {0};
	struct side source, target;

	(void)state;
	side_make(&source, &two);
	side_make(&target, &one);
	target.session->state = MIGCOMPAT_DEVICE_STOPPED; /* so that it stands still */
	config_of(&target, before);
	save(&source, &tape, &report);
	/* The judge accepts every version string here, so the card itself refuses. The
	 * longer config would not even fit. */
	assert_int_equal(load(&target, &tape, &err), -EINVAL);
	target.session->state = MIGCOMPAT_DEVICE_STOPPED;
	config_of(&target, after);
	assert_memory_equal(before, after, sizeof(before));
	assert_null(target.session->staged);
	side_free(&source);
	side_free(&target);
	tape_free(&tape);
}

static void the_cards_bus_master_tells_which_guest_memory_it_wrote(void **state)
{
	static const unsigned ports = 2;
	static const struct state_write ask[] = {
		{STATE_FIELD(version), 1},
		{STATE_FIELD(device_state), MIGCOMPAT_DEVICE_RUNNING_LOGGING},
		{STATE_FIELD(dirty.start), 0x100000},
		{STATE_FIELD(dirty.count), 2 * CARD_GUEST_PAGES},
	};
	struct migcompat_control control;
	struct side side;
	const uint8_t *bitmap;

	(void)state;
	side_make(&side, &ports);
	bitmap = port_region(side.port, MIGCOMPAT_REGION_DIRTY);
	card_run(&side.session->card, 3 * PAGE); /* the line is busy half of the time */
	assert_int_equal(port_run(side.port, ask, 4, false, &control, NULL), 0);
	assert_int_equal(bitmap[0], 3);
	assert_int_equal(bitmap[CARD_GUEST_PAGES / 8], 3);
	/* The card still writes to its current page, so that page is dirty again. The
	 * first ones are not. */
	assert_int_equal(port_run(side.port, ask + 3, 1, false, &control, NULL), 0);
	assert_int_equal(bitmap[0] & 1, 0);
	side_free(&side);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_card_that_a_guest_works_with_is_copied_as_it_stopped),
		cmocka_unit_test(a_card_of_another_number_of_ports_is_refused_and_left_alone),
		cmocka_unit_test(the_cards_bus_master_tells_which_guest_memory_it_wrote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
