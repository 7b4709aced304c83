/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Choices, plans, rows of a list, and documents. */
#include "core/check/ask.h"
#include "core/check/json.h"
#include "core/check/plan.h"
#include "core/check/row.h"
#include "tests/support/check_bench.h"

static void choices_come_identical_first_then_least_extra_then_available(void **state)
{
	struct bench *bench = *state;
	struct answer answer;
	struct error err = {0};
	static const char *const expected[] = {"b//mtty/mtty-2", "b//0000:00:04.0",
					       "a//mtty/mtty-2", "b//" EIGHT};

	assert_int_equal(ask_targets(&bench->engine,
				     &(struct ask_question){.source = device(bench, TWO)}, &answer,
				     &err),
			 0);
	assert_int_equal(answer.nchoices, 4);
	assert_string_equal(answer.choices[0].device->id, "mtty/mtty-2");
	assert_int_equal(answer.choices[0].availability, MIGCOMPAT_YES);
	assert_int_equal(answer.choices[2].availability, MIGCOMPAT_NO);
	assert_string_equal(answer.choices[3].device->id, EIGHT);
	for (size_t i = 0; i < answer.nchoices; i++) {
		bool known = false;

		for (size_t e = 0; e < 4; e++)
			known |= answer.choices[i].device == device(bench, expected[e]);
		assert_true(known);
	}
	/* A device whose facts are missing is reported. */
	assert_int_equal(answer.nunanswered, 1);
	assert_string_equal(answer.unanswered[0].device->id, LOST);
	answer_free(&answer);
}

static void asking_one_host_leaves_the_others_out(void **state)
{
	struct bench *bench = *state;
	struct answer answer;
	struct error err = {0};

	assert_int_equal(
		ask_targets(&bench->engine,
			    &(struct ask_question){.source = device(bench, TWO), .host = "a"},
			    &answer, &err),
		0);
	assert_int_equal(answer.nchoices, 1);
	answer_free(&answer);
}

static int list_fails(struct opened *opened, enum provider_list which, const char *payload,
		      size_t len, struct migcompat_sink *sink, struct error *err)
{
	(void)opened, (void)which, (void)payload, (void)len, (void)sink;
	return error_set(err, -ETIMEDOUT, "its worker was busy");
}

/* A "no" would be cached, but the next call may succeed. */
static void a_type_whose_candidates_cannot_be_told_is_no_answer(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = NULL;
	struct provider_ops ops;
	const struct provider_ops *before;
	const char *operations;

	assert_int_equal(
		engine_provider(&bench->engine, device(bench, "b//mtty/mtty-2"), &provider, NULL),
		0);
	before = provider->ops;
	operations = provider->info.operations;
	ops = *before;
	ops.list = list_fails;
	provider->ops = &ops;
	provider->info.operations = "candidates";
	check(bench, ONE, "b//mtty/mtty-2");
	provider->ops = before;
	provider->info.operations = operations;
	assert_int_equal(bench->verdict.code, MIGCOMPAT_ERROR);
	assert_int_equal(bench->verdict.error, -ETIMEDOUT);
	assert_string_equal(bench->verdict.text.text, "target mtty/mtty-2: its worker was busy");
}

static void a_plan_creates_a_type_under_the_sources_uuid_once(void **state)
{
	struct bench *bench = *state;
	struct plan plan;
	struct error err = {0};

	assert_int_equal(
		plan_make(&bench->engine,
			  &(struct plan_question){.source = device(bench, TWO),
						  .target = device(bench, "b//mtty/mtty-2")},
			  &bench->verdict, &plan, &err),
		0);
	assert_int_equal(plan.nwrites, 1);
	assert_string_equal(plan.writes[0].path,
			    "/sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-2/create");
	assert_string_equal(plan.writes[0].value, TWO);
	plan_free(&plan);
	assert_int_equal(
		plan_make(&bench->engine,
			  &(struct plan_question){.source = device(bench, TWO),
						  .target = device(bench, "a//mtty/mtty-2")},
			  &bench->verdict, &plan, &err),
		0);
	assert_string_not_equal(plan.writes[0].value, TWO);
	assert_int_equal(strlen(plan.writes[0].value), 36);
	plan_free(&plan);
}

/* The kernel names a new device in lower case, and later writes must find it. */
static void assert_created_in_lower_case(struct bench *bench, const struct device *source,
					 const char *wished, const char *expected)
{
	struct plan plan;
	struct error err = {0};

	assert_int_equal(
		plan_make(&bench->engine,
			  &(struct plan_question){.source = source,
						  .target = device(bench, "b//mtty/mtty-2"),
						  .uuid = wished},
			  &bench->verdict, &plan, &err),
		0);
	assert_int_equal(plan.nwrites, 1);
	assert_string_equal(plan.writes[0].value, expected);
	plan_free(&plan);
}

static void a_wished_uuid_in_capitals_is_created_in_lower_case(void **state)
{
	struct bench *bench = *state;

	assert_created_in_lower_case(bench, device(bench, TWO),
				     "ABCDEF01-2222-3333-4444-55555555555A",
				     "abcdef01-2222-3333-4444-55555555555a");
}

static void a_sources_uuid_in_capitals_is_created_in_lower_case(void **state)
{
	struct bench *bench = *state;
	struct device source = *device(bench, TWO);

	source.id = "ABCDEF01-2222-3333-4444-55555555555A";
	assert_created_in_lower_case(bench, &source, NULL, "abcdef01-2222-3333-4444-55555555555a");
}

static void a_wrong_uuid_is_refused(void **state)
{
	struct bench *bench = *state;
	struct plan plan;
	struct error err = {0};

	assert_int_equal(
		plan_make(&bench->engine,
			  &(struct plan_question){.source = device(bench, TWO),
						  .target = device(bench, "b//mtty/mtty-2"),
						  .uuid = "../x"},
			  &bench->verdict, &plan, &err),
		-EINVAL);
	assert_contains(err.text, "no UUID");
}

static void an_incompatible_target_has_no_plan(void **state)
{
	struct bench *bench = *state;
	struct plan plan;
	struct error err = {0};

	assert_int_equal(plan_make(&bench->engine,
				   &(struct plan_question){.source = device(bench, TWO),
							   .target = device(bench, ONE)},
				   &bench->verdict, &plan, &err),
			 0);
	assert_int_equal(bench->verdict.code, MIGCOMPAT_INCOMPATIBLE);
	assert_int_equal(plan.nwrites, 0);
}

static void a_row_says_in_which_role_a_device_can_migrate(void **state)
{
	struct bench *bench = *state;
	struct arena arena = {0};
	struct row row;

	assert_int_equal(row_make(&bench->engine, device(bench, TWO), &arena, &row), 0);
	assert_string_equal(row_migratable(&row), "yes");
	assert_string_equal(row.type, "mtty:serial-2port");
	assert_int_equal(row_make(&bench->engine, device(bench, "0000:00:09.0"), &arena, &row), 0);
	assert_string_equal(row_migratable(&row), "no");
	assert_int_equal(row_make(&bench->engine, device(bench, LOST), &arena, &row), 0);
	assert_string_equal(row_migratable(&row), "error");
	assert_int_equal(row_make(&bench->engine, device(bench, STRANGE), &arena, &row), 0);
	assert_string_equal(row_migratable(&row), "unknown");
	arena_free(&arena);
}

static void a_count_of_instances_that_is_none_tells_nothing(void **state)
{
	static const struct {
		const char *count;
		uint32_t left;
	} counts[] = {
		{"0", MIGCOMPAT_NO},       {"12", MIGCOMPAT_YES},     {"", MIGCOMPAT_UNKNOWN},
		{"00", MIGCOMPAT_UNKNOWN}, {"-1", MIGCOMPAT_UNKNOWN}, {"many", MIGCOMPAT_UNKNOWN},
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		const struct fact fact = {.key = "mdev_type/available_instances",
					  .value = counts[i].count,
					  .len = (uint32_t)strlen(counts[i].count)};
		struct device type = *device(bench, "a//mtty/mtty-2");
		struct arena arena = {0};
		struct row row;

		type.facts = (struct factset){&fact, 1};
		assert_int_equal(row_make(&bench->engine, &type, &arena, &row), 0);
		assert_int_equal(row.available, counts[i].left);
		arena_free(&arena);
	}
}

static void the_document_has_the_keys_in_the_order_of_the_design(void **state)
{
	static const char *const keys[] = {"format",
					   "verdict",
					   "grade",
					   "limit",
					   "errno",
					   "reason",
					   "source",
					   "target",
					   "findings",
					   "truncated",
					   "mechanism",
					   "availability",
					   "policy",
					   "forced",
					   "source_fingerprint",
					   "target_fingerprint"};
	struct bench *bench = *state;
	json_t *document;
	const char *key;
	json_t *value;
	size_t i = 0;

	check(bench, TWO, "0000:00:03.0");
	document = json_verdict(&bench->verdict);
	assert_non_null(document);
	json_object_foreach (document, key, value)
		assert_string_equal(key, keys[i++]);
	assert_int_equal(i, sizeof(keys) / sizeof(keys[0]));
	assert_string_equal(json_string_value(json_object_get(document, "errno")), "EINVAL");
	assert_string_equal(json_string_value(json_object_get(document, "limit")), "type");
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(document, "target"), "host")),
		"b");
	json_decref(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(choices_come_identical_first_then_least_extra_then_available),
		TEST(asking_one_host_leaves_the_others_out),
		TEST(a_type_whose_candidates_cannot_be_told_is_no_answer),
		TEST(a_plan_creates_a_type_under_the_sources_uuid_once),
		TEST(a_wished_uuid_in_capitals_is_created_in_lower_case),
		TEST(a_sources_uuid_in_capitals_is_created_in_lower_case),
		TEST(a_wrong_uuid_is_refused),
		TEST(an_incompatible_target_has_no_plan),
		TEST(a_row_says_in_which_role_a_device_can_migrate),
		TEST(a_count_of_instances_that_is_none_tells_nothing),
		TEST(the_document_has_the_keys_in_the_order_of_the_design),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
