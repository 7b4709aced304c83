/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Comparisons, many in one go: all requests that fit go out in one write, and the answers are read in order, so that one
 * switch to the worker and back serves them all.
 */
#include <errno.h>

#include "core/backend/worker.h"

/*
 * Bytes of requests that wait for their answers. So many always fit into a socket: sending them never waits for a worker
 * that itself waits for its answers to be read.
 */
#define WINDOW_MAX 32768u
#define FRAME_MAX 64u /* of a request, beside its payload */

#define UNANSWERED (-EINPROGRESS) /* the outcome of what was sent */

struct batch {
	struct compare_job *jobs;
	size_t count;
	size_t asked;    /* of these, from the first on; some may have failed here already */
	size_t answered; /* likewise; never above asked */
	size_t window;   /* bytes of requests between them */
	size_t due;      /* answers */
	uint32_t first;  /* the id of the first request; each job has one, in order */
};

static size_t request_size(const struct compare_job *job)
{
	return job->len + FRAME_MAX;
}

/* Go past what has its outcome. */
static void batch_advance(struct batch *batch)
{
	while (batch->answered < batch->asked && batch->jobs[batch->answered].r != UNANSWERED)
		batch->window -= request_size(&batch->jobs[batch->answered++]);
}

/* Put together what the window has room for; one request that is larger goes alone. */
static void batch_ask(struct batch *batch, struct requests *requests)
{
	while (batch->asked < batch->count) {
		struct compare_job *job = &batch->jobs[batch->asked];

		if (batch->window && batch->window + request_size(job) > WINDOW_MAX)
			break;
		if (job->r) {
			requests->last++;
		} else {
			int r = requests_call(requests, WIRE_COMPARE, mine(job->opened)->number, 0, job->payload, job->len, job->err);
			job->r = r ? r : UNANSWERED;
			batch->due += !r;
		}
		batch->asked++;
		batch->window += request_size(job);
		batch_advance(batch);
	}
}

/* One reply. -EBADMSG: it is none, and the job is as it was. alone: nothing stands behind it. */
static int batch_take(struct batch *batch, struct wire_message *reply, bool alone)
{
	struct compare_job *job = &batch->jobs[batch->answered];
	int r;

	if (reply->head.id != batch->first + (uint32_t)batch->answered || reply->head.op != WIRE_COMPARE)
		return -EBADMSG;
	/* What comes behind the last answer that is due was never asked for. */
	if (batch->due == 1 && !alone)
		return -EBADMSG;
	if (reply->head.status) {
		r = worker_refusal(reply, job->err);
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

/* Wait for one reply and take all that came with it. */
static int batch_receive(struct batch *batch, struct worker *worker, uint64_t deadline)
{
	struct wire_message reply;
	int r;

	while ((r = wire_next(&worker->in, WIRE_REPLY_MAX, &reply)) == 0)
		if ((r = wire_fill(&worker->in, worker->child.socket, deadline)))
			return r;
	while (r > 0) {
		r = batch_take(batch, &reply, worker->in.at == worker->in.end);
		if (!r && batch->due)
			r = wire_next(&worker->in, WIRE_REPLY_MAX, &reply);
	}
	return r;
}

/* 0: each job has its outcome; else the worker is dead. */
static int batch_run(struct batch *batch, struct worker *worker)
{
	for (;;) {
		uint64_t deadline = wire_deadline(worker->options.timeout_ms);
		int r;

		batch_ask(batch, &worker->requests);
		if (batch->answered == batch->count)
			return 0;
		r = wire_send(&worker->requests.out, worker->child.socket, deadline);
		if (!r)
			r = batch_receive(batch, worker, deadline);
		if (r)
			return r;
	}
}

/* Devices that an earlier process had opened are opened first; what fails there has its outcome. */
static void batch_reopen(struct batch *batch, struct worker *worker)
{
	for (size_t i = 0; i < batch->count && worker->alive; i++)
		batch->jobs[i].r = worker_reopen(worker, batch->jobs[i].opened, batch->jobs[i].err);
}

static void fail_all(struct compare_job *jobs, size_t count, int r, const struct error *err)
{
	for (size_t i = 0; i < count; i++)
		jobs[i].r = error_set(jobs[i].err, r, "%s", err->text);
}

void worker_compare_many(struct provider *provider, struct compare_job *jobs, size_t count)
{
	struct worker *worker = worker_of(provider);
	struct batch batch = {.jobs = jobs, .count = count};
	struct error err = {0};
	int code = -EIO;
	int r = worker_enter(worker, &err);

	if (r) {
		fail_all(jobs, count, r, &err);
		return;
	}
	batch_reopen(&batch, worker);
	batch.first = worker->requests.last + 1;
	if (worker->alive && (r = batch_run(&batch, worker)))
		code = worker_die(worker, r);
	for (size_t i = batch.answered; i < count && !worker->alive; i++)
		if (i >= batch.asked || jobs[i].r == UNANSWERED)
			jobs[i].r = worker_dead(worker, code, jobs[i].err);
	worker_leave(worker);
}
