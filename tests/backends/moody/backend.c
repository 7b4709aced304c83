/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Does what the payload says, or on opening the fact "plain": "crash", "hang", "spin", "exit", "garbage", "refuse", "progress"; else its work. */
#include <errno.h>
#include <stdint.h>
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

static int moody_open(const struct migcompat_host *host, const struct migcompat_facts *facts, void **ret_handle)
{
	const char *mood = "";
	size_t len = 0;
	int r;

	host->fact(facts, 0, "plain", &mood, &len);
	r = behave(mood, len);
	return r ? r : plain_open(host, facts, ret_handle);
}

static int moody_compare(void *handle, const char *payload, size_t len, struct migcompat_result *result)
{
	int r = behave(payload, len);

	return r ? r : plain_compare(handle, payload, len, result);
}

#define PLAIN_NAME "moody"
#define PLAIN_OPEN moody_open
#define PLAIN_COMPARE moody_compare
#include "tests/backends/register.h"
