/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared by all files of the module: attachments, requests, and the order of locks.
 *
 * Locks, outermost first: command_lock (command.c); a foreign device's lock and its bus's
 * notifier chain, which the driver core holds around our notifier; attach_lock
 * (attach.c); requests.lock (queue.h). Attribute callbacks take requests.lock only: the
 * removal of an attribute under attach_lock waits for them.
 */
#ifndef MIGCOMPAT_SHIM_H
#define MIGCOMPAT_SHIM_H

#include <linux/device.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/rcupdate.h>
#include <linux/sysfs.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/migcompat.h>

/* A text under RCU: readers see the old one or the new one, never a mix. */
struct shim_text {
	struct rcu_head rcu;
	int error;
	u32 length;
	char bytes[];
};

/*
 * An attached device or type. The embedded device counts references; each request holds
 * one. The foreign device is the class device's parent, which keeps it referenced until
 * device_del().
 */
struct attachment {
	struct device device;
	u64 id;
	u32 kind;
	bool dead;              /* under requests.lock: no request may be submitted */
	struct device *foreign; /* under attach_lock */
	char *path;
	struct hlist_node by_name;
	struct list_head requests; /* that wait for an answer; under requests.lock */
	struct shim_text __rcu *type;
	struct kobject *params;
	struct list_head parameters; /* under attach_lock */
	struct device_attribute type_attribute;
	struct device_attribute version_attribute;
	struct attribute *attributes[3];
	struct attribute_group group;
};

enum request_state {
	REQUEST_NEW,
	REQUEST_WAITING, /* until the daemon has read and answered it */
	REQUEST_DONE,
};

/*
 * One question. Its submitter holds a reference, and the queue holds one until it is
 * done.
 */
struct request {
	refcount_t references;
	enum request_state state; /* all down to answer_length: under requests.lock */
	u64 sent;                 /* epoch in which the daemon read it; 0: not read yet */
	struct list_head link;
	struct list_head by_attachment;
	struct hlist_node by_id;
	wait_queue_head_t *waiters; /* of one task, woken when done; or NULL */
	struct work_struct *work;   /* scheduled when done; or NULL */
	int error;
	void *message; /* memory of the answer; of ASK: NULL while the daemon fills it */
	const char *answer;
	size_t answer_length;

	u64 id; /* set by request_submit(); all below: constant */
	u32 op;
	struct attachment *attachment; /* NULL in ASK */
	size_t length;
	char *string;
};

/* One parameter as published. A value that is absent is NULL. */
struct parameter_source {
	const char *name;
	const char *value[MIGCOMPAT_BROKER_VALUES];
	u32 name_length;
	u32 value_length[MIGCOMPAT_BROKER_VALUES];
};

/*
 * main.c. Objects with a release function of ours are counted: unloading waits for all of
 * them.
 */
void shim_object_get(void);
void shim_object_put(void);
unsigned int shim_timeout_ms(void);
struct shim_text *shim_text_new(const char *bytes, size_t length, int error);

/* string.c */
bool string_is_graphic(const char *bytes, size_t length);
bool string_is_line(const char *bytes, size_t length);
bool string_is_lines(const char *bytes, size_t length);
bool string_is_path(const char *path, size_t length);
bool string_is_type_name(const char *name, size_t length);
bool string_is_parameter_name(const char *name, size_t length);
int string_accept(const char *bytes, size_t count, size_t *ret_length);

/* request.c */
int request_init(void);
void request_exit(void);
struct request *request_new(u32 op, struct attachment *attachment, const char *string,
			    size_t length);
struct request *request_get(struct request *request);
void request_put(struct request *request);
int request_may_ask(struct attachment *attachment);
int request_submit(struct request *request);
bool request_is_done(struct request *request);
int request_wait(struct request *request);
void request_cancel(struct request *request, int error);
void request_forget(struct request *request);
void request_drop_answer(struct request *request);
void request_end_all(struct attachment *attachment, int error);

/* serve.c */
struct broker_answer {
	struct list_head link;
	size_t size;
	struct migcompat_broker_header header[]; /* the whole message */
};

struct broker_answer *broker_answer_new(size_t size, u32 op, u64 id);
int request_hello(u64 id, u32 version, u32 attachments);
int request_admit(const struct migcompat_broker_header *header);
void request_answer_add(struct broker_answer *answer);
bool request_several(void);
bool request_answers_are_full(void);
int request_take(bool wait, struct request **ret_request, struct broker_answer **ret_answer,
		 struct migcompat_broker_header *ret_header);
void request_give_back(struct request *request, struct broker_answer *answer,
		       const struct migcompat_broker_header *header);
bool request_is_readable(void);
wait_queue_head_t *request_broker_queue(void);
void request_disconnect(void);

/* reply.c */
#define MIGCOMPAT_ASK_REPLY_MAX \
	(sizeof(struct migcompat_broker_text_reply) + MIGCOMPAT_BROKER_LINES_MAX)
void *request_borrow(const struct migcompat_broker_header *header);
void request_return(const struct migcompat_broker_header *header, void *message);
int request_reply(const struct migcompat_broker_header *header, void *message);
bool request_error_is_known(int error);

/* attach.c */
int attach_init(void);
void attach_exit(void);
int attach_device(const char *path, struct shim_text *type, u64 *ret_id);
int attach_type(const char *name, struct shim_text *type, u64 *ret_id);
int attach_remove(u64 id);
int attach_publish(u64 id, struct shim_text *type, const struct parameter_source *parameters,
		   u32 count);
struct attachment *attach_next(u64 after);
u32 attach_count(void);

/* attrs.c */
extern const struct attribute_group *attrs_class_groups[];
void attrs_init(struct attachment *attachment);

/* class.c */
int class_init(void);
void class_exit(void);
void class_exit_cache(void);
struct attachment *class_device_new(const char *name, const char *path, struct device *parent,
				    u32 kind);
int class_device_add(struct attachment *attachment);
void class_device_remove(struct attachment *attachment);
void class_device_changed(struct attachment *attachment);

/* params.c */
int params_create(struct attachment *attachment);
int params_publish(struct attachment *attachment, const struct parameter_source *parameters,
		   u32 count);
void params_remove(struct attachment *attachment);

/* broker.c and command.c; session.c */
int broker_init(void);
void broker_exit(void);
int command_run(const struct migcompat_broker_header *header);
int session_init(void);
void session_exit(void);

#endif
