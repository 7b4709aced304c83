/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Does what the payload says, or in open the fact "plain": "crash", "hang", "spin",
 * "exit", "garbage", "refuse", "progress". Otherwise it works.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/backends/crash.h"
#include "tests/backends/plain.h"

static int says(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(text, word, len) == 0;
}

static int behave(const char *text, size_t len)
{
	static const char junk[] = "\xff\xff\xff\xff this is no message";
	volatile uint64_t turns = 0;

	if (says(text, len, "refuse"))
		return -EINVAL;
	if (says(text, len, "progress"))
		return -EINPROGRESS;
	if (says(text, len, "crash"))
		crash();
	if (says(text, len, "exit"))
		_exit(0);
	while (says(text, len, "hang"))
		pause();
	while (says(text, len, "spin"))
		turns++;
	return says(text, len, "garbage") && write(3, junk, sizeof(junk)) < 0 ? -errno : 0;
}

static int moody_open(const struct migcompat_host *host, const struct migcompat_facts *facts,
		      void **ret_handle)
{
	const char *mood = "";
	size_t len = 0;
	int r;

	host->fact(facts, 0, "plain", &mood, &len);
	r = behave(mood, len);
	return r ? r : plain_open(host, facts, ret_handle);
}

static int moody_compare(void *handle, const char *payload, size_t len,
			 struct migcompat_result *result)
{
	int r = behave(payload, len);

	return r ? r : plain_compare(handle, payload, len, result);
}

/* If the fact is "many": more parameters than a device may have. */
static int moody_parameters(void *handle, const char *payload, size_t len,
			    struct migcompat_sink *sink)
{
	struct migcompat_parameter parameter = {
		.struct_size = sizeof(parameter), .value = "1", .init = "1"};
	const char *mood = "";
	size_t size = 0;
	char name[16];
	int r = 0;

	(void)handle, (void)payload, (void)len;
	plain_host->fact(plain_facts, 0, "plain", &mood, &size);
	parameter.name = name;
	for (int i = 0; i < 300 && says(mood, size, "many") && !r; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		r = plain_host->parameter(sink, &parameter);
	}
	return r;
}

#define PLAIN_NAME "moody"
#define PLAIN_PARAMETERS moody_parameters
#define PLAIN_OPEN moody_open
#define PLAIN_COMPARE moody_compare
#include "tests/backends/register.h"
