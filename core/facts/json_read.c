/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A JSON reader (RFC 8259) by recursive descent. Must not know where the text comes from.
 */
#include "core/facts/json_read.h"

#include <errno.h>
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/facts/utf8.h"

#define END (-1)
#define ROOM_MIN 256u

struct reader {
	struct json_input *input;
	struct error *why;
	/* The keys of open objects, followed by the token that is being read. */
	char *text;
	size_t len;
	size_t room;
	unsigned depth;
};

static int read_value(struct reader *reader, json_t **ret);

/* ---------------------------------------------------------------- bytes */

/* The next byte, which is not consumed, or END. */
static int peek(const struct reader *reader)
{
	struct json_input *input = reader->input;

	if (input->at == input->end && !input->more(input))
		return END;
	return (unsigned char)*input->at;
}

static void take(struct reader *reader)
{
	reader->input->at++;
}

static int peek_token(struct reader *reader)
{
	int c;

	while ((c = peek(reader)) == ' ' || c == '\t' || c == '\n' || c == '\r')
		take(reader);
	return c;
}

static int keep(struct reader *reader, const char *bytes, size_t len)
{
	if (len > reader->room - reader->len) {
		size_t room = reader->room;
		char *text;

		while (len > room - reader->len)
			room *= 2;
		text = realloc(reader->text, room);
		if (!text)
			return -ENOMEM;
		reader->text = text;
		reader->room = room;
	}
	memcpy(reader->text + reader->len, bytes, len);
	reader->len += len;
	return 0;
}

static int undecodable(const struct reader *reader, int byte)
{
	return error_set(reader->why, -EINVAL, "unable to decode byte 0x%02x",
			 (unsigned)byte & 0xffu);
}

/* what is like "':' expected". */
static int unexpected(const struct reader *reader, const char *what)
{
	int c = peek(reader);

	if (c == END)
		return -ENODATA;
	if (c >= 0x80)
		return undecodable(reader, c);
	if (c <= 0x20 || c == 0x7f)
		return error_set(reader->why, -EINVAL, "%s near byte 0x%02x", what, (unsigned)c);
	return error_set(reader->why, -EINVAL, "%s near '%c'", what, c);
}

/* ---------------------------------------------------------------- strings */

static int read_hex(struct reader *reader, unsigned *ret)
{
	static const char digits[] = "0123456789abcdef";

	*ret = 0;
	for (int i = 0; i < 4; i++) {
		int c = peek(reader);
		const char *digit = c >= 'A' && c <= 'F' ? strchr(digits, c - 'A' + 'a')
				    : c > 0              ? strchr(digits, c)
							 : NULL;

		if (!digit)
			return unexpected(reader, "invalid escape");
		*ret = *ret << 4 | (unsigned)(digit - digits);
		take(reader);
	}
	return 0;
}

/* Read the second half of a character that has two escapes. */
static int read_low(struct reader *reader, unsigned *point)
{
	unsigned low = 0;
	int r = 0;

	if (peek(reader) != '\\')
		return unexpected(reader, "half of a character");
	take(reader);
	if (peek(reader) != 'u')
		return unexpected(reader, "half of a character");
	take(reader);
	r = read_hex(reader, &low);
	if (!r && (low < 0xdc00 || low > 0xdfff))
		return unexpected(reader, "half of a character");
	*point = 0x10000 + ((*point & 0x3ff) << 10 | (low & 0x3ff));
	return r;
}

static int keep_point(struct reader *reader, unsigned point)
{
	static const unsigned char lead[] = {0, 0x00, 0xc0, 0xe0, 0xf0};
	size_t size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
	char bytes[4];

	for (size_t i = size; i-- > 1; point >>= 6)
		bytes[i] = (char)(0x80 | (point & 0x3f));
	bytes[0] = (char)(lead[size] | point);
	return keep(reader, bytes, size);
}

/* Read the digits after "\u". */
static int read_point(struct reader *reader)
{
	unsigned point = 0;
	int r = read_hex(reader, &point);

	if (!r && point >= 0xd800 && point <= 0xdbff)
		r = read_low(reader, &point);
	else if (!r && point >= 0xdc00 && point <= 0xdfff)
		r = unexpected(reader, "half of a character");
	if (!r && point == 0 && !reader->input->nul)
		r = error_set(reader->why, -EINVAL, "\\u0000 is not allowed");
	return r ? r : keep_point(reader, point);
}

/* Read what follows the backslash. */
static int read_escape(struct reader *reader)
{
	static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	int c = peek(reader);
	const char *name = c > 0 ? strchr(names, c) : NULL;

	if (c != 'u' && !name)
		return unexpected(reader, "invalid escape");
	take(reader);
	return name ? keep(reader, &bytes[name - names], 1) : read_point(reader);
}

/* Copy bytes that need no decoding, as many as this piece has. */
static int keep_plain(struct reader *reader)
{
	struct json_input *input = reader->input;
	const char *from = input->at;

	while (input->at < input->end && *input->at != '"' && *input->at != '\\' &&
	       (unsigned char)*input->at >= 0x20)
		input->at++;
	return keep(reader, from, (size_t)(input->at - from));
}

static int check_text(const struct reader *reader, size_t start)
{
	const char *text = reader->text + start;
	size_t len = reader->len - start, size;

	if (utf8_valid(text, len))
		return 0;
	while ((size = utf8_sequence(text, len)) != 0) {
		text += size;
		len -= size;
	}
	return undecodable(reader, *text);
}

/*
 * Read a string after its opening quote. The text is appended to what is kept, with a
 * zero after it.
 */
static int read_text(struct reader *reader)
{
	size_t start = reader->len;
	int c, r = 0;

	take(reader);
	while (!r && (c = peek(reader)) != '"') {
		if (c == '\\') {
			take(reader);
			r = read_escape(reader);
		} else if (c < 0x20) {
			return c == END ? -ENODATA
					: error_set(reader->why, -EINVAL,
						    "control character 0x%x in a string",
						    (unsigned)c);
		} else {
			r = keep_plain(reader);
		}
	}
	if (!r)
		take(reader);
	if (!r)
		r = keep(reader, "", 1);
	return r ? r : check_text(reader, start);
}

static int read_string(struct reader *reader, json_t **ret)
{
	size_t start = reader->len;
	int r = read_text(reader);

	if (r)
		return r;
	*ret = json_stringn_nocheck(reader->text + start, reader->len - start - 1);
	reader->len = start;
	return *ret ? 0 : -ENOMEM;
}

/* ---------------------------------------------------------------- numbers and words */

static int keep_byte(struct reader *reader)
{
	char byte = (char)peek(reader);

	take(reader);
	return keep(reader, &byte, 1);
}

static int keep_digits(struct reader *reader)
{
	int c = peek(reader), r = 0;

	if (c < '0' || c > '9')
		return unexpected(reader, "a digit expected");
	while (!r && (c = peek(reader)) >= '0' && c <= '9')
		r = keep_byte(reader);
	return r;
}

/* Read the fraction and the exponent, if there are any. */
static int keep_fraction(struct reader *reader)
{
	int c = peek(reader), r = 0;

	if (c == '.') {
		r = keep_byte(reader);
		if (!r)
			r = keep_digits(reader);
		c = peek(reader);
	}
	if (r || (c != 'e' && c != 'E'))
		return r;
	r = keep_byte(reader);
	c = peek(reader);
	if (!r && (c == '+' || c == '-'))
		r = keep_byte(reader);
	return r ? r : keep_digits(reader);
}

/* strtod expects the decimal point of the program's locale. */
static int make_real(const struct reader *reader, char *digits, json_t **ret)
{
	char *point = strchr(digits, '.');
	double value;

	if (point)
		*point = *localeconv()->decimal_point;
	errno = 0;
	value = strtod(digits, NULL);
	if (errno == ERANGE && (value > 1 || value < -1))
		return error_set(reader->why, -EINVAL, "real number overflow");
	*ret = json_real(value);
	return *ret ? 0 : -ENOMEM;
}

static int make_integer(const struct reader *reader, const char *digits, json_t **ret)
{
	long long value;

	errno = 0;
	value = strtoll(digits, NULL, 10);
	if (errno == ERANGE)
		return error_set(reader->why, -EINVAL, "too big integer");
	*ret = json_integer(value);
	return *ret ? 0 : -ENOMEM;
}

static int read_number(struct reader *reader, json_t **ret)
{
	size_t start = reader->len, whole;
	bool real;
	int r = peek(reader) == '-' ? keep_byte(reader) : 0;

	/* No digit may follow a leading zero. */
	if (!r && peek(reader) == '0') {
		r = keep_byte(reader);
		if (!r && peek(reader) >= '0' && peek(reader) <= '9')
			r = unexpected(reader, "invalid token");
	} else if (!r) {
		r = keep_digits(reader);
	}
	whole = reader->len;
	if (!r)
		r = keep_fraction(reader);
	real = reader->len > whole;
	if (!r)
		r = keep(reader, "", 1);
	if (r)
		return r;
	reader->len = start;
	return real ? make_real(reader, reader->text + start, ret)
		    : make_integer(reader, reader->text + start, ret);
}

static int read_word(struct reader *reader, json_t **ret)
{
	static const char *const words[] = {"true", "false", "null"};
	size_t i = 0;
	int c = peek(reader);

	while (i < 3 && words[i][0] != c)
		i++;
	if (i == 3)
		return unexpected(reader, "invalid token");
	for (const char *at = words[i]; *at; at++) {
		if (peek(reader) != *at)
			return unexpected(reader, "invalid token");
		take(reader);
	}
	*ret = i == 0 ? json_true() : i == 1 ? json_false() : json_null();
	return 0;
}

/* ---------------------------------------------------------------- containers */

static int read_element(struct reader *reader, json_t *array)
{
	json_t *value = NULL;
	int r = read_value(reader, &value);

	if (r)
		return r;
	return json_array_append_new(array, value) ? -ENOMEM : 0;
}

static int read_member(struct reader *reader, json_t *object)
{
	size_t key = reader->len;
	json_t *value = NULL;
	int r;

	if (peek_token(reader) != '"')
		return unexpected(reader, "string expected");
	r = read_text(reader);
	if (r)
		return r;
	if (strlen(reader->text + key) != reader->len - key - 1)
		return error_set(reader->why, -EINVAL, "NUL byte in object key not supported");
	if (json_object_get(object, reader->text + key))
		return error_set(reader->why, -EINVAL, "duplicate object key near '\"%.64s\"'",
				 reader->text + key);
	if (peek_token(reader) != ':')
		return unexpected(reader, "':' expected");
	take(reader);
	r = read_value(reader, &value);
	if (!r && json_object_set_new_nocheck(object, reader->text + key, value))
		r = -ENOMEM;
	reader->len = key;
	return r;
}

/* Read from after the opening bracket to the closing one. */
static int read_container(struct reader *reader, json_t *container, char closing,
			  int (*read_one)(struct reader *reader, json_t *container))
{
	const char expected[] = {'\'', closing, '\'', ' ', 'e', 'x', 'p',
				 'e',  'c',     't',  'e', 'd', '\0'};
	int c, r = 0;

	take(reader);
	if (++reader->input->containers > reader->input->containers_max)
		return -E2BIG;
	if (peek_token(reader) == closing) {
		take(reader);
		return 0;
	}
	do {
		r = read_one(reader, container);
		if (r)
			return r;
		c = peek_token(reader);
		if (c != ',' && c != closing)
			return unexpected(reader, expected);
		take(reader);
	} while (c == ',');
	return 0;
}

static int read_value(struct reader *reader, json_t **ret)
{
	int c = peek_token(reader), r;
	json_t *container;

	if (c == '"')
		return read_string(reader, ret);
	if (c == '-' || (c >= '0' && c <= '9'))
		return read_number(reader, ret);
	if (c != '[' && c != '{')
		return read_word(reader, ret);
	if (reader->depth == JSON_READ_DEPTH_MAX)
		return error_set(reader->why, -EINVAL, "maximum parsing depth reached");
	container = c == '[' ? json_array() : json_object();
	if (!container)
		return -ENOMEM;
	reader->depth++;
	r = c == '[' ? read_container(reader, container, ']', read_element)
		     : read_container(reader, container, '}', read_member);
	reader->depth--;
	if (r)
		json_decref(container);
	else
		*ret = container;
	return r;
}

int json_read(struct json_input *input, json_t **ret, struct error *why)
{
	struct reader reader = {
		.input = input, .why = why, .text = malloc(ROOM_MIN), .room = ROOM_MIN};
	int r = reader.text ? read_value(&reader, ret) : -ENOMEM;

	free(reader.text);
	return r;
}
