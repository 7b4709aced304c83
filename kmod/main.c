// SPDX-License-Identifier: GPL-2.0-only
/*
 * Module parameters, init and exit. Objects are counted, so that none outlives the code
 * of its release function.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include "compat.h"
#include "shim.h"
#define CREATE_TRACE_POINTS
#include "trace.h"

#define TIMEOUT_MS_MIN 1
#define TIMEOUT_MS_MAX 600000

static unsigned int timeout_ms = 10000;

static int timeout_ms_set(const char *value, const struct kernel_param *parameter)
{
	return param_set_uint_minmax(value, parameter, TIMEOUT_MS_MIN, TIMEOUT_MS_MAX);
}

static const struct kernel_param_ops timeout_ms_operations = {
	.set = timeout_ms_set,
	.get = param_get_uint,
};
module_param_cb(timeout_ms, &timeout_ms_operations, &timeout_ms, 0644);
MODULE_PARM_DESC(timeout_ms,
		 "how long a question waits for the daemon, in milliseconds (1 to 600000)");

static char *protocol =
	__stringify(MIGCOMPAT_BROKER_VERSION_MIN) "-" __stringify(MIGCOMPAT_BROKER_VERSION_MAX);

/* At load time the kernel calls ->set without checking that it exists. */
static int protocol_set(const char *value, const struct kernel_param *parameter)
{
	return -EPERM;
}

static const struct kernel_param_ops protocol_operations = {
	.set = protocol_set,
	.get = param_get_charp,
};
module_param_cb(protocol, &protocol_operations, &protocol, 0444);
MODULE_PARM_DESC(protocol, "versions of the broker protocol that this module supports");

static DEFINE_SPINLOCK(objects_lock);
static unsigned int objects;
static DECLARE_WAIT_QUEUE_HEAD(objects_wait);

/* This reference keeps mdev.ko loaded while its bus has our notifier. */
static const void *const mdev_anchor __used = MIGCOMPAT_MDEV_SYMBOL;

unsigned int shim_timeout_ms(void)
{
	return READ_ONCE(timeout_ms);
}

void shim_object_get(void)
{
	spin_lock(&objects_lock);
	objects++;
	spin_unlock(&objects_lock);
}

/*
 * Wake under the lock, which the waiter takes, too: it must not free the module's code
 * before wake_up_all() has returned.
 */
void shim_object_put(void)
{
	spin_lock(&objects_lock);
	if (!--objects)
		wake_up_all(&objects_wait);
	spin_unlock(&objects_lock);
}

static bool objects_are_gone(void)
{
	bool gone;

	spin_lock(&objects_lock);
	gone = !objects;
	spin_unlock(&objects_lock);
	return gone;
}

struct shim_text *shim_text_new(const char *bytes, size_t length, int error)
{
	struct shim_text *text = kzalloc(sizeof(*text) + length + 1, GFP_KERNEL);

	if (!text)
		return NULL;
	memcpy(text->bytes, bytes, length);
	text->length = length;
	text->error = error;
	return text;
}

/*
 * With CONFIG_DEBUG_KOBJECT_RELEASE objects are released with a delay. The task that
 * released the last one may have been preempted before it left our code. It has left it
 * once every task has scheduled voluntarily or run in user space.
 */
static void objects_drain(void)
{
	wait_event(objects_wait, objects_are_gone());
	synchronize_rcu_tasks();
}

/* Register the two devices last: user space can use the module through them. */
static int __init migcompat_init(void)
{
	int error;

	error = request_init();
	if (error)
		return error;
	error = class_init();
	if (error)
		goto exit_request;
	error = attach_init();
	if (error)
		goto exit_class;
	error = session_init();
	if (error)
		goto exit_attach;
	error = broker_init();
	if (error)
		goto exit_session;
	return 0;

exit_session:
	session_exit();
exit_attach:
	attach_exit();
exit_class:
	class_exit();
	class_exit_cache();
exit_request:
	request_exit();
	return error;
}

/* No file of ours is open, so there is no daemon. Nothing can be attached any more. */
static void __exit migcompat_exit(void)
{
	broker_exit();
	session_exit();
	attach_exit();
	class_exit();
	objects_drain();
	class_exit_cache();
	request_exit();
}

module_init(migcompat_init);
module_exit(migcompat_exit);

MODULE_AUTHOR("The migcompat project");
MODULE_DESCRIPTION("Asks user space whether the state of a VFIO device can move to another");
MODULE_VERSION("0.1.0");
MODULE_LICENSE("GPL");
