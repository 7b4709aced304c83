/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For tests of the policy: policies from texts and folders, and two sides to apply them to. */
#ifndef TESTS_SUPPORT_POLICY_H
#define TESTS_SUPPORT_POLICY_H

#include "tests/support/test.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/policy/policy_private.h"

/* One process parses all texts of a test program. It ends with the program. */
static struct conf_parser policy_parser = {.program = TEST_BUILD "/migcompat-worker"};

/* ---------------------------------------------------------------- loading */

static inline struct policy *policy_of(const char *text)
{
	struct policy *policy = NULL;
	struct error err = {0};

	if (policy_load_text("/p/test.conf", text, strlen(text), &policy_parser, &policy, &err))
		fail_msg("%s", err.text);
	return policy;
}

/* Assert that the text is refused, and return the message. */
static inline const char *policy_refused(const char *text)
{
	static struct error err;
	struct policy *policy = NULL;

	err = (struct error){0};
	assert_int_equal(
		policy_load_text("/p/test.conf", text, strlen(text), &policy_parser, &policy, &err),
		-EINVAL);
	assert_null(policy);
	return err.text;
}

struct temp {
	char folder[64];
	char path[256];
};

static inline const char *temp_path(struct temp *temp, const char *name)
{
	snprintf(temp->path, sizeof(temp->path), "%s/%s", temp->folder, name);
	return temp->path;
}

static inline int temp_setup(void **state)
{
	struct temp *temp = calloc(1, sizeof(*temp));

	if (!temp)
		return -1;
	strcpy(temp->folder, "/tmp/test-policy-XXXXXX");
	*state = temp;
	return mkdtemp(temp->folder) && mkdir(temp_path(temp, "etc"), 0755) == 0 &&
			       mkdir(temp_path(temp, "etc/conf.d"), 0755) == 0 &&
			       mkdir(temp_path(temp, "usr"), 0755) == 0
		       ? 0
		       : -1;
}

static inline int temp_teardown(void **state)
{
	struct temp *temp = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", temp->folder);
	free(temp);
	return system(command);
}

static inline void temp_write(struct temp *temp, const char *name, const char *text)
{
	FILE *file = fopen(temp_path(temp, name), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(temp_path(temp, name), 0644), 0);
}

/* Load etc and usr in place of /etc/migcompat and /usr/lib/migcompat/conf.d. */
static inline int temp_try(struct temp *temp, struct policy **ret, struct error *err)
{
	char etc[128], usr[128];

	snprintf(etc, sizeof(etc), "%s/etc", temp->folder);
	snprintf(usr, sizeof(usr), "%s/usr", temp->folder);
	return policy_load_folders(etc, usr, &policy_parser, ret, err);
}

static inline struct policy *temp_load(struct temp *temp)
{
	struct policy *policy = NULL;
	struct error err = {0};

	if (temp_try(temp, &policy, &err))
		fail_msg("%s", err.text);
	return policy;
}

static inline const char *temp_refused(struct temp *temp, int code)
{
	static struct error err;
	struct policy *policy = NULL;

	err = (struct error){0};
	assert_int_equal(temp_try(temp, &policy, &err), code);
	assert_null(policy);
	return err.text;
}

/* ---------------------------------------------------------------- applying */

/* Members of struct policy_side. */
#define VERSION(text) .version = (text), .version_len = sizeof(text) - 1

/* Two sides of which everything is known. Each test changes them as it needs. */
struct bench {
	struct arena arena;
	struct factset facts[SIDE_COUNT];
	struct factset host_facts[SIDE_COUNT];
	struct policy_side source;
	struct policy_side target;
	struct migcompat_result result;
	enum policy_outcome outcome;
	bool forced;
	const char *applied[8];
	size_t napplied;
	char trace[32][1024]; /* one "RULE|WHERE|ACTION|yes|TEXT" per rule */
	size_t ntrace;
};

/* key, value, key, value, …, NULL. */
static inline void facts_of(struct bench *bench, struct factset *ret, const char *const *pairs)
{
	struct factset_builder builder;

	factset_builder_init(&builder, &bench->arena);
	for (; *pairs; pairs += 2)
		assert_int_equal(
			factset_builder_add(&builder, pairs[0], pairs[1], strlen(pairs[1])), 0);
	assert_int_equal(factset_builder_finish(&builder, ret, NULL), 0);
}

static inline int bench_setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	if (!bench || result_reset(&bench->result))
		return -1;
	facts_of(bench, &bench->facts[0],
		 (const char *[]){"vendor", "0x8086", "mask", "0xf0", "empty", "", NULL});
	facts_of(bench, &bench->facts[1],
		 (const char *[]){"vendor", "0x1b36", "revision", "2", "mask", "0xf1", NULL});
	facts_of(bench, &bench->host_facts[0],
		 (const char *[]){"kernel/release", "6.1.0-9", "module/m/version", "2.0.1", NULL});
	facts_of(bench, &bench->host_facts[1],
		 (const char *[]){"kernel/release", "6.12.3+x", "module/m/version", "2.1.1", NULL});
	bench->source = (struct policy_side){.namespace = "aa",
					     .type = "card-2port",
					     .kind = "mdev",
					     .host = "lab-1",
					     VERSION("aa:mdev:card-2port:1;ports=2"),
					     .facts = &bench->facts[0],
					     .host_facts = &bench->host_facts[0]};
	bench->target = (struct policy_side){.namespace = "aa",
					     .type = "card-2port",
					     .kind = "physical",
					     .host = "prod-1",
					     VERSION("aa:physical:card-2port:1;ports=2"),
					     .facts = &bench->facts[1],
					     .host_facts = &bench->host_facts[1]};
	*state = bench;
	return 0;
}

static inline int bench_teardown(void **state)
{
	struct bench *bench = *state;

	result_free(&bench->result);
	arena_free(&bench->arena);
	free(bench);
	return 0;
}

/* Forget what a bare version string does not say of a source. */
static inline void bench_bare_string(struct bench *bench)
{
	bench->source.host = NULL;
	bench->source.facts = NULL;
	bench->source.host_facts = NULL;
}

static inline void side_version(struct policy_side *side, const char *version)
{
	side->version = version;
	side->version_len = strlen(version);
}

static inline void bench_trace(void *arg, const char *rule, const char *where, const char *action,
			       bool matched, const char *text)
{
	struct bench *bench = arg;

	assert_true(bench->ntrace < 32);
	snprintf(bench->trace[bench->ntrace++], 1024, "%s|%s|%s|%s|%s", rule, where, action,
		 matched ? "yes" : "no", text);
}

static inline void bench_apply(struct bench *bench, const struct policy *policy, bool trace)
{
	struct policy_question question = {
		.source = &bench->source,
		.target = &bench->target,
		.result = &bench->result,
		.trace = trace ? bench_trace : NULL,
		.trace_arg = bench,
		.matched = bench->applied,
		.matched_max = 8,
	};

	bench->ntrace = 0;
	bench->outcome = policy_apply(policy, &question);
	bench->forced = question.forced;
	bench->napplied = question.nmatched;
}

/* Load, apply and free a policy. Names in applied are invalid afterwards. */
static inline enum policy_outcome outcome_of(struct bench *bench, const char *text)
{
	struct policy *policy = policy_of(text);

	bench_apply(bench, policy, false);
	policy_free(policy);
	return bench->outcome;
}

/* The text of the last finding. */
static inline const char *last_text(const struct bench *bench)
{
	static char text[4096];

	assert_true(bench->result.count > 0);
	finding_render(&bench->result.findings[bench->result.count - 1], text, sizeof(text));
	return text;
}

#endif
