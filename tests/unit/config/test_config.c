/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Configuration files are parsed in another process, which may end, hang or send
 * nonsense.
 */
#include "tests/support/test.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "core/config/parse.h"
#include "core/config/parser.h"
#include "core/policy/policy_private.h"

#define WORKER TEST_BUILD "/migcompat-worker"

static const char text[] =
	"a = 1;\nb = -5000000000L;\nc = \"text\";\n"
	"d = { e = true; f = [ 1, 2 ];\n  g = ( \"x\", 1.5, { h = false; } ); };\n";

static int parse(struct conf_parser *parser, const char *from, const struct conf_node **ret,
		 unsigned *ret_line, struct error *err)
{
	return conf_parse(parser, &(struct conf_text){"a.conf", from, strlen(from)}, ret, ret_line,
			  err);
}

static const struct conf_node *parsed(struct conf_parser *parser, const char *from)
{
	const struct conf_node *root = NULL;
	struct error err = {{0}};
	unsigned line;

	if (parse(parser, from, &root, &line, &err))
		fail_msg("%s", err.text);
	return root;
}

static void tree_holds_what_the_text_says(struct conf_parser *parser)
{
	const struct conf_node *root = parsed(parser, text), *d, *g;

	assert_int_equal(root->type, CONF_GROUP);
	assert_null(root->name);
	assert_int_equal(conf_count(root), 4);
	assert_int_equal(conf_member(root, "a")->type, CONF_INT);
	assert_int_equal(conf_member(root, "a")->number, 1);
	assert_int_equal(conf_member(root, "b")->type, CONF_INT64);
	assert_true(conf_member(root, "b")->number == -5000000000);
	assert_int_equal(conf_member(root, "b")->line, 2);
	assert_string_equal(conf_text(conf_member(root, "c")), "text");
	d = conf_member(root, "d");
	assert_int_equal(conf_member(d, "e")->type, CONF_BOOL);
	assert_int_equal(conf_member(d, "e")->number, 1);
	assert_int_equal(conf_member(d, "f")->type, CONF_ARRAY);
	assert_int_equal(conf_child(conf_member(d, "f"), 1)->number, 2);
	g = conf_member(d, "g");
	assert_int_equal(g->type, CONF_LIST);
	assert_int_equal(g->line, 5);
	assert_string_equal(conf_text(conf_child(g, 0)), "x");
	assert_true(conf_child(g, 1)->fraction == 1.5);
	assert_string_equal(conf_member(conf_child(g, 2), "h")->name, "h");
	assert_null(conf_child(g, 3));
	assert_null(conf_member(d, "a"));
	assert_null(conf_text(d));
	assert_int_equal(conf_count(conf_child(g, 1)), 0);
	conf_parser_end(parser);
}

static void tree_of_another_process_is_whole(void **state)
{
	struct conf_parser parser = {.program = WORKER};

	(void)state;
	tree_holds_what_the_text_says(&parser);
}

static void tree_of_this_process_is_whole(void **state)
{
	struct conf_parser parser = {.answer = conf_answer};

	(void)state;
	tree_holds_what_the_text_says(&parser);
}

static void one_process_parses_one_text_after_the_other(void **state)
{
	struct conf_parser parser = {.program = WORKER};
	pid_t process;

	(void)state;
	parsed(&parser, "a = 1;");
	process = parser.process.pid;
	assert_int_equal(conf_member(parsed(&parser, "b = 2;"), "b")->number, 2);
	assert_int_equal(parser.process.pid, process);
	conf_parser_end(&parser);
	assert_int_equal(kill(process, 0), -1);
	assert_int_equal(conf_member(parsed(&parser, "c = 3;"), "c")->number, 3);
	conf_parser_end(&parser);
}

static void syntax_error_has_its_line(void **state)
{
	struct conf_parser parser = {.program = WORKER};
	const struct conf_node *root = NULL;
	struct error err;
	unsigned line;

	(void)state;
	assert_int_equal(parse(&parser, "a = 1;\nb = ;\n", &root, &line, &err), -EINVAL);
	assert_int_equal(line, 2);
	assert_string_equal(err.text, "syntax error");
	assert_int_equal(conf_member(parsed(&parser, "a = 1;"), "a")->number, 1);
	conf_parser_end(&parser);
}

/* Lists of 64, since libconfig is slow for a long list. */
static void more_settings_than_the_bound_are_refused(void **state)
{
	static const char list[] =
		"(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
		"1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1),";
	static char many[CONF_NODES_MAX / 64 * sizeof(list) + 16] = "a = (";
	struct conf_parser parser = {.program = WORKER};
	const struct conf_node *root = NULL;
	struct error err;
	unsigned line;
	size_t len = strlen(many);

	(void)state;
	for (size_t i = 0; i < CONF_NODES_MAX / 64; i++, len += sizeof(list) - 1)
		memcpy(many + len, list, sizeof(list));
	strcpy(many + len, "1);");
	assert_int_equal(parse(&parser, many, &root, &line, &err), -EFBIG);
	assert_contains(err.text, "a.conf: holds more than 262144 settings");
	conf_parser_end(&parser);
}

/* ---------------------------------------------------------------- a process that does not do it */

static void refused_by(const char *program, int code, const char *part)
{
	struct conf_parser parser = {.program = program};
	const struct conf_node *root = NULL;
	struct error err = {{0}};
	unsigned line = 1;

	assert_int_equal(parse(&parser, "a = 1;", &root, &line, &err), code);
	assert_int_equal(line, 0);
	assert_null(root);
	assert_contains(err.text, part);
	conf_parser_end(&parser);
}

static void process_that_ends_is_an_error(void **state)
{
	(void)state;
	refused_by("/bin/true", -EIO, "out of memory or crashed while parsing a.conf");
}

static void program_that_is_not_there_is_an_error(void **state)
{
	(void)state;
	refused_by(
		"/nowhere/migcompat-worker", -ENOENT,
		"a.conf: cannot be parsed: the worker program /nowhere/migcompat-worker could not");
}

static void policy_is_no_default_one_if_the_process_ends(void **state)
{
	struct conf_parser parser = {.program = "/bin/true"};
	struct policy *policy = NULL;
	struct error err = {{0}};

	(void)state;
	assert_int_equal(
		policy_load_text("/p/a.conf", "mixed = false;", 14, &parser, &policy, &err), -EIO);
	assert_null(policy);
	assert_string_equal(err.text, "out of memory or crashed while parsing /p/a.conf");
}

static void no_process_is_started_for_comments(void **state)
{
	struct conf_parser parser = {.program = "/nowhere/migcompat-worker"};
	struct policy *policy = NULL;

	(void)state;
	assert_int_equal(policy_load_text("/p/a.conf", "# mixed = false;\n/* a */ // b\n", 30,
					  &parser, &policy, NULL),
			 0);
	assert_false(parser.started);
	policy_free(policy);
}

#ifdef TEST_CONFINED
static void process_is_confined(void **state)
{
	struct conf_parser parser = {.program = WORKER};
	char path[64], status[4096];
	FILE *file;

	(void)state;
	parsed(&parser, "a = 1;");
	snprintf(path, sizeof(path), "/proc/%d/status", (int)parser.process.pid);
	file = fopen(path, "r");
	assert_non_null(file);
	status[fread(status, 1, sizeof(status) - 1, file)] = '\0';
	fclose(file);
	assert_contains(status, "CapEff:\t0000000000000000");
	assert_contains(status, "NoNewPrivs:\t1");
	assert_contains(status, "Seccomp:\t2");
	conf_parser_end(&parser);
}
#endif

/* ---------------------------------------------------------------- messages */

static size_t message_len;
static char message[4096];

/* Sends the global message as the body of a reply. */
static int answer_message(struct wire_message *request, struct wire_out *out)
{
	(void)request;
	wire_begin(out, 0, WIRE_CONFIG, 0, CONF_REPLY_MAX);
	for (size_t i = 0; i < message_len; i += sizeof(uint32_t)) {
		uint32_t word;

		memcpy(&word, message + i, sizeof(word));
		wire_put_u32(out, word);
	}
	return wire_end(out);
}

static void nonsense_is_refused(const uint32_t *words, size_t count)
{
	struct conf_parser parser = {.answer = answer_message};
	const struct conf_node *root = NULL;
	struct error err = {{0}};
	unsigned line;

	message_len = count * sizeof(*words);
	memcpy(message, words, message_len);
	assert_int_equal(parse(&parser, "a = 1;", &root, &line, &err), -EIO);
	assert_null(root);
	conf_parser_end(&parser);
}

#define NONSENSE(...)                                        \
	nonsense_is_refused((const uint32_t[]){__VA_ARGS__}, \
			    sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))
#define NO_NAME UINT32_MAX

static void reply_that_is_no_tree_is_refused(void **state)
{
	uint32_t deep[1024];
	size_t n = 0;

	(void)state;
	NONSENSE(0);
	NONSENSE(CONF_GROUP, 1, NO_NAME);             /* the count is missing */
	NONSENSE(CONF_GROUP, 1, NO_NAME, 1);          /* the child is missing */
	NONSENSE(CONF_GROUP, 1, NO_NAME, 0xffffffff); /* larger than the message */
	NONSENSE(CONF_GROUP, 1, NO_NAME, 0, 0);       /* larger than a tree may be */
	NONSENSE(CONF_LIST, 1, NO_NAME, 0);           /* the root is no group */
	NONSENSE(CONF_TYPE_COUNT, 1, NO_NAME, 0);     /* an unknown type */
	NONSENSE(CONF_GROUP, 1, NO_NAME, 1, CONF_BOOL, 1, NO_NAME, 0, 0); /* a member has no name */
	for (int i = 0; i < 200; i++, n += 4)
		memcpy(deep + n, (const uint32_t[]){i ? CONF_LIST : CONF_GROUP, 1, NO_NAME, 1}, 16);
	nonsense_is_refused(deep, n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tree_of_another_process_is_whole),
		cmocka_unit_test(tree_of_this_process_is_whole),
		cmocka_unit_test(one_process_parses_one_text_after_the_other),
		cmocka_unit_test(syntax_error_has_its_line),
		cmocka_unit_test(more_settings_than_the_bound_are_refused),
		cmocka_unit_test(process_that_ends_is_an_error),
		cmocka_unit_test(program_that_is_not_there_is_an_error),
		cmocka_unit_test(policy_is_no_default_one_if_the_process_ends),
		cmocka_unit_test(no_process_is_started_for_comments),
#ifdef TEST_CONFINED
		cmocka_unit_test(process_is_confined),
#endif
		cmocka_unit_test(reply_that_is_no_tree_is_refused),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
