// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests on their way to the daemon and back: queued, sent, done. Everything here is under one spinlock that nothing
 * sleeps under; who waits, waits outside and holds a reference.
 */
#include <linux/hashtable.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include "compat.h"
#include "shim.h"
#include "trace.h"

static struct kmem_cache *request_cache;

static struct {
	spinlock_t lock;
	struct list_head queued;
	struct list_head sent;
	struct list_head cancelled; /* sent before, done without a reply: the daemon is to be told */
	struct list_head answers;
	u32 answer_count;
	DECLARE_HASHTABLE(by_id, 8);
	u64 last_id;
	u64 epoch;
	u64 last_command;
	struct pid *daemon; /* said HELLO last, and the broker is open; NULL: nobody serves */
	wait_queue_head_t readers;
} requests;

/* The codes that the daemon may answer with. */
static const int reply_errors[] = { -EINVAL, -ENODEV, -EPERM, -EBUSY, -E2BIG, -EIO, -ETIMEDOUT, -ENOTCONN };

int request_init(void)
{
	spin_lock_init(&requests.lock);
	INIT_LIST_HEAD(&requests.queued);
	INIT_LIST_HEAD(&requests.sent);
	INIT_LIST_HEAD(&requests.cancelled);
	INIT_LIST_HEAD(&requests.answers);
	hash_init(requests.by_id);
	init_waitqueue_head(&requests.readers);
	request_cache = kmem_cache_create("migcompat_request", sizeof(struct request), 0, MIGCOMPAT_SLAB_FLAGS, NULL);
	return request_cache ? 0 : -ENOMEM;
}

void request_exit(void)
{
	kmem_cache_destroy(request_cache);
}

struct request *request_new(u32 op, struct attachment *attachment, const char *string, size_t length, wait_queue_head_t *waiters)
{
	struct request *request = kmem_cache_zalloc(request_cache, GFP_KERNEL);

	if (!request)
		return NULL;
	if (length) {
		request->string = kmemdup(string, length, GFP_KERNEL_ACCOUNT);
		if (!request->string) {
			kmem_cache_free(request_cache, request);
			return NULL;
		}
	}
	refcount_set(&request->references, 1);
	INIT_LIST_HEAD(&request->link);
	INIT_HLIST_NODE(&request->by_id);
	request->waiters = waiters;
	request->op = op;
	request->length = length;
	if (attachment) {
		get_device(&attachment->device);
		request->attachment = attachment;
	}
	return request;
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
	/* It would wait for itself. */
	if (task_tgid(current) == requests.daemon)
		return -EDEADLK;
	return 0;
}

/* Whether what the daemon published may be told now: its word counts only while it is there. */
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
		request->state = REQUEST_QUEUED;
		list_add_tail(&request->link, &requests.queued);
		hash_add(requests.by_id, &request->by_id, request->id);
		trace_migcompat_request(request);
		wake_up(&requests.readers);
	}
	spin_unlock(&requests.lock);
	return error;
}

bool request_is_done(struct request *request)
{
	return smp_load_acquire(&request->state) == REQUEST_DONE;
}

/*
 * Ends a request that is queued or sent. The submitter holds a reference still, so the queue's can be dropped here. A sent one that
 * ends without a reply lends the queue's to the notice for the daemon.
 */
static void request_end(struct request *request, int error, bool replied)
{
	bool tell = request->state == REQUEST_SENT && !replied && requests.daemon;

	lockdep_assert_held(&requests.lock);
	hash_del(&request->by_id);
	request->error = error;
	if (tell) {
		list_move_tail(&request->link, &requests.cancelled);
		wake_up(&requests.readers);
	} else {
		list_del_init(&request->link);
	}
	smp_store_release(&request->state, REQUEST_DONE);
	if (request->waiters)
		wake_up_all(request->waiters);
	if (!tell)
		request_put(request);
}

static void request_cancel_locked(struct request *request, int error)
{
	if (request->state != REQUEST_QUEUED && request->state != REQUEST_SENT)
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

/* For a submitter that goes away: nobody will be woken from here on. */
void request_forget(struct request *request)
{
	if (!request)
		return;
	spin_lock(&requests.lock);
	request->waiters = NULL;
	request_cancel_locked(request, -EINTR);
	spin_unlock(&requests.lock);
	request_put(request);
}

/* Killable and bounded. The lock at the end makes sure that whoever woke us has let go of the wait queue. */
int request_wait(struct request *request)
{
	long left = wait_event_killable_timeout(*request->waiters, request_is_done(request), msecs_to_jiffies(shim_timeout_ms()));
	int error;

	spin_lock(&requests.lock);
	if (left <= 0)
		request_cancel_locked(request, left ? -EINTR : -ETIMEDOUT);
	request->waiters = NULL;
	error = request->error;
	spin_unlock(&requests.lock);
	return error;
}

/* The device goes away: no request for it is taken any more, and those that wait are answered. */
void request_end_all(struct attachment *attachment, int error)
{
	struct request *request, *next;

	spin_lock(&requests.lock);
	attachment->dead = true;
	list_for_each_entry_safe(request, next, &requests.queued, link)
		if (request->attachment == attachment)
			request_end(request, error, false);
	list_for_each_entry_safe(request, next, &requests.sent, link)
		if (request->attachment == attachment)
			request_end(request, error, false);
	spin_unlock(&requests.lock);
}

struct broker_answer *broker_answer_new(size_t size, u32 op, u64 id)
{
	struct broker_answer *answer = kzalloc(sizeof(*answer) + size, GFP_KERNEL);

	if (!answer)
		return NULL;
	answer->size = size;
	answer->header[0].size = size;
	answer->header[0].op = op | MIGCOMPAT_OP_REPLY;
	answer->header[0].id = id;
	return answer;
}

static void notices_drop(struct list_head *cancelled, struct list_head *answers)
{
	struct request *request, *next_request;
	struct broker_answer *answer, *next_answer;

	list_for_each_entry_safe(request, next_request, cancelled, link) {
		list_del_init(&request->link);
		request_put(request);
	}
	list_for_each_entry_safe(answer, next_answer, answers, link)
		kfree(answer);
}

static void notices_take(struct list_head *cancelled, struct list_head *answers)
{
	list_splice_init(&requests.cancelled, cancelled);
	list_splice_init(&requests.answers, answers);
	requests.answer_count = 0;
}

/* A new epoch: what was read and not answered is queued again, before what was not read yet. */
int request_hello(u64 id, u32 version, u32 attachments)
{
	struct broker_answer *answer = broker_answer_new(sizeof(struct migcompat_msg_hello_reply), MIGCOMPAT_OP_HELLO, id);
	struct migcompat_msg_hello_reply *reply;
	struct request *request;
	LIST_HEAD(cancelled);
	LIST_HEAD(answers);
	struct pid *old;

	if (!answer)
		return -ENOMEM;
	reply = (struct migcompat_msg_hello_reply *)answer->header;
	reply->version = version;
	reply->version_min = MIGCOMPAT_VERSION_MIN;
	reply->version_max = MIGCOMPAT_VERSION_MAX;
	reply->attachments = attachments;
	reply->timeout_ms = shim_timeout_ms();

	spin_lock(&requests.lock);
	notices_take(&cancelled, &answers);
	list_for_each_entry(request, &requests.sent, link) {
		request->state = REQUEST_QUEUED;
		reply->requeued++;
	}
	list_splice_init(&requests.sent, &requests.queued);
	old = requests.daemon;
	requests.daemon = get_pid(task_tgid(current));
	requests.epoch++;
	requests.last_command = id;
	answer->header[0].epoch = requests.epoch;
	list_add_tail(&answer->link, &requests.answers);
	requests.answer_count++;
	wake_up_all(&requests.readers);
	spin_unlock(&requests.lock);

	put_pid(old);
	notices_drop(&cancelled, &answers);
	return 0;
}

static bool is_from_daemon(const struct migcompat_msg_header *header)
{
	return requests.daemon && requests.daemon == task_tgid(current) && header->epoch == requests.epoch;
}

/* Whether a command may be carried out; its id is used up by that. */
int request_admit(const struct migcompat_msg_header *header)
{
	int error = -EINVAL;

	spin_lock(&requests.lock);
	if (is_from_daemon(header) && header->id > requests.last_command) {
		requests.last_command = header->id;
		error = 0;
	}
	spin_unlock(&requests.lock);
	return error;
}

int request_answer_add(struct broker_answer *answer)
{
	int error = -EBUSY;

	spin_lock(&requests.lock);
	if (requests.answer_count < MIGCOMPAT_MSG_ANSWERS_MAX) {
		answer->header[0].epoch = requests.epoch;
		list_add_tail(&answer->link, &requests.answers);
		requests.answer_count++;
		wake_up(&requests.readers);
		error = 0;
	}
	spin_unlock(&requests.lock);
	return error;
}

bool request_answers_are_full(void)
{
	return READ_ONCE(requests.answer_count) >= MIGCOMPAT_MSG_ANSWERS_MAX;
}

wait_queue_head_t *request_broker_queue(void)
{
	return &requests.readers;
}

bool request_is_readable(void)
{
	return !list_empty(&requests.answers) || !list_empty(&requests.cancelled) || !list_empty(&requests.queued);
}

/* The next message for the daemon; -EAGAIN: there is none. A cancelled request comes with the reference that its notice had. */
static int request_take_locked(struct request **ret_request, struct broker_answer **ret_answer, struct migcompat_msg_header *ret_header)
{
	struct request *request;

	if (requests.daemon != task_tgid(current) || !requests.daemon)
		return -EINVAL;
	ret_header->epoch = requests.epoch;
	if (!list_empty(&requests.answers)) {
		*ret_answer = list_first_entry(&requests.answers, struct broker_answer, link);
		list_del_init(&(*ret_answer)->link);
		requests.answer_count--;
		return 0;
	}
	if (!list_empty(&requests.cancelled)) {
		request = list_first_entry(&requests.cancelled, struct request, link);
		list_del_init(&request->link);
		ret_header->op = MIGCOMPAT_OP_CANCEL;
		ret_header->size = sizeof(struct migcompat_msg_cancel);
	} else if (!list_empty(&requests.queued)) {
		request = list_first_entry(&requests.queued, struct request, link);
		list_move_tail(&request->link, &requests.sent);
		request->state = REQUEST_SENT;
		refcount_inc(&request->references);
		ret_header->op = request->op;
		ret_header->size = sizeof(struct migcompat_msg_request) + request->length;
	} else {
		return -EAGAIN;
	}
	ret_header->id = request->id;
	*ret_request = request;
	return 0;
}

/*
 * Takes the next message, as a request with the header to send or as a whole answer; the caller gives back or drops either. A reader
 * whose epoch ended while it waited is told so rather than served.
 */
int request_take(bool wait, struct request **ret_request, struct broker_answer **ret_answer, struct migcompat_msg_header *ret_header)
{
	u64 epoch;
	int error;

	for (;;) {
		spin_lock(&requests.lock);
		epoch = requests.epoch;
		error = request_take_locked(ret_request, ret_answer, ret_header);
		spin_unlock(&requests.lock);
		if (error != -EAGAIN || !wait)
			return error;
		/* Exclusive: one message wakes one reader, and a new epoch all of them. */
		error = wait_event_interruptible_exclusive(requests.readers,
							   request_is_readable() || READ_ONCE(requests.epoch) != epoch);
		if (error)
			return error;
	}
}

/* The daemon's buffer could not be written: the message is the next one again, unless its time is over. */
void request_give_back(struct request *request, struct broker_answer *answer, const struct migcompat_msg_header *header)
{
	bool present;

	spin_lock(&requests.lock);
	present = requests.daemon && header->epoch == requests.epoch;
	if (present && answer) {
		list_add(&answer->link, &requests.answers);
		requests.answer_count++;
		answer = NULL;
	} else if (present && request && header->op == MIGCOMPAT_OP_CANCEL) {
		list_add(&request->link, &requests.cancelled);
		request = NULL;
	} else if (present && request && request->state == REQUEST_SENT) {
		request->state = REQUEST_QUEUED;
		list_move(&request->link, &requests.queued);
	}
	wake_up(&requests.readers);
	spin_unlock(&requests.lock);
	kfree(answer);
	request_put(request);
}

bool request_error_is_known(int error)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reply_errors); i++)
		if (error == reply_errors[i])
			return true;
	return false;
}

/* What can be told of a reply before its request is known. */
static bool reply_is_well_formed(const struct migcompat_msg_header *header)
{
	const char *text = (const char *)(header + 1);
	size_t length = header->size - sizeof(*header);

	if (header->error && !request_error_is_known(header->error))
		return false;
	switch (header->op & ~MIGCOMPAT_OP_REPLY) {
	case MIGCOMPAT_OP_WRITE:
		return header->size == sizeof(struct migcompat_msg_write_reply);
	case MIGCOMPAT_OP_READ:
		return header->error ? !length : length > 0 && length <= MIGCOMPAT_STRING_MAX && string_is_graphic(text, length);
	case MIGCOMPAT_OP_ASK:
		return header->error ? !length : !length || (length <= MIGCOMPAT_LINES_MAX && text[length - 1] == '\n');
	default:
		return false;
	}
}

/* Only the whole string's length, beside no error, is a yes. */
static bool write_reply_fits(const struct migcompat_msg_header *header, const struct request *request)
{
	const struct migcompat_msg_write_reply *reply = (const void *)header;

	return !reply->reserved && reply->count == (header->error ? 0 : request->length);
}

static struct request *request_find_sent(const struct migcompat_msg_header *header)
{
	struct request *request;

	hash_for_each_possible(requests.by_id, request, by_id, header->id)
		if (request->id == header->id && request->state == REQUEST_SENT &&
		    (request->op | MIGCOMPAT_OP_REPLY) == header->op)
			return request;
	return NULL;
}

/* Takes MESSAGE, which begins with HEADER, where it returns 0; anything that does not fit leaves the request waiting. */
int request_reply(const struct migcompat_msg_header *header, void *message)
{
	struct request *request;
	int error = -EINVAL;

	if (!reply_is_well_formed(header))
		return -EINVAL;
	spin_lock(&requests.lock);
	if (!is_from_daemon(header))
		goto unlock;
	request = request_find_sent(header);
	if (!request || (request->op == MIGCOMPAT_OP_WRITE && !write_reply_fits(header, request)))
		goto unlock;
	request->message = message;
	request->answer = (const char *)(header + 1);
	request->answer_length = header->size - sizeof(*header);
	trace_migcompat_reply(request, header->error);
	request_end(request, header->error, true);
	error = 0;
unlock:
	spin_unlock(&requests.lock);
	return error;
}

/* Nobody holds the broker any more. */
void request_disconnect(void)
{
	LIST_HEAD(cancelled);
	LIST_HEAD(answers);
	struct request *request, *next;
	struct pid *old;

	spin_lock(&requests.lock);
	old = requests.daemon;
	requests.daemon = NULL;
	notices_take(&cancelled, &answers);
	list_splice_tail_init(&requests.sent, &requests.queued);
	list_for_each_entry_safe(request, next, &requests.queued, link)
		request_end(request, -ENOTCONN, false);
	wake_up_all(&requests.readers);
	spin_unlock(&requests.lock);
	put_pid(old);
	notices_drop(&cancelled, &answers);
}
