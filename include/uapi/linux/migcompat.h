/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What passes between the kernel shim (migcompat.ko) and its daemon over /dev/migcompat-broker.
 * This file is the whole protocol. The shim knows no migration string; it carries questions to the
 * daemon and answers back.
 *
 * Messages
 *   Each read(2) takes one whole message, each write(2) gives one. A message begins with struct
 * migcompat_broker_header, whose `size` is that of the whole message, text included, without
 * padding; a write whose count differs from it is refused. Version 2: a read takes further messages
 * behind the first one while MIGCOMPAT_BROKER_READ_SIZE bytes are left in the buffer, and waits for
 * the first one alone. A write may give several replies, each right behind the one before; it
 * returns the bytes of those that were taken, and stops at the first that is not, whose error it
 * returns where that is the first of all. So whoever gets less than the count goes on with the
 * rest, and learns of the next one what is wrong with it. A command stands alone. Texts follow the
 * fixed part one after the other, without a terminator; their lengths stand in the fixed part.
 * Integers have the machine's byte order. Reserved fields are 0. The buffer of a read holds
 * MIGCOMPAT_BROKER_READ_SIZE bytes at least. poll(2) says POLLIN while a message waits. O_NONBLOCK
 * is honoured.
 *
 *   - Commands (daemon to kernel: HELLO, LIST, ATTACH, ATTACH_TYPE, DETACH, PUBLISH) are carried
 * out within write(2), which returns the message's size, or an error. HELLO and LIST also leave one
 * answer to be read. The ids of commands are the daemon's; within an epoch they grow, HELLO's being
 * the first. ATTACH leaves its result, the attachment's number, to be read as an answer too. At
 * most MIGCOMPAT_BROKER_ANSWERS_MAX answers wait; a command that would add one more gets EBUSY.
 *     Answers are read before requests, so that a daemon may write a command and read its answer at
 * once.
 *   - Requests (kernel to daemon: READ, WRITE, ASK) carry an id that the kernel never uses again.
 * The daemon answers each once, in any order, with the request's op, MIGCOMPAT_BROKER_OP_REPLY
 * added, and its id. CANCEL bears the id of a request that the daemon has read and that nobody
 * waits for any more (killed, timed out, device gone); it has no answer.
 *
 * Epochs
 *   HELLO starts an epoch, whose number is never used again; every other message carries the
 * present one. Only the process (thread group) that said HELLO last may read and write; others are
 * refused until they say HELLO themselves. At HELLO the requests that were read but not answered
 * are queued again, under their old ids and the new epoch; a reply that bears an older epoch is
 * void. So a daemon may die while the descriptor lives on elsewhere (systemd's descriptor store),
 * and its successor loses no request. Attachments outlive epochs; LIST tells them. When the
 * descriptor's last copy is closed, all requests, and every later one until the next HELLO, end
 * with ENOTCONN; attachments stay for the next opener.
 *
 * Errors of write(2)
 *   EINVAL      a message that is malformed, bears a wrong epoch, names no present attachment or
 * request, an id that was used before, a reply code outside the table below, or comes from a
 * process that said no HELLO. A late reply, to a request that was cancelled meanwhile, is such a
 * one: expect it, and go on. ENODEV      ATTACH: no such device, or it has no driver. EOPNOTSUPP:
 * neither a PCI nor an mdev device. EEXIST: its name is attached already, or it has such files of
 * its own. ENOSPC: MIGCOMPAT_BROKER_ATTACHMENTS_MAX are attached. EPROTONOSUPPORT  HELLO offered no
 * version that the kernel speaks. EBUSY       answers wait to be read.   EFAULT, ENOMEM, EINTR: as
 * usual. EPERM       HELLO without CAP_SYS_ADMIN in the initial user namespace. The process that
 * opened the descriptor does not count. Errors of read(2): EINVAL before HELLO, from another
 * process, or with too small a buffer (nothing is lost); EAGAIN. Errors of open(2): EPERM without
 * CAP_SYS_ADMIN in the initial user namespace; EBUSY if it is open already.
 *
 * Replies to READ, WRITE and ASK
 *   `error` is 0 or one of -EINVAL, -ENODEV, -EPERM, -EBUSY, -E2BIG, -EIO, -ETIMEDOUT, -ENOTCONN;
 * then nothing follows the fixed part (and WRITE's count is 0). A write is answered with yes by
 * error 0 *and* the string's full length as count; anything else is refused, so that no zeroed or
 * half-written reply allows a migration. EBUSY to an ASK says that too many questions are under
 * way: the asker may ask again. A call that waits for READ or WRITE ends at any signal. It starts
 * again by itself after suspend, a cgroup freezer, a stop or a handler with SA_RESTART: the daemon
 * sees a CANCEL and a new question.
 *
 * Sessions
 *   Each open file of /dev/migcompat is a session: write(2) asks one question, read(2) gives the
 *   answer's lines, once. open(2) fails with EMFILE if its effective user has
 *   MIGCOMPAT_BROKER_SESSIONS_USER_MAX of them, and with ENFILE if all users but root have
 *   MIGCOMPAT_BROKER_SESSIONS_USERS_MAX. A question takes memory for the longest answer, which is
 * charged to the memory cgroup of the asker. It is freed when the answer was read to its end, at
 * the next question, or at close. So all sessions hold at most (256 + 64) x 256 KiB = 80 MiB for
 * answers.
 *
 * Versions
 *   HELLO and its answer keep their layout in all versions. The daemon offers the range that it
 * speaks; the kernel takes the highest that both know and tells it in the answer, beside its own
 * range. Where there is none, write(2) fails with EPROTONOSUPPORT and no epoch begins;
 * /sys/module/migcompat/parameters/protocol has the kernel's range for the daemon's log. Within a
 * version layouts are fixed. A new operation, field or meaning makes a new version.
 *
 * Changelog
 *   1  HELLO, LIST, ATTACH, DETACH, ATTACH_TYPE, PUBLISH; READ, WRITE, ASK, CANCEL
 *   2  several messages in one read(2), several replies in one write(2)
 */
#ifndef _UAPI_LINUX_MIGCOMPAT_H
#define _UAPI_LINUX_MIGCOMPAT_H

#include <linux/types.h>

#define MIGCOMPAT_BROKER_VERSION_MIN 1
#define MIGCOMPAT_BROKER_VERSION_MAX 2
#define MIGCOMPAT_BROKER_VERSION_SEVERAL \
	2 /* from this one on there may be several messages in a read or write */

#define MIGCOMPAT_BROKER_STRING_MAX \
	4094 /* bytes of a migration version, without a newline; all of 0x21 to 0x7e */
#define MIGCOMPAT_BROKER_TYPE_MAX 128	  /* of a migration type; bytes as above */
#define MIGCOMPAT_BROKER_PATH_MAX 2048	  /* of a device's path */
#define MIGCOMPAT_BROKER_NAME_MAX 255	  /* of an attachment's name */
#define MIGCOMPAT_BROKER_LINES_MAX 262144 /* of an answer to ASK */
#define MIGCOMPAT_BROKER_PARAMETERS_MAX 256
#define MIGCOMPAT_BROKER_PARAMETER_NAME_MAX \
	64 /* bytes of 0x21 to 0x7e, no '/' and '=', not beginning with '.' */
#define MIGCOMPAT_BROKER_PARAMETER_VALUE_MAX 4094 /* one line, no control characters */
#define MIGCOMPAT_BROKER_ATTACHMENTS_MAX 65536
#define MIGCOMPAT_BROKER_READ_SIZE 8192 /* no message of the kernel's is longer */
#define MIGCOMPAT_BROKER_WRITE_MAX \
	(MIGCOMPAT_BROKER_LINES_MAX + 4096) /* no message of the daemon's may be longer */
#define MIGCOMPAT_BROKER_ANSWERS_MAX 16

#define MIGCOMPAT_BROKER_SESSIONS_USER_MAX 64	/* of one user; root has as many of its own */
#define MIGCOMPAT_BROKER_SESSIONS_USERS_MAX 256 /* of all users but root */

#define MIGCOMPAT_BROKER_OP_HELLO 1u /* daemon to kernel */
#define MIGCOMPAT_BROKER_OP_LIST 2u
#define MIGCOMPAT_BROKER_OP_ATTACH 3u
#define MIGCOMPAT_BROKER_OP_DETACH 4u
#define MIGCOMPAT_BROKER_OP_ATTACH_TYPE 5u
#define MIGCOMPAT_BROKER_OP_PUBLISH 6u
#define MIGCOMPAT_BROKER_OP_READ 16u /* kernel to daemon */
#define MIGCOMPAT_BROKER_OP_WRITE 17u
#define MIGCOMPAT_BROKER_OP_ASK 18u
#define MIGCOMPAT_BROKER_OP_CANCEL 19u
#define MIGCOMPAT_BROKER_OP_REPLY                                              \
	0x80000000u /* added to the op of what is answered, in both directions \
		     */

#define MIGCOMPAT_BROKER_KIND_DEVICE \
	1u /* an attribute group in the device's own folder, and a class device */
#define MIGCOMPAT_BROKER_KIND_TYPE 2u /* a class device only */

struct migcompat_broker_header {
	__u32 size;
	__u32 op;
	__u64 id;
	__u64 epoch; /* 0 in HELLO */
	__s32 error; /* negative errno in answers and replies; else 0 */
	__u32 reserved;
};

struct migcompat_broker_hello {
	struct migcompat_broker_header header;
	__u32 version_min;
	__u32 version_max;
};

/* The header's epoch is the new one. */
struct migcompat_broker_hello_reply {
	struct migcompat_broker_header header;
	__u32 version; /* agreed upon */
	__u32 version_min;
	__u32 version_max;
	__u32 attachments; /* how many LIST has to tell */
	__u32 requeued;	   /* requests that another epoch left unanswered */
	__u32 timeout_ms;  /* how long a request is waited for, at present */
	__u64 reserved[2];
};

/* Tells one attachment: the first whose number is greater than `after`. Begin with 0, go on with
 * the number told. */
struct migcompat_broker_list {
	struct migcompat_broker_header header;
	__u64 after;
};

struct migcompat_broker_list_reply {
	struct migcompat_broker_header header;
	__u64 attachment; /* 0: there is none; never used again for another */
	__u32 kind;
	__u32 name_length; /* text: name of the class device, */
	__u32 path_length; /* then the path of the device; empty for a type */
	__u32 reserved;
};

/*
 * ATTACH: the subject is the device's path as sysfs has it, "/devices/…", without ".", ".." and
 * links; the class device bears the device's name. ATTACH_TYPE: the subject is PARENT!TYPE-ID, the
 * name itself. The migration type is there from the start: one that is not known is told by the
 * error that reading it gives.
 */
struct migcompat_broker_attach {
	struct migcompat_broker_header header;
	__s32 type_error;     /* 0, or a code of the table: then type_length is 0 */
	__u32 subject_length; /* text: subject, */
	__u32 type_length;    /* then migration type, NAMESPACE:TYPE */
	__u32 reserved;
};

struct migcompat_broker_attach_reply {
	struct migcompat_broker_header header;
	__u64 attachment;
};

struct migcompat_broker_detach {
	struct migcompat_broker_header header;
	__u64 attachment;
};

/* Order of a parameter's values. */
#define MIGCOMPAT_BROKER_VALUE_TYPE 0
#define MIGCOMPAT_BROKER_VALUE_VALUE 1
#define MIGCOMPAT_BROKER_VALUE_ALLOWED 2
#define MIGCOMPAT_BROKER_VALUE_INIT 3
#define MIGCOMPAT_BROKER_VALUE_OFF 4
#define MIGCOMPAT_BROKER_VALUE_RUNTIME 5
#define MIGCOMPAT_BROKER_VALUES 6
#define MIGCOMPAT_BROKER_VALUE_ABSENT \
	0xffffffffu /* length of a value that is not there; its file is not there either */

struct migcompat_broker_parameter {
	__u32 name_length;
	__u32 value_length[MIGCOMPAT_BROKER_VALUES];
	__u32 reserved;
};

/* Replaces type and parameters of an attachment. `parameters` entries follow, then the text: type,
 * and name and values of each. */
struct migcompat_broker_publish {
	struct migcompat_broker_header header;
	__u64 attachment;
	__s32 type_error;
	__u32 type_length;
	__u32 parameters;
	__u32 reserved;
};

/* READ, WRITE and ASK alike; WRITE and ASK are followed by the string. The attachment is 0 in ASK.
 */
struct migcompat_broker_request {
	struct migcompat_broker_header header;
	__u64 attachment;
};

/*
 * To READ (followed by the string) and to ASK (followed by lines without control characters, the
 * last one with its newline too; or by nothing).
 */
struct migcompat_broker_text_reply {
	struct migcompat_broker_header header;
};

struct migcompat_broker_write_reply {
	struct migcompat_broker_header header;
	__u32 count; /* the string's length: yes. With an error: 0 */
	__u32 reserved;
};

struct migcompat_broker_cancel {
	struct migcompat_broker_header header;
};

#endif /* _UAPI_LINUX_MIGCOMPAT_H */
