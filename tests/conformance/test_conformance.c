/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rules that each backend must keep, whatever it compares, tried on each recorded device.
 * For a backend of your own: test_conformance BACKEND-FOLDER INVENTORY...
 */
#include "tests/support/conformance.h"

#define MUTATIONS 512 /* changes of a string, spread over its bytes */

static void string_is_the_same(struct opened *opened)
{
	struct opened *again = open_or_null(opened->device);

	assert_non_null(again);
	assert_string_equal(opened->type, again->type);
	assert_int_equal(opened->payload_len, again->payload_len);
	if (opened->payload)
		assert_memory_equal(opened->payload, again->payload, opened->payload_len);
	opened_close(again);
}

static void equal_facts_give_the_equal_string(void **state)
{
	(void)state;
	for_each(string_is_the_same);
}

static void self_is_identical(struct opened *opened)
{
	struct migcompat_result result = {0};
	struct error err = {0};

	if (!opened->payload || opened->not_target)
		return;
	assert_int_equal(result_reset(&result), 0);
	assert_int_equal(
		opened_compare(opened, opened->payload, opened->payload_len, &result, &err), 0);
	if (result.bad_count || result.extra)
		fail_msg("%s is not identical with itself", opened->device->id);
	result_free(&result);
}

static void a_device_is_identical_with_itself(void **state)
{
	(void)state;
	for_each(self_is_identical);
}

/* A payload that no target may accept. */
static void refuse(struct opened *opened, const char *payload, size_t len)
{
	static struct migcompat_result result;
	struct error err = {0};

	assert_int_equal(result_reset(&result), 0);
	if (opened_compare(opened, payload, len, &result, &err) == 0 && result.bad_count == 0)
		fail_msg("%s took \"%.*s\"", opened->device->id, (int)len, payload);
	result_free(&result);
}

static void prefixes_are_refused(struct opened *opened)
{
	for (size_t len = 0; opened->payload && len < opened->payload_len;
	     len += opened->payload_len / MUTATIONS + 1)
		refuse(opened, opened->payload, len);
}

static void no_prefix_of_a_string_is_accepted(void **state)
{
	(void)state;
	for_each(prefixes_are_refused);
}

static void mutations_are_refused(struct opened *opened)
{
	char payload[MIGCOMPAT_PAYLOAD_MAX];

	if (!opened->payload)
		return;
	memcpy(payload, opened->payload, opened->payload_len);
	for (size_t n = 0; n < MUTATIONS; n++) {
		size_t at = n * opened->payload_len / MUTATIONS;
		char was = payload[at];

		payload[at] = (char)(was == '~' ? '!' : was + 1);
		refuse(opened, payload, opened->payload_len);
		payload[at] = was;
	}
}

static void no_changed_string_is_accepted(void **state)
{
	(void)state;
	for_each(mutations_are_refused);
}

static void foreign_payloads_are_refused(struct opened *opened)
{
	static const char *const foreign[] = {"",
					      "1",
					      ";",
					      "1;",
					      "999;x=1;",
					      "hello",
					      "0;=0000000000000000",
					      "1;=0000000000000000",
					      "~~",
					      "=",
					      "::",
					      "1;ports=2;",
					      "1;;;;;;;",
					      "-1;"};

	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		refuse(opened, foreign[i], strlen(foreign[i]));
	for (size_t i = 0; i < inventory.ndevices; i++) {
		struct opened *other = open_or_null(&inventory.devices[i]);

		if (other && other->payload && other->provider != opened->provider)
			refuse(opened, other->payload, other->payload_len);
		opened_close(other);
	}
}

static void garbage_and_other_vendors_payloads_are_refused(void **state)
{
	(void)state;
	for_each(foreign_payloads_are_refused);
}

static void longest_is_survived(struct opened *opened)
{
	char payload[MIGCOMPAT_PAYLOAD_MAX];

	memset(payload, 'x', sizeof(payload));
	refuse(opened, payload, sizeof(payload));
	memcpy(payload, "1;", 2);
	refuse(opened, payload, sizeof(payload));
}

static void the_longest_payload_is_handled(void **state)
{
	(void)state;
	for_each(longest_is_survived);
}

/* Compare any two devices: findings are valid, and different types never give a yes. */
static void pair_is_sound(struct opened *source, struct opened *target)
{
	static struct migcompat_result result;
	struct error err = {0};
	bool same;

	assert_int_equal(result_reset(&result), 0);
	if (opened_compare(target, source->payload, source->payload_len, &result, &err) != 0)
		return;
	same = strcmp(source->type, target->type) == 0;
	if (!same && result.bad_count == 0) {
		struct migcompat_sink sink = {0};
		bool candidate = false;

		opened_list(target, PROVIDER_CANDIDATES, source->payload, source->payload_len,
			    &sink, &err);
		for (size_t i = 0; i < sink.ncandidates; i++)
			candidate |= sink.candidates[i].type &&
				     strcmp(sink.candidates[i].type, source->type) == 0;
		sink_free(&sink);
		if (!candidate)
			fail_msg("%s to %s: yes, yet the types are %s and %s", source->device->id,
				 target->device->id, source->type, target->type);
	}
	for (size_t i = 0; i < result.count; i++) {
		const struct finding *finding = &result.findings[i];
		char text[512];

		assert_true(finding->field && *finding->field);
		assert_true(finding_render(finding, text, sizeof(text)) > 0);
		if (finding->status == MIGCOMPAT_STATUS_BAD)
			assert_int_not_equal(finding->limit, MIGCOMPAT_LIMIT_NONE);
	}
	result_free(&result);
}

static void a_yes_implies_equal_types(void **state)
{
	size_t pairs = 0;

	(void)state;
	for (size_t s = 0; s < inventory.ndevices; s++) {
		struct opened *source = open_or_null(&inventory.devices[s]);

		for (size_t t = 0; source && source->payload && t < inventory.ndevices; t++) {
			struct opened *target = open_or_null(&inventory.devices[t]);

			if (target && target->provider == source->provider) {
				pair_is_sound(source, target);
				pairs++;
			}
			opened_close(target);
		}
		opened_close(source);
	}
	assert_true(pairs > 0);
}

/* Open the device with a fact removed, replaced by an error, or by nonsense. */
static void open_changed(const struct device *device, size_t which, bool of_host, int how)
{
	static const char *const nonsense[] = {
		"",   "x",    "99999999999999999999", "-1",         "0x", "\n\n",
		"..", "%n%n", "0x0,0x0,0x0",          "05.0004\n05"};
	const struct factset *set = of_host ? &device->host->facts : &device->facts;
	struct fact *facts = calloc(set->count + 1, sizeof(*facts));
	struct host host = *device->host;
	struct device changed = *device;
	struct factset other = {.facts = facts};
	struct opened *opened;

	assert_non_null(facts);
	for (size_t i = 0; i < set->count; i++) {
		struct fact fact = set->facts[i];

		if (i == which && how < 0)
			continue;
		if (i == which && how == 0)
			fact = (struct fact){.key = fact.key, .error = EACCES};
		else if (i == which)
			fact = (struct fact){.key = fact.key,
					     .value = nonsense[how - 1],
					     .len = (uint32_t)strlen(nonsense[how - 1])};
		facts[other.count++] = fact;
	}
	if (of_host)
		host.facts = other;
	else
		changed.facts = other;
	changed.host = &host;
	opened = open_or_null(&changed);
	if (opened) {
		self_is_identical(opened);
		opened_close(opened);
	}
	free(facts);
}

static void any_fact_may_be_missing_unreadable_or_nonsense(void **state)
{
	(void)state;
	for (size_t i = 0; i < inventory.ndevices; i++) {
		const struct device *device = &inventory.devices[i];

		if (!provider_of(device))
			continue;
		for (int how = -1; how <= 10; how++) {
			for (size_t which = 0; which < device->facts.count; which++)
				open_changed(device, which, false, how);
			for (size_t which = 0; which < device->host->facts.count && which < 200;
			     which++)
				open_changed(device, which, true, how);
		}
	}
}

static void lists_are_sound(struct opened *opened)
{
	for (int which = 0; which < PROVIDER_LIST_COUNT; which++) {
		struct migcompat_sink sink = {0};
		struct error err = {0};
		int r = 0;

		if (opened->payload || which == PROVIDER_PARAMETERS)
			r = opened_list(opened, (enum provider_list)which,
					which == PROVIDER_PARAMETERS ? NULL : opened->payload,
					which == PROVIDER_PARAMETERS ? 0 : opened->payload_len,
					&sink, &err);
		assert_true(r == 0 || r == -EOPNOTSUPP);
		for (size_t i = 0; i < sink.nparameters; i++)
			for (size_t j = 0; j < i; j++)
				assert_string_not_equal(sink.parameters[i].name,
							sink.parameters[j].name);
		/* A device that exists and equals its source needs no writes. */
		if (which == PROVIDER_PREPARE && opened->device->kind != MIGCOMPAT_KIND_MDEV_TYPE)
			assert_int_equal(sink.nwrites, 0);
		sink_free(&sink);
		assert_int_not_equal(
			opened_list(opened, PROVIDER_PREPARE, "garbage", 7, &sink, &err), 0);
		sink_free(&sink);
	}
}

static void parameters_and_plans_are_sound(void **state)
{
	(void)state;
	for_each(lists_are_sound);
}

/*
 * A stream may begin with any bytes: a backend adds findings, or does not know it and
 * adds none.
 */
static void reads_stream(struct provider *provider, struct opened *opened, const uint8_t *bytes,
			 size_t len)
{
	static struct migcompat_result result;
	const struct stream_head head = {.bytes = bytes, .len = len, .size = len};
	struct error err = {0};
	int r;

	assert_int_equal(result_reset(&result), 0);
	r = provider_stream(provider, opened, &head, &result, &err);
	if (r && r != -ENOMSG)
		fail_msg("%s", err.text);
	if (!r && strncmp(result.findings[0].field, "stream_driver", 13) != 0)
		fail_msg("%s: the first finding of a stream is %s, expected stream_driver",
			 provider->info.name, result.findings[0].field);
	for (size_t i = 0; !r && i < result.count; i++) {
		const char *field = result.findings[i].field;

		assert_int_equal(strncmp(field, "stream_", 7), 0);
		if (opened && i && strcmp(field, "stream_driver") == 0)
			fail_msg("%s: a target has one driver", provider->info.name);
	}
	result_free(&result);
}

static void noise_is_survived(struct opened *opened)
{
	static uint8_t bytes[MIGCOMPAT_STREAM_HEAD];
	uint64_t noise = 1;

	if (!info_reads_streams(&opened->provider->info))
		return;
	for (size_t n = 0; n < MUTATIONS; n++) {
		for (size_t i = 0; i < 64; i++)
			bytes[i] = (uint8_t)((noise = noise * 6364136223846793005u +
						      1442695040888963407u) >>
					     56);
		reads_stream(opened->provider, n % 2 ? opened : NULL, bytes, n % 65);
	}
	memset(bytes, 0, sizeof(bytes));
	reads_stream(opened->provider, opened, bytes, sizeof(bytes));
	memset(bytes, 0xff, sizeof(bytes));
	reads_stream(opened->provider, opened, bytes, sizeof(bytes));
}

static void any_stream_is_handled(void **state)
{
	(void)state;
	for_each(noise_is_survived);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_facts_give_the_equal_string),
		cmocka_unit_test(a_device_is_identical_with_itself),
		cmocka_unit_test(no_prefix_of_a_string_is_accepted),
		cmocka_unit_test(no_changed_string_is_accepted),
		cmocka_unit_test(garbage_and_other_vendors_payloads_are_refused),
		cmocka_unit_test(the_longest_payload_is_handled),
		cmocka_unit_test(a_yes_implies_equal_types),
		cmocka_unit_test(any_fact_may_be_missing_unreadable_or_nonsense),
		cmocka_unit_test(parameters_and_plans_are_sound),
		cmocka_unit_test(any_stream_is_handled),
	};

	return cmocka_run_group_tests(tests, setup, unload);
}

int main(int argc, char **argv)
{
	return conformance_main(argc, argv, run);
}
