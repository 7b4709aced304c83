/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The question from end to end in one process: verdict, limit, errno, findings, choices, plans and documents. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/check/ask.h"
#include "core/check/check.h"
#include "core/check/json.h"
#include "core/check/plan.h"
#include "core/check/row.h"
#include "tests/support/test.h"

#define TWO "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define ONE "83b8f4f2-509f-382f-3c1e-e6bfe0fa1002"
#define AP "83b8f4f2-509f-382f-3c1e-e6bfe0fa1003"
#define LOST "83b8f4f2-509f-382f-3c1e-e6bfe0fa1004"
#define STRANGE "83b8f4f2-509f-382f-3c1e-e6bfe0fa1005"
#define EIGHT "83b8f4f2-509f-382f-3c1e-e6bfe0fa1006"

static const char host_a[] =
	"{\"format\":\"migcompat-inventory/1\",\"host\":{\"name\":\"a\",\"facts\":{\"kernel/release\":\"6.12.1\"}},\"devices\":["
	"{\"id\":\"" TWO "\",\"kind\":\"mdev\",\"driver\":\"mtty\",\"facts\":{\"mdev_type\":\"mtty-2\"}},"
	"{\"id\":\"" ONE "\",\"kind\":\"mdev\",\"driver\":\"mtty\",\"facts\":{\"mdev_type\":\"mtty-1\"}},"
	"{\"id\":\"" LOST "\",\"kind\":\"mdev\",\"driver\":\"mtty\",\"facts\":{}},"
	"{\"id\":\"" STRANGE "\",\"kind\":\"mdev\",\"driver\":\"stranger\",\"facts\":{}},"
	"{\"id\":\"0000:00:09.0\",\"kind\":\"physical\",\"driver\":\"mtty\",\"facts\":{\"device\":\"0x0009\"}},"
	"{\"id\":\"mtty/mtty-2\",\"kind\":\"mdev-type\",\"facts\":{\"mdev_type\":\"mtty-2\",\"mdev_type/available_instances\":\"0\"}}]}";

static const char host_b[] =
	"{\"format\":\"migcompat-inventory/1\",\"host\":{\"name\":\"b\",\"facts\":{\"kernel/release\":\"6.12.1\"}},\"devices\":["
	"{\"id\":\"0000:00:03.0\",\"kind\":\"physical\",\"driver\":\"vfio-pci\",\"facts\":{\"device\":\"0x0002\",\"modalias\":\"pci:v00001B36d00000002sv\"}},"
	"{\"id\":\"0000:00:04.0\",\"kind\":\"physical\",\"driver\":\"vfio-pci\",\"facts\":{\"device\":\"0x0003\",\"modalias\":\"pci:v00001B36d00000003sv\"}},"
	"{\"id\":\"mtty/mtty-2\",\"kind\":\"mdev-type\",\"path\":\"/devices/virtual/mtty/mtty/mdev_supported_types/mtty-2\","
	"\"facts\":{\"mdev_type\":\"mtty-2\",\"mdev_type/available_instances\":\"12\"}},"
	"{\"id\":\"" EIGHT "\",\"kind\":\"mdev\",\"facts\":{\"mdev_type\":\"mtty-2\",\"stated/state_version\":\"1.1.0\"}},"
	"{\"id\":\"" AP "\",\"kind\":\"mdev\",\"driver\":\"mtty\",\"facts\":{\"mdev_type\":\"mtty-2\",\"vfio/migration/features\":\"p2p\"}}]}";

struct bench {
	struct engine engine;
	struct migcompat_verdict verdict;
	char folder[64];
};

static void start(struct bench *bench, const char *policy)
{
	struct engine_options options = {.backend_dir = TEST_BACKENDS, .config = bench->folder, .in_process = true};
	struct error err = {0};

	strcpy(bench->folder, "/tmp/migcompat-test-XXXXXX");
	assert_non_null(mkdtemp(bench->folder));
	if (policy) {
		char path[128];
		FILE *file;

		snprintf(path, sizeof(path), "%s/migcompat.conf", bench->folder);
		file = fopen(path, "w");
		assert_non_null(file);
		fputs(policy, file);
		fclose(file);
		assert_int_equal(chmod(path, 0644), 0);
	}
	if (engine_start(&bench->engine, &options, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(inventory_read_buffer(&bench->engine.inventory, "a.json", host_a, sizeof(host_a) - 1, &err), 0);
	assert_int_equal(inventory_read_buffer(&bench->engine.inventory, "b.json", host_b, sizeof(host_b) - 1, &err), 0);
	assert_int_equal(engine_ready(&bench->engine, &err), 0);
}

static void stop(struct bench *bench)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/migcompat.conf", bench->folder);
	unlink(path);
	rmdir(bench->folder);
	verdict_clear(&bench->verdict);
	engine_stop(&bench->engine);
}

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	start(bench, NULL);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	stop(*state);
	free(*state);
	return 0;
}

static const struct device *device(const struct bench *bench, const char *name)
{
	const struct device *found = NULL;
	struct error err = {0};

	if (inventory_find(&bench->engine.inventory, name, &found, &err) != 0)
		fail_msg("%s", err.text);
	return found;
}

static void check(struct bench *bench, const char *source, const char *target)
{
	assert_int_equal(check_devices(&bench->engine, device(bench, source), device(bench, target), &bench->verdict), 0);
}

static void check_bytes(struct bench *bench, const char *text, size_t len, const char *target)
{
	assert_int_equal(check_text(&bench->engine, text, len, device(bench, target), &bench->verdict), 0);
}

static const char *reason(const struct bench *bench)
{
	static char text[2048];

	return verdict_reason(&bench->verdict, text, sizeof(text));
}

static void an_mdev_fits_a_card_of_equal_ports(void **state)
{
	struct bench *bench = *state;

	check(bench, TWO, "0000:00:04.0");
	assert_int_equal(bench->verdict.code, VERDICT_COMPATIBLE);
	assert_int_equal(bench->verdict.grade, GRADE_IDENTICAL);
	assert_int_equal(bench->verdict.error, 0);
	assert_string_equal(bench->verdict.source.type, bench->verdict.target.type);
	assert_int_equal(verdict_status(&bench->verdict), 0);
}

static void other_types_are_refused_and_the_backend_still_tells_why(void **state)
{
	struct bench *bench = *state;

	check(bench, TWO, "0000:00:03.0");
	assert_int_equal(bench->verdict.code, VERDICT_INCOMPATIBLE);
	assert_int_equal(bench->verdict.limit, MIGCOMPAT_LIMIT_TYPE);
	assert_int_equal(bench->verdict.error, -EINVAL);
	assert_string_equal(reason(bench), "source has 2 ports, target has 1");
	assert_true(bench->verdict.result.bad_count >= 2);
	assert_int_equal(verdict_status(&bench->verdict), 1);
}

static void more_at_the_target_is_a_superset(void **state)
{
	struct bench *bench = *state;

	check(bench, TWO, EIGHT);
	assert_int_equal(bench->verdict.code, VERDICT_COMPATIBLE);
	assert_int_equal(bench->verdict.grade, GRADE_SUPERSET);
}

static void a_device_without_a_backend_could_not_be_told(void **state)
{
	struct bench *bench = *state;

	check(bench, STRANGE, TWO);
	assert_int_equal(bench->verdict.code, VERDICT_ERROR);
	assert_int_equal(bench->verdict.error, -ENOTCONN);
	assert_contains(reason(bench), "no backend serves");
	assert_int_equal(verdict_status(&bench->verdict), 2);
}

static void a_missing_fact_could_not_be_told(void **state)
{
	struct bench *bench = *state;

	check(bench, LOST, TWO);
	assert_int_equal(bench->verdict.code, VERDICT_ERROR);
	check(bench, TWO, LOST);
	assert_int_equal(bench->verdict.code, VERDICT_ERROR);
	assert_contains(reason(bench), "mdev_type");
}

static void an_unknown_card_is_not_migratable_in_any_role(void **state)
{
	struct bench *bench = *state;

	check(bench, TWO, "0000:00:09.0");
	assert_int_equal(bench->verdict.code, VERDICT_NOT_MIGRATABLE);
	assert_int_equal(bench->verdict.error, -ENODEV);
	check(bench, "0000:00:09.0", TWO);
	assert_int_equal(bench->verdict.code, VERDICT_NOT_MIGRATABLE);
	assert_int_equal(verdict_status(&bench->verdict), 1);
}

static void an_error_is_worse_than_not_migratable(void **state)
{
	struct bench *bench = *state;

	check(bench, "0000:00:09.0", LOST);
	assert_int_equal(bench->verdict.code, VERDICT_ERROR);
}

static void malformed_strings_are_incompatible_by_format(void **state)
{
	static const char *const bad[] = {"\n", "x", "mtty:mdev:serial-2port:", "mtty:mdev:serial-2port:9;x=1;", "mtty:mdev: serial:1", "::::"};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		check_bytes(bench, bad[i], strlen(bad[i]), TWO);
		assert_int_equal(bench->verdict.code, VERDICT_INCOMPATIBLE);
		assert_int_equal(bench->verdict.limit, MIGCOMPAT_LIMIT_FORMAT);
		assert_int_equal(bench->verdict.error, -EINVAL);
		assert_true(strlen(reason(bench)) > 10);
	}
}

static void a_string_that_is_too_long_is_e2big(void **state)
{
	struct bench *bench = *state;
	char text[5000];

	memset(text, 'x', sizeof(text));
	memcpy(text, "mtty:mdev:t:", 12);
	check_bytes(bench, text, sizeof(text), TWO);
	assert_int_equal(bench->verdict.code, VERDICT_INCOMPATIBLE);
	assert_int_equal(bench->verdict.limit, MIGCOMPAT_LIMIT_FORMAT);
	assert_int_equal(bench->verdict.error, -E2BIG);
}

static void a_foreign_string_is_refused_at_once_and_its_owner_named(void **state)
{
	struct bench *bench = *state;

	check_bytes(bench, "other:mdev:t:1;", 15, TWO);
	assert_int_equal(bench->verdict.limit, MIGCOMPAT_LIMIT_NAMESPACE);
	assert_contains(reason(bench), "other");
	assert_int_equal(bench->verdict.result.count, 1);
}

static void version_of(struct bench *bench, const char *name, char *string, size_t size)
{
	struct opened *opened = NULL;
	struct error err = {0};

	assert_int_equal(engine_open(&bench->engine, device(bench, name), &opened, &err), 0);
	assert_true(check_version(opened, string, size, &err) > 0);
	opened_close(opened);
}

static void a_string_gives_the_verdict_that_its_device_gives(void **state)
{
	struct bench *bench = *state;
	char string[MIGCOMPAT_STRING_MAX + 1];

	version_of(bench, TWO, string, sizeof(string));
	check_bytes(bench, string, strlen(string), "0000:00:04.0");
	assert_int_equal(bench->verdict.code, VERDICT_COMPATIBLE);
	assert_null(bench->verdict.source.device);
	check_bytes(bench, string, strlen(string), "0000:00:03.0");
	assert_int_equal(bench->verdict.limit, MIGCOMPAT_LIMIT_TYPE);
}

static void availability_stands_beside_the_verdict(void **state)
{
	struct bench *bench = *state;

	check(bench, TWO, "b//mtty/mtty-2");
	assert_int_equal(bench->verdict.code, VERDICT_COMPATIBLE);
	assert_int_equal(bench->verdict.result.availability, MIGCOMPAT_YES);
	check(bench, TWO, "a//mtty/mtty-2");
	assert_int_equal(bench->verdict.code, VERDICT_COMPATIBLE);
	assert_int_equal(bench->verdict.result.availability, MIGCOMPAT_NO);
	check(bench, TWO, "0000:00:04.0");
	assert_int_equal(bench->verdict.result.availability, MIGCOMPAT_UNKNOWN);
}

static void the_kernels_word_on_mechanism_goes_before_the_backends(void **state)
{
	struct bench *bench = *state;
	const char *text = NULL;

	check(bench, TWO, AP);
	assert_int_equal(bench->verdict.target.mechanism, MIGCOMPAT_NO);
	assert_int_equal(verdict_mechanism(&bench->verdict, &text), MIGCOMPAT_NO);
	assert_string_equal(text, "p2p");
	assert_int_equal(bench->verdict.code, VERDICT_COMPATIBLE);
}

static void a_policy_may_require_the_mechanism(void **state)
{
	struct bench bench = {0};

	(void)state;
	start(&bench, "mechanism = \"require\";\n");
	check(&bench, TWO, "0000:00:04.0");
	assert_int_equal(bench.verdict.code, VERDICT_NOT_MIGRATABLE);
	check(&bench, TWO, EIGHT);
	assert_int_equal(bench.verdict.code, VERDICT_COMPATIBLE);
	stop(&bench);
}

static void a_denied_move_is_eperm_by_policy(void **state)
{
	struct bench bench = {0};

	(void)state;
	start(&bench, "rules = ( { name = \"no-b\"; match = { target = { host = \"b\"; }; }; action = \"deny\"; reason = \"in maintenance\"; } );\n");
	check(&bench, TWO, "0000:00:04.0");
	assert_int_equal(bench.verdict.code, VERDICT_INCOMPATIBLE);
	assert_int_equal(bench.verdict.limit, MIGCOMPAT_LIMIT_POLICY);
	assert_int_equal(bench.verdict.error, -EPERM);
	assert_contains(reason(&bench), "in maintenance");
	stop(&bench);
}

static void an_override_is_forced_and_has_no_grade(void **state)
{
	struct bench bench = {0};

	(void)state;
	start(&bench, "rules = ( { name = \"old-ok\"; match = { source = { namespace = \"mtty\"; }; }; action = \"override\"; fields = ( \"state_version\" ); } );\n");
	check(&bench, EIGHT, TWO);
	assert_int_equal(bench.verdict.code, VERDICT_COMPATIBLE);
	assert_true(bench.verdict.forced);
	assert_int_equal(bench.verdict.grade, GRADE_NONE);
	assert_string_equal(bench.verdict.rules[0], "old-ok");
	stop(&bench);
}

static void an_override_never_accepts_another_type(void **state)
{
	struct bench bench = {0};

	(void)state;
	start(&bench, "rules = ( { name = \"all\"; match = { source = { namespace = \"mtty\"; }; }; action = \"override\"; fields = ( \"ports\", \"type\" ); } );\n");
	check(&bench, TWO, ONE);
	assert_int_equal(bench.verdict.code, VERDICT_INCOMPATIBLE);
	assert_int_equal(bench.verdict.limit, MIGCOMPAT_LIMIT_TYPE);
	assert_false(bench.verdict.forced);
	stop(&bench);
}

static void mixed_off_refuses_an_mdev_to_a_card(void **state)
{
	struct bench bench = {0};

	(void)state;
	start(&bench, "mixed = false;\n");
	check(&bench, TWO, "0000:00:04.0");
	assert_int_equal(bench.verdict.limit, MIGCOMPAT_LIMIT_POLICY);
	check(&bench, TWO, EIGHT);
	assert_int_equal(bench.verdict.code, VERDICT_COMPATIBLE);
	stop(&bench);
}

static void a_fingerprint_changes_with_compared_facts_and_policy_alone(void **state)
{
	struct bench *bench = *state;
	struct bench other = {0};
	char first[FINGERPRINT_SIZE];

	check(bench, TWO, "b//mtty/mtty-2");
	memcpy(first, bench->verdict.target.fingerprint, sizeof(first));
	assert_int_equal(strlen(first), 32);
	/* Only available_instances differs. */
	check(bench, TWO, "a//mtty/mtty-2");
	assert_string_equal(bench->verdict.target.fingerprint, first);
	check(bench, TWO, ONE);
	assert_string_not_equal(bench->verdict.target.fingerprint, first);
	start(&other, "mixed = false;\n");
	check(&other, TWO, "b//mtty/mtty-2");
	assert_string_not_equal(other.verdict.target.fingerprint, first);
	stop(&other);
}

static void choices_come_identical_first_then_least_extra_then_available(void **state)
{
	struct bench *bench = *state;
	struct answer answer;
	struct error err = {0};
	static const char *const expected[] = {"b//mtty/mtty-2", "b//" AP, "b//0000:00:04.0", "a//mtty/mtty-2", "b//" EIGHT};

	assert_int_equal(ask_device(&bench->engine, device(bench, TWO), NULL, &answer, &err), 0);
	assert_int_equal(answer.nchoices, 5);
	assert_string_equal(answer.choices[0].device->id, "mtty/mtty-2");
	assert_int_equal(answer.choices[0].availability, MIGCOMPAT_YES);
	assert_int_equal(answer.choices[3].availability, MIGCOMPAT_NO);
	assert_string_equal(answer.choices[4].device->id, EIGHT);
	for (size_t i = 0; i < answer.nchoices; i++) {
		bool known = false;

		for (size_t e = 0; e < 5; e++)
			known |= answer.choices[i].device == device(bench, expected[e]);
		assert_true(known);
	}
	/* The device whose facts are missing is named, not forgotten. */
	assert_int_equal(answer.nunanswered, 1);
	assert_string_equal(answer.unanswered[0].device->id, LOST);
	answer_free(&answer);
}

static void asking_one_host_leaves_the_others_out(void **state)
{
	struct bench *bench = *state;
	struct answer answer;
	struct error err = {0};

	assert_int_equal(ask_device(&bench->engine, device(bench, TWO), "a", &answer, &err), 0);
	assert_int_equal(answer.nchoices, 1);
	answer_free(&answer);
}

static void a_plan_creates_a_type_under_the_sources_uuid_once(void **state)
{
	struct bench *bench = *state;
	struct plan plan;
	struct error err = {0};

	assert_int_equal(plan_make(&bench->engine, device(bench, TWO), NULL, 0, device(bench, "b//mtty/mtty-2"), NULL, &bench->verdict, &plan, &err), 0);
	assert_int_equal(plan.nwrites, 1);
	assert_string_equal(plan.writes[0].path, "/sys/devices/virtual/mtty/mtty/mdev_supported_types/mtty-2/create");
	assert_string_equal(plan.writes[0].value, TWO);
	plan_free(&plan);
	assert_int_equal(plan_make(&bench->engine, device(bench, TWO), NULL, 0, device(bench, "a//mtty/mtty-2"), NULL, &bench->verdict, &plan, &err), 0);
	assert_string_not_equal(plan.writes[0].value, TWO);
	assert_int_equal(strlen(plan.writes[0].value), 36);
	plan_free(&plan);
}

static void a_wrong_uuid_is_refused(void **state)
{
	struct bench *bench = *state;
	struct plan plan;
	struct error err = {0};

	assert_int_equal(plan_make(&bench->engine, device(bench, TWO), NULL, 0, device(bench, "b//mtty/mtty-2"), "../x", &bench->verdict, &plan, &err), -EINVAL);
	assert_contains(err.text, "no UUID");
}

static void an_incompatible_target_has_no_plan(void **state)
{
	struct bench *bench = *state;
	struct plan plan;
	struct error err = {0};

	assert_int_equal(plan_make(&bench->engine, device(bench, TWO), NULL, 0, device(bench, ONE), NULL, &bench->verdict, &plan, &err), 0);
	assert_int_equal(bench->verdict.code, VERDICT_INCOMPATIBLE);
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

static void the_document_has_the_keys_in_the_order_of_the_design(void **state)
{
	static const char *const keys[] = {"format", "verdict", "grade",     "limit",	      "errno",	"reason", "source", "target",
					   "findings", "truncated", "mechanism", "availability", "policy", "forced", "source_fingerprint",
					   "target_fingerprint"};
	struct bench *bench = *state;
	json_t *document;
	const char *key;
	json_t *value;
	size_t i = 0;

	check(bench, TWO, "0000:00:03.0");
	document = json_verdict(&bench->verdict);
	assert_non_null(document);
	json_object_foreach(document, key, value)
		assert_string_equal(key, keys[i++]);
	assert_int_equal(i, sizeof(keys) / sizeof(keys[0]));
	assert_string_equal(json_string_value(json_object_get(document, "errno")), "EINVAL");
	assert_string_equal(json_string_value(json_object_get(document, "limit")), "type");
	assert_string_equal(json_string_value(json_object_get(json_object_get(document, "target"), "host")), "b");
	json_decref(document);
}

static void a_target_held_open_answers_many_strings(void **state)
{
	struct bench *bench = *state;
	char two[MIGCOMPAT_STRING_MAX + 1], one[MIGCOMPAT_STRING_MAX + 1];
	struct target target;
	struct error err = {0};

	version_of(bench, TWO, two, sizeof(two));
	version_of(bench, ONE, one, sizeof(one));
	assert_int_equal(target_open(&bench->engine, device(bench, TWO), &target, &err), 0);
	for (int i = 0; i < 1000; i++) {
		const char *string = i % 3 ? two : one;

		assert_int_equal(check_string(&target, NULL, string, strlen(string), &bench->verdict), 0);
		assert_int_equal(bench->verdict.code, i % 3 ? VERDICT_COMPATIBLE : VERDICT_INCOMPATIBLE);
	}
	target_close(&target);
}

static void a_bad_backend_folder_is_named(void **state)
{
	struct engine_options options = {.backend_dir = "/nonexistent/backends", .in_process = true};
	struct engine engine;
	struct error err = {0};

	(void)state;
	assert_int_equal(engine_start(&engine, &options, &err), -ENOENT);
	assert_contains(err.text, "/nonexistent/backends");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_mdev_fits_a_card_of_equal_ports),
		TEST(other_types_are_refused_and_the_backend_still_tells_why),
		TEST(more_at_the_target_is_a_superset),
		TEST(a_device_without_a_backend_could_not_be_told),
		TEST(a_missing_fact_could_not_be_told),
		TEST(an_unknown_card_is_not_migratable_in_any_role),
		TEST(an_error_is_worse_than_not_migratable),
		TEST(malformed_strings_are_incompatible_by_format),
		TEST(a_string_that_is_too_long_is_e2big),
		TEST(a_foreign_string_is_refused_at_once_and_its_owner_named),
		TEST(a_string_gives_the_verdict_that_its_device_gives),
		TEST(availability_stands_beside_the_verdict),
		TEST(the_kernels_word_on_mechanism_goes_before_the_backends),
		cmocka_unit_test(a_policy_may_require_the_mechanism),
		cmocka_unit_test(a_denied_move_is_eperm_by_policy),
		cmocka_unit_test(an_override_is_forced_and_has_no_grade),
		cmocka_unit_test(an_override_never_accepts_another_type),
		cmocka_unit_test(mixed_off_refuses_an_mdev_to_a_card),
		TEST(a_fingerprint_changes_with_compared_facts_and_policy_alone),
		TEST(choices_come_identical_first_then_least_extra_then_available),
		TEST(asking_one_host_leaves_the_others_out),
		TEST(a_plan_creates_a_type_under_the_sources_uuid_once),
		TEST(a_wrong_uuid_is_refused),
		TEST(an_incompatible_target_has_no_plan),
		TEST(a_row_says_in_which_role_a_device_can_migrate),
		TEST(the_document_has_the_keys_in_the_order_of_the_design),
		TEST(a_target_held_open_answers_many_strings),
		cmocka_unit_test(a_bad_backend_folder_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
