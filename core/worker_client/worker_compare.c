/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Comparisons in batches. One write sends all requests that fit, and the replies come in
 * order. Sixteen comparisons cost little more than one, since the switch to the worker
 * and back dominates.
 */
#include <errno.h>

#include "core/worker_client/worker.h"

/*
 * Bytes of requests without a reply. A socket always takes twice as many, so sending
 * never waits for a worker that itself waits for its replies to be read.
 */
#define WINDOW_MAX 32768u
#define FRAME_MAX 64u /* of a request, without its payload */

#define UNANSWERED 1 /* outcome of a job that was sent and has no reply */

static size_t request_size(const struct compare_job *job)
{
	return job->len + FRAME_MAX;
}

/* Skip the jobs that have their outcome. */
static void batch_advance(struct compare_batch *batch)
{
	while (batch->answered < batch->asked && batch->jobs[batch->answered].r != UNANSWERED)
		batch->window -= request_size(&batch->jobs[batch->answered++]);
}

/* Write the requests that the window has room for. A larger one goes alone. */
static void batch_ask(struct compare_batch *batch, struct requests *requests)
{
	while (batch->asked < batch->count) {
		struct compare_job *job = &batch->jobs[batch->asked];

		if (batch->window && batch->window + request_size(job) > WINDOW_MAX)
			break;
		if (job->r) {
			requests->last++;
		} else {
			struct device_request request = {
				.op = WIRE_COMPARE,
				.device = worker_opened_of(job->opened)->number,
				.payload = job->payload,
				.len = job->len};
			int r = requests_call(requests, &request, job->err);

			job->r = r ? r : UNANSWERED;
			batch->due += !r;
		}
		batch->asked++;
		batch->window += request_size(job);
		batch_advance(batch);
	}
}

/*
 * Take one reply. -EBADMSG: it is invalid, and the job is unchanged. last: no data may
 * follow the last reply.
 */
static int batch_take(struct compare_batch *batch, struct wire_message *reply, bool last)
{
	struct compare_job *job = &batch->jobs[batch->answered];
	int r;

	if (reply->head.id != batch->first + (uint32_t)batch->answered ||
	    reply->head.op != WIRE_COMPARE)
		return -EBADMSG;
	/* Data after the last reply that is due has no request. */
	if (batch->due == 1 && last)
		return -EBADMSG;
	if (reply->head.status) {
		r = worker_read_refusal(reply, job->err);
		if (r)
			return r;
		job->r = reply->head.status;
	} else {
		r = message_get_result(&reply->body, job->result);
		if (r == -EBADMSG)
			return r;
		job->r = r ? error_set(job->err, r, "out of memory") : 0;
	}
	batch->due--;
	batch_advance(batch);
	return 0;
}

/*
 * Wait for one reply and take all that came with it. follows: replies of another batch
 * may follow.
 */
static int batch_receive(struct compare_batch *batch, struct worker *worker, bool follows)
{
	uint64_t deadline = wire_deadline(worker->options.timeout_ms);
	struct wire_message reply;
	int r;

	while ((r = wire_next(&worker->in, WIRE_REPLY_MAX, &reply)) == 0)
		if ((r = wire_fill(&worker->in, worker->process.socket, deadline)))
			return r;
	while (r > 0) {
		r = batch_take(batch, &reply, !follows && worker->in.at != worker->in.end);
		if (!r && batch->due)
			r = wire_next(&worker->in, WIRE_REPLY_MAX, &reply);
	}
	return r;
}

static int batch_send(struct compare_batch *batch, struct worker *worker)
{
	batch_ask(batch, &worker->requests);
	return wire_send(&worker->requests.out, worker->process.socket,
			 wire_deadline(worker->options.timeout_ms));
}

/*
 * Open devices again that an earlier process had. If this fails, the job has its outcome.
 */
static void batch_reopen(struct compare_batch *batch, struct worker *worker)
{
	for (size_t i = 0; i < batch->count && worker->alive; i++)
		batch->jobs[i].r = worker_reopen(worker, batch->jobs[i].opened, batch->jobs[i].err);
}

/* Get the worker. False: all jobs have failed. */
static bool batch_enter(struct compare_batch *batch, struct worker *worker)
{
	struct error err = {0};
	int r = worker_enter(worker, &err);

	if (!r) {
		batch_reopen(batch, worker);
		return true;
	}
	for (size_t i = 0; i < batch->count; i++)
		batch->jobs[i].r = error_set(batch->jobs[i].err, r, "%s", err.text);
	batch->progress = COMPARE_OVER;
	return false;
}

/* May the batch be sent before the replies to another one were read? */
static bool batch_follows(struct compare_batch *batch, const struct compare_batch *before,
			  struct worker *worker)
{
	bool wanted;

	if (before->progress != COMPARE_BEGUN || before->asked < before->count ||
	    before->window > WINDOW_MAX || !worker->alive)
		return false;
	for (size_t i = 0; i < batch->count; i++) {
		batch->jobs[i].r = 0;
		if (request_size(&batch->jobs[i]) > WINDOW_MAX ||
		    batch->jobs[i].opened->life != worker->generation)
			return false;
	}
	pthread_mutex_lock(&worker->lock);
	wanted = worker->waiting;
	pthread_mutex_unlock(&worker->lock);
	return !wanted;
}

void worker_compare_begin(struct provider *provider, struct compare_batch *batch,
			  const struct compare_batch *before)
{
	struct worker *worker = worker_of(provider);
	int r = 0;

	if (before ? !batch_follows(batch, before, worker) : !batch_enter(batch, worker))
		return;
	batch->progress = COMPARE_BEGUN;
	batch->first = worker->requests.last + 1;
	if (worker->alive)
		r = batch_send(batch, worker);
	if (r)
		worker_abort(worker, r);
}

void worker_compare_end(struct provider *provider, struct compare_batch *batch,
			const struct compare_batch *after)
{
	struct worker *worker = worker_of(provider);
	bool follows = after && after->progress == COMPARE_BEGUN;
	int r = 0;

	if (batch->progress == COMPARE_PUT)
		worker_compare_begin(provider, batch, NULL);
	if (batch->progress == COMPARE_OVER)
		return;
	while (worker->alive && batch->answered < batch->count) {
		if (batch->due)
			r = batch_receive(batch, worker, follows);
		if (!r && batch->asked < batch->count)
			r = batch_send(batch, worker);
		if (r)
			worker_abort(worker, r);
	}
	for (size_t i = batch->answered; i < batch->count; i++)
		if (i >= batch->asked || batch->jobs[i].r == UNANSWERED)
			batch->jobs[i].r =
				worker_error(worker, worker->death_code, batch->jobs[i].err);
	batch->progress = COMPARE_OVER;
	if (!follows)
		worker_leave(worker);
}
