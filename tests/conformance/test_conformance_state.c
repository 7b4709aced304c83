/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules for device state that each backend must keep, tried on one device of each
 * migration type. For a backend of your own: test_conformance_state BACKEND-FOLDER
 * INVENTORY...
 */
#include "core/regions/load.h"
#include "core/regions/save.h"
#include "tests/support/conformance.h"
#include "tests/support/tape.h"

#define TYPES_MAX 256
#define STRING "any:physical:state:1;x"
/* Bytes of memory that can be saved and staged many times in a test. */
#define REPEATED_MAX ((uint64_t)64 << 20)
#define SAVED_MAX ((uint64_t)512 << 20)

static struct opened *types[TYPES_MAX];
static size_t ntypes;

static bool seen(const struct opened *opened)
{
	for (size_t i = 0; i < ntypes; i++)
		if (types[i]->provider == opened->provider &&
		    strcmp(types[i]->type, opened->type) == 0)
			return true;
	return false;
}

/*
 * A backend that offers tables must have device state for some device, if it has devices.
 */
static void offers_are_kept(const struct provider *provider, size_t ndevices)
{
	bool kept = !ndevices || !strstr(provider->info.operations, "table");

	for (size_t i = 0; i < ntypes; i++)
		kept |= types[i]->provider == provider;
	if (!kept)
		fail_msg("backend %s: it offers a table, and no device of it has device state",
			 provider->info.name);
}

static int setup_types(void **state)
{
	size_t ndevices[BACKENDS_MAX] = {0};

	setup(state);
	for (size_t i = 0; i < inventory.ndevices && ntypes < TYPES_MAX; i++) {
		struct opened *opened = open_or_null(&inventory.devices[i]);
		struct state_port *port = NULL;
		struct error err = {0};
		int r = opened && !seen(opened) ? opened_state(opened, &port, &err) : -EOPNOTSUPP;

		if (r == -EPROTO || r == -EIO)
			fail_msg("%s: %s", inventory.devices[i].id, err.text);
		for (size_t p = 0; opened && p < nproviders; p++)
			ndevices[p] += providers[p] == opened->provider;
		if (!r)
			types[ntypes++] = opened;
		else
			opened_close(opened);
		port_close(port);
	}
	for (size_t p = 0; p < nproviders && ntypes < TYPES_MAX; p++)
		offers_are_kept(providers[p], ndevices[p]);
	printf("%zu types with device state\n", ntypes);
	return 0;
}

static int unload_types(void **state)
{
	while (ntypes)
		opened_close(types[--ntypes]);
	return unload(state);
}

static bool too_large(struct state_port *port)
{
	if (port->info.memory_size <= SAVED_MAX)
		return false;
	port_close(port);
	return true;
}

static struct state_port *session(struct opened *opened)
{
	struct state_port *port = NULL;
	struct error err = {0};

	if (opened_state(opened, &port, &err))
		fail_msg("%s: %s", opened->device->id, err.text);
	return port;
}

static struct tape save(struct state_port *port, unsigned rounds, bool run_on)
{
	struct tape tape = {0};
	const struct state_transport to = tape_transport(&tape);
	const struct save_options options = {.version = STRING,
					     .version_len = strlen(STRING),
					     .rounds_max = rounds,
					     .run_on = run_on};
	struct error err = {0};

	if (state_save(port, &to, &options, NULL, &err))
		fail_msg("%s", err.text);
	return tape;
}

static int judge(void *arg, const char *version, size_t len, struct error *err)
{
	(void)arg;
	(void)version;
	(void)len;
	(void)err;
	return 0;
}

static int load_tape(struct state_port *port, struct tape *tape)
{
	const struct state_transport from = tape_transport(tape);
	const struct load_options options = {.judge = judge};
	struct error err = {0};

	return state_load(port, &from, &options, &err);
}

static int put(struct state_port *port, const struct state_write *writes, size_t count,
	       struct migcompat_control *control)
{
	struct error err = {0};
	int r = port_run(port, writes, count, true, control, &err);

	assert_true(!r || *err.text);
	return r;
}

static void stop(struct state_port *port)
{
	static const struct state_write writes[] = {
		{STATE_FIELD(version), 1}, {STATE_FIELD(device_state), MIGCOMPAT_DEVICE_STOPPED}};
	struct migcompat_control control;

	assert_int_equal(put(port, writes, 2, &control), 0);
}

static void assert_same(const struct tape *a, const struct tape *b)
{
	assert_int_equal(a->len, b->len);
	assert_memory_equal(a->bytes, b->bytes, a->len);
}

/* ---------------------------------------------------------------- facts */

static void what_was_loaded_is_what_was_saved(void **state)
{
	(void)state;
	for (size_t i = 0; i < ntypes; i++) {
		struct state_port *source = session(types[i]), *target = session(types[i]);
		struct tape live = save(source, 3, false), still = save(source, 0, false), loaded;

		assert_int_equal(load_tape(target, &live), 0);
		loaded = save(target, 0, false);
		assert_same(&still, &loaded);
		tape_free(&live);
		tape_free(&still);
		tape_free(&loaded);
		port_close(source);
		port_close(target);
	}
}

static void a_stopped_device_does_not_change(void **state)
{
	(void)state;
	for (size_t i = 0; i < ntypes; i++) {
		struct state_port *port = session(types[i]);
		struct tape first, second;

		if (too_large(port))
			continue;
		stop(port);
		first = save(port, 0, false);
		second = save(port, 0, false);
		assert_same(&first, &second);
		tape_free(&first);
		tape_free(&second);
		port_close(port);
	}
}

static void a_device_can_be_saved_again_and_again_while_it_runs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ntypes; i++) {
		struct state_port *source = session(types[i]), *target;

		if (too_large(source))
			continue;
		target = session(types[i]);
		for (int n = 0; n < 3; n++) {
			struct tape live = save(source, 2, true);

			assert_int_equal(load_tape(target, &live), 0);
			tape_free(&live);
		}
		port_close(source);
		port_close(target);
	}
}

/* Set a config of len bytes after memory that is all zeros. */
static int set_config(struct state_port *port, const uint8_t *config, uint64_t len)
{
	const uint64_t window = port->places[MIGCOMPAT_REGION_MEMORY].size;
	struct migcompat_control control;
	int r = 0;

	stop(port);
	stop(port); /* stop again: this drops what was refused */
	for (uint64_t at = 0, size; at < port->info.memory_size && !r; at += size) {
		size = port->info.memory_size - at < window ? port->info.memory_size - at : window;
		const struct state_write writes[] = {
			{STATE_FIELD(memory.position), at},
			{STATE_FIELD(memory.size), size},
			{STATE_FIELD(memory.action), MIGCOMPAT_SET_BUFFER}};

		memset(port_region(port, MIGCOMPAT_REGION_MEMORY), 0, size);
		r = put(port, writes, 3, &control);
	}
	assert_int_equal(r, 0);
	memcpy(port_region(port, MIGCOMPAT_REGION_CONFIG), config, len);
	return put(port,
		   (struct state_write[]){{STATE_FIELD(config.size), len},
					  {STATE_FIELD(config.action), MIGCOMPAT_SET_BUFFER}},
		   2, &control);
}

static uint8_t *get_config(struct state_port *port, uint64_t *ret_len)
{
	static const struct state_write get = {STATE_FIELD(config.action), MIGCOMPAT_GET_BUFFER};
	struct migcompat_control control;
	uint8_t *config;

	stop(port);
	assert_int_equal(put(port, &get, 1, &control), 0);
	config = malloc(control.config.size);
	assert_non_null(config);
	memcpy(config, port_region(port, MIGCOMPAT_REGION_CONFIG), control.config.size);
	*ret_len = control.config.size;
	return config;
}

static void half_a_config_is_refused_and_nothing_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ntypes; i++) {
		struct state_port *port = session(types[i]);
		struct tape before, after;
		uint64_t len;
		uint8_t *config;

		if (too_large(port))
			continue;
		config = get_config(port, &len);
		before = save(port, 0, false);
		assert_true(set_config(port, config, len > 1 ? len / 2 : 1) < 0);
		if (port->info.memory_size <= REPEATED_MAX) {
			assert_true(set_config(port, config, 1) < 0);
			assert_true(set_config(port, config, len - 1) < 0);
		}
		stop(port);
		after = save(port, 0, false);
		assert_same(&before, &after);
		tape_free(&before);
		tape_free(&after);
		free(config);
		port_close(port);
	}
}

/*
 * A config may have any bytes: it is refused without effect, or accepted and read back.
 */
static void any_config_is_refused_or_taken_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < ntypes; i++) {
		struct state_port *port = session(types[i]);
		uint64_t len;
		uint8_t *config = get_config(port, &len);

		for (uint64_t at = 0; at < len && port->info.memory_size <= REPEATED_MAX;
		     at += len / 50 + 1) {
			uint64_t before_len, after_len;
			uint8_t *before = get_config(port, &before_len), *after;

			config[at] ^= 0xff;
			if (set_config(port, config, len) < 0) {
				stop(port);
				after = get_config(port, &after_len);
				assert_int_equal(before_len, after_len);
				assert_memory_equal(before, after, before_len);
				free(after);
			} else {
				/* The device runs with it, whatever it means. */
				static const struct state_write run = {STATE_FIELD(device_state),
								       MIGCOMPAT_DEVICE_RUNNING};
				struct migcompat_control control;

				assert_int_equal(put(port, &run, 1, &control), 0);
				stop(port);
			}
			config[at] ^= 0xff;
			free(before);
		}
		free(config);
		port_close(port);
	}
}

static void a_load_may_be_left_half_way(void **state)
{
	(void)state;
	for (size_t i = 0; i < ntypes; i++) {
		struct state_port *source = session(types[i]), *target;
		struct tape live, before, after;

		if (too_large(source))
			continue;
		target = session(types[i]);
		live = save(source, 1, false);
		stop(target);
		before = save(target, 0, false);
		live.len -= 20;
		assert_int_equal(load_tape(target, &live), -EBADMSG);
		after = save(target, 0, false);
		assert_same(&before, &after);
		tape_free(&live);
		tape_free(&before);
		tape_free(&after);
		port_close(source);
		port_close(target);
	}
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_loaded_is_what_was_saved),
		cmocka_unit_test(a_stopped_device_does_not_change),
		cmocka_unit_test(a_device_can_be_saved_again_and_again_while_it_runs),
		cmocka_unit_test(half_a_config_is_refused_and_nothing_changes),
		cmocka_unit_test(any_config_is_refused_or_taken_whole),
		cmocka_unit_test(a_load_may_be_left_half_way),
	};

	return cmocka_run_group_tests(tests, setup_types, unload_types);
}

int main(int argc, char **argv)
{
	return conformance_main(argc, argv, run);
}
