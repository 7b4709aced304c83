/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Replies match the interface description: each member has the described type, and none
 * is missing or undescribed. The types are parsed from the text of the description.
 */
#include <ctype.h>

#include "tests/service/daemon.h"

static char description[65536]; /* without comments, with single spaces between words */

static void describe(const struct daemon *daemon)
{
	json_t *reply = call(daemon, "{\"method\":\"org.varlink.service.GetInterfaceDescription\","
				     "\"parameters\":{\"interface\":\"io.migcompat\"}}");
	const char *text = text_at(reply, "description");
	size_t used = 0;

	assert_true(strlen(text) < sizeof(description));
	for (const char *at = text; *at; at++) {
		bool comment = *at == '#';

		while (comment && at[1] && at[1] != '\n')
			at++;
		if (comment)
			continue;
		if (isspace((unsigned char)*at))
			continue;
		/* Keep one space between words if text between them is dropped. */
		if (used && at > text && isspace((unsigned char)at[-1]) &&
		    isalnum((unsigned char)*at) && isalnum((unsigned char)description[used - 1]))
			description[used++] = ' ';
		description[used++] = *at;
	}
	description[used] = '\0';
	json_decref(reply);
}

/*
 * The text after "method Check", "type Side" or "error Failed". Fails the test if there
 * is none.
 */
static const char *described(const char *what, const char *name, size_t len)
{
	char wanted[128];
	const char *at;

	snprintf(wanted, sizeof(wanted), "%s %.*s(", what, (int)len, name);
	at = strstr(description, wanted);
	if (!at)
		fail_msg("\"%s\" is not described", wanted);
	return at + strlen(wanted) - 1;
}

static const char *type_check(const char *at, const json_t *value, const char *path);

static size_t name_len(const char *at)
{
	size_t len = 0;

	while (isalnum((unsigned char)at[len]) || at[len] == '_')
		len++;
	assert_true(len > 0);
	return len;
}

/* "(yes,no)" */
static const char *enum_check(const char *at, const json_t *value, const char *path)
{
	const char *text = json_string_value(value);
	bool found = false;

	while (*at != ')') {
		size_t len = name_len(++at);

		found |= text && strlen(text) == len && strncmp(at, text, len) == 0;
		at = at + len;
	}
	if (value && !found)
		fail_msg("%s is none of those that are described: %s", path, text);
	return at + 1;
}

/* "(name:type,name:?type)". value: NULL to skip the text only. */
static const char *struct_check(const char *at, const json_t *value, const char *path)
{
	size_t known = 0;
	char member[512];

	if (value && !json_is_object(value))
		fail_msg("%s is no object", path);
	while (*at != ')') {
		size_t len;
		const json_t *there;
		char name[64];

		if (*++at == ')')
			break;
		len = name_len(at);
		snprintf(name, sizeof(name), "%.*s", (int)len, at);
		snprintf(member, sizeof(member), "%s.%s", path, name);
		at = at + len;
		assert_int_equal(*at++, ':');
		there = json_object_get(value, name);
		known += there != NULL;
		if (value && !there && *at != '?')
			fail_msg("%s is missing", member);
		at = type_check(at, there, member);
	}
	if (value && json_object_size(value) != known)
		fail_msg("%s has members that are not described: %s", path, json_dumps(value, 0));
	return at + 1;
}

static const char *plain_check(const char *at, const json_t *value, const char *path)
{
	size_t len = name_len(at);
	bool fits;

	if (isupper((unsigned char)*at)) {
		if (value)
			type_check(described("type", at, len), value, path);
		return at + len;
	}
	fits = strncmp(at, "string", len) == 0 ? json_is_string(value)
	       : strncmp(at, "bool", len) == 0 ? json_is_boolean(value)
	       : strncmp(at, "int", len) == 0  ? json_is_integer(value)
					       : false;
	if (value && !fits)
		fail_msg("%s is no %.*s", path, (int)len, at);
	return at + len;
}

static const char *type_check(const char *at, const json_t *value, const char *path)
{
	size_t len;

	if (*at == '?')
		return type_check(at + 1, json_is_null(value) ? NULL : value, path);
	if (strncmp(at, "[]", 2) == 0) {
		if (value && !json_is_array(value))
			fail_msg("%s is no array", path);
		for (size_t i = 0; i < json_array_size(value); i++)
			type_check(at + 2, json_array_get(value, i), path);
		return type_check(at + 2, NULL, path);
	}
	if (*at != '(')
		return plain_check(at, value, path);
	if (at[1] == ')')
		return struct_check(at, value, path);
	len = name_len(at + 1);
	return at[1 + len] == ':' ? struct_check(at, value, path) : enum_check(at, value, path);
}

static void reply_check(const char *method, json_t *reply)
{
	const char *error = json_string_value(json_object_get(reply, "error"));
	const char *at = error ? NULL : described("method", method, strlen(method));

	assert_non_null(reply);
	if (error && strncmp(error, "io.migcompat.", 13) == 0) {
		at = described("error", error + 13, strlen(error + 13));
	} else if (at) {
		at = strstr(type_check(at, NULL, method), "->");
		assert_non_null(at);
		at += 2;
	}
	if (at)
		type_check(at, json_object_get(reply, "parameters"), error ? error : method);
}

static void replies_are_as_described(void **state)
{
	static const char *const calls[][2] = {
		{"List", METHOD("List", "\"types\":true")},
		{"Describe", METHOD("Describe", "\"device\":\"" CARD_2 "\"")},
		{"Version", METHOD("Version", "\"device\":\"" CARD_2 "\"")},
		{"Params", METHOD("Params", "\"device\":\"" DUAL "\"")},
		{"Check", CHECK(DUAL, CARD_2)},
		{"Check", CHECK(DUAL, CARD_1)},
		{"Check", METHOD("Check", "\"version\":\"nonsense\",\"target\":\"" CARD_1 "\"")},
		{"Check", METHOD("Check", "\"bytes\":\"AAAA\",\"target\":\"" CARD_1
					  "\",\"fingerprint\":\"other\"")},
		{"Ask", METHOD("Ask", "\"source\":\"" DUAL "\"")},
		{"Ask", METHOD("Ask", "\"version\":\"nonsense\"")},
		{"Ask", METHOD("Ask", "\"source\":\"" DUAL "\",\"host\":\"nowhere\"")},
		{"Backends", METHOD("Backends", "")},
		{"Describe", METHOD("Describe", "\"device\":\"nobody\"")},
		{"Describe", METHOD("Describe", "\"device\":\"mtty/mtty-2\"")},
		{"Hold", HOLD(DUAL, "a")},
		{"Describe", METHOD("Describe", "\"device\":\"" DUAL "\"")},
		{"Version", METHOD("Version", "\"device\":\"" DUAL "\"")},
		{"Check", CHECK(DUAL, CARD_2)},
		{"Release", RELEASE(DUAL)},
		{"Release", RELEASE(DUAL)},
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		json_t *reply = call(*state, calls[i][1]);

		reply_check(calls[i][0], reply);
		json_decref(reply);
	}
}

static void events_are_as_described(void **state)
{
	int fd = client_open(*state);
	bool ready = false;

	client_send(fd, "{\"method\":\"io.migcompat.Watch\",\"parameters\":{\"types\":true},"
			"\"more\":true}");
	while (!ready) {
		json_t *reply = client_receive(fd);

		reply_check("Watch", reply);
		ready = strcmp(text_at(reply, "event"), "ready") == 0;
		json_decref(reply);
	}
	close(fd);
}

static int setup(void **state)
{
	daemon_setup(state);
	describe(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_are_as_described),
		cmocka_unit_test(events_are_as_described),
	};

	return cmocka_run_group_tests(tests, setup, daemon_teardown);
}
