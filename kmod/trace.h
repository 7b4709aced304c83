/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints for requests, replies, time-outs, and attachments. They never record a
 * string.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM migcompat

#if !defined(MIGCOMPAT_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define MIGCOMPAT_TRACE_H

#include <linux/tracepoint.h>
#include "compat.h"
#include "shim.h"

#define migcompat_show_op(op)                                    \
	__print_symbolic(op, {MIGCOMPAT_BROKER_OP_READ, "read"}, \
			 {MIGCOMPAT_BROKER_OP_WRITE, "write"}, {MIGCOMPAT_BROKER_OP_ASK, "ask"})

#define migcompat_request_name(request) \
	((request)->attachment ? dev_name(&(request)->attachment->device) : "-")

TRACE_EVENT(migcompat_request, TP_PROTO(struct request *request), TP_ARGS(request),
	    TP_STRUCT__entry(__field(u64, id) __field(u32, op) __field(u32, length)
				     __string(name, migcompat_request_name(request))),
	    TP_fast_assign(__entry->id = request->id; __entry->op = request->op;
			   __entry->length = request->length;
			   migcompat_assign_str(name, migcompat_request_name(request));),
	    TP_printk("id=%llu op=%s length=%u name=%s", __entry->id,
		      migcompat_show_op(__entry->op), __entry->length, __get_str(name)));

DECLARE_EVENT_CLASS(migcompat_end, TP_PROTO(struct request *request, int error),
		    TP_ARGS(request, error),
		    TP_STRUCT__entry(__field(u64, id) __field(u32, op) __field(int, error)
					     __string(name, migcompat_request_name(request))),
		    TP_fast_assign(__entry->id = request->id; __entry->op = request->op;
				   __entry->error = error;
				   migcompat_assign_str(name, migcompat_request_name(request));),
		    TP_printk("id=%llu op=%s error=%d name=%s", __entry->id,
			      migcompat_show_op(__entry->op), __entry->error, __get_str(name)));

DEFINE_EVENT(migcompat_end, migcompat_reply, TP_PROTO(struct request *request, int error),
	     TP_ARGS(request, error));

DEFINE_EVENT(migcompat_end, migcompat_timeout, TP_PROTO(struct request *request, int error),
	     TP_ARGS(request, error));

DECLARE_EVENT_CLASS(migcompat_attachment, TP_PROTO(struct attachment *attachment),
		    TP_ARGS(attachment),
		    TP_STRUCT__entry(__field(u64, id) __field(u32, kind)
					     __string(name, dev_name(&attachment->device))),
		    TP_fast_assign(__entry->id = attachment->id; __entry->kind = attachment->kind;
				   migcompat_assign_str(name, dev_name(&attachment->device));),
		    TP_printk("attachment=%llu kind=%u name=%s", __entry->id, __entry->kind,
			      __get_str(name)));

DEFINE_EVENT(migcompat_attachment, migcompat_attach, TP_PROTO(struct attachment *attachment),
	     TP_ARGS(attachment));

DEFINE_EVENT(migcompat_attachment, migcompat_detach, TP_PROTO(struct attachment *attachment),
	     TP_ARGS(attachment));

#endif

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
