/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The recorded GVT-g hosts: they contain what README.md says, and the verdicts between
 * them are right.
 */
#include "plugins/intel-gvt/tests/gvt_hosts.h"

/* ---------------------------------------------------------------- what the files say */

static void every_device_is_served_and_identical_to_itself(void **state)
{
	struct room *room = *state;
	size_t count = 0;

	for (size_t i = 0; i < room->engine.inventory.ndevices; i++) {
		const struct device *device = &room->engine.inventory.devices[i];

		if (of_host(device, "broken") || of_host(device, "aggregating"))
			continue;
		assert_int_equal(check_devices(&room->engine, device, device, &room->verdict), 0);
		assert_int_equal(room->verdict.code, MIGCOMPAT_COMPATIBLE);
		assert_int_equal(room->verdict.grade, GRADE_IDENTICAL);
		assert_memory_equal(room->verdict.target.type, "i915:gvtg-gen", 13);
		count++;
	}
	assert_int_equal(count, 12 + 2 + 2 + 1 + 2);
}

/* The resources of one i915-GVTg_V*_N: low and high graphics memory in MB, and fences. */
static void share(const struct device *device, uint64_t ret[3])
{
	static const uint64_t shares[][4] = {
		{1, 512, 2048, 4}, {2, 256, 1024, 4}, {4, 128, 512, 4}, {8, 64, 384, 4}};
	const char *type = factset_text(&device->facts, "mdev_type");

	assert_non_null(type);
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
		if (shares[i][0] == (uint64_t)(type[strlen(type) - 1] - '0'))
			memcpy(ret, &shares[i][1], 3 * sizeof(ret[0]));
}

/* Low memory, high memory and fences that no device uses. The host keeps 128 MB, 384 MB
 * and 4 fences. */
static void left(struct room *room, const char *host, uint64_t aperture_mb, uint64_t ret[3])
{
	uint64_t one[3] = {0};

	ret[0] = aperture_mb - 128, ret[1] = 4096 - aperture_mb - 384, ret[2] = 32 - 4;
	for (size_t i = 0; i < room->engine.inventory.ndevices; i++) {
		const struct device *device = &room->engine.inventory.devices[i];

		if (!of_host(device, host) || device->kind != MIGCOMPAT_KIND_MDEV)
			continue;
		share(device, one);
		for (size_t k = 0; k < 3; k++)
			ret[k] -= one[k];
	}
}

static void available_instances_follow_from_what_is_in_use(void **state)
{
	struct room *room = *state;

	for (size_t h = 0; h < HOST_COUNT; h++) {
		uint64_t free[3], one[3] = {0};

		left(room, hosts[h].name, hosts[h].aperture_mb, free);
		for (size_t i = 0; i < room->engine.inventory.ndevices; i++) {
			const struct device *device = &room->engine.inventory.devices[i];
			uint64_t count = UINT64_MAX;
			char text[24];

			if (!of_host(device, hosts[h].name))
				continue;
			share(device, one);
			for (size_t k = 0; k < 3; k++)
				count = free[k] / one[k] < count ? free[k] / one[k] : count;
			snprintf(text, sizeof(text), "%u", (unsigned)count);
			assert_string_equal(
				factset_text(&device->facts, "mdev_type/available_instances"),
				text);
		}
	}
}

static void a_small_aperture_has_no_large_types(void **state)
{
	struct room *room = *state;

	for (size_t h = 0; h < HOST_COUNT; h++) {
		size_t ntypes = 0;

		for (size_t i = 0; i < room->engine.inventory.ndevices; i++) {
			const struct device *device = &room->engine.inventory.devices[i];
			uint64_t one[3] = {0};

			if (!of_host(device, hosts[h].name) ||
			    device->kind != MIGCOMPAT_KIND_MDEV_TYPE)
				continue;
			share(device, one);
			assert_true(one[0] <= hosts[h].aperture_mb - 128);
			ntypes++;
		}
		assert_int_equal(ntypes, hosts[h].ntypes);
	}
}

/* -------------------------------------------------------- what is answered about them */

static void a_type_that_is_taken_is_compatible_and_not_available(void **state)
{
	struct room *room = *state;

	check(room, GEN9_4, TYPE("gvt-gen9-256", "V5_4"));
	assert_int_equal(room->verdict.code, MIGCOMPAT_COMPATIBLE);
	assert_int_equal(room->verdict.result.availability, MIGCOMPAT_NO);
	check(room, GEN9_8, TYPE("gvt-gen9-256", "V5_8"));
	assert_int_equal(room->verdict.code, MIGCOMPAT_COMPATIBLE);
	assert_int_equal(room->verdict.result.availability, MIGCOMPAT_YES);
}

static void the_mechanism_is_told_beside_the_verdict(void **state)
{
	struct room *room = *state;
	const char *side = NULL;

	check(room, GEN9_4, TYPE("gvt-gen9-256", "V5_4"));
	assert_int_equal(room->verdict.code, MIGCOMPAT_COMPATIBLE);
	assert_int_equal(verdict_mechanism(&room->verdict, &side)->state, MIGCOMPAT_NO);
	assert_contains(verdict_mechanism(&room->verdict, &side)->text,
			"kvmgt has no VFIO migration");
}

static void another_type_is_refused_with_the_resource_that_differs(void **state)
{
	struct room *room = *state;
	char buffer[512];

	check(room, GEN9_4, TYPE("gvt-gen9-256", "V5_8"));
	assert_int_equal(room->verdict.code, MIGCOMPAT_INCOMPATIBLE);
	assert_int_equal(room->verdict.limit, MIGCOMPAT_LIMIT_TYPE);
	assert_string_equal(verdict_reason(&room->verdict, buffer, sizeof(buffer)),
			    "source has 128 MB of low graphics memory, target has 64");
}

static void another_generation_is_refused(void **state)
{
	struct room *room = *state;

	check(room, TYPE("gvt-gen8-1024", "V4_4"), TYPE("gvt-gen9-1024", "V5_4"));
	assert_int_equal(room->verdict.code, MIGCOMPAT_INCOMPATIBLE);
	assert_int_equal(room->verdict.limit, MIGCOMPAT_LIMIT_TYPE);
}

static void another_gpu_model_of_the_generation_is_refused(void **state)
{
	struct room *room = *state;

	check(room, TYPE("gvt-gen8-1024", "V4_8"), TYPE("gvt-gen8-256", "V4_8"));
	assert_int_equal(room->verdict.code, MIGCOMPAT_INCOMPATIBLE);
	assert_int_equal(room->verdict.limit, MIGCOMPAT_LIMIT_HARDWARE);
}

static void a_policy_may_accept_another_gpu_model(void **state)
{
	struct room *room = *state;

	check(room, TYPE("gvt-gen8-1024", "V4_8"), TYPE("gvt-gen8-256", "V4_8"));
	assert_int_equal(room->verdict.code, MIGCOMPAT_COMPATIBLE);
	assert_string_equal(room->verdict.source.type, room->verdict.target.type);
	check(room, TYPE("gvt-gen8-1024", "V4_8"), TYPE("gvt-gen9-256", "V5_8"));
	assert_int_equal(room->verdict.code, MIGCOMPAT_INCOMPATIBLE);
}

static void asking_finds_what_fits_and_puts_what_is_free_first(void **state)
{
	struct room *room = *state;
	struct answer answer = {0};
	struct error err = {0};

	assert_int_equal(ask_targets(&room->engine,
				     &(struct ask_question){.source = find(room, GEN9_8),
							    .host = "gvt-gen9-256"},
				     &answer, &err),
			 0);
	assert_int_equal(answer.nchoices, 2);
	assert_int_equal(answer.choices[0].device->kind, MIGCOMPAT_KIND_MDEV_TYPE);
	assert_int_equal(answer.choices[0].availability, MIGCOMPAT_YES);
	assert_int_equal(answer.choices[1].device->kind, MIGCOMPAT_KIND_MDEV);
	answer_free(&answer);
	assert_int_equal(ask_targets(&room->engine,
				     &(struct ask_question){
					     .source = find(room, TYPE("gvt-gen8-1024", "V4_1"))},
				     &answer, &err),
			 0);
	assert_int_equal(answer.nchoices,
			 0); /* a small aperture has no such type, and the other hosts are gen9 */
	answer_free(&answer);
}

static void the_plan_for_a_type_creates_and_writes_nothing_else(void **state)
{
	struct room *room = *state;
	const struct device *source = find(room, GEN9_8),
			    *target = find(room, TYPE("gvt-gen9-256", "V5_8"));
	struct plan plan;
	struct error err = {0};

	assert_int_equal(plan_make(&room->engine,
				   &(struct plan_question){.source = source, .target = target},
				   &room->verdict, &plan, &err),
			 0);
	assert_int_equal(plan.nwrites, 1);
	assert_string_equal(
		plan.writes[0].path,
		"/sys/devices/pci0000:00/0000:00:02.0/mdev_supported_types/i915-GVTg_V5_8/create");
	assert_string_equal(plan.writes[0].value, source->id);
	plan_free(&plan);
}

/* --------------------------------------------------------------- the aggregating host */

static void a_type_set_up_by_aggregation_is_compatible_and_planned(void **state)
{
	struct room *room = *state;
	struct plan plan;
	struct error err = {0};

	assert_int_equal(plan_make(&room->engine,
				   &(struct plan_question){
					   .source = find(room, TWICE),
					   .target = find(room, TYPE("aggregating", "V5_8"))},
				   &room->verdict, &plan, &err),
			 0);
	assert_int_equal(room->verdict.code, MIGCOMPAT_COMPATIBLE);
	assert_int_equal(room->verdict.grade, GRADE_IDENTICAL);
	assert_int_equal(room->verdict.result.availability,
			 MIGCOMPAT_NO); /* it needs two, and one is left */
	assert_int_equal(plan.nwrites, 2);
	assert_contains(plan.writes[0].path, "/create");
	assert_contains(plan.writes[1].path, "/aggregated_instances");
	assert_string_equal(plan.writes[1].value, "2");
	plan_free(&plan);
}

static void asking_names_what_would_be_aggregated(void **state)
{
	struct room *room = *state;
	struct answer answer = {0};
	struct error err = {0};

	assert_int_equal(ask_targets(&room->engine,
				     &(struct ask_question){.source = find(room, TWICE)}, &answer,
				     &err),
			 0);
	assert_int_equal(answer.nchoices, 1);
	assert_string_equal(answer.choices[0].candidate, "aggregated_instances=2");
	assert_string_equal(answer.choices[0].type, "i915:gvtg-gen9-128-768-4-1024x768");
	answer_free(&answer);
}

static void a_type_that_does_not_aggregate_refuses_what_is_aggregated(void **state)
{
	struct room *room = *state;

	check(room, TWICE, TYPE("gvt-gen9-1024", "V5_8"));
	assert_int_equal(room->verdict.code, MIGCOMPAT_INCOMPATIBLE);
	assert_int_equal(room->verdict.limit, MIGCOMPAT_LIMIT_TYPE);
}

/* ---------------------------------------------------------------- the broken host */

static const char *note(const struct device *device)
{
	return device->extra ? device->extra : "";
}

/* A broken device is compatible only if nothing that a guest sees is in doubt. */
static void a_broken_device_fits_only_where_nothing_is_in_doubt(void **state)
{
	static const char *const harmless[] = {"the mdev_type link dangles",
					       "number of free instances is wrong"};
	struct room *room = *state;
	size_t served = 0, fitting = 0;

	for (size_t i = 0; i < room->engine.inventory.ndevices; i++) {
		const struct device *device = &room->engine.inventory.devices[i];
		bool fits = false;

		if (!of_host(device, "broken") || !strstr(note(device), "i915: "))
			continue;
		for (size_t h = 0; h < sizeof(harmless) / sizeof(harmless[0]); h++)
			fits = fits || strstr(note(device), harmless[h]);
		assert_int_equal(
			check_devices(&room->engine, find(room, GEN9_4), device, &room->verdict),
			0);
		if (fits != (room->verdict.code == MIGCOMPAT_COMPATIBLE))
			fail_msg("%s %s: %s", device->id, note(device), room->verdict.text.text);
		if (!fits)
			assert_true(*room->verdict.text.text != '\0');
		assert_int_equal(
			check_devices(&room->engine, device, find(room, GEN9_4), &room->verdict),
			0);
		assert_true(fits == (room->verdict.code == MIGCOMPAT_COMPATIBLE));
		served++;
		fitting += fits;
	}
	assert_int_equal(served, 17);
	assert_int_equal(fitting, 2);
}

static void hardware_that_never_can_is_not_migratable_rather_than_an_error(void **state)
{
	static const char *const never[] = {"generation without GVT-g", "the GPU itself"};
	struct room *room = *state;

	for (size_t i = 0; i < room->engine.inventory.ndevices; i++) {
		const struct device *device = &room->engine.inventory.devices[i];

		for (size_t n = 0; n < sizeof(never) / sizeof(never[0]); n++) {
			if (!of_host(device, "broken") || !strstr(note(device), never[n]))
				continue;
			assert_int_equal(check_devices(&room->engine, find(room, GEN9_4), device,
						       &room->verdict),
					 0);
			assert_int_equal(room->verdict.code, MIGCOMPAT_NOT_MIGRATABLE);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_device_is_served_and_identical_to_itself),
		cmocka_unit_test(available_instances_follow_from_what_is_in_use),
		cmocka_unit_test(a_small_aperture_has_no_large_types),
		cmocka_unit_test(a_type_that_is_taken_is_compatible_and_not_available),
		cmocka_unit_test(the_mechanism_is_told_beside_the_verdict),
		cmocka_unit_test(another_type_is_refused_with_the_resource_that_differs),
		cmocka_unit_test(another_generation_is_refused),
		cmocka_unit_test(another_gpu_model_of_the_generation_is_refused),
		cmocka_unit_test(asking_finds_what_fits_and_puts_what_is_free_first),
		cmocka_unit_test(the_plan_for_a_type_creates_and_writes_nothing_else),
		cmocka_unit_test(a_type_set_up_by_aggregation_is_compatible_and_planned),
		cmocka_unit_test(asking_names_what_would_be_aggregated),
		cmocka_unit_test(a_type_that_does_not_aggregate_refuses_what_is_aggregated),
		cmocka_unit_test(a_broken_device_fits_only_where_nothing_is_in_doubt),
		cmocka_unit_test(hardware_that_never_can_is_not_migratable_rather_than_an_error),
	};

	const struct CMUnitTest crossing[] = {
		cmocka_unit_test(a_policy_may_accept_another_gpu_model),
	};
	int failed = cmocka_run_group_tests(tests, setup, teardown);

	return cmocka_run_group_tests(crossing, setup_cross_device, teardown) + failed;
}
