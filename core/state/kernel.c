/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The steps of saving and loading through a kernel driver, by enum vfio_device_mig_state of
 * linux/vfio.h. After a failed load there is no way back but a reset. So the caller has checked the
 * whole file before, and the chain of sums proves that the same file is loaded.
 */
#include "core/state/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/state/sum.h"
#include "core/state/writer.h"

static const char *const state_names[KERNEL_STATE_COUNT] = {
	[KERNEL_ERROR] = "ERROR",       [KERNEL_STOP] = "STOP",
	[KERNEL_RUNNING] = "RUNNING",   [KERNEL_STOP_COPY] = "STOP_COPY",
	[KERNEL_RESUMING] = "RESUMING", [KERNEL_RUNNING_P2P] = "RUNNING_P2P",
	[KERNEL_PRE_COPY] = "PRE_COPY", [KERNEL_PRE_COPY_P2P] = "PRE_COPY_P2P",
};

/* One save or load. */
struct session {
	struct kernel_device *device;
	const struct kernel_options *options;
	int fd; /* of the data session; -1: none */
	char *buffer;
	bool ahead; /* the source was saved partly while it ran */
	struct kernel_report report;
	struct kernel_progress progress;
};

static int session_begin(struct session *session, struct error *err)
{
	session->fd = -1;
	session->buffer = malloc(FORMAT_PAYLOAD_MAX);
	return session->buffer ? 0 : error_set(err, -ENOMEM, "out of memory");
}

static void session_data_close(struct session *session)
{
	if (session->fd >= 0)
		session->device->ops->close(session->device, session->fd);
	session->fd = -1;
}

static void session_end(struct session *session)
{
	session_data_close(session);
	free(session->buffer);
}

/* The saving states share one data session; a driver may return it again. */
static int enter(struct session *session, enum kernel_state state, struct error *err)
{
	int fd = -1;
	int r = session->device->ops->set_state(session->device, state, &fd);

	if (r) {
		session->report.refused = r;
		return error_set(err, r, "%s: the kernel's driver does not go to %s: %s",
				 session->device->name, state_names[state], strerror(-r));
	}
	if (fd >= 0) {
		session_data_close(session);
		session->fd = fd;
	}
	return 0;
}

static int failed(struct session *session, const char *what, int r, struct error *err)
{
	if (r == -ECANCELED)
		return error_set(err, r, "%s: it was interrupted", session->device->name);
	session->report.refused = r;
	return error_set(err, r, "%s: its state could not be %s: %s", session->device->name, what,
			 strerror(-r));
}

/* Fill the buffer. *ret_end: the driver has no more bytes at present. */
static int fill(struct session *session, size_t max, size_t *ret_len, bool *ret_end,
		struct error *err)
{
	size_t len = 0;

	*ret_end = false;
	while (len < max && !*ret_end) {
		ssize_t n = session->device->ops->read(session->device, session->fd,
						       session->buffer + len, max - len);

		if (n == -EINTR)
			continue;
		/* ENOMSG: no more at present. After the device was stopped it would mean a cut
		 * stream. */
		if (n == 0 || (n == -ENOMSG && !session->progress.stopped))
			*ret_end = true;
		else if (n < 0)
			return failed(session, "read", (int)n, err);
		else
			len += (size_t)n;
	}
	*ret_len = len;
	return 0;
}

static int progress(struct session *session, struct error *err)
{
	const struct kernel_options *options = session->options;

	session->progress.bytes = session->report.bytes;
	if (options->progress && options->progress(options->arg, &session->progress))
		return error_set(err, -ECANCELED, "%s: it was interrupted", session->device->name);
	return 0;
}

/* ---------------------------------------------------------------- saving */

/* Save a record of at most max bytes. */
static int save_some(struct session *session, struct state_writer *writer, uint64_t max,
		     bool *ret_end, struct error *err)
{
	size_t len = 0;
	int r = fill(session, max < FORMAT_PAYLOAD_MAX ? (size_t)max : FORMAT_PAYLOAD_MAX, &len,
		     ret_end, err);

	if (r || !len)
		return r;
	r = writer_record(writer, RECORD_STREAM, session->report.bytes, session->buffer, len, err);
	session->report.bytes += len;
	session->progress.rest -= len < session->progress.rest ? len : session->progress.rest;
	return r ? r : progress(session, err);
}

/* Save as many bytes as the driver announced. */
static int save_round(struct session *session, struct state_writer *writer, struct error *err)
{
	bool end = false;
	int r = 0;

	for (uint64_t left = session->progress.rest, before; left && !end && !r;
	     left -= session->report.bytes - before) {
		before = session->report.bytes;
		r = save_some(session, writer, left, &end, err);
	}
	return r;
}

/* Until the initial bytes are saved and little is left, or the rest does not shrink. */
static int save_ahead(struct session *session, struct state_writer *writer, struct error *err)
{
	const struct kernel_options *options = session->options;
	int r = enter(session, KERNEL_PRE_COPY, err);

	while (!r && session->report.rounds < options->rounds_max) {
		uint64_t initial = 0, dirty = 0, before = session->report.bytes;

		r = session->device->ops->precopy(session->device, session->fd, &initial, &dirty);
		if (r)
			return failed(session, "asked for", r, err);
		if (!initial && dirty <= options->rest_max)
			break;
		session->progress.rest = initial + dirty < initial ? UINT64_MAX : initial + dirty;
		session->report.rounds++;
		r = save_round(session, writer, err);
		if (session->report.bytes == before)
			break;
	}
	session->report.ahead_bytes = session->report.bytes;
	return r;
}

static int save_stopped(struct session *session, struct state_writer *writer, struct error *err)
{
	bool end = false;
	int r = enter(session, KERNEL_STOP_COPY, err);

	session->progress.stopped = true;
	session->progress.rest = 0;
	if (!r && session->fd < 0)
		r = error_set(err, -EPROTO, "%s: the kernel's driver gave nothing to read from",
			      session->device->name);
	while (!r && !end)
		r = save_some(session, writer, UINT64_MAX, &end, err);
	return r;
}

/* The device runs on, also after an error. A reset is the last resort. */
static int run_on(struct session *session, int r, struct error *err)
{
	struct error text = {0}, first = {0};
	int back, reset;

	session_data_close(session);
	back = enter(session, KERNEL_RUNNING, &text);
	if (!back)
		return r;
	reset = session->device->ops->reset(session->device);
	if (r && err)
		first = *err;
	return error_set(err, r ? r : back, "%s%s%s", r ? first.text : text.text,
			 reset ? "; and it could not be reset: " : "; it was reset",
			 reset ? strerror(-reset) : "");
}

int kernel_save(struct kernel_device *device, const struct state_transport *to,
		const struct kernel_options *options, struct kernel_report *ret, struct error *err)
{
	const bool ahead = device->flags & KERNEL_CAN_PRE_COPY && options->rounds_max;
	const struct format_head head = {.content = FORMAT_STREAM,
					 .migration_flags = KERNEL_CAN_STOP_COPY |
							    (ahead ? KERNEL_CAN_PRE_COPY : 0)};
	struct session session = {.device = device, .options = options};
	struct state_writer writer;
	int r;

	if (!(device->flags & KERNEL_CAN_STOP_COPY))
		return error_set(err, -ENOTTY, "%s: its driver in the kernel cannot migrate it",
				 device->name);
	if (options->version_len > MIGCOMPAT_STRING_MAX ||
	    (options->info && strlen(options->info) > FORMAT_PAYLOAD_MAX))
		return error_set(err, -E2BIG,
				 "the version string or the info is too long for a state file");
	r = session_begin(&session, err);
	if (r)
		return r;
	r = writer_begin(&writer, to, options->version, options->version_len, &head, err);
	if (!r && options->info)
		r = writer_record(&writer, RECORD_INFO, 0, options->info, strlen(options->info),
				  err);
	if (!r && ahead)
		r = save_ahead(&session, &writer, err);
	if (!r)
		r = save_stopped(&session, &writer, err);
	r = run_on(&session, r, err);
	if (!r)
		r = writer_end(&writer, err);
	session_end(&session);
	*ret = session.report;
	return r;
}

/* ---------------------------------------------------------------- loading */

/* Write the buffer, which was checked. */
static int write_all(struct session *session, size_t *len, struct error *err)
{
	size_t at = 0;

	while (at < *len) {
		ssize_t n = session->device->ops->write(session->device, session->fd,
							session->buffer + at, *len - at);

		if (n == -EINTR)
			continue;
		if (n == 0)
			n = -EIO;
		if (n < 0)
			return failed(session, "loaded", (int)n, err);
		at += (size_t)n;
		session->report.bytes += (size_t)n;
	}
	*len = 0;
	return progress(session, err);
}

/* Records are joined, so that a driver gets few and large writes. */
static int load_stream(struct session *session, struct state_reader *reader,
		       const struct format_record *record, size_t *len, struct state_sums *sums,
		       struct error *err)
{
	int r = record->size > FORMAT_PAYLOAD_MAX - *len ? write_all(session, len, err) : 0;

	if (!r)
		r = reader_payload(reader, record, session->buffer + *len, err);
	if (r)
		return r;
	state_sums_add(sums, session->buffer + *len, record->size);
	*len += record->size;
	return 0;
}

static int load_records(struct session *session, struct state_reader *reader,
			struct state_sums *sums, struct error *err)
{
	struct format_record record = {0};
	size_t len = 0;
	int r;

	while ((r = reader_next(reader, &record, err)) > 0) {
		if (record.type == RECORD_STREAM)
			r = load_stream(session, reader, &record, &len, sums, err);
		else
			r = reader_skip(reader, &record, err);
		if (r)
			return r;
	}
	/* The whole file was read, so the chain is complete. */
	if (!r && session->options->sum && reader->chain != session->options->sum)
		r = error_set(err, -ESTALE, "%s: it is another file than the one that was checked",
			      reader->from->name);
	return r ? r : write_all(session, &len, err);
}

/* Read the device's state as a save does. */
static int read_back(struct session *session, uint64_t *ret_len, uint64_t *ret_sum,
		     struct error *err)
{
	struct state_sums sums;
	uint64_t total = 0;
	bool end = false;
	int r = enter(session, KERNEL_STOP_COPY, err);

	session->progress.stopped = true;
	state_sums_begin(&sums);
	while (!r && !end) {
		size_t len = 0;

		r = fill(session, FORMAT_PAYLOAD_MAX, &len, &end, err);
		state_sums_add(&sums, session->buffer, len);
		total += len;
	}
	*ret_len = total;
	*ret_sum = state_sums_end(&sums);
	session_data_close(session);
	return r ? r : enter(session, KERNEL_STOP, err);
}

static int verify(struct session *session, uint64_t expected, struct error *err)
{
	uint64_t len = 0, sum = 0;
	int r = read_back(session, &len, &sum, err);

	if (r)
		return r;
	session->report.verified = len == session->report.bytes && sum == expected;
	if (session->report.verified || session->ahead)
		return 0;
	return error_set(err, -EBADMSG,
			 "%s: the state that was loaded and the one read back differ (%llu and "
			 "%llu bytes)",
			 session->device->name, (unsigned long long)session->report.bytes,
			 (unsigned long long)len);
}

static int load_all(struct session *session, struct state_reader *reader, struct error *err)
{
	struct state_sums sums;
	int r = enter(session, KERNEL_RESUMING, err);

	state_sums_begin(&sums);
	if (!r && session->fd < 0)
		r = error_set(err, -EPROTO, "%s: the kernel's driver gave nothing to write to",
			      session->device->name);
	if (!r)
		r = load_records(session, reader, &sums, err);
	session_data_close(session);
	if (!r)
		r = enter(session, KERNEL_STOP,
			  err); /* in STOP, drivers check what they were given */
	if (!r)
		r = verify(session, state_sums_end(&sums), err);
	return r ? r : enter(session, KERNEL_RUNNING, err);
}

int kernel_load(struct kernel_device *device, struct state_reader *reader,
		const struct kernel_options *options, struct kernel_report *ret, struct error *err)
{
	struct session session = {.device = device, .options = options};
	struct error text = {0};
	int r;

	if (!(device->flags & KERNEL_CAN_STOP_COPY))
		return error_set(err, -ENOTTY, "%s: its driver in the kernel cannot migrate it",
				 device->name);
	if (reader->head.content != FORMAT_STREAM)
		return error_set(err, -EINVAL, "%s: it holds no kernel driver's stream",
				 reader->from->name);
	r = session_begin(&session, err);
	if (r)
		return r;
	session.ahead = reader->head.migration_flags & KERNEL_CAN_PRE_COPY;
	r = load_all(&session, reader, &text);
	if (r) {
		/* After any other way out of a failed load, some drivers use freed memory. */
		int back = device->ops->reset(device);

		error_set(err, r, "%s%s%s", text.text, back ? "; and it could not be reset: " : "",
			  back ? strerror(-back) : "");
	}
	*ret = session.report;
	session_end(&session);
	return r;
}
