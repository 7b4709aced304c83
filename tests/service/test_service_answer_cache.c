/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A cached answer is repeated for the same question under the same stamp, and for no
 * other.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "core/service/kernel/answer_cache.h"
#include "core/service/log.h"
#include "tests/support/test.h"

#define QUESTION "mtty:mdev:x:1"

static const struct stamp stamp = {
	.attachment = 7, .changed = 3, .world = 1, .holds = 2, .life = 4};
static unsigned unlogged; /* calls of on_unlogged */

static void on_unlogged(void *arg)
{
	assert_null(arg);
	unlogged++;
}

static void add(struct answer_cache *cache, uint32_t op, const char *question, int error,
		const char *text)
{
	const struct cached_answer answered = {
		.stamp = &stamp,
		.op = op,
		.question = question,
		.len = strlen(question),
		.text = text,
		.text_len = strlen(text),
		.error = error,
		.device = "card",
		.verdict = error                            ? "incompatible"
			   : op == MIGCOMPAT_BROKER_OP_READ ? "read"
							    : "compatible",
		.limit = error ? "parameter" : NULL,
		.forced = !error && op == MIGCOMPAT_BROKER_OP_WRITE,
	};

	answer_cache_add(cache, &answered);
}

static bool ask(struct answer_cache *cache, const struct stamp *at, uint32_t op,
		const char *question, int *ret_error, char *text)
{
	const struct broker_request request = {
		.op = op, .string = question, .len = strlen(question)};
	size_t len = 0;
	bool found = answer_cache_find(cache, at, &request, ret_error, text, &len);

	assert_int_equal(len, found ? strlen(text) : 0);
	return found;
}

static int setup(void **state)
{
	struct answer_cache *cache = NULL;

	assert_int_equal(answer_cache_new(on_unlogged, NULL, &cache), 0);
	add(cache, MIGCOMPAT_BROKER_OP_WRITE, QUESTION, -EINVAL, "");
	unlogged = 0;
	*state = cache;
	return 0;
}

static int teardown(void **state)
{
	answer_cache_free(*state);
	return 0;
}

static bool found(void *state, const struct stamp *at, const char *question)
{
	char text[MIGCOMPAT_BROKER_STRING_MAX + 1];
	int error;

	return ask(state, at, MIGCOMPAT_BROKER_OP_WRITE, question, &error, text);
}

static void same_question_gets_the_same_answer(void **state)
{
	char text[MIGCOMPAT_BROKER_STRING_MAX + 1];
	int error = 0;

	assert_true(ask(*state, &stamp, MIGCOMPAT_BROKER_OP_WRITE, QUESTION, &error, text));
	assert_int_equal(error, -EINVAL);
	assert_string_equal(text, "");
}

static void text_of_a_read_is_cached(void **state)
{
	char text[MIGCOMPAT_BROKER_STRING_MAX + 1];
	int error = -1;

	add(*state, MIGCOMPAT_BROKER_OP_READ, "", 0, "string");
	assert_true(ask(*state, &stamp, MIGCOMPAT_BROKER_OP_READ, "", &error, text));
	assert_int_equal(error, 0);
	assert_string_equal(text, "string");
}

static void read_does_not_answer_an_empty_write(void **state)
{
	add(*state, MIGCOMPAT_BROKER_OP_READ, "", 0, "string");
	assert_false(found(*state, &stamp, ""));
}

static void other_question_is_not_answered(void **state)
{
	assert_false(found(*state, &stamp, "mtty:mdev:x:2"));
}

static void prefix_of_a_question_is_not_answered(void **state)
{
	assert_false(found(*state, &stamp, "mtty:mdev:x:"));
}

static void other_device_is_not_answered(void **state)
{
	struct stamp other = stamp;

	other.attachment++;
	assert_false(found(*state, &other, QUESTION));
}

static void changed_device_is_not_answered(void **state)
{
	struct stamp other = stamp;

	other.changed++;
	assert_false(found(*state, &other, QUESTION));
}

static void other_policy_is_not_answered(void **state)
{
	struct stamp other = stamp;

	other.world++;
	assert_false(found(*state, &other, QUESTION));
}

static void other_holds_are_not_answered(void **state)
{
	struct stamp other = stamp;

	other.holds++;
	assert_false(found(*state, &other, QUESTION));
}

static void other_life_of_the_worker_is_not_answered(void **state)
{
	struct stamp other = stamp;

	other.life++;
	assert_false(found(*state, &other, QUESTION));
}

static void ended_worker_is_not_answered(void **state)
{
	struct stamp other = stamp;

	other.life = 0;
	assert_false(found(*state, &other, QUESTION));
}

static void newer_answer_replaces_the_older_one(void **state)
{
	char text[MIGCOMPAT_BROKER_STRING_MAX + 1];
	int error = -1;

	add(*state, MIGCOMPAT_BROKER_OP_WRITE, QUESTION, 0, "");
	assert_true(ask(*state, &stamp, MIGCOMPAT_BROKER_OP_WRITE, QUESTION, &error, text));
	assert_int_equal(error, 0);
}

static void too_long_question_is_not_cached(void **state)
{
	static char question[ANSWER_CACHE_ENTRY_BYTES + 1];

	memset(question, 'x', sizeof(question) - 1);
	add(*state, MIGCOMPAT_BROKER_OP_WRITE, question, 0, "");
	question[MIGCOMPAT_BROKER_STRING_MAX] = '\0';
	assert_false(found(*state, &stamp, question));
}

/* ---------------------------------------------------------------- size */

/* 20,000 answers of the largest size would take 80 MB without a bound. */
static void memory_of_the_cache_is_bounded(void **state)
{
	static char question[MIGCOMPAT_BROKER_STRING_MAX + 1];
	size_t before = mallinfo2().uordblks;

	memset(question, 'x', sizeof(question) - 1);
	for (unsigned i = 0; i < 20000; i++) {
		question[snprintf(question, 16, "%u", i)] = 'x';
		add(*state, MIGCOMPAT_BROKER_OP_WRITE, question, 0, "");
	}
	assert_true(mallinfo2().uordblks - before <=
		    ANSWER_CACHE_MAX * (ANSWER_CACHE_ENTRY_BYTES + 256));
}

/* ---------------------------------------------------------------- the log */

/* What answer_cache_log writes to standard error. */
static const char *logged(struct answer_cache *cache)
{
	static char text[4096];
	int saved = dup(STDERR_FILENO), pipes[2];
	ssize_t got;

	assert_int_equal(pipe2(pipes, O_NONBLOCK), 0);
	assert_true(dup2(pipes[1], STDERR_FILENO) >= 0);
	answer_cache_log(cache);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	got = read(pipes[0], text, sizeof(text) - 1);
	text[got > 0 ? got : 0] = '\0';
	close(pipes[0]);
	close(pipes[1]);
	close(saved);
	return text;
}

static void repeated_answer_is_logged_with_its_count(void **state)
{
	for (int i = 0; i < 3; i++)
		assert_true(found(*state, &stamp, QUESTION));
	assert_contains(logged(*state), "migration_version, write: - to card: incompatible, "
					"limit parameter, asked again 3 times (hash ");
	assert_string_equal(logged(*state), "");
}

static void repeated_forced_yes_is_logged_as_forced(void **state)
{
	add(*state, MIGCOMPAT_BROKER_OP_WRITE, QUESTION, 0, "");
	assert_true(found(*state, &stamp, QUESTION));
	assert_contains(logged(*state), "card: compatible, forced, asked again 1 time (hash ");
}

static void log_is_requested_once_until_it_is_written(void **state)
{
	assert_false(answer_cache_unlogged(*state));
	for (int i = 0; i < 3; i++)
		assert_true(found(*state, &stamp, QUESTION));
	assert_int_equal(unlogged, 1);
	assert_true(answer_cache_unlogged(*state));
	logged(*state);
	assert_false(answer_cache_unlogged(*state));
	assert_true(found(*state, &stamp, QUESTION));
	assert_int_equal(unlogged, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(same_question_gets_the_same_answer),
		TEST(text_of_a_read_is_cached),
		TEST(other_question_is_not_answered),
		TEST(prefix_of_a_question_is_not_answered),
		TEST(other_device_is_not_answered),
		TEST(changed_device_is_not_answered),
		TEST(other_policy_is_not_answered),
		TEST(other_holds_are_not_answered),
		TEST(read_does_not_answer_an_empty_write),
		TEST(other_life_of_the_worker_is_not_answered),
		TEST(ended_worker_is_not_answered),
		TEST(memory_of_the_cache_is_bounded),
		TEST(repeated_answer_is_logged_with_its_count),
		TEST(repeated_forced_yes_is_logged_as_forced),
		TEST(log_is_requested_once_until_it_is_written),
		TEST(newer_answer_replaces_the_older_one),
		TEST(too_long_question_is_not_cached),
	};

	log_open(true, LOG_INFO);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
