/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers that are kept: given again for the same question under the same stamp, and for nothing
 * else. */
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
static unsigned untold; /* how often the log was said to lack something */

static void on_untold(void *arg)
{
	assert_null(arg);
	untold++;
}

static void keep(struct answers *answers, enum broker_op op, const char *question, int error,
		 const char *text)
{
	const struct answered answered = {
		.stamp = &stamp,
		.op = op,
		.question = question,
		.len = strlen(question),
		.text = text,
		.text_len = strlen(text),
		.error = error,
		.device = "card",
		.verdict = error	       ? "incompatible"
			   : op == BROKER_READ ? "read"
					       : "compatible",
		.limit = error ? "parameter" : NULL,
		.forced = !error && op == BROKER_WRITE,
	};

	answers_keep(answers, &answered);
}

static bool ask(struct answers *answers, const struct stamp *at, enum broker_op op,
		const char *question, int *ret_error, char *text)
{
	static struct broker_request request;
	size_t len = 0;
	bool found;

	request = (struct broker_request){.op = op, .len = strlen(question)};
	memcpy(request.string, question, request.len + 1);
	found = answers_find(answers, at, &request, ret_error, text, &len);
	assert_int_equal(len, found ? strlen(text) : 0);
	return found;
}

static int setup(void **state)
{
	struct answers *answers = NULL;

	assert_int_equal(answers_new(on_untold, NULL, &answers), 0);
	keep(answers, BROKER_WRITE, QUESTION, -EINVAL, "");
	untold = 0;
	*state = answers;
	return 0;
}

static int teardown(void **state)
{
	answers_free(*state);
	return 0;
}

static bool found(void *state, const struct stamp *at, const char *question)
{
	char text[BROKER_STRING_MAX + 1];
	int error;

	return ask(state, at, BROKER_WRITE, question, &error, text);
}

static void same_question_is_answered_again(void **state)
{
	char text[BROKER_STRING_MAX + 1];
	int error = 0;

	assert_true(ask(*state, &stamp, BROKER_WRITE, QUESTION, &error, text));
	assert_int_equal(error, -EINVAL);
	assert_string_equal(text, "");
}

static void text_of_a_read_is_kept(void **state)
{
	char text[BROKER_STRING_MAX + 1];
	int error = -1;

	keep(*state, BROKER_READ, "", 0, "string");
	assert_true(ask(*state, &stamp, BROKER_READ, "", &error, text));
	assert_int_equal(error, 0);
	assert_string_equal(text, "string");
}

static void read_does_not_answer_a_write_of_nothing(void **state)
{
	keep(*state, BROKER_READ, "", 0, "string");
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

static void newer_answer_takes_the_place(void **state)
{
	char text[BROKER_STRING_MAX + 1];
	int error = -1;

	keep(*state, BROKER_WRITE, QUESTION, 0, "");
	assert_true(ask(*state, &stamp, BROKER_WRITE, QUESTION, &error, text));
	assert_int_equal(error, 0);
}

static void too_long_a_question_is_not_kept(void **state)
{
	static char question[ANSWER_BYTES + 1];

	memset(question, 'x', sizeof(question) - 1);
	keep(*state, BROKER_WRITE, question, 0, "");
	question[BROKER_STRING_MAX] = '\0';
	assert_false(found(*state, &stamp, question));
}

/* ---------------------------------------------------------------- its size */

/* 20,000 of the longest; without a limit that would be 80 MB. */
static void answers_take_no_more_memory_than_their_places(void **state)
{
	static char question[BROKER_STRING_MAX + 1];
	size_t before = mallinfo2().uordblks;

	memset(question, 'x', sizeof(question) - 1);
	for (unsigned i = 0; i < 20000; i++) {
		question[snprintf(question, 16, "%u", i)] = 'x';
		keep(*state, BROKER_WRITE, question, 0, "");
	}
	assert_true(mallinfo2().uordblks - before <= ANSWERS_MAX * (ANSWER_BYTES + 256));
}

/* ---------------------------------------------------------------- the log */

/* What answers_tell logs; standard error is the log's. */
static const char *told(struct answers *answers)
{
	static char text[4096];
	int saved = dup(STDERR_FILENO), pipes[2];
	ssize_t got;

	assert_int_equal(pipe2(pipes, O_NONBLOCK), 0);
	assert_true(dup2(pipes[1], STDERR_FILENO) >= 0);
	answers_tell(answers);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	got = read(pipes[0], text, sizeof(text) - 1);
	text[got > 0 ? got : 0] = '\0';
	close(pipes[0]);
	close(pipes[1]);
	close(saved);
	return text;
}

static void answer_that_is_given_again_is_logged_with_its_number(void **state)
{
	for (int i = 0; i < 3; i++)
		assert_true(found(*state, &stamp, QUESTION));
	assert_contains(told(*state), "migration_version, write: - to card: incompatible, "
				      "limit parameter, asked again 3 times (hash ");
	assert_string_equal(told(*state), "");
}

static void forced_yes_that_is_given_again_is_logged_as_forced(void **state)
{
	keep(*state, BROKER_WRITE, QUESTION, 0, "");
	assert_true(found(*state, &stamp, QUESTION));
	assert_contains(told(*state), "card: compatible, forced, asked again 1 time (hash ");
}

static void log_is_said_to_lack_something_once_until_it_is_told(void **state)
{
	assert_false(answers_untold(*state));
	for (int i = 0; i < 3; i++)
		assert_true(found(*state, &stamp, QUESTION));
	assert_int_equal(untold, 1);
	assert_true(answers_untold(*state));
	told(*state);
	assert_false(answers_untold(*state));
	assert_true(found(*state, &stamp, QUESTION));
	assert_int_equal(untold, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(same_question_is_answered_again),
		TEST(text_of_a_read_is_kept),
		TEST(other_question_is_not_answered),
		TEST(prefix_of_a_question_is_not_answered),
		TEST(other_device_is_not_answered),
		TEST(changed_device_is_not_answered),
		TEST(other_policy_is_not_answered),
		TEST(other_holds_are_not_answered),
		TEST(read_does_not_answer_a_write_of_nothing),
		TEST(other_life_of_the_worker_is_not_answered),
		TEST(ended_worker_is_not_answered),
		TEST(answers_take_no_more_memory_than_their_places),
		TEST(answer_that_is_given_again_is_logged_with_its_number),
		TEST(forced_yes_that_is_given_again_is_logged_as_forced),
		TEST(log_is_said_to_lack_something_once_until_it_is_told),
		TEST(newer_answer_takes_the_place),
		TEST(too_long_a_question_is_not_kept),
	};

	log_open(true, LOG_INFO);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
