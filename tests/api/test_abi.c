/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pins the layout that backends are compiled with: members may be appended, and none may
 * move. LP64 only, as all hosts with VFIO migration are.
 */
#include "migcompat/backend.h"
#include "migcompat/device-state.h"
#include "tests/support/test.h"

#define AT(type, member, offset) assert_int_equal(offsetof(struct type, member), offset)

static void the_backends_struct_keeps_its_places(void **state)
{
	(void)state;
	AT(migcompat_backend, struct_size, 0);
	AT(migcompat_backend, api_version, 8);
	AT(migcompat_backend, thread_model, 12);
	AT(migcompat_backend, name, 16);
	AT(migcompat_backend, version, 24);
	AT(migcompat_backend, description, 32);
	AT(migcompat_backend, keys, 40);
	AT(migcompat_backend, wants, 48);
	AT(migcompat_backend, want_size, 56);
	AT(migcompat_backend, nwants, 64);
	AT(migcompat_backend, settings, 72);
	AT(migcompat_backend, setting_size, 80);
	AT(migcompat_backend, nsettings, 88);
	AT(migcompat_backend, open, 96);
	AT(migcompat_backend, close, 104);
	AT(migcompat_backend, describe, 112);
	AT(migcompat_backend, payload, 120);
	AT(migcompat_backend, compare, 128);
	AT(migcompat_backend, candidates, 136);
	AT(migcompat_backend, parameters, 144);
	AT(migcompat_backend, prepare, 152);
	AT(migcompat_backend, table, 160);
	AT(migcompat_backend, stream, 168);
	AT(migcompat_backend, fallback, 176);
	assert_true(sizeof(struct migcompat_backend) >= 184);
}

static void the_host_table_keeps_its_places(void **state)
{
	(void)state;
	AT(migcompat_host, struct_size, 0);
	AT(migcompat_host, api_version, 8);
	AT(migcompat_host, kind, 16);
	AT(migcompat_host, id, 24);
	AT(migcompat_host, fact, 32);
	AT(migcompat_host, number, 40);
	AT(migcompat_host, each, 48);
	AT(migcompat_host, setting, 56);
	AT(migcompat_host, fail, 64);
	AT(migcompat_host, finding, 72);
	AT(migcompat_host, availability, 80);
	AT(migcompat_host, record_write, 88);
	AT(migcompat_host, record_read, 96);
	AT(migcompat_host, record_compare, 104);
	AT(migcompat_host, hash, 112);
	AT(migcompat_host, parameter, 120);
	AT(migcompat_host, candidate, 128);
	AT(migcompat_host, write, 136);
	assert_true(sizeof(struct migcompat_host) >= 144);
}

static void the_device_state_table_keeps_its_places(void **state)
{
	(void)state;
	AT(migcompat_device_state_info, memory_size, 8);
	AT(migcompat_device_state_info, config_max, 16);
	AT(migcompat_device_state_info, capabilities, 24);
	AT(migcompat_device_state, struct_size, 0);
	AT(migcompat_device_state, open, 8);
	AT(migcompat_device_state, close, 16);
	AT(migcompat_device_state, info, 24);
	AT(migcompat_device_state, message, 32);
	AT(migcompat_device_state, set_state, 40);
	AT(migcompat_device_state, config_read, 48);
	AT(migcompat_device_state, config_write, 56);
	AT(migcompat_device_state, memory_read, 64);
	AT(migcompat_device_state, memory_write, 72);
	AT(migcompat_device_state, memory_discard, 80);
	AT(migcompat_device_state, dirty_count, 88);
	AT(migcompat_device_state, dirty_take, 96);
	AT(migcompat_device_state, system_dirty, 104);
	assert_true(sizeof(struct migcompat_device_state) >= 112);
}

static void the_control_region_keeps_its_places(void **state)
{
	(void)state;
	AT(migcompat_control, version, 0);
	AT(migcompat_control, device_state, 4);
	AT(migcompat_control, capabilities, 8);
	AT(migcompat_control, page_size, 12);
	AT(migcompat_control, config.action, 16);
	AT(migcompat_control, config.size, 24);
	AT(migcompat_control, memory.action, 32);
	AT(migcompat_control, memory.size, 40);
	AT(migcompat_control, memory.position, 48);
	AT(migcompat_control, memory.total, 56);
	AT(migcompat_control, dirty.start, 64);
	AT(migcompat_control, dirty.count, 72);
	AT(migcompat_control, regions, 80);
	assert_int_equal(sizeof(struct migcompat_region_place), 16);
	assert_int_equal(sizeof(struct migcompat_dirty_record), 4104);
}

static void states_actions_and_regions_keep_their_numbers(void **state)
{
	(void)state;
	assert_int_equal(MIGCOMPAT_DEVICE_RUNNING, 0);
	assert_int_equal(MIGCOMPAT_DEVICE_STOPPED, 1);
	assert_int_equal(MIGCOMPAT_DEVICE_RUNNING_LOGGING, 2);
	assert_int_equal(MIGCOMPAT_DEVICE_STOPPED_LOGGING, 3);
	assert_int_equal(MIGCOMPAT_DEVICE_LOGGING, 2);
	assert_int_equal(MIGCOMPAT_DEVICE_STATE_MASK, 3);
	assert_int_equal(MIGCOMPAT_CAP_DEVICE_MEMORY, 1);
	assert_int_equal(MIGCOMPAT_CAP_SYSTEM_MEMORY, 2);
	assert_int_equal(MIGCOMPAT_CAP_LOGGING, 4);
	assert_int_equal(MIGCOMPAT_GET_BUFFER, 1);
	assert_int_equal(MIGCOMPAT_SET_BUFFER, 2);
	assert_int_equal(MIGCOMPAT_REGION_CONTROL, 0);
	assert_int_equal(MIGCOMPAT_REGION_CONFIG, 1);
	assert_int_equal(MIGCOMPAT_REGION_MEMORY, 2);
	assert_int_equal(MIGCOMPAT_REGION_DIRTY, 3);
}

static void arrays_elements_and_values_keep_their_places(void **state)
{
	(void)state;
	AT(migcompat_value, type, 0);
	AT(migcompat_value, len, 4);
	AT(migcompat_value, as, 8);
	assert_int_equal(sizeof(struct migcompat_value), 16);
	AT(migcompat_want, glob, 0);
	AT(migcompat_want, flags, 8);
	AT(migcompat_setting, name, 0);
	AT(migcompat_setting, type, 8);
	AT(migcompat_setting, allowed, 16);
	AT(migcompat_setting, init, 24);
	AT(migcompat_setting, description, 32);
	AT(migcompat_field, name, 0);
	AT(migcompat_field, noun, 8);
	AT(migcompat_field, value, 16);
	AT(migcompat_field, rule, 20);
	AT(migcompat_field, limit, 24);
	AT(migcompat_field, flags, 28);
	AT(migcompat_record, struct_size, 0);
	AT(migcompat_record, fields, 8);
	AT(migcompat_record, field_size, 16);
	AT(migcompat_record, nfields, 24);
	AT(migcompat_record, oldest, 32);
	AT(migcompat_record, newest, 36);
}

static void what_is_passed_by_pointer_keeps_its_places(void **state)
{
	(void)state;
	AT(migcompat_description, struct_size, 0);
	AT(migcompat_description, type, 8);
	AT(migcompat_description, model, 16);
	AT(migcompat_description, label, 24);
	AT(migcompat_description, mechanism, 32);
	AT(migcompat_description, mechanism_text, 40);
	AT(migcompat_description, not_source, 48);
	AT(migcompat_description, not_target, 56);
	AT(migcompat_finding, struct_size, 0);
	AT(migcompat_finding, field, 8);
	AT(migcompat_finding, noun, 16);
	AT(migcompat_finding, rule, 24);
	AT(migcompat_finding, status, 28);
	AT(migcompat_finding, limit, 32);
	AT(migcompat_finding, source, 40);
	AT(migcompat_finding, target, 56);
	AT(migcompat_finding, extra, 72);
	AT(migcompat_finding, text, 80);
	AT(migcompat_parameter, struct_size, 0);
	AT(migcompat_parameter, name, 8);
	AT(migcompat_parameter, type, 16);
	AT(migcompat_parameter, value, 24);
	AT(migcompat_parameter, allowed, 32);
	AT(migcompat_parameter, init, 40);
	AT(migcompat_parameter, off, 48);
	AT(migcompat_parameter, attribute, 56);
	AT(migcompat_parameter, runtime, 64);
	AT(migcompat_parameter, description, 72);
	AT(migcompat_candidate, struct_size, 0);
	AT(migcompat_candidate, name, 8);
	AT(migcompat_candidate, extra, 16);
	AT(migcompat_candidate, type, 24);
}

static void numbers_that_travel_keep_their_values(void **state)
{
	(void)state;
	assert_int_equal(MIGCOMPAT_BACKEND_API, 1);
	assert_int_equal(MIGCOMPAT_STRING_MAX, 4094);
	assert_int_equal(MIGCOMPAT_PREFIX_MAX + 1 + MIGCOMPAT_PAYLOAD_MAX, MIGCOMPAT_STRING_MAX);
	assert_int_equal(MIGCOMPAT_KIND_PHYSICAL, 2);
	assert_int_equal(MIGCOMPAT_NO, 2);
	assert_int_equal(MIGCOMPAT_LIMIT_HOLD, 10);
	assert_int_equal(MIGCOMPAT_LIMIT_HYPERVISOR, 11);
	assert_int_equal(MIGCOMPAT_VALUE_ABSENT, 5);
	assert_int_equal(MIGCOMPAT_STATUS_UNKNOWN, 3);
	assert_int_equal(MIGCOMPAT_RULE_INFO, 6);
	assert_int_equal(MIGCOMPAT_VALUE_TEXT, 4);
	assert_int_equal(MIGCOMPAT_WANT_SENSITIVE, 4);
	assert_int_equal(MIGCOMPAT_FIELD_CUSTOM, 2);
	assert_int_equal(MIGCOMPAT_THREAD_PARALLEL, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_backends_struct_keeps_its_places),
		cmocka_unit_test(the_host_table_keeps_its_places),
		cmocka_unit_test(the_device_state_table_keeps_its_places),
		cmocka_unit_test(the_control_region_keeps_its_places),
		cmocka_unit_test(states_actions_and_regions_keep_their_numbers),
		cmocka_unit_test(arrays_elements_and_values_keep_their_places),
		cmocka_unit_test(what_is_passed_by_pointer_keeps_its_places),
		cmocka_unit_test(numbers_that_travel_keep_their_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
