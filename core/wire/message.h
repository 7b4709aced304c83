/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the messages between a program and its worker hold, each written and read beside the other.
 * Readers take nothing on trust: 0, -EBADMSG where anything is wrong, or -ENOMEM; ret_ outputs are
 * untouched unless 0.
 */
#ifndef CORE_WIRE_MESSAGE_H
#define CORE_WIRE_MESSAGE_H

#include "core/backend/provider.h"
#include "core/wire/wire.h"

/* ---------------------------------------------------------------- to a worker (message_facts.c) */

/* The values of the backend's settings, in its own order. What is read lives in the arena. */
void message_put_settings(struct wire_out *out, const struct backend_info *info,
			  const struct settings *settings);
int message_get_settings(struct wire_reader *body, const struct backend_info *info,
			 struct arena *arena, const char *const **ret);

/* The number by which later messages call the host, the facts of it that the backend wants, and
 * which were collected. */
void message_put_host(struct wire_out *out, uint32_t number, const struct host *host,
		      const struct backend_info *info);
int message_get_host(struct wire_reader *body, struct arena *arena, uint32_t *ret_number,
		     struct host *ret);

/* A device of a host that was sent. The reader leaves ret->host to its caller. */
void message_put_device(struct wire_out *out, uint32_t host, const struct device *device,
			const struct backend_info *info);
int message_get_device(struct wire_reader *body, struct arena *arena, uint32_t *ret_host,
		       struct device *ret);

/* ---------------------------------------------------------------- from a worker (message_answer.c)
 */

/* A backend that was loaded. The reader points into the body, which the caller keeps, and has it
 * pass info_check. */
void message_put_info(struct wire_out *out, const struct backend_info *info);
int message_get_info(struct wire_reader *body, struct arena *arena, struct backend_info *ret);

/* An opened device, by the number that the worker gave it. The reader points into the body, which
 * the caller keeps. */
void message_put_opened(struct wire_out *out, uint32_t number, const struct opened *opened);
int message_get_opened(struct wire_reader *body, uint32_t *ret_number, struct opened *ret);

/* Findings. The reader adds them to a result and counts anew what they decide; on an error the
 * result is as it was. */
void message_put_result(struct wire_out *out, const struct migcompat_result *result);
int message_get_result(struct wire_reader *body, struct migcompat_result *result);

/* A session on a device's state (message_state.c): its number, and what its regions are made by,
 * which passed regions_info_check. */
void message_put_session(struct wire_out *out, uint32_t number, const struct regions_info *info);
int message_get_session(struct wire_reader *body, uint32_t *ret_number, struct regions_info *ret);

/* Writes to its control region, and whether memory.total is wanted; to a worker. ret_writes has
 * room for STATE_WRITES_MAX. */
void message_put_run(struct wire_out *out, uint32_t session, const struct state_write *writes,
		     size_t count, bool total);
int message_get_run(struct wire_reader *body, uint32_t *ret_session, struct state_write *ret_writes,
		    size_t *ret_count, bool *ret_total);

/*
 * What came of them, 0 or the errno of the first that failed with its sentence, and the control
 * region afterwards. The reader refuses sizes and positions that the port's regions do not have.
 */
void message_put_control(struct wire_out *out, int r, const char *text,
			 const struct migcompat_control *control);
int message_get_control(struct wire_reader *body, const struct state_port *port, int *ret_r,
			struct migcompat_control *ret, struct error *err);

/* Parameters, candidates and writes (message_list.c); the reader adds them to a sink. On an error
 * the sink may hold some of them. */
void message_put_list(struct wire_out *out, const struct migcompat_sink *sink);
int message_get_list(struct wire_reader *body, struct migcompat_sink *sink);

#endif
