/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A source and a target, each with a host. A test changes their facts before it opens
 * them. At first both have adapters 05 and 06 (CEX6 coprocessors), domains 0004 and 0047,
 * control domain 0047, and every queue is free.
 */
#ifndef VFIO_AP_TESTS_AP_TEST_H
#define VFIO_AP_TESTS_AP_TEST_H

#include <errno.h>

#include "tests/support/device.h"

#define LIST_MAX 4096u
#define CCA "0x92800000" /* APSC, CCA, APXA, full native */
#define CCA_STATELESS "0x92400000"
#define EP11 "0x06800000"        /* EP11, APXA, full native */
#define ACCELERATOR "0x6A800000" /* 4K operands, accelerator, APXA, full native */
#define TWO_BY_TWO "05.0004\n05.0047\n06.0004\n06.0047\n"

/* Facts as test_facts takes them. Strings are copied. */
struct list {
	struct arena arena;
	const char *items[2 * LIST_MAX + 1];
	size_t count;
};

static inline void list_drop(struct list *list, const char *key)
{
	for (size_t i = 0; i < list->count; i += 2) {
		if (strcmp(list->items[i], key) != 0)
			continue;
		memmove(&list->items[i], &list->items[i + 2],
			(list->count - i - 2) * sizeof(list->items[0]));
		list->count -= 2;
		list->items[list->count] = NULL;
		return;
	}
}

static inline void list_put(struct list *list, const char *key, const char *value)
{
	list_drop(list, key);
	assert_true(list->count < 2 * LIST_MAX);
	list->items[list->count++] = arena_copy(&list->arena, key, strlen(key));
	list->items[list->count++] = arena_copy(&list->arena, value, strlen(value));
	list->items[list->count] = NULL;
}

struct side {
	struct list host_facts;
	struct list facts;
	struct test_host host;
	enum migcompat_kind kind;
	struct opened *opened;
};

struct pair {
	struct side source;
	struct side target;
	struct provider *provider;
	struct migcompat_result result;
	struct error err;
};

/* ---------------------------------------------------------------- facts */

/* From "5,6" or "" to 0x and 64 digits. Numbers are hexadecimal. */
static inline void mask_text(const char *numbers, char text[67])
{
	unsigned char bits[32] = {0};

	for (const char *at = numbers; *at;) {
		char *end;
		unsigned long bit = strtoul(at, &end, 16);

		assert_true(bit < 256 && end != at);
		bits[bit / 8] = (unsigned char)(bits[bit / 8] | 0x80u >> bit % 8);
		at = *end == ',' ? end + 1 : end;
	}
	strcpy(text, "0x");
	for (int i = 0; i < 32; i++)
		snprintf(text + 2 + 2 * i, 3, "%02x", bits[i]);
}

static inline void put_mask(struct list *list, const char *key, const char *numbers)
{
	char text[67];

	mask_text(numbers, text);
	list_put(list, key, text);
}

static inline void config_text(const char *adapters, const char *domains, const char *control,
			       char text[256])
{
	char a[67], d[67], c[67];

	mask_text(adapters, a);
	mask_text(domains, d);
	mask_text(control, c);
	snprintf(text, 256, "%s,%s,%s", a, d, c);
}

/* All of it is bound to vfio_ap, so a guest gets it. Numbers are hexadecimal and
 * ascend. */
static inline void put_guest(struct side *side, const char *adapters, const char *domains)
{
	char text[4096] = "", *at = text;

	for (const char *a = adapters; *a; a = strchr(a, ',') ? strchr(a, ',') + 1 : "")
		for (const char *d = domains; *d; d = strchr(d, ',') ? strchr(d, ',') + 1 : "")
			at += sprintf(at, "%02lx.%04lx\n", strtoul(a, NULL, 16),
				      strtoul(d, NULL, 16));
	list_put(&side->facts, "guest_matrix", text);
}

static inline void put_config(struct side *side, const char *adapters, const char *domains,
			      const char *control)
{
	char text[256];

	config_text(adapters, domains, control, text);
	list_put(&side->facts, "ap_config", text);
	put_guest(side, adapters, domains);
}

static inline void put_card(struct side *side, unsigned adapter, const char *hwtype,
			    const char *functions)
{
	char key[64];

	snprintf(key, sizeof(key), "bus/ap/devices/card%02x/hwtype", adapter);
	list_put(&side->host_facts, key, hwtype);
	snprintf(key, sizeof(key), "bus/ap/devices/card%02x/ap_functions", adapter);
	list_put(&side->host_facts, key, functions);
}

/* A fact of a queue. value NULL: removes it. */
static inline void put_queue(struct side *side, unsigned adapter, unsigned domain, const char *name,
			     const char *value)
{
	char key[64];

	snprintf(key, sizeof(key), "bus/ap/devices/%02x.%04x/%s", adapter, domain, name);
	if (value)
		list_put(&side->host_facts, key, value);
	else
		list_drop(&side->host_facts, key);
}

static inline void put_stated_keys(struct side *side, unsigned adapter, unsigned domain,
				   const char *value)
{
	char key[64];

	snprintf(key, sizeof(key), "stated/mkvps/%02x.%04x", adapter, domain);
	list_put(&side->host_facts, key, value);
}

static inline void side_fill(struct side *side)
{
	static const unsigned adapters[] = {0x05, 0x06}, domains[] = {0x04, 0x47};

	side->kind = MIGCOMPAT_KIND_MDEV;
	list_put(&side->facts, "mdev_type", "vfio_ap-passthrough");
	list_put(&side->facts, "parent/features", "guest_matrix hotplug ap_config");
	put_config(side, "5,6", "4,47", "47");
	put_mask(&side->host_facts, "bus/ap/apmask", "0,1,2");
	put_mask(&side->host_facts, "bus/ap/aqmask", "0,1,2");
	put_mask(&side->host_facts, "bus/ap/ap_control_domain_mask", "4,47");
	put_mask(&side->host_facts, "bus/ap/ap_usage_domain_mask", "4,47");
	for (size_t a = 0; a < 2; a++) {
		put_card(side, adapters[a], "12", CCA);
		for (size_t d = 0; d < 2; d++) {
			put_queue(side, adapters[a], domains[d], "driver", "vfio_ap");
			put_stated_keys(side, adapters[a], domains[d],
					"AES CUR: valid 0x1111111111111111");
		}
	}
}

/* -------------------------------------------------------------- opening and comparing */

static inline void side_type(struct side *side)
{
	side->kind = MIGCOMPAT_KIND_MDEV_TYPE;
	list_drop(&side->facts, "ap_config");
	list_drop(&side->facts, "guest_matrix");
}

static inline int side_open(struct pair *pair, struct side *side)
{
	assert_null(side->opened);
	test_host_free(&side->host);
	test_host_make(&side->host, side->host_facts.items);
	pair->err.text[0] = '\0';
	return provider_open(pair->provider,
			     test_device(&side->host, side->kind, "x", side->facts.items),
			     &side->opened, &pair->err);
}

static inline void pair_open(struct pair *pair)
{
	if (side_open(pair, &pair->source) || side_open(pair, &pair->target))
		fail_msg("%s", pair->err.text);
}

static inline void pair_close(struct pair *pair)
{
	pair->source.opened = opened_close(pair->source.opened);
	pair->target.opened = opened_close(pair->target.opened);
}

static inline void pair_compare(struct pair *pair)
{
	pair_open(pair);
	test_compare(pair->source.opened, pair->target.opened, &pair->result);
	pair_close(pair);
}

/* One bad finding, of this field and this limit. */
static inline void expect_bad(const struct pair *pair, const char *field,
			      enum migcompat_limit limit)
{
	const struct finding *finding = test_finding(&pair->result, field);

	if (!finding)
		fail_msg("no finding \"%s\"", field);
	assert_int_equal(finding->status, MIGCOMPAT_STATUS_BAD);
	assert_int_equal(finding->limit, limit);
	assert_int_equal(pair->result.bad_count, 1);
	assert_int_equal(pair->result.bad_limits, 1u << limit);
}

static inline void expect_fit(const struct pair *pair, uint64_t extra)
{
	char text[1024];

	for (size_t i = 0; i < pair->result.count; i++) {
		if (pair->result.findings[i].status == MIGCOMPAT_STATUS_BAD) {
			finding_render(&pair->result.findings[i], text, sizeof(text));
			fail_msg("%s: %s", pair->result.findings[i].field, text);
		}
	}
	assert_int_equal(pair->result.bad_count, 0);
	assert_int_equal(pair->result.extra, extra);
}

/* The source does not open, and the sentence has this part. */
static inline void expect_error(struct pair *pair, int error, const char *part)
{
	assert_int_equal(side_open(pair, &pair->source), error);
	assert_contains(pair->err.text, part);
}

/* ---------------------------------------------------------------- set up */

static inline int pair_setup_with(void **state, const char *const *settings)
{
	struct pair *pair = calloc(1, sizeof(*pair));

	assert_non_null(pair);
	side_fill(&pair->source);
	side_fill(&pair->target);
	pair->provider = test_backend("vfio_ap", settings);
	*state = pair;
	return 0;
}

static inline int pair_setup(void **state)
{
	return pair_setup_with(state, NULL);
}

static inline int pair_teardown(void **state)
{
	struct pair *pair = *state;

	pair_close(pair);
	result_free(&pair->result);
	provider_free(pair->provider);
	test_host_free(&pair->source.host);
	test_host_free(&pair->target.host);
	arena_free(&pair->source.facts.arena);
	arena_free(&pair->source.host_facts.arena);
	arena_free(&pair->target.facts.arena);
	arena_free(&pair->target.host_facts.arena);
	free(pair);
	return 0;
}

#define pair_test(function) cmocka_unit_test_setup_teardown(function, pair_setup, pair_teardown)

#endif
