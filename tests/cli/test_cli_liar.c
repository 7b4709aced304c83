/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A service that lies, breaks off or sends without end: one sentence, status 2, one
 * document with --json, never a yes.
 */
#include "core/facts/macros.h"
#include "tests/cli/fake_service.h"
#include "tests/support/run.h"

static void lies(const char *bytes, size_t len, enum fake_end end, const char *words,
		 const char *part)
{
	struct fake fake = {.pid = 0};

	fake_start(&fake, &ran.folder, bytes, len, end);
	setenv("LIAR", fake.path, 1);
	run("command migcompat --daemon --socket $LIAR %s", words);
	assert_trouble(part);
	run("command migcompat --daemon --socket $LIAR --json %s", words);
	assert_status(2);
	assert_true(run_one_line(ran.err));
	json_decref(run_json());
	/* The same if the service was not named. */
	run("command migcompat --socket $LIAR %s", words);
	assert_trouble(part);
	fake_stop(&fake);
}

/* Sends the text with its zero. */
static void says(const char *text, const char *words, const char *part)
{
	lies(text, strlen(text) + 1, FAKE_WAITS, words, part);
}

#define REPLY(parameters) "{\"parameters\":{" parameters "}}"
#define AVAILABILITY "\"availability\":{\"state\":\"yes\",\"text\":\"\"}"
#define MECHANISM_OF(state, features)                                                          \
	"\"mechanism\":{\"state\":\"" state "\",\"source\":\"backend\",\"features\":" features \
	",\"text\":\"\"}"
#define MECHANISM MECHANISM_OF("yes", "null")
#define SIDE(name, device)                                                                       \
	"\"" name "\":{\"device\":\"" device "\",\"host\":\"h\",\"kind\":\"mdev\",\"type\":\"a:" \
	"b\"}"
#define OK                                                                                         \
	"{\"field\":\"f\",\"rule\":\"equal\",\"source\":\"1\",\"target\":\"1\",\"status\":\"ok\"," \
	"\"limit\":null,\"text\":\"t\"}"
#define BAD                                                                                 \
	"{\"field\":\"f\",\"rule\":\"equal\",\"source\":\"1\",\"target\":\"2\",\"status\":" \
	"\"bad\",\"limit\":\"type\",\"text\":\"t\"}"
#define VERDICT(verdict, grade, limit, number, source, target, findings) \
	VERDICT_OF(MECHANISM, verdict, grade, limit, number, source, target, findings)
#define VERDICT_OF(mechanism, verdict, grade, limit, number, source, target, findings)       \
	REPLY("\"format\":\"migcompat-verdict/1\",\"verdict\":" verdict ",\"grade\":" grade  \
	      ",\"limit\":" limit ",\"errno\":" number                                       \
	      ",\"reason\":\"r\"," SIDE("source", source) "," SIDE(                          \
		      "target",                                                              \
		      target) ",\"findings\":[" findings "],\"truncated\":0," mechanism      \
			      "," AVAILABILITY                                               \
			      ",\"policy\":[],\"forced\":false,\"source_fingerprint\":null," \
			      "\"target_fingerprint\":\"f\"")
#define YES VERDICT("\"compatible\"", "\"identical\"", "null", "null", "A", "B", OK)

/* The lies are changes of this text, so each test shows what its name says. */
static void honest_yes_is_one(void **state)
{
	struct fake fake = {.pid = 0};

	(void)state;
	fake_start(&fake, &ran.folder, YES, sizeof(YES), FAKE_WAITS);
	setenv("LIAR", fake.path, 1);
	run("command migcompat --daemon --socket $LIAR check A B");
	assert_status(0);
	assert_string_equal(ran.out, "compatible (identical): r\n");
	run("command migcompat --daemon --socket $LIAR check h//A h//B");
	assert_status(0);
	run("command migcompat --daemon --socket $LIAR check --fingerprint f A B");
	assert_status(0);
	fake_stop(&fake);
}

static void service_that_closes_at_once_is_no_yes(void **state)
{
	(void)state;
	lies("", 0, FAKE_CLOSES, "check A B", "closed the connection without an answer");
	lies("", 0, FAKE_CLOSES, "list", "closed the connection without an answer");
}

static void half_a_reply_is_no_yes(void **state)
{
	(void)state;
	lies(YES, sizeof(YES) - 1, FAKE_CLOSES, "check A B",
	     "closed the connection within its answer");
	lies(YES, 1, FAKE_CLOSES, "check A B", "closed the connection within its answer");
}

static void garbage_is_no_yes(void **state)
{
	static const char noise[] = "\x7f\x45\x4c\x46\xff\xfe\0";

	(void)state;
	lies(noise, sizeof(noise), FAKE_WAITS, "check A B", "sent an invalid answer: ");
	says("", "check A B", "sent an invalid answer: its reply: is empty");
	says("yes", "check A B", "bad JSON");
	says("true", "check A B", "its reply has not the form of a reply");
	says("[]", "check A B", "its reply has not the form of a reply");
	says(YES YES, "check A B", "expected nothing more");
	says("{\"parameters\":[]}", "check A B", "its reply has not the form of a reply");
	says("{\"error\":1}", "check A B", "its reply has not the form of a reply");
	says("{\"continues\":\"no\"}", "check A B", "its reply has not the form of a reply");
	says("{}", "check A B", "\"format\" is not there, expected a string");
}

static void members_of_a_wrong_type_are_no_yes(void **state)
{
	(void)state;
	says(VERDICT("1", "null", "null", "null", "A", "B", OK), "check A B",
	     "\"verdict\" is a number, expected a string");
	says(VERDICT("\"perhaps\"", "null", "null", "null", "A", "B", OK), "check A B",
	     "\"verdict\" is \"perhaps\", expected compatible, incompatible, not-migratable or "
	     "error");
	says(VERDICT("\"compatible\"", "\"identical\"", "null", "null", "A", "B", "1"), "check A B",
	     "\"findings\" is a number, expected a list of objects");
	says(VERDICT("\"compatible\"", "\"identical\"", "null", "null", "A", "B", "{}"),
	     "check A B", "\"field\" is not there");
	says(REPLY("\"format\":\"migcompat-verdict/2\""), "check A B",
	     "\"format\" is \"migcompat-verdict/2\", expected migcompat-verdict/1");
	says(REPLY("\"format\":\"migcompat-list/1\",\"devices\":{}"), "list",
	     "\"devices\" is an object, expected a list");
	says(REPLY("\"format\":\"migcompat-choices/1\"," SIDE(
		     "source", "A") ",\"choices\":[],\"unanswered\":[],\"asked\":-1"),
	     "ask A", "\"asked\" is a number, expected a count");
}

static void members_that_stand_twice_are_no_yes(void **state)
{
	(void)state;
	says("{\"parameters\":{},\"parameters\":{}}", "check A B", "duplicate object key");
}

static void verdict_that_contradicts_itself_is_no_yes(void **state)
{
	(void)state;
	says(VERDICT("\"compatible\"", "\"identical\"", "null", "null", "A", "B", OK "," BAD),
	     "check A B", "a verdict that contradicts itself");
	says(VERDICT("\"compatible\"", "\"identical\"", "\"hold\"", "null", "A", "B", OK),
	     "check A B", "a verdict that contradicts itself");
	says(VERDICT("\"compatible\"", "\"identical\"", "null", "\"EINVAL\"", "A", "B", OK),
	     "check A B", "a verdict that contradicts itself");
	says(VERDICT("\"compatible\"", "null", "null", "null", "A", "B", OK), "check A B",
	     "a verdict that contradicts itself");
	says(VERDICT("\"compatible\"", "\"identical\"", "null", "null", "A", "B", ""), "check A B",
	     "a verdict that contradicts itself");
}

static void answer_about_other_devices_is_no_yes(void **state)
{
	(void)state;
	says(YES, "check A C", "other devices than those that were asked about");
	says(YES, "check C B", "other devices than those that were asked about");
	says(YES, "check A i//B", "other devices than those that were asked about");
}

static void fingerprint_that_is_another_is_no_yes(void **state)
{
	(void)state;
	says(YES, "check --fingerprint g A B", "a fingerprint that was not asked for");
}

#define YES_OF(mechanism) \
	VERDICT_OF(mechanism, "\"compatible\"", "\"identical\"", "null", "null", "A", "B", OK)
#define YES_NO YES_OF(MECHANISM_OF("no", "null"))
#define YES_UNKNOWN YES_OF(MECHANISM_OF("unknown", "null"))
#define CHOICE(available, mechanism)                                                       \
	REPLY("\"format\":\"migcompat-choices/1\"," SIDE(                                  \
		"source",                                                                  \
		"A") ",\"choices\":[{"                                                     \
		     "\"device\":\"B\",\"host\":\"h\",\"kind\":\"mdev\",\"type\":\"a:b\"," \
		     "\"grade\":\"identical\",\"availability\":{\"state\":\"" available    \
		     "\",\"text\":\"\"}," mechanism                                        \
		     ",\"extra\":0,\"text\":\"\"}],\"unanswered\":[],\"asked\":1")

static void yes_in_another_mode_is_no_yes(void **state)
{
	(void)state;
	says(YES_NO, "check --mechanism require A B", "a yes in another mode");
	says(YES_NO, "check --mechanism prove A B", "a yes in another mode");
	says(YES_UNKNOWN, "check --mechanism prove A B", "a yes in another mode");
	says(CHOICE("yes", MECHANISM_OF("no", "null")), "ask --mechanism require A",
	     "a choice that was not asked for");
	says(CHOICE("yes", MECHANISM_OF("unknown", "null")), "ask --mechanism prove A",
	     "a choice that was not asked for");
}

static void choice_that_cannot_be_had_is_no_yes(void **state)
{
	(void)state;
	says(CHOICE("no", MECHANISM), "ask --available A", "a choice that was not asked for");
}

static void features_are_a_list_of_words(void **state)
{
	(void)state;
	says(YES_OF(MECHANISM_OF("yes", "\"p2p\"")), "check A B",
	     "\"features\" is a string, expected a list");
	says(YES_OF(MECHANISM_OF("yes", "[1]")), "check A B", "expected a list of strings");
}

#define ROW(type, version)                                                                 \
	REPLY("\"device\":\"A\",\"host\":\"h\",\"kind\":\"mdev\",\"type\":\"" type         \
	      "\",\"migratable\":\"yes\",\"source\":\"yes\",\"target\":\"yes\"," MECHANISM \
	      "," AVAILABILITY ",\"reason\":\"\",\"version\":\"" version                   \
	      "\",\"format\":\"migcompat-device/1\"")

/* Both are printed unchanged, so they must be valid. */
static void string_that_is_none_is_not_printed(void **state)
{
	static const char honest[] = ROW("a:b", "a:mdev:b:c");
	struct fake fake = {.pid = 0};

	(void)state;
	fake_start(&fake, &ran.folder, honest, sizeof(honest), FAKE_WAITS);
	setenv("LIAR", fake.path, 1);
	run("command migcompat --daemon --socket $LIAR version A && command migcompat --daemon "
	    "--socket $LIAR type A");
	fake_stop(&fake);
	assert_string_equal(ran.out, "a:mdev:b:c\na:b\n");
	says(ROW("a:b", "a:mdev:b:\\u001b[31m"), "version A", "an invalid type or version string");
	says(ROW("a:b", "a:mdev:b:c\\n"), "version A", "an invalid type or version string");
	says(ROW("a:b", "nonsense"), "version A", "an invalid type or version string");
	says(ROW("a:\\u001b[31m", "a:mdev:b:c"), "type A", "an invalid type or version string");
	says(ROW("a:b", "a:mdev:b:c"), "version B",
	     "another device than the one that was asked about");
}

#define BACKEND(state, restarts, ended)                                                            \
	"{\"name\":\"b\",\"version\":\"1\",\"keys\":[\"k\"],\"fallback\":false,\"file\":\"/"       \
	"f\",\"status\":\"loaded\",\"reason\":\"\",\"state\":\"" state "\",\"restarts\":" restarts \
	",\"ended\":" ended "}"

/* This answer is true. */
static void backend_whose_worker_ended_is_shown_with_its_reason(void **state)
{
#define PARKED BACKEND("parked", "4", "\"it crashed\"")
#define RESTARTING BACKEND("restarting", "0", "\"it hung\"")
#define RUNNING BACKEND("running", "1", "\"it fell\"")
	static const char text[] = REPLY("\"format\":\"migcompat-backends/1\",\"backends\":[" PARKED
					 "," RESTARTING "," RUNNING "]");
	struct fake fake = {.pid = 0};

	(void)state;
	fake_start(&fake, &ran.folder, text, sizeof(text), FAKE_WAITS);
	setenv("LIAR", fake.path, 1);
	run("command migcompat --daemon --socket $LIAR backend list");
	fake_stop(&fake);
	assert_contains(ran.out, "b    1       parked            4 /f   k    it crashed\n");
	assert_contains(ran.out, "b    1       restarting        0 /f   k    it hung\n");
	/* A reason from the past is not shown. */
	assert_null(strstr(ran.out, "it fell"));
}

#define CHOICES(more) \
	REPLY("\"format\":\"migcompat-choices/1\"," SIDE("source", "A") ",\"choices\":[]," more)

static void choices_that_contradict_themselves_are_no_answer(void **state)
{
	(void)state;
	says(CHOICES("\"unanswered\":[{\"device\":\"d\",\"host\":\"h\",\"text\":\"t\"}],\"asked\":"
		     "0"),
	     "ask A", "more devices that gave no answer than were asked");
	says(CHOICES("\"unanswered\":[],\"asked\":1,\"verdict\":\"error\""), "ask A",
	     "an error without a reason");
	says(CHOICES("\"unanswered\":[],\"asked\":1"), "ask B",
	     "another device than the one that was asked about");
}

static void unexpected_second_reply_is_no_yes(void **state)
{
	char text[sizeof(YES) + 32];

	(void)state;
	snprintf(text, sizeof(text), "{\"continues\":true,%s", YES + 1);
	says(text, "check A B", "sent an invalid answer: more than one reply");
}

static void answer_without_end_is_cut_off(void **state)
{
	static char blanks[65536];

	(void)state;
	memset(blanks, ' ', sizeof(blanks));
	lies(blanks, sizeof(blanks), FAKE_REPEATS, "check A B",
	     "sent too much: more than 16777216 bytes in one reply");
}

static void list_without_end_is_cut_off(void **state)
{
	static const char first[] =
		"{\"continues\":true,\"parameters\":{\"format\":\"migcompat-list/1\",\"devices\":[",
			  last[] = "]}}";
	static char text[1u << 20];

	(void)state;
	/* An empty part, as large as its blanks. */
	memset(text, ' ', sizeof(text));
	memcpy(text, first, sizeof(first) - 1);
	memcpy(text + sizeof(text) - sizeof(last), last, sizeof(last));
	lies(text, sizeof(text), FAKE_REPEATS, "list", "sent too much: more than 268435456 bytes");
}

static void error_without_a_reason_is_trouble(void **state)
{
	(void)state;
	says("{\"error\":\"io.migcompat.DeviceHeld\"}", "check A B",
	     "answered with the error \"DeviceHeld\"");
	says("{\"error\":\"io.migcompat.Failed\",\"parameters\":{\"errno\":\"0\",\"reason\":7}}",
	     "check A B", "answered with the error \"Failed\"");
	says("{\"error\":\"org.varlink.service.MethodNotFound\",\"parameters\":{\"method\":\"x\"}}",
	     "check A B", "is older than this program");
	says("{\"error\":\"org.varlink.service.InvalidParameter\",\"parameters\":{\"parameter\":"
	     "\"target\"}}",
	     "check A B", "does not accept this \"target\"");
	says("{\"error\":\"com.example.Nonsense\"}", "check A B",
	     "answered with the error \"com.example.Nonsense\"");
}

static void control_characters_of_a_liar_do_not_reach_the_terminal(void **state)
{
	(void)state;
	says("{\"error\":\"io.migcompat.Failed\",\"parameters\":{\"errno\":\"EIO\",\"reason\":"
	     "\"a\\u001b[31m\\nb\"}}",
	     "show A", "migcompat: a?[31m b\n");
}

/* All commands that ask the service. */
static void no_command_takes_nonsense(void **state)
{
	static const char *const commands[] = {
		"list",         "list --types",      "show A",    "type A",
		"version A",    "check A B",         "ask A",     "params A",
		"backend list", "hold A --reason b", "release A",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(commands); i++) {
		says("nonsense", commands[i], "sent an invalid answer: ");
		lies("", 0, FAKE_CLOSES, commands[i], "closed the connection without an answer");
	}
}

static void policy_that_moves_a_terminal_is_nonsense(void **state)
{
	(void)state;
	says(REPLY("\"policy\":{\"format\":\"migcompat-policy/"
		   "1\",\"hash\":\"0\"},\"text\":\"a\\u001b[31m\""),
	     "policy show", "sent an invalid answer: a policy with control characters");
	says(REPLY("\"policy\":{\"format\":\"x\"},\"text\":\"a\""), "policy show",
	     "sent an invalid answer: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(honest_yes_is_one),
		cmocka_unit_test(service_that_closes_at_once_is_no_yes),
		cmocka_unit_test(half_a_reply_is_no_yes),
		cmocka_unit_test(garbage_is_no_yes),
		cmocka_unit_test(members_of_a_wrong_type_are_no_yes),
		cmocka_unit_test(members_that_stand_twice_are_no_yes),
		cmocka_unit_test(verdict_that_contradicts_itself_is_no_yes),
		cmocka_unit_test(answer_about_other_devices_is_no_yes),
		cmocka_unit_test(fingerprint_that_is_another_is_no_yes),
		cmocka_unit_test(yes_in_another_mode_is_no_yes),
		cmocka_unit_test(choice_that_cannot_be_had_is_no_yes),
		cmocka_unit_test(features_are_a_list_of_words),
		cmocka_unit_test(string_that_is_none_is_not_printed),
		cmocka_unit_test(backend_whose_worker_ended_is_shown_with_its_reason),
		cmocka_unit_test(choices_that_contradict_themselves_are_no_answer),
		cmocka_unit_test(unexpected_second_reply_is_no_yes),
		cmocka_unit_test(answer_without_end_is_cut_off),
		cmocka_unit_test(list_without_end_is_cut_off),
		cmocka_unit_test(error_without_a_reason_is_trouble),
		cmocka_unit_test(control_characters_of_a_liar_do_not_reach_the_terminal),
		cmocka_unit_test(no_command_takes_nonsense),
		cmocka_unit_test(policy_that_moves_a_terminal_is_nonsense),
	};

	return run_group(tests);
}
