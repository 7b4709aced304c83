/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A client ends while a thread runs a step of its call. The test stops after the step and
 * before its completion: ending the client then must not free what the completion uses.
 */
#include "core/service/varlink/client.h"
#include "core/service/varlink/methods.h"

#include <signal.h>

#include "tests/service/daemon.h"
#include "tests/service/worker_program.h"

struct bench {
	struct folder folder; /* an empty policy */
	struct world world;
	struct call_context context;
	struct quota_user user;
	struct client_owner owner;
	struct client *client;
	int other; /* the client's end of the connection */
	unsigned gone;
};

static struct pool_job *submitted;

/* Run the step, but not its completion. */
int __wrap_pool_submit(struct pool *pool, struct pool_job *job);
int __wrap_pool_submit(struct pool *pool, struct pool_job *job)
{
	(void)pool;
	assert_null(submitted);
	job->run(job);
	submitted = job;
	return 0;
}

static bool on_acquire(void *arg, struct client *client)
{
	(void)arg, (void)client;
	return true;
}

static void on_release(void *arg, struct client *client, enum slot before)
{
	(void)arg, (void)client, (void)before;
}

static void on_gone(void *arg, struct client *client)
{
	struct bench *bench = arg;

	assert_ptr_equal(client, bench->client);
	bench->gone++;
	bench->client = client_free(client);
}

static void world_begin(struct bench *bench)
{
	struct engine_options options = {.backend_dir = TEST_BACKENDS};
	struct error err = {0};

	folder_make(&bench->folder);
	options.config = bench->folder.path;
	if (engine_start(&bench->world.engine, &options, &err) ||
	    engine_add_file(&bench->world.engine, TEST_SOURCE "/tests/hosts/serial-b.json", &err) ||
	    engine_ready(&bench->world.engine, &err))
		fail_msg("%s", err.text);
	bench->world.references = 1;
	bench->context = (struct call_context){
		.world = &bench->world, .methods = &method_table, .budget = {.max = 1u << 20}};
}

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	const struct peer peer = {.uid = 1000, .may_read = true};
	int fds[2];

	assert_non_null(bench);
	world_begin(bench);
	bench->owner = (struct client_owner){.context = &bench->context,
					     .patience_us = 60000000,
					     .acquire = on_acquire,
					     .release = on_release,
					     .gone = on_gone,
					     .arg = bench};
	assert_true(sd_event_new(&bench->owner.event) >= 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
			 0);
	bench->other = fds[1];
	assert_int_equal(client_new(&bench->owner, fds[0], &peer, &bench->user, &bench->client), 0);
	submitted = NULL;
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	client_free(bench->client);
	close(bench->other);
	sd_event_unref(bench->owner.event);
	engine_stop(&bench->world.engine);
	folder_remove(&bench->folder);
	free(bench);
	return 0;
}

/* Wait until the step was submitted. */
static void make_busy(struct bench *bench)
{
	client_send(bench->other, METHOD("Describe", "\"device\":\"" CARD_1 "\""));
	while (!submitted)
		assert_true(sd_event_run(bench->owner.event, UINT64_MAX) >= 0);
	assert_int_equal(bench->gone, 0);
}

static void complete(void)
{
	struct pool_job *job = submitted;

	submitted = NULL;
	job->done(job);
}

static void busy_client_is_not_idle(void **state)
{
	struct bench *bench = *state;
	uint64_t since;

	assert_true(client_idle(bench->client, &since));
	make_busy(bench);
	assert_false(client_idle(bench->client, &since));
	complete();
	assert_true(client_idle(bench->client, &since));
}

static void busy_client_that_is_displaced_ends_after_its_step(void **state)
{
	struct bench *bench = *state;

	make_busy(bench);
	client_displace(bench->client);
	assert_int_equal(bench->gone, 0);
	complete();
	assert_int_equal(bench->gone, 1);
}

static void busy_client_that_is_drained_has_its_reply_first(void **state)
{
	struct bench *bench = *state;
	json_t *reply;

	make_busy(bench);
	client_drain(bench->client);
	assert_int_equal(bench->gone, 0);
	complete();
	assert_int_equal(bench->gone, 1);
	reply = client_receive(bench->other);
	assert_text(reply, "device", CARD_1);
	json_decref(reply);
	client_gets(dup(bench->other), "Busy", "ESHUTDOWN");
}

static void busy_client_that_left_ends_after_its_step(void **state)
{
	struct bench *bench = *state;

	make_busy(bench);
	assert_int_equal(shutdown(bench->other, SHUT_RDWR), 0);
	assert_true(sd_event_run(bench->owner.event, 0) >= 0);
	assert_int_equal(bench->gone, 0);
	complete();
	while (!bench->gone)
		assert_true(sd_event_run(bench->owner.event, UINT64_MAX) >= 0);
	assert_int_equal(bench->gone, 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(busy_client_is_not_idle),
		CASE(busy_client_that_is_displaced_ends_after_its_step),
		CASE(busy_client_that_is_drained_has_its_reply_first),
		CASE(busy_client_that_left_ends_after_its_step),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
