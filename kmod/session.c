// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/migcompat: a program writes the string of a source, and reads which devices of
 * this host can take it. Each open file is a session with one question at a time. Its
 * answer can be read once, until the next question. Sessions are counted, by user and in
 * all, so the memory of all answers has a bound.
 */
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>
#include "shim.h"

struct session {
	struct list_head link; /* under sessions_lock */
	kuid_t owner;
	struct mutex lock; /* not held while a reader waits */
	wait_queue_head_t waiters;
	struct request *request;     /* NULL: none yet */
	size_t offset;               /* bytes of the answer that were read */
	struct delayed_work timeout; /* uses request; cancelled before that changes */
	struct work_struct done;     /* wakes all waiters, outside requests.lock */
};

static DEFINE_MUTEX(sessions_lock);
static LIST_HEAD(sessions); /* bounded, see session_count() */

static void session_done(struct work_struct *work)
{
	struct session *session = container_of(work, struct session, done);

	wake_up_all(&session->waiters);
}

static void session_time_out(struct work_struct *work)
{
	struct session *session = container_of(to_delayed_work(work), struct session, timeout);

	request_cancel(session->request, -ETIMEDOUT);
}

/* Sessions of root do not count towards the sum, so users cannot lock root out. */
static int session_count(struct session *session)
{
	unsigned int own = 0, users = 0;
	struct session *other;
	int error = 0;

	mutex_lock(&sessions_lock);
	list_for_each_entry(other, &sessions, link) {
		own += uid_eq(other->owner, session->owner);
		users += !uid_eq(other->owner, GLOBAL_ROOT_UID);
	}
	if (own >= MIGCOMPAT_BROKER_SESSIONS_USER_MAX)
		error = -EMFILE;
	else if (!uid_eq(session->owner, GLOBAL_ROOT_UID) &&
		 users >= MIGCOMPAT_BROKER_SESSIONS_USERS_MAX)
		error = -ENFILE;
	else
		list_add(&session->link, &sessions);
	mutex_unlock(&sessions_lock);
	return error;
}

static int session_open(struct inode *inode, struct file *file)
{
	struct session *session = kzalloc(sizeof(*session), GFP_KERNEL_ACCOUNT);
	int error;

	if (!session)
		return -ENOMEM;
	session->owner = file->f_cred->euid;
	mutex_init(&session->lock);
	init_waitqueue_head(&session->waiters);
	INIT_DELAYED_WORK(&session->timeout, session_time_out);
	INIT_WORK(&session->done, session_done);
	error = session_count(session);
	if (error) {
		kfree(session);
		return error;
	}
	file->private_data = session;
	return stream_open(inode, file);
}

static void session_clear(struct session *session)
{
	cancel_delayed_work_sync(&session->timeout);
	request_forget(session->request);
	/* Flush, not cancel: another task may have to be woken by it. */
	flush_work(&session->done);
	session->request = NULL;
	session->offset = 0;
}

static int session_release(struct inode *inode, struct file *file)
{
	struct session *session = file->private_data;

	session_clear(session);
	mutex_lock(&sessions_lock);
	list_del(&session->link);
	mutex_unlock(&sessions_lock);
	mutex_destroy(&session->lock);
	kfree(session);
	return 0;
}

/*
 * Under the session's lock. An unread answer is freed first: a session has memory for
 * one.
 */
static int session_ask(struct session *session, const char *string, size_t length)
{
	struct request *request;
	int error;

	if (session->request && !request_is_done(session->request))
		return -EBUSY;
	session_clear(session);
	request = request_new(MIGCOMPAT_BROKER_OP_ASK, NULL, string, length);
	if (!request)
		return -ENOMEM;
	request->work = &session->done;
	error = request_submit(request);
	if (error) {
		request_put(request);
		return error;
	}
	session->request = request;
	schedule_delayed_work(&session->timeout, msecs_to_jiffies(shim_timeout_ms()));
	return 0;
}

static ssize_t session_write(struct file *file, const char __user *buffer, size_t count,
			     loff_t *offset)
{
	struct session *session = file->private_data;
	size_t length;
	char *string;
	int error;

	if (count > MIGCOMPAT_BROKER_STRING_MAX + 1)
		return -E2BIG;
	string = memdup_user(buffer, count);
	if (IS_ERR(string))
		return PTR_ERR(string);
	error = string_accept(string, count, &length);
	if (!error)
		error = mutex_lock_killable(&session->lock);
	if (error)
		goto free;
	error = session_ask(session, string, length);
	mutex_unlock(&session->lock);
free:
	kfree(string);
	return error ? error : count;
}

/* Read from a finished answer. -EAGAIN: it is not finished. */
static ssize_t answer_read(struct session *session, char __user *buffer, size_t count)
{
	struct request *request = session->request;

	if (!request)
		return -EINVAL;
	if (!request_is_done(request))
		return -EAGAIN;
	if (request->error) {
		request_drop_answer(request);
		return request->error;
	}
	count = min(count, request->answer_length - session->offset);
	if (count && copy_to_user(buffer, request->answer + session->offset, count))
		return -EFAULT;
	session->offset += count;
	if (session->offset == request->answer_length)
		request_drop_answer(request);
	return count;
}

static ssize_t session_read(struct file *file, char __user *buffer, size_t count, loff_t *offset)
{
	struct session *session = file->private_data;
	struct request *request = NULL;
	ssize_t result;
	int error;

	for (;;) {
		if (mutex_lock_killable(&session->lock))
			return -EINTR;
		result = answer_read(session, buffer, count);
		if (result == -EAGAIN)
			request = request_get(session->request);
		mutex_unlock(&session->lock);
		if (result != -EAGAIN)
			return result;
		/* The session's time-out bounds this wait. */
		error = file->f_flags & O_NONBLOCK
				? -EAGAIN
				: wait_event_interruptible(session->waiters,
							   request_is_done(request));
		request_put(request);
		if (error)
			return error;
	}
}

static __poll_t session_poll(struct file *file, poll_table *wait)
{
	struct session *session = file->private_data;
	__poll_t events;

	poll_wait(file, &session->waiters, wait);
	/*
	 * A thread that holds the lock may be blocked in a page fault on its own memory.
	 */
	if (mutex_lock_killable(&session->lock))
		return EPOLLERR;
	if (!session->request)
		events = EPOLLOUT | EPOLLWRNORM;
	else if (request_is_done(session->request))
		events = EPOLLOUT | EPOLLWRNORM | EPOLLIN | EPOLLRDNORM;
	else
		events = 0;
	mutex_unlock(&session->lock);
	return events;
}

static const struct file_operations session_operations = {
	.owner = THIS_MODULE,
	.open = session_open,
	.release = session_release,
	.read = session_read,
	.write = session_write,
	.poll = session_poll,
	.llseek = noop_llseek,
};

static struct miscdevice session_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "migcompat",
	.mode = 0660,
	.fops = &session_operations,
};

int session_init(void)
{
	return misc_register(&session_misc);
}

void session_exit(void)
{
	misc_deregister(&session_misc);
}
