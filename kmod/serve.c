// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon's side of requests: epochs, reading (answers to commands, CANCELs,
 * requests), and disconnecting. reply.c handles its replies.
 */
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include "queue.h"

struct broker_answer *broker_answer_new(size_t size, u32 op, u64 id)
{
	struct broker_answer *answer = kzalloc(sizeof(*answer) + size, GFP_KERNEL);

	if (!answer)
		return NULL;
	answer->size = size;
	answer->header[0].size = size;
	answer->header[0].op = op | MIGCOMPAT_BROKER_OP_REPLY;
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

/*
 * Start an epoch. Requests that were read and not answered are queued again, before those
 * that were not read. Each request has the epoch in which it was read, so none of them
 * has to be changed.
 */
int request_hello(u64 id, u32 version, u32 attachments)
{
	struct migcompat_broker_hello_reply *reply;
	struct broker_answer *answer;
	LIST_HEAD(cancelled);
	LIST_HEAD(answers);
	struct pid *old;

	answer = broker_answer_new(sizeof(*reply), MIGCOMPAT_BROKER_OP_HELLO, id);
	if (!answer)
		return -ENOMEM;
	reply = (struct migcompat_broker_hello_reply *)answer->header;
	reply->version = version;
	reply->version_min = MIGCOMPAT_BROKER_VERSION_MIN;
	reply->version_max = MIGCOMPAT_BROKER_VERSION_MAX;
	reply->attachments = attachments;
	reply->timeout_ms = shim_timeout_ms();

	spin_lock(&requests.lock);
	notices_take(&cancelled, &answers);
	reply->requeued = requests.sent_count;
	requests.sent_count = 0;
	list_splice_init(&requests.sent, &requests.queued);
	old = requests.daemon;
	requests.daemon = get_pid(task_tgid(current));
	requests.epoch++;
	WRITE_ONCE(requests.version, version);
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

/*
 * May a read or write have several messages? Only a hint: each message is checked against
 * the epoch.
 */
bool request_several(void)
{
	return READ_ONCE(requests.version) >= MIGCOMPAT_BROKER_VERSION_SEVERAL;
}

bool request_is_from_daemon(const struct migcompat_broker_header *header)
{
	return requests.daemon && requests.daemon == task_tgid(current) &&
	       header->epoch == requests.epoch;
}

/* May this command run? Its id cannot be used again. */
int request_admit(const struct migcompat_broker_header *header)
{
	int error = -EINVAL;

	spin_lock(&requests.lock);
	if (request_is_from_daemon(header) && header->id > requests.last_command) {
		requests.last_command = header->id;
		error = 0;
	}
	spin_unlock(&requests.lock);
	return error;
}

/*
 * Call it only if request_answers_are_full() was false within the same command, so that
 * the result of a command is always delivered.
 */
void request_answer_add(struct broker_answer *answer)
{
	spin_lock(&requests.lock);
	answer->header[0].epoch = requests.epoch;
	list_add_tail(&answer->link, &requests.answers);
	requests.answer_count++;
	request_wake_reader();
	spin_unlock(&requests.lock);
}

bool request_answers_are_full(void)
{
	return READ_ONCE(requests.answer_count) >= MIGCOMPAT_BROKER_ANSWERS_MAX;
}

wait_queue_head_t *request_broker_queue(void)
{
	return &requests.readers;
}

bool request_is_readable(void)
{
	return !list_empty(&requests.answers) || !list_empty(&requests.cancelled) ||
	       !list_empty(&requests.queued);
}

/*
 * Take the next message for the daemon; -EAGAIN: there is none. A cancelled request comes
 * with the reference of its CANCEL.
 */
static int request_take_locked(struct request **ret_request, struct broker_answer **ret_answer,
			       struct migcompat_broker_header *ret_header)
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
		ret_header->op = MIGCOMPAT_BROKER_OP_CANCEL;
		ret_header->size = sizeof(struct migcompat_broker_cancel);
	} else if (!list_empty(&requests.queued)) {
		request = list_first_entry(&requests.queued, struct request, link);
		list_move_tail(&request->link, &requests.sent);
		request->sent = requests.epoch;
		requests.sent_count++;
		refcount_inc(&request->references);
		ret_header->op = request->op;
		ret_header->size = sizeof(struct migcompat_broker_request) + request->length;
	} else {
		return -EAGAIN;
	}
	ret_header->id = request->id;
	*ret_request = request;
	return 0;
}

static bool request_reader_is_due(u64 epoch)
{
	return request_is_readable() || READ_ONCE(requests.epoch) != epoch;
}

/*
 * Take the next message: a request with the header to send, or a whole answer. The caller
 * drops either, or gives it back. A reader whose epoch ends while it waits gets -EINVAL.
 */
int request_take(bool wait, struct request **ret_request, struct broker_answer **ret_answer,
		 struct migcompat_broker_header *ret_header)
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
		/* Exclusive: one message wakes one reader. A new epoch wakes all. */
		error = wait_event_interruptible_exclusive(requests.readers,
							   request_reader_is_due(epoch));
		if (error)
			return error;
	}
}

/*
 * The copy to user space failed. The message is the next one again, unless its epoch is
 * over.
 */
void request_give_back(struct request *request, struct broker_answer *answer,
		       const struct migcompat_broker_header *header)
{
	bool present;

	spin_lock(&requests.lock);
	present = requests.daemon && header->epoch == requests.epoch;
	if (present && answer) {
		list_add(&answer->link, &requests.answers);
		requests.answer_count++;
		answer = NULL;
	} else if (present && request && header->op == MIGCOMPAT_BROKER_OP_CANCEL) {
		list_add(&request->link, &requests.cancelled);
		request = NULL;
	} else if (present && request && request_is_sent(request)) {
		request->sent = 0;
		requests.sent_count--;
		list_move(&request->link, &requests.queued);
	}
	request_wake_reader();
	spin_unlock(&requests.lock);
	kfree(answer);
	request_put(request);
}

/* Finish a batch of queued requests. True: some are left. */
static bool queued_end_some(int error)
{
	int count;

	lockdep_assert_held(&requests.lock);
	for (count = 0; count < REQUEST_BATCH && !list_empty(&requests.queued); count++)
		request_end(list_first_entry(&requests.queued, struct request, link), error, false);
	return !list_empty(&requests.queued);
}

/*
 * The broker was closed. It can be opened again only after this returns, so no request
 * and no epoch starts meanwhile.
 */
void request_disconnect(void)
{
	LIST_HEAD(cancelled);
	LIST_HEAD(answers);
	struct pid *old;
	bool more;

	spin_lock(&requests.lock);
	old = requests.daemon;
	requests.daemon = NULL;
	WRITE_ONCE(requests.version, 0);
	notices_take(&cancelled, &answers);
	list_splice_tail_init(&requests.sent, &requests.queued);
	wake_up_all(&requests.readers);
	spin_unlock(&requests.lock);
	do {
		spin_lock(&requests.lock);
		more = queued_end_some(-ENOTCONN);
		spin_unlock(&requests.lock);
		cond_resched();
	} while (more);
	put_pid(old);
	notices_drop(&cancelled, &answers);
}
