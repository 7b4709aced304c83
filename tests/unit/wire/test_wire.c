/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Basic types of messages and their framing: what is written is read back; cut messages
 * and values out of range are refused.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/wire/wire.h"
#include "tests/support/test.h"

/*
 * The message of a buffer in a copy that ends exactly after it, so that a sanitizer sees
 * reads beyond it.
 */
struct copy {
	char *bytes;
	size_t len;
};

static struct copy copy_body(const struct wire_out *out)
{
	struct copy copy = {.len = out->len - sizeof(struct wire_head)};

	copy.bytes = malloc(copy.len + 1);
	assert_non_null(copy.bytes);
	memcpy(copy.bytes, out->bytes + sizeof(struct wire_head), copy.len);
	return copy;
}

static struct wire_reader read_copy(const struct copy *copy)
{
	return (struct wire_reader){.at = copy->bytes, .end = copy->bytes + copy->len};
}

static void begin(struct wire_out *out)
{
	out->len = 0;
	wire_begin(out, 7, WIRE_COMPARE, 0, WIRE_REPLY_MAX);
}

/* ---------------------------------------------------------------- primitives */

static void numbers_and_texts_are_read_as_they_were_written(void **state)
{
	struct wire_out out = {0};
	struct wire_reader reader;
	struct copy copy;
	size_t len = 0;

	(void)state;
	begin(&out);
	wire_put_u32(&out, 7);
	wire_put_u64(&out, UINT64_MAX);
	wire_put_text(&out, "a\0b", 3);
	wire_put_text(&out, NULL, 0);
	wire_put_string(&out, "");
	assert_int_equal(wire_end(&out), 0);
	copy = copy_body(&out);
	reader = read_copy(&copy);
	assert_int_equal(wire_get_u32(&reader), 7);
	assert_true(wire_get_u64(&reader) == UINT64_MAX);
	assert_memory_equal(wire_get_text(&reader, 3, &len), "a\0b", 4);
	assert_int_equal(len, 3);
	assert_null(wire_get_text(&reader, 3, &len));
	assert_string_equal(wire_get_name(&reader, 0), "");
	assert_true(wire_done(&reader));
	wire_get_u32(&reader);
	assert_true(reader.bad);
	assert_false(wire_done(&reader));
	free(copy.bytes);
	wire_out_free(&out);
}

/* Does this getter refuse the text? */
static bool refused(const char *text, size_t len, char *(*get)(struct wire_reader *, size_t))
{
	struct wire_out out = {0};
	struct wire_reader reader;
	struct copy copy;

	begin(&out);
	wire_put_text(&out, text, len);
	assert_int_equal(wire_end(&out), 0);
	copy = copy_body(&out);
	reader = read_copy(&copy);
	get(&reader, 8);
	free(copy.bytes);
	wire_out_free(&out);
	return reader.bad;
}

static void a_name_must_be_printable_text(void **state)
{
	(void)state;
	assert_false(refused("\xc3\xa9t\xc3\xa9", 5, wire_get_name));
	assert_true(refused(NULL, 0, wire_get_name));
	assert_false(refused(NULL, 0, wire_get_optional));
	assert_true(refused("a\nb", 3, wire_get_name));
	assert_true(refused("a\xff", 2, wire_get_optional));
	assert_true(refused("a\0b", 3, wire_get_name));
	assert_true(refused("123456789", 9, wire_get_name));
}

static void texts_are_made_printable(void **state)
{
	(void)state;
	assert_false(refused("a\0b", 3, wire_get_words));
	assert_false(refused("a\xff", 2, wire_get_words));
}

static void a_count_is_bounded_by_the_bytes_that_are_there(void **state)
{
	uint32_t body[3] = {3, 0, 0};
	struct wire_reader reader = {.at = (char *)body, .end = (char *)(body + 3)};

	(void)state;
	assert_int_equal(wire_get_count(&reader, 100, 4), 0);
	assert_true(reader.bad);
	reader = (struct wire_reader){.at = (char *)body, .end = (char *)(body + 3)};
	assert_int_equal(wire_get_count(&reader, 100, 2), 3);
	reader = (struct wire_reader){.at = (char *)body, .end = (char *)(body + 3)};
	assert_int_equal(wire_get_count(&reader, 2, 1), 0);
	assert_true(reader.bad);
}

static void a_message_that_is_too_long_is_removed(void **state)
{
	struct wire_out out = {0};
	size_t len;

	(void)state;
	begin(&out);
	wire_put_u32(&out, 1);
	assert_int_equal(wire_end(&out), 0);
	len = out.len;
	wire_begin(&out, 8, WIRE_LIST, 0, 64);
	wire_put_text(&out, "sixty-four bytes are not enough for this text and a head before it",
		      66);
	wire_put_u32(&out, 1);
	assert_int_equal(wire_end(&out), -E2BIG);
	assert_int_equal(out.len, len);
	wire_out_free(&out);
}

/* ---------------------------------------------------------------- framing */

static void feed(struct wire_in *in, const void *bytes, size_t len)
{
	int sockets[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
	assert_int_equal(write(sockets[0], bytes, len), (ssize_t)len);
	assert_int_equal(wire_fill(in, sockets[1], wire_deadline(1000)), 0);
	close(sockets[0]);
	close(sockets[1]);
}

static void a_message_is_taken_when_it_is_complete(void **state)
{
	struct wire_out out = {0};
	struct wire_message message;
	struct wire_in in = {0};

	(void)state;
	begin(&out);
	wire_put_u64(&out, 42);
	assert_int_equal(wire_end(&out), 0);
	for (size_t i = 0; i < out.len; i++) {
		assert_int_equal(wire_next(&in, WIRE_REPLY_MAX, &message), 0);
		feed(&in, out.bytes + i, 1);
	}
	feed(&in, out.bytes, out.len);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(wire_next(&in, WIRE_REPLY_MAX, &message), 1);
		assert_int_equal(message.head.id, 7);
		assert_int_equal(message.head.op, WIRE_COMPARE);
		assert_true(wire_get_u64(&message.body) == 42);
		assert_true(wire_done(&message.body));
	}
	assert_int_equal(wire_next(&in, WIRE_REPLY_MAX, &message), 0);
	wire_in_free(&in);
	wire_out_free(&out);
}

static void a_head_out_of_range_is_refused(void **state)
{
	static const struct wire_head heads[] = {
		{.size = 15, .op = WIRE_INFO},
		{.size = 0, .op = WIRE_INFO},
		{.size = WIRE_REPLY_MAX + 1, .op = WIRE_INFO},
		{.size = UINT32_MAX, .op = WIRE_INFO},
		{.size = 16, .op = 0},
		{.size = 16, .op = WIRE_OP_COUNT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct wire_message message;
		struct wire_in in = {0};

		feed(&in, &heads[i], sizeof(heads[i]));
		assert_int_equal(wire_next(&in, WIRE_REPLY_MAX, &message), -EBADMSG);
		wire_in_free(&in);
	}
}

static void the_buffer_grows_as_a_long_message_arrives(void **state)
{
	const struct wire_head head = {.size = WIRE_REPLY_MAX, .id = 1, .op = WIRE_LIST};
	struct wire_in in = {0};
	struct wire_message message;

	(void)state;
	feed(&in, &head, sizeof(head));
	assert_int_equal(wire_next(&in, WIRE_REPLY_MAX, &message), 0);
	assert_int_equal(in.room, 65536);
	wire_in_free(&in);
}

static void no_wait_exceeds_its_deadline(void **state)
{
	struct wire_out out = {0};
	struct wire_in in = {0};
	int sockets[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
	assert_int_equal(wire_fill(&in, sockets[0], wire_deadline(20)), -ETIMEDOUT);
	wire_begin(&out, 1, WIRE_OPEN, 0, WIRE_REQUEST_MAX);
	for (int i = 0; i < 1000000; i++)
		wire_put_u64(&out, 0);
	assert_int_equal(wire_end(&out), 0);
	assert_int_equal(wire_send(&out, sockets[0], wire_deadline(20)), -ETIMEDOUT);
	assert_int_equal(out.len, 0);
	close(sockets[1]);
	begin(&out);
	assert_int_equal(wire_end(&out), 0);
	assert_int_equal(wire_send(&out, sockets[0], wire_deadline(20)), -EPIPE);
	assert_int_equal(wire_fill(&in, sockets[0], wire_deadline(20)), -ECONNRESET);
	close(sockets[0]);
	wire_in_free(&in);
	wire_out_free(&out);
}

#define test(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(numbers_and_texts_are_read_as_they_were_written),
		test(a_name_must_be_printable_text),
		test(texts_are_made_printable),
		test(a_count_is_bounded_by_the_bytes_that_are_there),
		test(a_message_that_is_too_long_is_removed),
		test(a_message_is_taken_when_it_is_complete),
		test(a_head_out_of_range_is_refused),
		test(the_buffer_grows_as_a_long_message_arrives),
		test(no_wait_exceeds_its_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
