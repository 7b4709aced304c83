// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/migcompat-broker, the daemon's descriptor. A read or write is split into messages,
 * which are copied one by one. command.c and reply.c interpret them.
 */
#include <linux/atomic.h>
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "shim.h"

static atomic_t broker_is_open = ATOMIC_INIT(0);

static int broker_open(struct inode *inode, struct file *file)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (atomic_cmpxchg(&broker_is_open, 0, 1))
		return -EBUSY;
	return stream_open(inode, file);
}

static int broker_release(struct inode *inode, struct file *file)
{
	request_disconnect();
	atomic_set(&broker_is_open, 0);
	return 0;
}

static int request_copy(char __user *buffer, const struct request *request,
			const struct migcompat_broker_header *header)
{
	struct migcompat_broker_request message = {.header = *header};
	size_t fixed = header->op == MIGCOMPAT_BROKER_OP_CANCEL
			       ? sizeof(struct migcompat_broker_cancel)
			       : sizeof(message);

	if (request->attachment)
		message.attachment = request->attachment->id;
	if (copy_to_user(buffer, &message, fixed))
		return -EFAULT;
	if (header->size > fixed &&
	    copy_to_user(buffer + fixed, request->string, header->size - fixed))
		return -EFAULT;
	return 0;
}

/* Copy one message. The buffer has room for the largest one. */
static ssize_t broker_read_one(char __user *buffer, bool wait)
{
	struct migcompat_broker_header header = {.size = 0};
	struct broker_answer *answer = NULL;
	struct request *request = NULL;
	ssize_t size;
	int error;

	error = request_take(wait, &request, &answer, &header);
	if (error)
		return error;
	if (answer) {
		size = answer->size;
		error = copy_to_user(buffer, answer->header, answer->size) ? -EFAULT : 0;
	} else {
		size = header.size;
		error = request_copy(buffer, request, &header);
	}
	if (error) {
		request_give_back(request, answer, &header);
		return error;
	}
	kfree(answer);
	request_put(request);
	return size;
}

static ssize_t broker_read(struct file *file, char __user *buffer, size_t count, loff_t *offset)
{
	bool wait = !(file->f_flags & O_NONBLOCK);
	size_t done = 0;
	ssize_t size;

	if (count < MIGCOMPAT_BROKER_READ_SIZE)
		return -EINVAL;
	count = min_t(size_t, count, MAX_RW_COUNT);
	do {
		size = broker_read_one(buffer + done, wait && !done);
		if (size < 0)
			break;
		done += size;
	} while (count - done >= MIGCOMPAT_BROKER_READ_SIZE && request_several());
	return done ? done : size;
}

/*
 * An answer to ASK may be large, and remain until it is read. It is copied into memory
 * that is charged to the asker.
 */
static bool is_borrowed(const struct migcompat_broker_header *header)
{
	return header->op == (MIGCOMPAT_BROKER_OP_ASK | MIGCOMPAT_BROKER_OP_REPLY);
}

static struct migcompat_broker_header *message_new(const struct migcompat_broker_header *header)
{
	void *message;

	if (!is_borrowed(header)) {
		message = kvmalloc(header->size, GFP_KERNEL);
		return message ? message : ERR_PTR(-ENOMEM);
	}
	message = header->size <= MIGCOMPAT_ASK_REPLY_MAX ? request_borrow(header) : NULL;
	return message ? message : ERR_PTR(-EINVAL);
}

static void message_free(const struct migcompat_broker_header *header, void *message)
{
	if (is_borrowed(header))
		request_return(header, message);
	else
		kvfree(message);
}

/*
 * Handle one message of a write that has ROOM bytes left. ALONE: no message precedes it.
 */
static ssize_t broker_write_one(const char __user *buffer, size_t room, bool alone)
{
	struct migcompat_broker_header first, *header;
	int error = -EINVAL;

	if (room < sizeof(first))
		return -EINVAL;
	if (copy_from_user(&first, buffer, sizeof(first)))
		return -EFAULT;
	if (first.size < sizeof(first) || first.size > room ||
	    first.size > MIGCOMPAT_BROKER_WRITE_MAX)
		return -EINVAL;
	/* A write with several messages may hold replies only. */
	if ((!alone || first.size != room) &&
	    !(request_several() && first.op & MIGCOMPAT_BROKER_OP_REPLY))
		return -EINVAL;
	header = message_new(&first);
	if (IS_ERR(header))
		return PTR_ERR(header);
	/* Use the header that was checked: user memory may have changed. */
	*header = first;
	if (copy_from_user(header + 1, buffer + sizeof(first), first.size - sizeof(first))) {
		error = -EFAULT;
		goto free;
	}
	if (header->reserved)
		goto free;
	if (header->op & MIGCOMPAT_BROKER_OP_REPLY) {
		error = request_reply(header, header);
		if (!error)
			return first.size; /* the request owns the message now */
	} else {
		error = command_run(header);
	}
free:
	message_free(&first, header);
	return error ? error : (ssize_t)first.size;
}

static ssize_t broker_write(struct file *file, const char __user *buffer, size_t count,
			    loff_t *offset)
{
	size_t done = 0;
	ssize_t size;

	if (count > MIGCOMPAT_BROKER_WRITE_MAX)
		return -EINVAL;
	do {
		size = broker_write_one(buffer + done, count - done, !done);
		if (size < 0)
			break;
		done += size;
	} while (done < count);
	return done ? done : size;
}

static __poll_t broker_poll(struct file *file, poll_table *wait)
{
	poll_wait(file, request_broker_queue(), wait);
	return EPOLLOUT | EPOLLWRNORM | (request_is_readable() ? EPOLLIN | EPOLLRDNORM : 0);
}

static const struct file_operations broker_operations = {
	.owner = THIS_MODULE,
	.open = broker_open,
	.release = broker_release,
	.read = broker_read,
	.write = broker_write,
	.poll = broker_poll,
	.llseek = noop_llseek,
};

static struct miscdevice broker_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "migcompat-broker",
	.mode = 0600,
	.fops = &broker_operations,
};

int broker_init(void)
{
	return misc_register(&broker_device);
}

void broker_exit(void)
{
	misc_deregister(&broker_device);
}
