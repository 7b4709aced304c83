/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A fake kernel module, in the process of the service. Link with --wrap=open, --wrap=read
 * and --wrap=write. As in the kernel, a command is executed within its write, and its
 * answer is read before all requests. scripts/kernel-lab tests the real module.
 */
#ifndef TESTS_SERVICE_SHIM_H
#define TESTS_SERVICE_SHIM_H

#include <errno.h>
#include <linux/migcompat.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include "core/service/kernel/broker.h"
#include "core/service/clock.h"
#include "tests/service/daemon.h"

#define SHIM_ATTACHED_MAX 64
#define SHIM_MESSAGES_MAX 64

struct shim_attached {
	uint64_t attachment; /* 0: detached */
	char subject[512];
	char type[160];
	char published[8192]; /* text of the last PUBLISH */
	int type_error;
	bool is_type;
};

struct shim_message {
	size_t len;
	char bytes[MIGCOMPAT_BROKER_READ_SIZE];
};

struct shim {
	int closed;             /* errno of open(2), 0 or, without the module, ENOENT */
	bool broken;            /* read(2) fails */
	const char *unbound;    /* device for which ATTACH fails; or NULL */
	unsigned no_memory;     /* how many ATTACH and PUBLISH fail with ENOMEM */
	int event;              /* eventfd, a semaphore: one count a message */
	pthread_mutex_t lock;   /* guards all but event */
	pthread_cond_t changed; /* after each write */
	struct shim_message messages[SHIM_MESSAGES_MAX]; /* oldest first */
	size_t nmessages;
	struct shim_attached attached[SHIM_ATTACHED_MAX];
	size_t count;
	uint64_t epoch;
	uint64_t asked; /* id of the last question */
	/* The last reply: */
	uint64_t answered; /* its id */
	int error;
	uint32_t yes; /* count of a reply to WRITE */
	char text[MIGCOMPAT_BROKER_LINES_MAX + 1];
	size_t len;
};

static struct shim shim;

/* Copy a text of a message, and terminate it. */
static inline void shim_keep(char *to, size_t size, const char *from, size_t len)
{
	assert_true(len < size);
	memmove(to, from, len);
	to[len] = '\0';
}

/* Queue a message for the service; answers go first. Under the lock. */
static inline void shim_says(struct migcompat_broker_header *header, size_t size, const char *text,
			     size_t len)
{
	bool answer = header->op & MIGCOMPAT_BROKER_OP_REPLY;
	struct shim_message *message = &shim.messages[answer ? 0 : shim.nmessages];

	assert_true(shim.nmessages < SHIM_MESSAGES_MAX);
	if (answer)
		memmove(message + 1, message, shim.nmessages * sizeof(*message));
	header->size = (uint32_t)(size + len);
	header->epoch = shim.epoch;
	memcpy(message->bytes, header, size);
	if (len)
		memcpy(message->bytes + size, text, len);
	message->len = size + len;
	shim.nmessages++;
	eventfd_write(shim.event, 1);
}

static inline void shim_answers(const struct migcompat_broker_header *to, void *answer, size_t size,
				const char *text, size_t len)
{
	struct migcompat_broker_header *header = answer;

	header->op = to->op | MIGCOMPAT_BROKER_OP_REPLY;
	header->id = to->id;
	shim_says(header, size, text, len);
}

static inline struct shim_attached *shim_by_number(uint64_t attachment)
{
	for (size_t i = 0; i < shim.count; i++)
		if (attachment && shim.attached[i].attachment == attachment)
			return &shim.attached[i];
	return NULL;
}

static inline void shim_list(const struct migcompat_broker_list *list)
{
	struct migcompat_broker_list_reply reply = {.attachment = 0};
	const char *name = "";

	for (size_t i = 0; i < shim.count && !reply.attachment; i++) {
		const struct shim_attached *attached = &shim.attached[i];
		const char *slash = strrchr(attached->subject, '/');

		if (attached->attachment <= list->after)
			continue;
		reply.attachment = attached->attachment;
		reply.kind = attached->is_type ? MIGCOMPAT_BROKER_KIND_TYPE
					       : MIGCOMPAT_BROKER_KIND_DEVICE;
		name = slash ? slash + 1 : attached->subject;
	}
	reply.name_length = (uint32_t)strlen(name);
	shim_answers(&list->header, &reply, sizeof(reply), name, strlen(name));
}

/* -ENODEV: no driver is bound to the device, as in the kernel. */
static inline int shim_attach(const struct migcompat_broker_attach *attach)
{
	struct migcompat_broker_attach_reply reply = {.attachment = shim.count + 1};
	struct shim_attached *attached = &shim.attached[shim.count++];
	const char *text = (const char *)(attach + 1);

	if (shim.unbound &&
	    memmem(text, attach->subject_length, shim.unbound, strlen(shim.unbound))) {
		shim.count--;
		return -ENODEV;
	}
	attached->attachment = reply.attachment;
	attached->is_type = attach->header.op == MIGCOMPAT_BROKER_OP_ATTACH_TYPE;
	attached->type_error = attach->type_error;
	shim_keep(attached->subject, sizeof(attached->subject), text, attach->subject_length);
	shim_keep(attached->type, sizeof(attached->type), text + attach->subject_length,
		  attach->type_length);
	shim_answers(&attach->header, &reply, sizeof(reply), NULL, 0);
	return 0;
}

/* The messages that wait get the new epoch, as in the kernel. */
static inline void shim_hello(const struct migcompat_broker_header *header)
{
	struct migcompat_broker_hello_reply reply = {.version = MIGCOMPAT_BROKER_VERSION_MAX,
						     .version_min = 1,
						     .version_max = MIGCOMPAT_BROKER_VERSION_MAX,
						     .timeout_ms = 5000};

	shim.epoch++;
	for (size_t i = 0; i < shim.nmessages; i++)
		((struct migcompat_broker_header *)(void *)shim.messages[i].bytes)->epoch =
			shim.epoch;
	shim_answers(header, &reply, sizeof(reply), NULL, 0);
}

static inline void shim_publish(const struct migcompat_broker_publish *publish)
{
	struct shim_attached *attached = shim_by_number(publish->attachment);
	size_t fixed =
		sizeof(*publish) + publish->parameters * sizeof(struct migcompat_broker_parameter);
	const char *text = (const char *)publish + fixed;

	if (!attached)
		return;
	shim_keep(attached->published, sizeof(attached->published), text,
		  publish->header.size - fixed);
	shim_keep(attached->type, sizeof(attached->type), text, publish->type_length);
	attached->type_error = publish->type_error;
}

static inline void shim_detach(const struct migcompat_broker_detach *detach)
{
	struct shim_attached *attached = shim_by_number(detach->attachment);

	if (attached)
		attached->attachment = 0;
}

/* A reply of an older epoch has no effect, as in the kernel. */
static inline void shim_reply(const struct migcompat_broker_header *header)
{
	const struct migcompat_broker_write_reply *yes = (const void *)header;
	const struct migcompat_broker_text_reply *text = (const void *)header;

	if (!(header->op & MIGCOMPAT_BROKER_OP_REPLY) || header->epoch != shim.epoch)
		return;
	shim.answered = header->id;
	shim.error = header->error;
	shim.len = 0;
	if (header->op == (MIGCOMPAT_BROKER_OP_WRITE | MIGCOMPAT_BROKER_OP_REPLY)) {
		shim.yes = yes->count;
		return;
	}
	shim.len = header->size - sizeof(*text);
	shim_keep(shim.text, sizeof(shim.text), (const char *)(text + 1), shim.len);
}

/* A message from the service; -errno is that of its write(2). Under the lock. */
static inline int shim_receive(const struct migcompat_broker_header *header)
{
	const void *message = header;

	if (shim.no_memory && (header->op == MIGCOMPAT_BROKER_OP_ATTACH ||
			       header->op == MIGCOMPAT_BROKER_OP_PUBLISH)) {
		shim.no_memory--;
		return -ENOMEM;
	}
	switch (header->op) {
	case MIGCOMPAT_BROKER_OP_HELLO:
		shim_hello(header);
		return 0;
	case MIGCOMPAT_BROKER_OP_LIST:
		shim_list(message);
		return 0;
	case MIGCOMPAT_BROKER_OP_ATTACH:
	case MIGCOMPAT_BROKER_OP_ATTACH_TYPE:
		return shim_attach(message);
	case MIGCOMPAT_BROKER_OP_DETACH:
		shim_detach(message);
		return 0;
	case MIGCOMPAT_BROKER_OP_PUBLISH:
		shim_publish(message);
		return 0;
	default:
		shim_reply(header);
		return 0;
	}
}

int __real_open(const char *path, int flags, ...);
ssize_t __real_read(int fd, void *buffer, size_t size);
ssize_t __real_write(int fd, const void *buffer, size_t size);
int __wrap_open(const char *path, int flags, ...);
ssize_t __wrap_read(int fd, void *buffer, size_t size);
ssize_t __wrap_write(int fd, const void *buffer, size_t size);

#define SHIM_FD 900              /* at least: no other file gets it after a close */
static _Atomic int shim_fd = -1; /* the service's descriptor */

int __wrap_open(const char *path, int flags, ...)
{
	va_list args;
	int mode, closed;

	va_start(args, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, int) : 0;
	va_end(args);
	if (strcmp(path, BROKER_PATH) != 0)
		return __real_open(path, flags, mode);
	pthread_mutex_lock(&shim.lock);
	closed = shim.closed;
	pthread_mutex_unlock(&shim.lock);
	if (!closed)
		shim_fd = fcntl(shim.event, F_DUPFD_CLOEXEC, SHIM_FD);
	errno = closed;
	return closed ? -1 : shim_fd;
}

ssize_t __wrap_read(int fd, void *buffer, size_t size)
{
	size_t done = 0, len;
	eventfd_t one;

	if (fd != shim_fd)
		return __real_read(fd, buffer, size);
	pthread_mutex_lock(&shim.lock);
	errno = shim.broken ? EIO : EAGAIN;
	for (; shim.nmessages && !shim.broken && size - done >= MIGCOMPAT_BROKER_READ_SIZE;
	     done += len) {
		len = shim.messages[0].len;
		memcpy((char *)buffer + done, shim.messages[0].bytes, len);
		memmove(&shim.messages[0], &shim.messages[1],
			--shim.nmessages * sizeof(shim.messages[0]));
		eventfd_read(shim.event, &one);
	}
	pthread_mutex_unlock(&shim.lock);
	return done ? (ssize_t)done : -1;
}

ssize_t __wrap_write(int fd, const void *buffer, size_t size)
{
	const struct migcompat_broker_header *header = buffer;
	int r = 0;

	if (fd != shim_fd)
		return __real_write(fd, buffer, size);
	pthread_mutex_lock(&shim.lock);
	for (size_t done = 0; done < size && !r; done += header->size) {
		header = (const void *)((const char *)buffer + done);
		assert_true(header->size <= size - done);
		r = shim_receive(header);
	}
	pthread_cond_broadcast(&shim.changed);
	pthread_mutex_unlock(&shim.lock);
	errno = -r;
	return r ? -1 : (ssize_t)size;
}

static inline void shim_set(bool *what, bool to)
{
	pthread_mutex_lock(&shim.lock);
	*what = to;
	pthread_mutex_unlock(&shim.lock);
}

static inline void shim_close(int error)
{
	pthread_mutex_lock(&shim.lock);
	shim.closed = error;
	pthread_mutex_unlock(&shim.lock);
}

static inline void shim_start(void)
{
	shim = (struct shim){.event = eventfd(0, EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC)};
	assert_true(shim.event >= 0);
	pthread_mutex_init(&shim.lock, NULL);
	monotonic_cond_init(&shim.changed);
}

static inline void shim_end(void)
{
	close(shim.event);
}

/* Wait for a change; the test fails if there is none for long. Under the lock. */
static inline void shim_wait(const char *what)
{
	struct timespec until = monotonic_after(WAIT_MS);

	if (pthread_cond_timedwait(&shim.changed, &shim.lock, &until) != 0) {
		pthread_mutex_unlock(&shim.lock);
		fail_msg("%s: nothing happened", what);
	}
}

/* Wait for an attachment whose subject ends in this name; its number. */
static inline uint64_t shim_attachment(const char *name)
{
	uint64_t found = 0;

	pthread_mutex_lock(&shim.lock);
	for (;;) {
		for (size_t i = 0; i < shim.count && !found; i++) {
			const char *end = strstr(shim.attached[i].subject, name);

			if (shim.attached[i].attachment && end && strcmp(end, name) == 0)
				found = shim.attached[i].attachment;
		}
		if (found)
			break;
		shim_wait(name);
	}
	pthread_mutex_unlock(&shim.lock);
	return found;
}

/* The device loses its driver. */
static inline void shim_forget(const char *name)
{
	uint64_t attachment = shim_attachment(name);

	pthread_mutex_lock(&shim.lock);
	shim_by_number(attachment)->attachment = 0;
	shim.unbound = name;
	pthread_mutex_unlock(&shim.lock);
}

static inline void shim_put(uint32_t op, uint64_t attachment, const char *string)
{
	struct migcompat_broker_request request = {.header = {.op = op}, .attachment = attachment};

	pthread_mutex_lock(&shim.lock);
	request.header.id = ++shim.asked;
	shim.yes = 0;
	shim_says(&request.header, sizeof(request), string, strlen(string));
	pthread_mutex_unlock(&shim.lock);
}

/* How many messages wait. */
static inline size_t shim_waiting(void)
{
	size_t count;

	pthread_mutex_lock(&shim.lock);
	count = shim.nmessages;
	pthread_mutex_unlock(&shim.lock);
	return count;
}

/* Wait for the reply to the last question: 0 or -errno; a text is in shim.text. */
static inline int shim_answer(void)
{
	int error;

	pthread_mutex_lock(&shim.lock);
	while (shim.answered != shim.asked)
		shim_wait("question");
	error = shim.error;
	pthread_mutex_unlock(&shim.lock);
	return error;
}

static inline int shim_ask(uint32_t op, uint64_t attachment, const char *string)
{
	shim_put(op, attachment, string);
	return shim_answer();
}

static inline int shim_read(const char *name)
{
	return shim_ask(MIGCOMPAT_BROKER_OP_READ, shim_attachment(name), "");
}

/* A yes must have the string's length as count. */
static inline int shim_write(const char *name, const char *string)
{
	int error = shim_ask(MIGCOMPAT_BROKER_OP_WRITE, shim_attachment(name), string);

	assert_int_equal(shim.yes, error ? 0 : strlen(string));
	return error;
}

#endif
