/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The service in a thread of this process. After a chosen step of a question from the
 * kernel, the thread of that step makes a change. The linker wraps the functions that
 * begin and end steps.
 */
#ifndef TESTS_SERVICE_STEPS_H
#define TESTS_SERVICE_STEPS_H

#include <stdatomic.h>

#include <umockdev.h>

#include "core/backend/provider.h"
#include "core/service/kernel/attachment_scan.h"
#include "core/service/kernel/backend_queue.h"
#include "core/service/kernel/batch.h"
#include "core/service/kernel/kernel_questions.h"
#include "core/service/kernel/publish.h"
#include "core/service/log.h"
#include "core/service/server.h"
#include "core/worker_client/restart.h"
#include "tests/service/hanging.h"
#include "tests/service/shim.h"
#include "tests/support/mocked.h"

#define TARGET "0d2f5a31-6a0e-4c0b-9d6d-0a4f8f3c0001"
#define OTHER "0d2f5a31-6a0e-4c0b-9d6d-0a4f8f3c0002"
#define STRING "steady:mdev:plain:1;one"
#define SECOND "steady:mdev:plain:1;two"

/* Each is the moment between the named step and the next one. */
enum step {
	STEP_NONE,
	STEP_RECEIVED,
	STEP_LOOKED_UP,
	STEP_STAMPED,
	STEP_LIFE_SEEN,
	STEP_NOT_KEPT,
	STEP_QUEUED,
	/* In the backend's queue thread: */
	STEP_TAKEN,
	STEP_FACTS_READ,
	STEP_OPENED,
	STEP_SENT,
	STEP_COMPARED,
	STEP_ANSWERED,
	/* The stamp was checked again: */
	STEP_LIFE_CONFIRMED,
	STEP_DEVICE_CONFIRMED,
	STEP_CONFIRMED,
	STEP_REPLIED,
	STEP_KEPT,
	/* Of a question that is repeated: */
	STEP_FOUND,
	STEP_ACCEPTED,
};

enum change { CHANGE_HOLD, CHANGE_RELOAD, CHANGE_KILL, CHANGE_PARK, CHANGES };

/* The answers at the kernel and at the socket after a change. */
static const struct {
	const char *name;
	int error;
	const char *verdict;
} changes[CHANGES] = {
	[CHANGE_HOLD] = {"held", -EBUSY, "incompatible"},
	[CHANGE_RELOAD] = {"reloaded", -EPERM, "incompatible"},
	[CHANGE_KILL] = {"killed", -EINVAL, "incompatible"},
	[CHANGE_PARK] = {"parked", -EIO, "error"},
};

static struct daemon service; /* in a thread of this process */
static pthread_t thread;
static char config[192], state_folder[192], backends[192];

/* Shared by the wrapped functions and the test. */
static struct {
	_Atomic enum step armed;
	_Atomic enum change change;
	_Atomic uint64_t attachment; /* whose questions are observed */
	struct holds *_Atomic holds;
	struct provider *_Atomic provider;
	atomic_bool park; /* park the backend at the next end of a worker */
	atomic_bool rest; /* do not restart workers */
	atomic_uint made; /* changes */
	atomic_uint found;
	atomic_uint reloads;
	struct world *_Atomic newest;   /* last one loaded */
	struct world *_Atomic scanning; /* of the running scan */
	struct world *_Atomic scanned;  /* of the last scan that ended */
} walk;

/* Of this thread, about an observed question: */
static _Thread_local bool taking;   /* received, and not queued yet */
static _Thread_local bool in_queue; /* taken from the queue */
static _Thread_local bool answered; /* the worker has answered it */

/* ---------------------------------------------------------------- changes */

static void file_is(const char *name)
{
	char from[512];

	unlink(folder_path(&service.folder, "backends/steady.so"));
	snprintf(from, sizeof(from), TEST_BUILD "/tests/backends/%s/%s.so", name, name);
	backend_copy(&service.folder, from, "backends/steady.so");
}

static void worker_kill(void)
{
	struct provider_status status;
	siginfo_t info;

	provider_status(walk.provider, &status);
	assert_int_equal(kill(status.process, SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)status.process, &info, WEXITED | WNOWAIT), 0);
}

static void policy_deny(void)
{
	folder_write(&service.folder, "policy/migcompat.conf",
		     "rules = ( { name = \"none\"; action = \"deny\"; } );\n");
}

static void count_wait(atomic_uint *count, unsigned least)
{
	for (int i = 0; i < WAIT_MS && *count < least; i++)
		pause_ms(1);
	assert_true(*count >= least);
}

/* wait: until the new world is in use. */
static void reload(bool wait)
{
	unsigned before = walk.reloads;

	kill(getpid(), SIGHUP);
	if (wait)
		count_wait(&walk.reloads, before + 1);
}

static void change_make(enum change change, bool locked)
{
	struct error err = {0};

	switch (change) {
	case CHANGE_HOLD:
		if (holds_add(walk.holds, "host", TARGET, "test", &err))
			fail_msg("%s", err.text);
		break;
	case CHANGE_RELOAD:
		policy_deny();
		reload(!locked);
		break;
	case CHANGE_KILL:
		file_is("strict");
		worker_kill();
		break;
	case CHANGE_PARK:
		walk.park = true;
		worker_kill();
		break;
	default:
		break;
	}
}

/* The lock of questions is held then, so no new policy can be used meanwhile. */
static bool is_locked(enum step at)
{
	return at <= STEP_QUEUED || at >= STEP_FOUND;
}

static void step(enum step at)
{
	enum step armed = at;

	if (atomic_compare_exchange_strong(&walk.armed, &armed, STEP_NONE)) {
		change_make(walk.change, is_locked(at));
		walk.made++;
	}
}

/* ---------------------------------------------------------------- wrapped functions */

const char *__wrap_engine_worker_program(struct arena *arena);
bool __real_restart_due(const struct restart *restart, uint64_t now);
bool __wrap_restart_due(const struct restart *restart, uint64_t now);
void __real_restart_ended(struct restart *restart, uint64_t when);
void __wrap_restart_ended(struct restart *restart, uint64_t when);
void __real_kernel_questions_reload(struct kernel_questions *kernel, struct world *world);
void __wrap_kernel_questions_reload(struct kernel_questions *kernel, struct world *world);
int __real_attachment_scan_run(struct attachment_scan *scan, struct world *world, char *const *ids,
			       size_t nids, struct error *err);
int __wrap_attachment_scan_run(struct attachment_scan *scan, struct world *world, char *const *ids,
			       size_t nids, struct error *err);
void __real_attachment_scan_free(struct attachment_scan *scan);
void __wrap_attachment_scan_free(struct attachment_scan *scan);
int __real_broker_receive(struct broker *broker, struct broker_request *ret);
int __wrap_broker_receive(struct broker *broker, struct broker_request *ret);
bool __real_publisher_find(struct publisher *publisher, uint64_t attachment,
			   struct publisher_device *ret);
bool __wrap_publisher_find(struct publisher *publisher, uint64_t attachment,
			   struct publisher_device *ret);
uint64_t __real_holds_changed(const struct holds *holds);
uint64_t __wrap_holds_changed(const struct holds *holds);
uint32_t __real_provider_life(struct provider *provider);
uint32_t __wrap_provider_life(struct provider *provider);
bool __real_answer_cache_find(struct answer_cache *answers, const struct stamp *stamp,
			      const struct broker_request *request, int *ret_error, char *text,
			      size_t *ret_text_len);
bool __wrap_answer_cache_find(struct answer_cache *answers, const struct stamp *stamp,
			      const struct broker_request *request, int *ret_error, char *text,
			      size_t *ret_text_len);
int __real_queue_add(struct queue *queue, const struct broker_request *request, const char *device,
		     const struct stamp *stamp);
int __wrap_queue_add(struct queue *queue, const struct broker_request *request, const char *device,
		     const struct stamp *stamp);
void __real_batch_ask(struct batch *batch, struct queue_job *const *jobs, size_t count);
void __wrap_batch_ask(struct batch *batch, struct queue_job *const *jobs, size_t count);
int __real_view_open(struct world *world, const char *only, struct view *ret, struct error *err);
int __wrap_view_open(struct world *world, const char *only, struct view *ret, struct error *err);
int __real_target_open(const struct engine *engine, const struct device *device, struct target *ret,
		       struct error *err);
int __wrap_target_open(const struct engine *engine, const struct device *device, struct target *ret,
		       struct error *err);
void __real_check_begin(struct check *check, struct question *questions, size_t count,
			const struct check *before);
void __wrap_check_begin(struct check *check, struct question *questions, size_t count,
			const struct check *before);
void __real_check_end(struct check *check, const struct check *after);
void __wrap_check_end(struct check *check, const struct check *after);
void __real_broker_replies_send(const struct broker *broker, struct broker_replies *replies);
void __wrap_broker_replies_send(const struct broker *broker, struct broker_replies *replies);
void __real_answer_cache_add(struct answer_cache *answers, const struct cached_answer *answer);
void __wrap_answer_cache_add(struct answer_cache *answers, const struct cached_answer *answer);
int __real_broker_reply_yes(const struct broker *broker, uint64_t id, size_t len);
int __wrap_broker_reply_yes(const struct broker *broker, uint64_t id, size_t len);

const char *__wrap_engine_worker_program(struct arena *arena)
{
	(void)arena;
	return TEST_BUILD "/migcompat-worker";
}

/* Restart workers without a pause. */
bool __wrap_restart_due(const struct restart *restart, uint64_t now)
{
	(void)now;
	return !restart->parked && !walk.rest;
}

void __wrap_restart_ended(struct restart *restart, uint64_t when)
{
	__real_restart_ended(restart, when);
	restart->parked = atomic_exchange(&walk.park, false);
}

void __wrap_kernel_questions_reload(struct kernel_questions *kernel, struct world *world)
{
	walk.scanned = NULL;
	walk.newest = world;
	__real_kernel_questions_reload(kernel, world);
	walk.reloads++;
}

int __wrap_attachment_scan_run(struct attachment_scan *scan, struct world *world, char *const *ids,
			       size_t nids, struct error *err)
{
	walk.scanning = world;
	return __real_attachment_scan_run(scan, world, ids, nids, err);
}

void __wrap_attachment_scan_free(struct attachment_scan *scan)
{
	__real_attachment_scan_free(scan);
	walk.scanned = walk.scanning;
}

int __wrap_broker_receive(struct broker *broker, struct broker_request *ret)
{
	int r = __real_broker_receive(broker, ret);

	taking = r == 1 && ret->attachment && ret->attachment == walk.attachment;
	if (taking)
		step(STEP_RECEIVED);
	return r;
}

bool __wrap_publisher_find(struct publisher *publisher, uint64_t attachment,
			   struct publisher_device *ret)
{
	bool seen = __real_publisher_find(publisher, attachment, ret);

	if (taking || answered)
		step(taking ? STEP_LOOKED_UP : STEP_DEVICE_CONFIRMED);
	return seen;
}

uint64_t __wrap_holds_changed(const struct holds *holds)
{
	uint64_t number = __real_holds_changed(holds);

	walk.holds = (struct holds *)(uintptr_t)holds;
	if (taking)
		step(STEP_STAMPED);
	return number;
}

uint32_t __wrap_provider_life(struct provider *provider)
{
	uint32_t life = __real_provider_life(provider);

	walk.provider = provider;
	if (taking || answered)
		step(taking ? STEP_LIFE_SEEN : STEP_LIFE_CONFIRMED);
	return life;
}

bool __wrap_answer_cache_find(struct answer_cache *answers, const struct stamp *stamp,
			      const struct broker_request *request, int *ret_error, char *text,
			      size_t *ret_text_len)
{
	bool found =
		__real_answer_cache_find(answers, stamp, request, ret_error, text, ret_text_len);

	walk.found += found;
	if (taking)
		step(found ? STEP_FOUND : STEP_NOT_KEPT);
	return found;
}

int __wrap_queue_add(struct queue *queue, const struct broker_request *request, const char *device,
		     const struct stamp *stamp)
{
	int r = __real_queue_add(queue, request, device, stamp);

	if (taking)
		step(STEP_QUEUED);
	taking = false;
	return r;
}

void __wrap_batch_ask(struct batch *batch, struct queue_job *const *jobs, size_t count)
{
	in_queue = jobs[0]->stamp.attachment == walk.attachment;
	if (in_queue)
		step(STEP_TAKEN);
	__real_batch_ask(batch, jobs, count);
}

int __wrap_view_open(struct world *world, const char *only, struct view *ret, struct error *err)
{
	int r = __real_view_open(world, only, ret, err);

	if (in_queue)
		step(STEP_FACTS_READ);
	return r;
}

int __wrap_target_open(const struct engine *engine, const struct device *device, struct target *ret,
		       struct error *err)
{
	int r = __real_target_open(engine, device, ret, err);

	if (in_queue)
		step(STEP_OPENED);
	return r;
}

void __wrap_check_begin(struct check *check, struct question *questions, size_t count,
			const struct check *before)
{
	__real_check_begin(check, questions, count, before);
	if (in_queue)
		step(STEP_SENT);
}

void __wrap_check_end(struct check *check, const struct check *after)
{
	if (in_queue)
		step(STEP_COMPARED);
	__real_check_end(check, after);
	answered = in_queue;
	if (in_queue)
		step(STEP_ANSWERED);
}

void __wrap_broker_replies_send(const struct broker *broker, struct broker_replies *replies)
{
	answered = false;
	if (in_queue)
		step(STEP_CONFIRMED);
	__real_broker_replies_send(broker, replies);
	if (in_queue)
		step(STEP_REPLIED);
}

void __wrap_answer_cache_add(struct answer_cache *answers, const struct cached_answer *answer)
{
	__real_answer_cache_add(answers, answer);
	if (in_queue)
		step(STEP_KEPT);
}

int __wrap_broker_reply_yes(const struct broker *broker, uint64_t id, size_t len)
{
	int r = __real_broker_reply_yes(broker, id, len);

	if (taking)
		step(STEP_ACCEPTED);
	taking = false;
	return r;
}

#endif
