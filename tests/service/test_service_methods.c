/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every method of the service's interfaces, with its answers and errors. */
#include "tests/service/daemon.h"

static json_t *array_at(json_t *reply, const char *key)
{
	return json_object_get(json_object_get(reply, "parameters"), key);
}

static void info_names_both_interfaces(void **state)
{
	json_t *reply = call(*state, "{\"method\":\"org.varlink.service.GetInfo\"}");

	assert_text(reply, "product", "migcompatd");
	assert_int_equal(json_array_size(array_at(reply, "interfaces")), 2);
	json_decref(reply);
}

static void description_has_every_method(void **state)
{
	static const char *const names[] = {"List",  "Describe", "Version", "Check",
					    "Ask",   "Params",   "Hold",    "Release",
					    "Watch", "Backends", "Policy"};
	json_t *reply = call(*state, "{\"method\":\"org.varlink.service.GetInterfaceDescription\","
				     "\"parameters\":{\"interface\":\"io.migcompat\"}}");
	char line[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(line, sizeof(line), "\nmethod %s(", names[i]);
		assert_contains(text_at(reply, "description"), line);
	}
	json_decref(reply);
}

static void unknown_interface_is_refused(void **state)
{
	assert_error(call(*state, "{\"method\":\"org.varlink.service.GetInterfaceDescription\","
				  "\"parameters\":{\"interface\":\"a.b\"}}"),
		     "org.varlink.service.InterfaceNotFound", "interface", "a.b");
	assert_error(call(*state, "{\"method\":\"a.b.C\"}"),
		     "org.varlink.service.InterfaceNotFound", "interface", "a.b");
}

static void unknown_method_is_refused(void **state)
{
	assert_error(call(*state, METHOD("Guess", "")), "org.varlink.service.MethodNotFound",
		     "method", "io.migcompat.Guess");
}

static void missing_parameter_is_named(void **state)
{
	assert_error(call(*state, METHOD("Describe", "")), "org.varlink.service.InvalidParameter",
		     "parameter", "device");
}

static void parameter_of_a_wrong_type_is_named(void **state)
{
	assert_error(call(*state, METHOD("Describe", "\"device\":7")),
		     "org.varlink.service.InvalidParameter", "parameter", "device");
}

static void text_with_a_zero_byte_inside_is_no_parameter(void **state)
{
	assert_error(call(*state, METHOD("Describe", "\"device\":\"" CARD_1 "\\u0000x\"")),
		     "org.varlink.service.InvalidParameter", "parameter", "device");
	assert_error(
		call(*state, METHOD("Check", "\"version\":\"a\\u0000\",\"target\":\"" CARD_1 "\"")),
		"org.varlink.service.InvalidParameter", "parameter", "version");
}

static void unknown_parameter_is_named(void **state)
{
	assert_error(call(*state, METHOD("List", "\"colour\":true")),
		     "org.varlink.service.InvalidParameter", "parameter", "colour");
}

static void upgrade_is_not_implemented(void **state)
{
	assert_error(call(*state, "{\"method\":\"io.migcompat.List\",\"upgrade\":true}"),
		     "org.varlink.service.MethodNotImplemented", "method", "io.migcompat.List");
}

static void list_has_devices_and_types_on_request(void **state)
{
	json_t *reply = call(*state, METHOD("List", ""));

	assert_text(reply, "format", "migcompat-list/1");
	assert_int_equal(json_array_size(array_at(reply, "devices")), 4);
	json_decref(reply);
	reply = call(*state, METHOD("List", "\"types\":true"));
	assert_int_equal(json_array_size(array_at(reply, "devices")), 7);
	json_decref(reply);
}

/* Count the replies to a call with "more". Each must have one element of that array. */
static size_t count_replies(const struct daemon *daemon, const char *text, const char *key)
{
	int fd = client_open(daemon);
	bool more = true;
	size_t count = 0;

	client_send(fd, text);
	for (; more; count++) {
		json_t *reply = client_receive(fd);

		assert_non_null(reply);
		assert_int_equal(json_array_size(array_at(reply, key)), 1);
		more = json_is_true(json_object_get(reply, "continues"));
		json_decref(reply);
	}
	close(fd);
	return count;
}

static void list_with_more_has_a_device_a_reply(void **state)
{
	assert_int_equal(count_replies(*state,
				       "{\"method\":\"io.migcompat.List\",\"parameters\":{"
				       "\"types\":true},\"more\":true}",
				       "devices"),
			 7);
}

static void list_in_one_reply_equals_the_replies_of_more(void **state)
{
	json_t *whole = call(*state, METHOD("List", "\"types\":true")), *part;
	int fd = client_open(*state);

	client_send(
		fd,
		"{\"method\":\"io.migcompat.List\",\"parameters\":{\"types\":true},\"more\":true}");
	for (size_t i = 0; i < 7; i++) {
		part = client_receive(fd);
		assert_true(json_equal(json_array_get(array_at(part, "devices"), 0),
				       json_array_get(array_at(whole, "devices"), i)));
		json_decref(part);
	}
	json_decref(whole);
	close(fd);
}

static void describe_returns_one_device(void **state)
{
	json_t *reply = call(*state, METHOD("Describe", "\"device\":\"" CARD_2 "\""));

	assert_text(reply, "format", "migcompat-device/1");
	assert_text(reply, "type", "mtty:serial-2port");
	assert_true(json_is_null(array_at(reply, "hold")));
	json_decref(reply);
}

static void unknown_device_is_an_error_with_a_sentence(void **state)
{
	json_t *reply = call(*state, METHOD("Describe", "\"device\":\"nobody\""));

	assert_contains(text_at(reply, "reason"), "no device \"nobody\"");
	assert_error(reply, "io.migcompat.DeviceNotFound", "errno", "ENOENT");
}

static void id_that_two_hosts_have_is_ambiguous(void **state)
{
	assert_error(call(*state, METHOD("Describe", "\"device\":\"mtty/mtty-2\"")),
		     "io.migcompat.DeviceAmbiguous", "errno", "ENOTUNIQ");
}

static void mode_that_is_none_is_named(void **state)
{
	assert_error(call(*state,
			  METHOD("Version", "\"device\":\"" DUAL "\",\"mechanism\":\"perhaps\"")),
		     "org.varlink.service.InvalidParameter", "parameter", "mechanism");
	assert_error(call(*state, METHOD("List", "\"mechanism\":\"\"")),
		     "org.varlink.service.InvalidParameter", "parameter", "mechanism");
}

static void version_and_check_by_string_agree_with_check_by_device(void **state)
{
	json_t *reply = call(*state, METHOD("Version", "\"device\":\"" DUAL "\"")), *answer;
	json_t *question =
		json_pack("{s:s,s:{s:s,s:s}}", "method", "io.migcompat.Check", "parameters",
			  "version", text_at(reply, "version"), "target", CARD_2);
	char *text = json_dumps(question, 0);

	answer = call(*state, text);
	assert_text(answer, "verdict", "compatible");
	json_decref(answer);
	answer = call(*state, CHECK(DUAL, CARD_2));
	assert_text(answer, "verdict", "compatible");
	assert_text(answer, "grade", "identical");
	json_decref(answer);
	free(text);
	json_decref(question);
	json_decref(reply);
}

static void different_devices_are_incompatible(void **state)
{
	json_t *reply = call(*state, CHECK(DUAL, CARD_1));

	assert_text(reply, "verdict", "incompatible");
	assert_text(reply, "errno", "EINVAL");
	json_decref(reply);
}

static void string_with_a_newline_inside_is_incompatible(void **state)
{
	json_t *reply =
		call(*state,
		     METHOD("Check", "\"version\":\"mtty:mdev:a\\nb\",\"target\":\"" CARD_1 "\""));

	assert_text(reply, "verdict", "incompatible");
	assert_text(reply, "limit", "format");
	json_decref(reply);
}

static void bytes_that_are_no_text_are_incompatible(void **state)
{
	/* "mtty:", 0xff */
	json_t *reply =
		call(*state, METHOD("Check", "\"bytes\":\"bXR0eTr/\",\"target\":\"" CARD_1 "\""));

	assert_text(reply, "limit", "format");
	assert_text(reply, "reason", "byte 6 of the string is 0xff, expected 0x21 to 0x7e");
	json_decref(reply);
	reply = call(*state, METHOD("Ask", "\"bytes\":\"bXR0eTr/\""));
	assert_text(reply, "reason", "byte 6 of the string is 0xff, expected 0x21 to 0x7e");
	json_decref(reply);
	assert_error(call(*state, METHOD("Ask", "\"bytes\":\"bXR\"")),
		     "org.varlink.service.InvalidParameter", "parameter", "bytes");
}

static void changed_target_is_stale(void **state)
{
	json_t *reply = call(*state, METHOD("Check", "\"source\":\"" DUAL "\",\"target\":\"" CARD_2
						     "\",\"fingerprint\":\"0\""));

	assert_text(reply, "verdict", "error");
	assert_text(reply, "errno", "ESTALE");
	json_decref(reply);
}

static void source_is_a_device_or_a_string(void **state)
{
	assert_error(call(*state, METHOD("Check", "\"target\":\"" CARD_1 "\"")),
		     "org.varlink.service.InvalidParameter", "parameter", "source");
	assert_error(call(*state, METHOD("Ask", "\"source\":\"" DUAL "\",\"version\":\"x\"")),
		     "org.varlink.service.InvalidParameter", "parameter", "version");
	assert_error(call(*state, METHOD("Ask", "\"source\":\"" DUAL "\",\"bytes\":\"x\"")),
		     "org.varlink.service.InvalidParameter", "parameter", "bytes");
}

static void backends_are_listed_with_their_state(void **state)
{
	json_t *reply = call(*state, METHOD("Backends", "")), *backend;
	bool found = false;
	size_t i;

	assert_text(reply, "format", "migcompat-backends/1");
	json_array_foreach (array_at(reply, "backends"), i, backend) {
		if (strcmp(json_string_value(json_object_get(backend, "name")), "mtty") != 0)
			continue;
		found = true;
		assert_string_equal(json_string_value(json_object_get(backend, "status")),
				    "loaded");
		assert_string_equal(json_string_value(json_object_get(backend, "state")),
				    "running");
		assert_int_equal(json_integer_value(json_object_get(backend, "restarts")), 0);
		assert_true(json_is_null(json_object_get(backend, "ended")));
	}
	assert_true(found);
	json_decref(reply);
}

static void ask_has_the_choices(void **state)
{
	json_t *reply = call(*state, METHOD("Ask", "\"source\":\"" DUAL "\""));

	assert_text(reply, "format", "migcompat-choices/1");
	assert_int_equal(json_integer_value(array_at(reply, "asked")), 6);
	assert_int_equal(json_array_size(array_at(reply, "choices")), 3);
	json_decref(reply);
	assert_int_equal(
		count_replies(*state,
			      "{\"method\":\"io.migcompat.Ask\",\"parameters\":{\"source\":\"" DUAL
			      "\"},\"more\":true}",
			      "choices"),
		3);
}

static void ask_with_a_bad_string_has_a_reason_and_no_choice(void **state)
{
	json_t *reply = call(*state, METHOD("Ask", "\"version\":\"nonsense\""));

	assert_int_equal(json_array_size(array_at(reply, "choices")), 0);
	assert_non_null(text_at(reply, "reason"));
	json_decref(reply);
}

static void ask_about_an_unknown_host_is_an_error(void **state)
{
	assert_error(call(*state, METHOD("Ask", "\"version\":\"x\",\"other_hosts\":true")),
		     "org.varlink.service.InvalidParameter", "parameter", "other_hosts");
	assert_error(call(*state, METHOD("Ask", "\"source\":\"" DUAL "\",\"host\":\"nowhere\"")),
		     "io.migcompat.HostNotFound", "errno", "ENOENT");
}

static void params_lists_parameters(void **state)
{
	json_t *reply = call(*state, METHOD("Params", "\"device\":\"" DUAL "\""));

	assert_text(reply, "format", "migcompat-parameters/1");
	assert_int_equal(json_array_size(array_at(reply, "parameters")), 1);
	json_decref(reply);
}

static void oneway_call_has_no_reply(void **state)
{
	int fd = client_open(*state);
	json_t *reply;

	client_send(fd, "{\"method\":\"io.migcompat.List\",\"oneway\":true}");
	client_send(fd, METHOD("Describe", "\"device\":\"nobody\""));
	reply = client_receive(fd);
	assert_error(reply, "io.migcompat.DeviceNotFound", "errno", "ENOENT");
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(info_names_both_interfaces),
		cmocka_unit_test(description_has_every_method),
		cmocka_unit_test(unknown_interface_is_refused),
		cmocka_unit_test(unknown_method_is_refused),
		cmocka_unit_test(missing_parameter_is_named),
		cmocka_unit_test(parameter_of_a_wrong_type_is_named),
		cmocka_unit_test(text_with_a_zero_byte_inside_is_no_parameter),
		cmocka_unit_test(unknown_parameter_is_named),
		cmocka_unit_test(mode_that_is_none_is_named),
		cmocka_unit_test(upgrade_is_not_implemented),
		cmocka_unit_test(list_has_devices_and_types_on_request),
		cmocka_unit_test(list_with_more_has_a_device_a_reply),
		cmocka_unit_test(list_in_one_reply_equals_the_replies_of_more),
		cmocka_unit_test(describe_returns_one_device),
		cmocka_unit_test(unknown_device_is_an_error_with_a_sentence),
		cmocka_unit_test(id_that_two_hosts_have_is_ambiguous),
		cmocka_unit_test(version_and_check_by_string_agree_with_check_by_device),
		cmocka_unit_test(different_devices_are_incompatible),
		cmocka_unit_test(string_with_a_newline_inside_is_incompatible),
		cmocka_unit_test(bytes_that_are_no_text_are_incompatible),
		cmocka_unit_test(changed_target_is_stale),
		cmocka_unit_test(source_is_a_device_or_a_string),
		cmocka_unit_test(backends_are_listed_with_their_state),
		cmocka_unit_test(ask_has_the_choices),
		cmocka_unit_test(ask_with_a_bad_string_has_a_reason_and_no_choice),
		cmocka_unit_test(ask_about_an_unknown_host_is_an_error),
		cmocka_unit_test(params_lists_parameters),
		cmocka_unit_test(oneway_call_has_no_reply),
	};

	return cmocka_run_group_tests(tests, daemon_setup, daemon_teardown);
}
