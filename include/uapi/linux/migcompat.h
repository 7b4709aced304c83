/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The protocol between the kernel module (migcompat.ko) and its daemon over
 * /dev/migcompat-broker. This file describes all of it. The module does not interpret migration
 * strings: it forwards questions to the daemon, and answers back.
 *
 * Messages
 *   Each message begins with struct migcompat_broker_header. Its `size` is that of the whole
 *   message, without padding. Texts follow the fixed part one after the other, without
 *   terminators; the fixed part has their lengths. Integers have the byte order of the machine.
 *   Reserved fields are 0.
 *   In version 1 each read(2) returns one message, and each write(2) passes one. A write whose
 *   count differs from the message's size fails.
 *   Since version 2 a read returns further messages while MIGCOMPAT_BROKER_READ_SIZE bytes are
 *   left in the buffer. It waits for the first one only. A write may pass several replies, one
 *   directly after the other. It returns the bytes of the replies that were accepted, and stops
 *   at the first one that is refused. If that is the first of all, write fails with its error.
 *   After a short write the caller writes the rest, and gets the error of the next reply. A
 *   command is always alone in its write.
 *   The buffer of a read must have at least MIGCOMPAT_BROKER_READ_SIZE bytes. poll(2) reports
 *   POLLIN while a message waits. O_NONBLOCK is supported.
 *
 *   - Commands (daemon to kernel: HELLO, LIST, ATTACH, ATTACH_TYPE, DETACH, PUBLISH) are executed
 *     within write(2), which returns the message's size or an error. HELLO, LIST, ATTACH and
 *     ATTACH_TYPE also leave an answer to be read. The daemon chooses the ids of commands, which
 *     must increase within an epoch, beginning with that of HELLO. At most
 *     MIGCOMPAT_BROKER_ANSWERS_MAX answers wait: a command that would add another one fails with
 *     EBUSY. Answers are read before requests, so a daemon may write a command and read its
 *     answer at once.
 *   - Requests (kernel to daemon: READ, WRITE, ASK) have an id that the kernel never uses again.
 *     The daemon replies to each once, in any order. A reply has the request's id, and its op
 *     plus MIGCOMPAT_BROKER_OP_REPLY. CANCEL has the id of a request that the daemon has read, and
 *     for whose answer nobody waits any more: the caller was killed, the time is over, or the
 *     device was removed. It has no reply.
 *
 * Epochs
 *   HELLO starts an epoch, whose number is never used again. Every other message has the number
 *   of the present epoch. Only the process (thread group) that sent the last HELLO may read and
 *   write. Any other one has to send HELLO first. At HELLO, requests that were read and not
 *   answered are queued again, with their ids and the new epoch. A reply with an older epoch is
 * refused. So a daemon may exit while its descriptor stays open elsewhere (systemd's file
 * descriptor store), and its successor loses no request. Attachments outlive epochs; LIST
 * enumerates them. When the last copy of the descriptor is closed, all requests end with ENOTCONN,
 * and so does every later one until the next HELLO. Attachments remain for the next daemon.
 *
 * Errors of write(2)
 *   EINVAL           The message is malformed, has a wrong epoch, an id that was used before, or an
 *                    error outside the table below; it names no attachment or request; or the
 *                    process did not send the last HELLO. A reply to a request that was cancelled
 *                    meanwhile gets EINVAL, too: the daemon should expect it, and go on.
 *   ENODEV           ATTACH: no such device, or no driver is bound to it.
 *   EOPNOTSUPP       ATTACH: neither a PCI device nor a mediated device.
 *   EEXIST           The name is attached already, or the device has files of these names.
 *   ENOSPC           MIGCOMPAT_BROKER_ATTACHMENTS_MAX are attached.
 *   EPROTONOSUPPORT  HELLO: the kernel supports none of the offered versions.
 *   EBUSY            Too many answers wait to be read.
 *   EPERM            HELLO: no CAP_SYS_ADMIN in the initial user namespace. The process that opened
 *                    the descriptor does not count.
 *   EFAULT, ENOMEM, EINTR as usual.
 * Errors of read(2)
 *   EINVAL           Before HELLO, from another process, or with a buffer that is too small. No
 *                    message is lost.
 *   EAGAIN           O_NONBLOCK is set, and no message waits.
 * Errors of open(2)
 *   EPERM            No CAP_SYS_ADMIN in the initial user namespace.
 *   EBUSY            The device is open already.
 *
 * Replies to READ, WRITE and ASK
 *   `error` is 0 or one of -EINVAL, -ENODEV, -EPERM, -EBUSY, -E2BIG, -EIO, -ETIMEDOUT, -ENOTCONN.
 *   With an error no text follows, and the count of a reply to WRITE is 0. Yes to a WRITE is
 *   error 0 *and* the length of the whole string as count. Everything else is refused, so no
 *   zeroed or partial reply allows a migration. EBUSY to an ASK means that too many questions are
 *   pending, and that the program may ask again.
 *   Any signal ends the wait for a READ or WRITE. After suspend, a cgroup freezer, a stop or a
 *   handler with SA_RESTART the kernel restarts the call. The daemon gets a CANCEL and a new
 *   request then.
 *
 * Sessions
 *   Each open file of /dev/migcompat is a session: write(2) asks one question, read(2) returns
 *   the lines of the answer, once. open(2) fails with EMFILE if its effective user has
 *   MIGCOMPAT_BROKER_SESSIONS_USER_MAX of them, and with ENFILE if all users but root have
 *   MIGCOMPAT_BROKER_SESSIONS_USERS_MAX. A question allocates memory for the longest answer,
 *   which is charged to the memory cgroup of the caller. It is freed when the answer was read to
 *   its end, at the next question, or at close. So all sessions hold at most
 *   (256 + 64) x 256 KiB = 80 MiB for answers.
 *
 * Versions
 *   HELLO and its answer have the same layout in all versions. The daemon offers a range of
 *   versions. The kernel selects the highest one that both support, and returns it together with
 *   its own range. If there is none, write(2) fails with EPROTONOSUPPORT and no epoch begins.
 *   /sys/module/migcompat/parameters/protocol has the kernel's range, for the daemon's log.
 *   Layouts are fixed within a version. A new operation, field or meaning needs a new version.
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
/* Since this version a read or write may have several messages. */
#define MIGCOMPAT_BROKER_VERSION_SEVERAL 2

/* Bytes of a migration version, without its newline: all of 0x21 to 0x7e. */
#define MIGCOMPAT_BROKER_STRING_MAX 4094
#define MIGCOMPAT_BROKER_TYPE_MAX 128     /* of a migration type; bytes as above */
#define MIGCOMPAT_BROKER_PATH_MAX 2048    /* of a device's path */
#define MIGCOMPAT_BROKER_NAME_MAX 255     /* of an attachment's name */
#define MIGCOMPAT_BROKER_LINES_MAX 262144 /* of an answer to ASK */
#define MIGCOMPAT_BROKER_PARAMETERS_MAX 256
/* Bytes of 0x21 to 0x7e without '/' and '='; the first one is not '.'. */
#define MIGCOMPAT_BROKER_PARAMETER_NAME_MAX 64
#define MIGCOMPAT_BROKER_PARAMETER_VALUE_MAX 4094 /* a line without control characters */
#define MIGCOMPAT_BROKER_ATTACHMENTS_MAX 65536
#define MIGCOMPAT_BROKER_READ_SIZE 8192 /* no message of the kernel is longer */
/* No message of the daemon may be longer. */
#define MIGCOMPAT_BROKER_WRITE_MAX (MIGCOMPAT_BROKER_LINES_MAX + 4096)
#define MIGCOMPAT_BROKER_ANSWERS_MAX 16

#define MIGCOMPAT_BROKER_SESSIONS_USER_MAX 64   /* of one user, root included */
#define MIGCOMPAT_BROKER_SESSIONS_USERS_MAX 256 /* of all users but root */

/* Daemon to kernel. */
#define MIGCOMPAT_BROKER_OP_HELLO 1u
#define MIGCOMPAT_BROKER_OP_LIST 2u
#define MIGCOMPAT_BROKER_OP_ATTACH 3u
#define MIGCOMPAT_BROKER_OP_DETACH 4u
#define MIGCOMPAT_BROKER_OP_ATTACH_TYPE 5u
#define MIGCOMPAT_BROKER_OP_PUBLISH 6u
/* Kernel to daemon. */
#define MIGCOMPAT_BROKER_OP_READ 16u
#define MIGCOMPAT_BROKER_OP_WRITE 17u
#define MIGCOMPAT_BROKER_OP_ASK 18u
#define MIGCOMPAT_BROKER_OP_CANCEL 19u
/* Added to the op of the message that is answered, in both directions. */
#define MIGCOMPAT_BROKER_OP_REPLY 0x80000000u

/* A device has files in its own directory and a class device, a type the latter only. */
#define MIGCOMPAT_BROKER_KIND_DEVICE 1u
#define MIGCOMPAT_BROKER_KIND_TYPE 2u

struct migcompat_broker_header {
	__u32 size;
	__u32 op;
	__u64 id;
	__u64 epoch; /* 0 in HELLO */
	__s32 error; /* negative errno in replies; otherwise 0 */
	__u32 reserved;
};

struct migcompat_broker_hello {
	struct migcompat_broker_header header;
	__u32 version_min;
	__u32 version_max;
};

/* The epoch in the header is the new one. */
struct migcompat_broker_hello_reply {
	struct migcompat_broker_header header;
	__u32 version; /* selected by the kernel */
	__u32 version_min;
	__u32 version_max;
	__u32 attachments; /* how many LIST enumerates */
	__u32 requeued;    /* requests that an earlier epoch left unanswered */
	__u32 timeout_ms;  /* time for a reply to a request, at present */
	__u64 reserved[2];
};

/*
 * Returns the first attachment whose number is greater than `after`. Begin with 0, and continue
 * with the number that was returned.
 */
struct migcompat_broker_list {
	struct migcompat_broker_header header;
	__u64 after;
};

struct migcompat_broker_list_reply {
	struct migcompat_broker_header header;
	__u64 attachment; /* 0: end of the list; never used again */
	__u32 kind;
	__u32 name_length; /* text: name of the class device, */
	__u32 path_length; /* then the path of the device; empty for a type */
	__u32 reserved;
};

/*
 * ATTACH: the subject is the device's path in sysfs, "/devices/...", without ".", ".." and links.
 * The class device has the device's name. ATTACH_TYPE: the subject is PARENT!TYPE-ID, which is also
 * the name. The migration type exists from the start: if it is not known, reading it gives
 * type_error.
 */
struct migcompat_broker_attach {
	struct migcompat_broker_header header;
	__s32 type_error;     /* 0, or an error of the table: then type_length is 0 */
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

/* Indices of a parameter's values. */
#define MIGCOMPAT_BROKER_VALUE_TYPE 0
#define MIGCOMPAT_BROKER_VALUE_VALUE 1
#define MIGCOMPAT_BROKER_VALUE_ALLOWED 2
#define MIGCOMPAT_BROKER_VALUE_INIT 3
#define MIGCOMPAT_BROKER_VALUE_OFF 4
#define MIGCOMPAT_BROKER_VALUE_RUNTIME 5
#define MIGCOMPAT_BROKER_VALUES 6
/* Length of a value that does not exist. Its file does not exist either. */
#define MIGCOMPAT_BROKER_VALUE_ABSENT 0xffffffffu

struct migcompat_broker_parameter {
	__u32 name_length;
	__u32 value_length[MIGCOMPAT_BROKER_VALUES];
	__u32 reserved;
};

/*
 * Replaces type and parameters of an attachment. `parameters` entries follow, then the text: the
 * type, then name and values of each parameter.
 */
struct migcompat_broker_publish {
	struct migcompat_broker_header header;
	__u64 attachment;
	__s32 type_error;
	__u32 type_length;
	__u32 parameters;
	__u32 reserved;
};

/* READ, WRITE and ASK. The string follows WRITE and ASK. An ASK has attachment 0. */
struct migcompat_broker_request {
	struct migcompat_broker_header header;
	__u64 attachment;
};

/*
 * Reply to READ, followed by the string, and to ASK, followed by lines without control characters.
 * Each line ends with a newline. An ASK may have no line.
 */
struct migcompat_broker_text_reply {
	struct migcompat_broker_header header;
};

struct migcompat_broker_write_reply {
	struct migcompat_broker_header header;
	__u32 count; /* length of the string: yes; with an error: 0 */
	__u32 reserved;
};

struct migcompat_broker_cancel {
	struct migcompat_broker_header header;
};

#endif /* _UAPI_LINUX_MIGCOMPAT_H */
