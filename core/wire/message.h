/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages between the library and a worker, each with its writer and its reader.
 *
 * Readers trust nothing. They return 0, -ENOMEM, or -EBADMSG if anything is wrong. ret_
 * outputs are untouched unless they return 0.
 */
#ifndef CORE_WIRE_MESSAGE_H
#define CORE_WIRE_MESSAGE_H

#include "core/backend/provider.h"
#include "core/wire/wire.h"

/* ---------------------------------------------------------------- to a worker */

/*
 * The values of the backend's settings, in the order of info. What is read is copied into
 * the arena.
 */
void message_put_settings(struct wire_out *out, const struct backend_info *info,
			  const struct settings *settings);
int message_get_settings(struct wire_reader *body, const struct backend_info *info,
			 struct arena *arena, const char *const **ret);

/*
 * A host: a number for later messages, the facts that the backend wants, and the globs
 * that were collected.
 */
void message_put_host(struct wire_out *out, uint32_t number, const struct host *host,
		      const struct backend_info *info);
int message_get_host(struct wire_reader *body, struct arena *arena, uint32_t *ret_number,
		     struct host *ret);

/* A device of a host that was sent. The caller sets ret->host. */
void message_put_device(struct wire_out *out, uint32_t host, const struct device *device,
			const struct backend_info *info);
int message_get_device(struct wire_reader *body, struct arena *arena, uint32_t *ret_host,
		       struct device *ret);

/* ---------------------------------------------------------------- from a worker */

/* A loaded backend. What is read points into the body and has passed info_check. */
void message_put_info(struct wire_out *out, const struct backend_info *info);
int message_get_info(struct wire_reader *body, struct arena *arena, struct backend_info *ret);

/*
 * An opened device, with the number that the worker gave it. What is read points into the
 * body.
 */
void message_put_opened(struct wire_out *out, uint32_t number, const struct opened *opened);
int message_get_opened(struct wire_reader *body, uint32_t *ret_number, struct opened *ret);

/*
 * Findings. The reader adds them to a result and computes again what they decide. After
 * an error the result is unchanged.
 */
void message_put_result(struct wire_out *out, const struct migcompat_result *result);
int message_get_result(struct wire_reader *body, struct migcompat_result *result);

/*
 * A session on a device's state: its number and the sizes of its regions, which have
 * passed regions_info_check.
 */
void message_put_session(struct wire_out *out, uint32_t number, const struct regions_info *info);
int message_get_session(struct wire_reader *body, uint32_t *ret_number, struct regions_info *ret);

/*
 * To a worker: writes to the control region, and whether memory.total is wanted.
 * ret_writes has room for STATE_WRITES_MAX.
 */
void message_put_run(struct wire_out *out, uint32_t session, const struct state_write *writes,
		     size_t count, bool total);
int message_get_run(struct wire_reader *body, uint32_t *ret_session, struct state_write *ret_writes,
		    size_t *ret_count, bool *ret_total);

/*
 * The outcome of these writes: 0, or the first error with a sentence, and the control
 * region after them. The reader refuses sizes and positions outside the port's regions.
 */
void message_put_control(struct wire_out *out, int r, const char *text,
			 const struct migcompat_control *control);
int message_get_control(struct wire_reader *body, const struct state_port *port, int *ret_r,
			struct migcompat_control *ret, struct error *err);

/*
 * Parameters, candidates and writes. The reader adds them to a sink, which may have some
 * of them after an error.
 */
void message_put_list(struct wire_out *out, const struct migcompat_sink *sink);
int message_get_list(struct wire_reader *body, struct migcompat_sink *sink);

#endif
