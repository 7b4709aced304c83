/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Saves and loads through a port whose device lies, or fails while the file fails as well. */
#include "tests/support/state_bench.h"

#define RECORD sizeof(struct migcompat_dirty_record)

/* A port like that of a client: a started write is done later, and what comes back may be false. */
struct liar {
	struct state_port port;
	struct state_port *honest;
	void (*lie)(struct migcompat_control *control);
	struct migcompat_control control;
	struct error reason;
	bool started;
	int result; /* of what was started */
};

static struct liar *liar_of(struct state_port *port)
{
	return (struct liar *)(void *)port;
}

static int liar_finish(struct state_port *port, struct migcompat_control *ret_control,
		       struct error *err)
{
	struct liar *liar = liar_of(port);
	int r = liar->result;

	assert_true(liar->started); /* a client would wait for a reply that never comes */
	liar->started = false;
	*ret_control = liar->control;
	liar->result = 0;
	return r ? error_set(err, r, "%s", liar->reason.text) : 0;
}

static int liar_run(struct state_port *port, const struct state_write *writes, size_t count,
		    bool total, struct migcompat_control *ret_control, struct error *err)
{
	struct liar *liar = liar_of(port);
	int r = liar->started ? liar_finish(port, ret_control, err) : 0;

	if (r)
		return r;
	r = port_run(liar->honest, writes, count, total, ret_control, err);
	if (liar->lie)
		liar->lie(ret_control);
	return r;
}

static int liar_start(struct state_port *port, const struct state_write *writes, size_t count,
		      bool spare, struct error *err)
{
	struct liar *liar = liar_of(port);

	(void)spare;
	(void)err;
	liar->started = true;
	liar->result = port_run(liar->honest, writes, count, false, &liar->control, &liar->reason);
	return 0;
}

static const struct state_port_ops lying = {.run = liar_run};
static const struct state_port_ops late = {
	.run = liar_run, .start = liar_start, .finish = liar_finish};

/* The device of the side, through a liar. */
static struct liar liar_make(const struct side *side, const struct state_port_ops *ops)
{
	struct liar liar = {.port = *side->port, .honest = side->port};

	liar.port.ops = ops;
	liar.port.spare = liar.port.places[MIGCOMPAT_REGION_MEMORY].offset;
	return liar;
}

static int liar_save(struct bench *bench, struct liar *liar)
{
	const struct state_transport to = tape_transport(&bench->tape);
	const struct save_options options = save_plain();

	return state_save(&liar->port, &to, &options, NULL, &bench->err);
}

/* ---------------------------------------------------------------- lies */

static bool in_round(const struct migcompat_control *control)
{
	return control->device_state & MIGCOMPAT_DEVICE_LOGGING && control->memory.position;
}

static void lie_half_a_record(struct migcompat_control *control)
{
	if (in_round(control))
		control->memory.size = 5;
}

static void lie_more_records_than_pages(struct migcompat_control *control)
{
	if (in_round(control))
		control->memory.position = PAGE, control->memory.size = 2 * RECORD;
}

static void lie_half_a_page(struct migcompat_control *control)
{
	if (in_round(control))
		control->memory.position = 1, control->memory.size = 0;
}

/* Otherwise the file would be no state, or without end. */
static void a_round_of_no_whole_pages_fails_the_save(void **state)
{
	static void (*const lies[])(struct migcompat_control *) = {
		lie_half_a_record, lie_more_records_than_pages, lie_half_a_page};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct liar liar = liar_make(&bench->source, &lying);

		liar.lie = lies[i];
		assert_int_equal(liar_save(bench, &liar), -EPROTO);
		assert_contains(bench->err.text, "dirty-page round");
		assert_int_equal(bench->source.card.state, MIGCOMPAT_DEVICE_RUNNING);
	}
}

static void lie_no_config(struct migcompat_control *control)
{
	control->config.size = 0;
}

static void a_device_that_gives_no_config_is_not_saved(void **state)
{
	struct bench *bench = *state;
	struct liar liar = liar_make(&bench->source, &lying);

	liar.lie = lie_no_config;
	assert_int_equal(liar_save(bench, &liar), -EPROTO);
	assert_contains(bench->err.text, "config");
}

/* ---------------------------------------------------------------- two failures at once */

static int setup_plain(void **state)
{
	return setup_with(state, PAGES, 0);
}

/* The file takes no more of the first part of memory, and the device fails to read the second. */
static void a_save_that_fails_twice_leaves_the_device_running(void **state)
{
	struct bench *bench = *state;
	struct liar liar = liar_make(&bench->source, &late);

	bench->tape.fault = TAPE_ENOSPC;
	bench->tape.fault_at = 3; /* after the version string and the head */
	bench->source.card.fail[CARD_MEMORY_READ] = -EIO;
	bench->source.card.fail_after[CARD_MEMORY_READ] = 1;
	assert_int_equal(liar_save(bench, &liar), -ENOSPC);
	assert_int_equal(bench->source.card.state, MIGCOMPAT_DEVICE_RUNNING);
}

/* The device does not take the first part of memory, and the file ends in the second. */
static void a_load_that_fails_twice_leaves_the_device_running(void **state)
{
	struct bench *bench = *state;
	const struct state_transport from = tape_transport(&bench->tape);
	struct liar liar = liar_make(&bench->target, &late);

	save(bench);
	bench->target.card.fail[CARD_MEMORY_WRITE] = -EIO;
	bench->tape.len = bench->tape.len / 2;
	assert_int_equal(state_load(&liar.port, &from, &load_plain, &bench->err), -EBADMSG);
	assert_int_equal(bench->target.card.state, MIGCOMPAT_DEVICE_RUNNING);
}

static void a_config_that_is_refused_leaves_the_device_running(void **state)
{
	struct bench *bench = *state;
	const struct state_transport from = tape_transport(&bench->tape);
	struct liar liar = liar_make(&bench->target, &late);

	save(bench);
	bench->target.card.fail[CARD_CONFIG_WRITE] = -ERANGE;
	assert_int_equal(state_load(&liar.port, &from, &load_plain, &bench->err), -ERANGE);
	assert_int_equal(bench->target.card.state, MIGCOMPAT_DEVICE_RUNNING);
}

#define LIAR(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define PLAIN(name) cmocka_unit_test_setup_teardown(name, setup_plain, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIAR(a_round_of_no_whole_pages_fails_the_save),
		LIAR(a_device_that_gives_no_config_is_not_saved),
		PLAIN(a_save_that_fails_twice_leaves_the_device_running),
		PLAIN(a_load_that_fails_twice_leaves_the_device_running),
		PLAIN(a_config_that_is_refused_leaves_the_device_running),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
