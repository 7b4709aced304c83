/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of kernel drivers' streams share: building the bytes, and looking up
 * findings.
 */
#ifndef KERNEL_STREAMS_TESTS_BUILD_H
#define KERNEL_STREAMS_TESTS_BUILD_H

#include "tests/support/device.h"
#include "tests/support/stream.h"

#define BYTES_MAX MIGCOMPAT_STREAM_HEAD

static struct migcompat_result result;
static uint8_t bytes[BYTES_MAX];
static uint8_t *at; /* the end of what was put */
static struct provider *provider;

static inline int setup(void **state)
{
	(void)state;
	provider = test_backend("streams/kernel_streams", NULL);
	assert_int_equal(result_reset(&result), 0);
	memset(bytes, 0, sizeof(bytes));
	at = bytes;
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	result_free(&result);
	provider_free(provider);
	return 0;
}

/* Read the first len bytes of a stream of this size (0: not known). */
static inline int read_first(size_t len, uint64_t size)
{
	const struct stream_head head = {.bytes = bytes, .len = len, .size = size};

	assert_int_equal(result_reset(&result), 0);
	return provider_stream(provider, NULL, &head, &result, NULL);
}

/* Read all that was put. */
static inline int read_all(void)
{
	return read_first((size_t)(at - bytes), (uint64_t)(at - bytes));
}

static inline void put(uint64_t value, size_t size)
{
	at = stream_put(at, value, size);
}

static inline bool is_driver(const struct finding *finding)
{
	return strcmp(finding->field, "stream_driver") == 0;
}

/* The number of a driver's bad findings; -1: it has no entry. */
static inline int bad_of(const char *driver)
{
	size_t len = strlen(driver);
	bool found = false, here = false;
	int bad = 0;

	for (size_t i = 0; i < result.count; i++) {
		const struct finding *finding = &result.findings[i];
		const struct migcompat_value *name = &finding->source;

		if (is_driver(finding))
			here = name->len == len && memcmp(name->as.text, driver, len) == 0;
		found |= here;
		bad += here && finding->status == MIGCOMPAT_STATUS_BAD;
	}
	return found ? bad : -1;
}

/* The driver accepts all that was put, without a warning. */
static inline void assert_taken(const char *driver)
{
	assert_int_equal(read_all(), 0);
	assert_true(is_driver(&result.findings[0]));
	for (size_t i = 0; i < result.count; i++)
		assert_int_not_equal(result.findings[i].status, MIGCOMPAT_STATUS_WARN);
	assert_int_equal(bad_of(driver), 0);
}

/* The driver refuses it, and this field is bad. */
static inline void assert_refused(const char *driver, const char *field)
{
	assert_int_equal(read_all(), 0);
	assert_true(bad_of(driver) > 0);
	assert_non_null(test_finding(&result, field));
	assert_int_equal(test_finding(&result, field)->status, MIGCOMPAT_STATUS_BAD);
	assert_contains(test_finding(&result, field)->text, field);
	assert_contains(test_finding(&result, field)->text, " at offset ");
}

static inline uint64_t value_of(const char *field)
{
	assert_non_null(test_finding(&result, field));
	return test_finding(&result, field)->source.as.number;
}

/* Only a target can judge the field, by this rule. */
static inline void assert_for_target(const char *field, uint32_t rule, uint64_t value)
{
	assert_int_equal(value_of(field), value);
	assert_int_equal(test_finding(&result, field)->rule, rule);
	assert_int_equal(test_finding(&result, field)->status, MIGCOMPAT_STATUS_UNKNOWN);
}

static inline const char *text_of(const char *field)
{
	assert_non_null(test_finding(&result, field));
	return test_finding(&result, field)->text;
}

/* A machine of the other byte order wrote a magic of this many bytes. */
static inline void assert_swapped_is_told(const char *driver, size_t magic)
{
	for (size_t i = 0; i < magic / 2; i++) {
		uint8_t byte = bytes[i];

		bytes[i] = bytes[magic - 1 - i];
		bytes[magic - 1 - i] = byte;
	}
	assert_refused(driver, "stream_magic");
	assert_contains(text_of("stream_magic"), "a machine of the other byte order wrote it");
}

#endif
