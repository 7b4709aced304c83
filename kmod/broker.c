// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/migcompat-broker: the daemon's descriptor. Copies whole messages in and out; what they mean is command.c's and
 * request.c's business.
 */
#include <linux/atomic.h>
#include <linux/capability.h>
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

static int request_copy(char __user *buffer, const struct request *request, const struct migcompat_msg_header *header)
{
	struct migcompat_msg_request message = { .header = *header };
	size_t fixed = header->op == MIGCOMPAT_OP_CANCEL ? sizeof(struct migcompat_msg_cancel) : sizeof(message);

	if (request->attachment)
		message.attachment = request->attachment->id;
	if (copy_to_user(buffer, &message, fixed))
		return -EFAULT;
	if (header->size > fixed && copy_to_user(buffer + fixed, request->string, header->size - fixed))
		return -EFAULT;
	return 0;
}

static ssize_t broker_read(struct file *file, char __user *buffer, size_t count, loff_t *offset)
{
	struct migcompat_msg_header header = { .size = 0 };
	struct broker_answer *answer = NULL;
	struct request *request = NULL;
	ssize_t size;
	int error;

	if (count < MIGCOMPAT_MSG_READ_SIZE)
		return -EINVAL;
	error = request_take(!(file->f_flags & O_NONBLOCK), &request, &answer, &header);
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

static ssize_t broker_write(struct file *file, const char __user *buffer, size_t count, loff_t *offset)
{
	const struct migcompat_msg_header *header;
	void *message;
	int error = -EINVAL;

	if (count < sizeof(*header) || count > MIGCOMPAT_MSG_WRITE_MAX)
		return -EINVAL;
	message = kvmalloc(count, GFP_KERNEL);
	if (!message)
		return -ENOMEM;
	if (copy_from_user(message, buffer, count)) {
		error = -EFAULT;
		goto free;
	}
	header = message;
	if (header->size != count || header->reserved)
		goto free;
	if (header->op & MIGCOMPAT_OP_REPLY) {
		error = request_reply(header, message);
		if (!error)
			return count; /* the message is the request's */
	} else {
		error = command_run(header);
	}
free:
	kvfree(message);
	return error ? error : count;
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
