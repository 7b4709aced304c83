/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The method Watch, which ends when its client leaves. */
#include <errno.h>

#include "core/service/varlink/methods.h"
#include "core/service/watch/watch.h"

static int watch_begin(struct call *call)
{
	const struct watcher_options options = {
		.uid = call->peer.uid,
		.types = json_is_true(json_object_get(call->text.parameters, "types")),
		.wake = call->wake,
		.arg = call->wake_arg,
	};
	int r;

	/* Events are separate replies, so it needs "more". */
	if (!call->text.more || call->text.oneway)
		return call_error(call, VARLINK_SERVICE ".ExpectedMore", json_object());
	r = watcher_new(call->context->watch, &options, &call->watcher);
	if (r == -EUSERS)
		return call_refuse(
			call, "TooManyWatchers", r,
			"too many clients watch: %u may, and %u of one user that is not root",
			WATCHERS_MAX, WATCHERS_USER);
	return r;
}

int method_watch(struct call *call)
{
	json_t *document = NULL;
	int r = call->watcher ? 0 : watch_begin(call);

	for (size_t i = 0; i < CALL_STEP_DEVICES && !r; i++) {
		r = watcher_next(call->watcher, &document);
		call->idle = r == 0;
		if (r <= 0)
			return r;
		r = call_reply(call, document, true);
		r = r > 0 ? 0 : r;
	}
	return r;
}
