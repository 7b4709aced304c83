/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The backend "slips" of tests/backends, which makes one mistake for each device. A
 * mistake is an error of the backend, in this process and in a worker, and the sentence
 * tells which mistake.
 */
#ifndef TESTS_SUPPORT_WORKER_SLIPS_H
#define TESTS_SUPPORT_WORKER_SLIPS_H

#include <errno.h>

#include "core/facts/macros.h"
#include "tests/support/worker.h"

enum step { OPEN, COMPARE, CANDIDATES, PARAMETERS, PREPARE };

struct slip {
	const char *how;
	const char *sentence; /* after "backend slips: " */
	enum step step;
};

static struct test_host host;
static struct provider *sides[2]; /* in this process, and in a worker */
static struct migcompat_result result;

static inline int setup(void **state)
{
	static const char *const host_facts[] = {"module/plain/version", "1", NULL};
	struct error err = {0};
	char path[4096];

	(void)state;
	worker_environment();
	test_host_make(&host, host_facts);
	assert_int_equal(
		provider_local_new(worker_path("slips", path, sizeof(path)), &sides[0], &err), 0);
	assert_null(sides[0]->info.error);
	assert_int_equal(provider_settle(sides[0], NULL, NULL), 0);
	sides[1] = worker_good("slips");
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++)
		provider_free(sides[i]);
	result_free(&result);
	test_host_free(&host);
	return 0;
}

static inline const struct device *device(const char *how, const char *count)
{
	const char *const facts[] = {"many/count", count, "plain", how, NULL};

	host.ndevices = 0;
	return test_device(&host, MIGCOMPAT_KIND_MDEV, "x", facts);
}

/* The payload of a source with this count, from a device that makes no mistake. */
static inline void source_of(struct provider *provider, const char *count, const char *how,
			     char payload[MIGCOMPAT_PAYLOAD_MAX + 1])
{
	struct opened *opened = test_open(provider, device(how, count));

	snprintf(payload, MIGCOMPAT_PAYLOAD_MAX + 1, "%.*s", (int)opened->payload_len,
		 opened->payload);
	opened_close(opened);
}

/*
 * Open a device of count 2, and compare a source of this count with it, or list
 * something.
 */
static inline int run(struct provider *provider, const char *how, enum step step, const char *count,
		      struct error *err)
{
	static const enum provider_list lists[] = {[CANDIDATES] = PROVIDER_CANDIDATES,
						   [PARAMETERS] = PROVIDER_PARAMETERS,
						   [PREPARE] = PROVIDER_PREPARE};
	char payload[MIGCOMPAT_PAYLOAD_MAX + 1];
	struct migcompat_sink sink = {0};
	struct opened *opened = NULL;
	int r;

	source_of(provider, count, strcmp(how, "card absent") == 0 ? how : "", payload);
	r = provider_open(provider, device(how, "2"), &opened, err);
	assert_int_equal(result_reset(&result), 0);
	if (!r && step == COMPARE)
		r = opened_compare(opened, payload, strlen(payload), &result, err);
	else if (!r && step == PARAMETERS)
		r = opened_list(opened, PROVIDER_PARAMETERS, NULL, 0, &sink, err);
	else if (!r && step != OPEN)
		r = opened_list(opened, lists[step], payload, strlen(payload), &sink, err);
	sink_free(&sink);
	opened_close(opened);
	return r;
}

static inline void are_errors(const struct slip *slips, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t side = 0; side < 2; side++) {
			struct error err = {0};
			char sentence[ERROR_TEXT_MAX];
			int r = run(sides[side], slips[i].how, slips[i].step, "3", &err);

			snprintf(sentence, sizeof(sentence), "backend slips: %s",
				 slips[i].sentence);
			if (r != -EIO || strcmp(err.text, sentence) != 0)
				fail_msg("%s: %d \"%s\", expected \"%s\"", slips[i].how, r,
					 err.text, sentence);
		}
	}
}

#define SLIPS(...)                                                \
	do {                                                      \
		static const struct slip slips[] = {__VA_ARGS__}; \
		are_errors(slips, COUNT(slips));                  \
	} while (0)

#endif
