/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Comparing two answers part by part. */
#ifndef TESTS_SUPPORT_SAME_H
#define TESTS_SUPPORT_SAME_H

#include "core/backend/provider.h"
#include "tests/support/test.h"

static inline void same_text(const char *a, const char *b)
{
	if (!a || !b)
		assert_ptr_equal(a, b);
	else
		assert_string_equal(a, b);
}

static inline void same_opened(const struct opened *local, const struct opened *worker)
{
	same_text(local->type, worker->type);
	same_text(local->model, worker->model);
	same_text(local->label, worker->label);
	same_text(local->mechanism_text, worker->mechanism_text);
	same_text(local->not_source, worker->not_source);
	same_text(local->not_target, worker->not_target);
	assert_int_equal(local->mechanism, worker->mechanism);
	assert_int_equal(local->payload_len, worker->payload_len);
	same_text(local->newest, worker->newest);
	assert_int_equal(local->newest_len, worker->newest_len);
	if (!local->payload)
		assert_null(worker->payload);
	else
		assert_memory_equal(local->payload, worker->payload, local->payload_len);
}

static inline void same_value(const struct migcompat_value *a, const struct migcompat_value *b)
{
	assert_int_equal(a->type, b->type);
	if (a->type == MIGCOMPAT_VALUE_TEXT) {
		assert_int_equal(a->len, b->len);
		assert_memory_equal(a->as.text, b->as.text, a->len);
	} else if (a->type != MIGCOMPAT_VALUE_NONE) {
		assert_true(a->as.number == b->as.number);
	}
}

static inline void same_result(const struct migcompat_result *a, const struct migcompat_result *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		const struct finding *x = &a->findings[i], *y = &b->findings[i];

		same_text(x->field, y->field);
		same_text(x->noun, y->noun);
		same_text(x->text, y->text);
		same_value(&x->source, &y->source);
		same_value(&x->target, &y->target);
		assert_true(x->extra == y->extra);
		assert_int_equal(x->rule, y->rule);
		assert_int_equal(x->status, y->status);
		assert_int_equal(x->limit, y->limit);
	}
	assert_int_equal(a->truncated, b->truncated);
	assert_true(a->extra == b->extra);
	assert_int_equal(a->bad_count, b->bad_count);
	assert_int_equal(a->bad_limits, b->bad_limits);
	assert_int_equal(a->availability, b->availability);
	same_text(a->availability_text, b->availability_text);
}

static inline void same_sink(const struct migcompat_sink *a, const struct migcompat_sink *b)
{
	assert_int_equal(a->nparameters, b->nparameters);
	for (size_t i = 0; i < a->nparameters; i++) {
		same_text(a->parameters[i].name, b->parameters[i].name);
		same_text(a->parameters[i].value, b->parameters[i].value);
		same_text(a->parameters[i].allowed, b->parameters[i].allowed);
		same_text(a->parameters[i].init, b->parameters[i].init);
		same_text(a->parameters[i].off, b->parameters[i].off);
		same_text(a->parameters[i].attribute, b->parameters[i].attribute);
		same_text(a->parameters[i].description, b->parameters[i].description);
		assert_int_equal(a->parameters[i].type, b->parameters[i].type);
		assert_int_equal(a->parameters[i].runtime, b->parameters[i].runtime);
	}
	assert_int_equal(a->ncandidates, b->ncandidates);
	for (size_t i = 0; i < a->ncandidates; i++) {
		same_text(a->candidates[i].name, b->candidates[i].name);
		same_text(a->candidates[i].type, b->candidates[i].type);
		assert_true(a->candidates[i].extra == b->candidates[i].extra);
	}
	assert_int_equal(a->nwrites, b->nwrites);
	for (size_t i = 0; i < a->nwrites; i++) {
		same_text(a->writes[i].attribute, b->writes[i].attribute);
		same_text(a->writes[i].value, b->writes[i].value);
	}
}

#endif
