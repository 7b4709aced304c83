/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parses and writes version strings. The text is hostile: from a file, a socket or a host. */
#include "core/check/version_string.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/facts/model.h"

#define NAMESPACE_MAX 32u

static bool namespace_valid(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= '0' && text[i] <= '9') ||
		      text[i] == '_'))
			return false;
	return len >= 1 && len <= NAMESPACE_MAX;
}

/*
 * The number of valid bytes at the start, in steps of 8. A bad byte sets its highest bit
 * in one of the three terms. Strings of AP queues have more than 1,000 bytes.
 */
static size_t bytes_valid(const char *text, size_t len)
{
	const uint64_t ones = UINT64_MAX / 0xff;
	uint64_t word;
	size_t i = 0;

	for (; len - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, text + i, sizeof(word));
		if ((word | (word - 0x21 * ones) | (word + ones)) & 0x80 * ones)
			break;
	}
	return i;
}

static int bytes_check(const char *text, size_t len, struct error *err)
{
	for (size_t i = bytes_valid(text, len); i < len; i++)
		if (text[i] < 0x21 || text[i] > 0x7e)
			return error_set(err, -EINVAL,
					 "byte %zu of the string is 0x%02x, expected 0x21 to 0x7e",
					 i + 1, (unsigned)(unsigned char)text[i]);
	return 0;
}

int version_string_parse(const char *text, size_t len, struct version_string *ret,
			 struct error *err)
{
	struct version_string string = {.namespace = text};
	const char *end, *kind, *type, *payload;
	int r;

	if (len && text[len - 1] == '\n')
		len--;
	if (len == 0)
		return error_set(err, -EINVAL, "the string is empty");
	if (len > MIGCOMPAT_STRING_MAX)
		return error_set(err, -E2BIG, "the string has more than %u bytes",
				 MIGCOMPAT_STRING_MAX);
	r = bytes_check(text, len, err);
	if (r)
		return r;
	end = text + len;
	kind = memchr(text, ':', len);
	if (!kind || !namespace_valid(text, (size_t)(kind - text)))
		return error_set(err, -EINVAL,
				 "the string does not begin with a namespace (1 to 32 of a-z, 0-9 "
				 "and _, and a colon)");
	string.namespace_len = (size_t)(kind++ - text);
	type = memchr(kind, ':', (size_t)(end - kind));
	if (!type || kind_parse(kind, (size_t)(type - kind), &string.kind) != 0)
		return error_set(err, -EINVAL,
				 "the string's second part is no kind, expected mdev, mdev-type or "
				 "physical");
	string.type = ++type;
	payload = memchr(type, ':', (size_t)(end - type));
	if (!payload || payload == type)
		return error_set(err, -EINVAL, "the string has no migration type");
	string.type_len = (size_t)(payload - type);
	if ((size_t)(payload - text) > MIGCOMPAT_PREFIX_MAX)
		return error_set(
			err, -EINVAL,
			"the string's first three parts have %zu bytes, expected at most %u",
			(size_t)(payload - text), MIGCOMPAT_PREFIX_MAX);
	string.payload = ++payload;
	string.payload_len = (size_t)(end - payload);
	if (string.payload_len == 0)
		return error_set(err, -EINVAL, "the string has no payload: it was cut");
	*ret = string;
	return 0;
}

int version_string_write(const struct version_string *string, char *buffer, size_t size)
{
	int prefix = snprintf(buffer, size, "%.*s:%s:%.*s:", (int)string->namespace_len,
			      string->namespace, kind_name(string->kind), (int)string->type_len,
			      string->type);

	if (prefix < 0 || (size_t)prefix > MIGCOMPAT_PREFIX_MAX + 1 || (size_t)prefix >= size ||
	    string->payload_len >= size - (size_t)prefix ||
	    (size_t)prefix + string->payload_len > MIGCOMPAT_STRING_MAX)
		return -E2BIG;
	memcpy(buffer + prefix, string->payload, string->payload_len);
	buffer[(size_t)prefix + string->payload_len] = '\0';
	return prefix + (int)string->payload_len;
}
