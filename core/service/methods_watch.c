/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The method that goes on for as long as its client stays. */
#include <errno.h>

#include "core/service/call.h"
#include "core/service/watch.h"

static int watch_begin(struct call *call)
{
	bool types = json_is_true(json_object_get(call->text.parameters, "types"));
	int r;

	/* Without a reply a word, there is nothing to be had from it. */
	if (!call->text.more || call->text.oneway)
		return call_error(call, VARLINK_SERVICE ".ExpectedMore", json_object());
	r = watcher_new(call->context->watch, types, call->wake, call->wake_arg, &call->watcher);
	if (r == -EUSERS)
		return call_refuse(call, "TooManyWatchers", r, "%u clients watch, which is the most", WATCHERS_MAX);
	return r;
}

int method_watch(struct call *call)
{
	json_t *word = NULL;
	int r = call->watcher ? 0 : watch_begin(call);

	for (size_t i = 0; i < CALL_STEP_DEVICES && !r; i++) {
		r = watcher_next(call->watcher, &word);
		call->idle = r == 0;
		if (r <= 0)
			return r;
		r = call_reply(call, word, true);
		r = r > 0 ? 0 : r;
	}
	return r;
}
