// SPDX-License-Identifier: GPL-2.0-only
/*
 * The asking side of requests: create, submit, wait, cancel. For attributes and sessions,
 * never for the daemon.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "compat.h"
#include "queue.h"
#include "trace.h"

static struct kmem_cache *request_cache;
struct request_queue requests;

int request_init(void)
{
	spin_lock_init(&requests.lock);
	INIT_LIST_HEAD(&requests.queued);
	INIT_LIST_HEAD(&requests.sent);
	INIT_LIST_HEAD(&requests.cancelled);
	INIT_LIST_HEAD(&requests.answers);
	hash_init(requests.by_id);
	init_waitqueue_head(&requests.readers);
	request_cache = kmem_cache_create("migcompat_request", sizeof(struct request), 0,
					  MIGCOMPAT_SLAB_FLAGS, NULL);
	return request_cache ? 0 : -ENOMEM;
}

void request_exit(void)
{
	kmem_cache_destroy(request_cache);
}

/*
 * All memory is charged to the caller, who decides how long it is held. That of the
 * answer to ASK is allocated here, too, because it is large and remains until it is read.
 * The daemon fills it. So an asker without memory cannot slow down the daemon.
 */
struct request *request_new(u32 op, struct attachment *attachment, const char *string,
			    size_t length)
{
	struct request *request = kmem_cache_zalloc(request_cache, GFP_KERNEL);

	if (!request)
		return NULL;
	if (length) {
		request->string = kmemdup(string, length, GFP_KERNEL_ACCOUNT);
		if (!request->string)
			goto free;
	}
	if (op == MIGCOMPAT_BROKER_OP_ASK) {
		/* kmalloc() would round it up to twice the size. */
		request->message =
			__vmalloc(MIGCOMPAT_ASK_REPLY_MAX, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
		if (!request->message)
			goto free;
	}
	refcount_set(&request->references, 1);
	INIT_LIST_HEAD(&request->link);
	INIT_LIST_HEAD(&request->by_attachment);
	INIT_HLIST_NODE(&request->by_id);
	request->op = op;
	request->length = length;
	if (attachment) {
		get_device(&attachment->device);
		request->attachment = attachment;
	}
	return request;

free:
	kfree(request->string);
	kmem_cache_free(request_cache, request);
	return NULL;
}

struct request *request_get(struct request *request)
{
	refcount_inc(&request->references);
	return request;
}

void request_put(struct request *request)
{
	if (!request || !refcount_dec_and_test(&request->references))
		return;
	if (request->attachment)
		put_device(&request->attachment->device);
	kvfree(request->message);
	kfree(request->string);
	kmem_cache_free(request_cache, request);
}

static int request_may_ask_locked(struct attachment *attachment)
{
	lockdep_assert_held(&requests.lock);
	if (attachment && attachment->dead)
		return -ENODEV;
	if (!requests.daemon)
		return -ENOTCONN;
	/* The daemon would wait for itself. */
	if (task_tgid(current) == requests.daemon)
		return -EDEADLK;
	return 0;
}

/* May published values be read? They are valid only while the daemon is there. */
int request_may_ask(struct attachment *attachment)
{
	int error;

	spin_lock(&requests.lock);
	error = request_may_ask_locked(attachment);
	spin_unlock(&requests.lock);
	return error;
}

int request_submit(struct request *request)
{
	int error;

	spin_lock(&requests.lock);
	error = request_may_ask_locked(request->attachment);
	if (!error) {
		refcount_inc(&request->references);
		request->id = ++requests.last_id;
		request->state = REQUEST_WAITING;
		list_add_tail(&request->link, &requests.queued);
		if (request->attachment)
			list_add_tail(&request->by_attachment, &request->attachment->requests);
		hash_add(requests.by_id, &request->by_id, request->id);
		trace_migcompat_request(request);
	}
	spin_unlock(&requests.lock);
	/* Without the lock, because the reader takes it first. */
	if (!error)
		request_wake_reader();
	return error;
}

bool request_is_done(struct request *request)
{
	/* Pairs with request_end(): the answer is visible, too. */
	return smp_load_acquire(&request->state) == REQUEST_DONE;
}

/*
 * Finish a waiting request. The submitter still has a reference, so the queue's may be
 * dropped. If the daemon has read the request and did not reply, the queue's reference
 * goes to the CANCEL.
 */
void request_end(struct request *request, int error, bool replied)
{
	bool sent = request_is_sent(request), tell = sent && !replied && requests.daemon;

	lockdep_assert_held(&requests.lock);
	requests.sent_count -= sent;
	hash_del(&request->by_id);
	list_del_init(&request->by_attachment);
	request->error = error;
	if (tell) {
		list_move_tail(&request->link, &requests.cancelled);
		request_wake_reader();
	} else {
		list_del_init(&request->link);
	}
	/* Pairs with request_is_done(), which takes no lock. */
	smp_store_release(&request->state, REQUEST_DONE);
	if (request->waiters)
		wake_up_all(request->waiters);
	if (request->work)
		schedule_work(request->work);
	if (!tell)
		request_put(request);
}

static void request_cancel_locked(struct request *request, int error)
{
	if (request->state != REQUEST_WAITING)
		return;
	if (error == -ETIMEDOUT)
		trace_migcompat_timeout(request, error);
	request_end(request, error, false);
}

void request_cancel(struct request *request, int error)
{
	spin_lock(&requests.lock);
	request_cancel_locked(request, error);
	spin_unlock(&requests.lock);
}

/*
 * For a submitter that goes away. No work is scheduled after this. The memory of the
 * answer is freed at once, because a CANCEL may keep the request for longer.
 */
void request_forget(struct request *request)
{
	void *message;

	if (!request)
		return;
	spin_lock(&requests.lock);
	request->work = NULL;
	request_cancel_locked(request, -EINTR);
	message = request->message;
	request->message = NULL;
	spin_unlock(&requests.lock);
	kvfree(message);
	request_put(request);
}

/* Free the answer of a finished request, after its only reader has read it. */
void request_drop_answer(struct request *request)
{
	kvfree(request->message);
	request->message = NULL;
}

/*
 * Wait, at most for timeout_ms.
 *
 * Any signal ends the wait. The freezers of suspend and of cgroups act like signals: the
 * call leaves sysfs, the task freezes, and the call is restarted. A task that froze
 * inside would keep the file busy, and the removal of its device would wait for it. A
 * stop, or a handler with SA_RESTART, restarts the call, too. The question is then asked
 * again, which is harmless.
 *
 * The lock at the end ensures that request_end() does not use the wait queue any more.
 */
int request_wait(struct request *request)
{
	long left = wait_event_interruptible_timeout(*request->waiters, request_is_done(request),
						     msecs_to_jiffies(shim_timeout_ms()));
	int error;

	spin_lock(&requests.lock);
	if (left <= 0)
		request_cancel_locked(request, left ? left : -ETIMEDOUT);
	request->waiters = NULL;
	error = request->error;
	spin_unlock(&requests.lock);
	return error;
}

/* The device is removed: refuse further requests, and finish those that wait. */
void request_end_all(struct attachment *attachment, int error)
{
	struct request *request, *next;
	int count;

	do {
		count = 0;
		spin_lock(&requests.lock);
		attachment->dead = true;
		list_for_each_entry_safe(request, next, &attachment->requests, by_attachment) {
			if (count++ == REQUEST_BATCH)
				break;
			request_end(request, error, false);
		}
		spin_unlock(&requests.lock);
		cond_resched();
	} while (count > REQUEST_BATCH);
}
