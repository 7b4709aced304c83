/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The vendor's contract: what a backend exports, and what it is given.
 *
 * A backend is one shared object for one device family. It gets facts, which the core
 * reads from sysfs or from an inventory file, and answers questions about them. It opens
 * no files, devices or sockets, starts no threads and prints nothing. It links to nothing
 * of migcompat: all services are in struct migcompat_host.
 *
 * Growth: each struct begins with its size. New members are only appended, which does not
 * raise MIGCOMPAT_BACKEND_API. The core copies min(its size, the backend's size) into a
 * zeroed struct of its own. A member that is zero has the default that is documented
 * here. An array comes with the size of one element.
 *
 * Errors: functions return 0 or a negative errno. Strings are zero-terminated UTF-8,
 * unless a length is given.
 *
 * A mistake of the backend, such as an invalid argument to a service, makes the verdict
 * "error", EIO, whatever the backend returns after it.
 */
#ifndef MIGCOMPAT_BACKEND_H
#define MIGCOMPAT_BACKEND_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Raised only if a member changes its meaning. A backend with another number is refused.
 */
#define MIGCOMPAT_BACKEND_API 1u

/*
 * Bytes of the longest string, NAMESPACE:KIND:TYPE:PAYLOAD. With a newline it fits into a
 * sysfs read.
 */
#define MIGCOMPAT_STRING_MAX 4094u
/* Bytes of the longest NAMESPACE:KIND:TYPE. */
#define MIGCOMPAT_PREFIX_MAX 128u
/*
 * Bytes of the longest payload: the longest string without the longest prefix and its
 * colon.
 */
#define MIGCOMPAT_PAYLOAD_MAX 3965u
/* Bytes of the longest text of a finding. */
#define MIGCOMPAT_FINDING_TEXT_MAX 2047u
/* Bytes of a kernel driver's stream that a backend gets at most. */
#define MIGCOMPAT_STREAM_HEAD 65536u

/* ---------------------------------------------------------------- words */

enum migcompat_kind {
	MIGCOMPAT_KIND_MDEV = 0,      /* a mediated device that exists */
	MIGCOMPAT_KIND_MDEV_TYPE = 1, /* a type of which a device could be created */
	MIGCOMPAT_KIND_PHYSICAL = 2,  /* a PCI PF or VF bound to vfio-pci or a variant driver */
};

enum migcompat_state {
	MIGCOMPAT_UNKNOWN = 0,
	MIGCOMPAT_YES = 1,
	MIGCOMPAT_NO = 2,
};

/*
 * Why two devices differ. A verdict names the limit that comes first in this list, except
 * that HYPERVISOR comes before POLICY. The last three belong to the core: to use one is a
 * mistake.
 */
enum migcompat_limit {
	MIGCOMPAT_LIMIT_NONE = 0,
	MIGCOMPAT_LIMIT_FORMAT = 1,    /* the string is malformed or has an unknown format */
	MIGCOMPAT_LIMIT_NAMESPACE = 2, /* the string belongs to another backend */
	MIGCOMPAT_LIMIT_TYPE = 3,      /* the migration types differ */
	MIGCOMPAT_LIMIT_HARDWARE = 4,
	MIGCOMPAT_LIMIT_DRIVER = 5,
	MIGCOMPAT_LIMIT_FIRMWARE = 6,
	MIGCOMPAT_LIMIT_PARAMETER = 7,
	MIGCOMPAT_LIMIT_RESOURCE = 8,
	MIGCOMPAT_LIMIT_POLICY = 9,      /* set by the administrator */
	MIGCOMPAT_LIMIT_HOLD = 10,       /* set by the operator */
	MIGCOMPAT_LIMIT_HYPERVISOR = 11, /* set by the hypervisor */
};

enum migcompat_status {
	MIGCOMPAT_STATUS_OK = 0,
	MIGCOMPAT_STATUS_BAD = 1,  /* makes the verdict "incompatible" */
	MIGCOMPAT_STATUS_WARN = 2, /* shown, decides nothing */
	MIGCOMPAT_STATUS_UNKNOWN =
		3, /* not compared, and need not be; a doubt that matters is BAD */
};

/* How a field of the source is compared with the target's. */
enum migcompat_rule {
	MIGCOMPAT_RULE_EQUAL = 0, /* the same value */
	/* The number is a mask: the target has each bit of the source. */
	MIGCOMPAT_RULE_SUPERSET = 1,
	MIGCOMPAT_RULE_AT_LEAST = 2, /* the target's number is the same or larger */
	/* The same major, source minor <= target minor, any patch. */
	MIGCOMPAT_RULE_VERSION = 3,
	MIGCOMPAT_RULE_ONE_OF = 4, /* the target's text is a list "a,b,c" with the source's value */
	MIGCOMPAT_RULE_RANGE = 5,  /* the target's text is "<min>-<max>", both included */
	MIGCOMPAT_RULE_INFO = 6,   /* carried and shown, never compared */
};

enum migcompat_value_type {
	MIGCOMPAT_VALUE_NONE = 0,    /* no value */
	MIGCOMPAT_VALUE_NUMBER = 1,  /* shown in decimal */
	MIGCOMPAT_VALUE_HEX = 2,     /* a number, shown as 0x… */
	MIGCOMPAT_VALUE_VERSION = 3, /* a number made by MIGCOMPAT_VERSION(), shown as 1.2.3 */
	MIGCOMPAT_VALUE_TEXT =
		4, /* any bytes; record_write encodes those that a payload cannot have */
	MIGCOMPAT_VALUE_ABSENT = 5, /* as NONE, but on purpose: this device has no such value */
};

/* Each part must be below 2^21. */
#define MIGCOMPAT_VERSION(major, minor, patch) \
	(((uint64_t)(major) << 42) | ((uint64_t)(minor) << 21) | (uint64_t)(patch))

struct migcompat_value {
	uint32_t type; /* enum migcompat_value_type */
	uint32_t len;  /* of text, in bytes */
	union {
		uint64_t number;
		const char *text; /* not zero-terminated */
	} as;
};

/* ---------------------------------------------------------------- what a backend declares */

enum migcompat_want_flags {
	/* Relative to /sys of the host; without it: to the device's folder. */
	MIGCOMPAT_WANT_HOST = 1,
	MIGCOMPAT_WANT_AVAILABILITY =
		/*
		 * Tells what is free now; without it: compared, and part of the
		 * fingerprint.
		 */
	2,
	MIGCOMPAT_WANT_SENSITIVE = 4, /* not written to an inventory unless asked for */
	/*
	 * The value cannot change while the device is bound to its driver, or each change
	 * causes a uevent: of the device, or of the object of the host that has the file.
	 * Without this flag, and without AVAILABILITY, a service reads the fact again for
	 * each answer.
	 */
	MIGCOMPAT_WANT_ANNOUNCED = 8,
};

/*
 * Facts to collect, by glob. '*' matches no '/' and follows no links. A link that is
 * named in full is followed.
 */
struct migcompat_want {
	const char *glob;
	uint32_t flags;
};

enum migcompat_setting_type {
	MIGCOMPAT_SETTING_BOOL = 0,
	MIGCOMPAT_SETTING_INT = 1,
	MIGCOMPAT_SETTING_STRING = 2,
};

/* A key of the configuration section that has the backend's namespace as its name. */
struct migcompat_setting {
	const char *name;
	uint32_t type;       /* enum migcompat_setting_type */
	const char *allowed; /* "a,b,c", "<min>-<max>", or NULL for any value */
	const char *init;    /* the value if the administrator sets none, as text */
	const char *description;
};

/* An opened device. All strings belong to the handle and live until close. */
struct migcompat_description {
	size_t struct_size; /* set by the core; fill in only what fits */
	/*
	 * TYPE of the migration type: what the guest sees. Bytes 0x21 to 0x7e without
	 * ':'. A device that has no type before it is set up says "unset", and sets
	 * not_source.
	 */
	const char *type;
	const char *model;          /* device model, a reverse-domain name with path, or NULL */
	const char *label;          /* for people, or NULL */
	uint32_t mechanism;         /* enum migcompat_state: can driver and kernel migrate it? */
	const char *mechanism_text; /* a sentence, or NULL */
	const char *not_source;     /* a sentence why it cannot be a source, or NULL */
	const char *not_target;     /* a sentence why it cannot be a target, or NULL */
};

/*
 * One compared field. These are mistakes: a struct_size that is too small; no field; an
 * unknown rule, status, limit or type of value; a limit of the core; a text of more than
 * MIGCOMPAT_FINDING_TEXT_MAX bytes.
 */
struct migcompat_finding {
	size_t struct_size; /* sizeof(struct migcompat_finding) */
	const char *field;  /* its name; copied */
	const char *noun;   /* a plural, for "source has 2 ports"; NULL: none */
	uint32_t rule;      /* enum migcompat_rule */
	uint32_t status;    /* enum migcompat_status */
	uint32_t limit;     /* enum migcompat_limit */
	struct migcompat_value source;
	struct migcompat_value target;
	uint64_t extra;   /* how much more the target has; 0: the same */
	const char *text; /* a sentence, copied; NULL: rendered from rule and values */
};

enum migcompat_parameter_type {
	MIGCOMPAT_PARAMETER_BOOL = 0,
	MIGCOMPAT_PARAMETER_INT = 1,
	MIGCOMPAT_PARAMETER_STRING = 2,
};

/*
 * A migration parameter of a device model. Its name has no '=', '/' or space, and appears
 * once in a list. init and off must have the type and be allowed; so must value, unless a
 * payload asks for it. An INT is a whole number. A BOOL is 0, 1, true, false, y, n, Y, N,
 * yes, no, on or off.
 */
struct migcompat_parameter {
	size_t struct_size; /* sizeof(struct migcompat_parameter) */
	const char *name;
	uint32_t type;       /* enum migcompat_parameter_type */
	const char *value;   /* of the device, or of the payload */
	const char *allowed; /* "a,b,c", "<min>-<max>", or NULL for any value */
	const char *init;    /* of a new device; required */
	/* The value that means "not there" and need not be sent; NULL: none. */
	const char *off;
	/*
	 * File below the device's sysfs folder that takes the value; NULL: fixed at
	 * creation.
	 */
	const char *attribute;
	int runtime; /* 1: may be written while the device is open */
	const char *description;
};

/*
 * A way for a target to take a payload. compare judges the device as the first candidate
 * would be, and parameters and prepare set it up in that way.
 */
struct migcompat_candidate {
	size_t struct_size; /* sizeof(struct migcompat_candidate) */
	/* What would be set, "aggregated_instances=2"; "" for the target as it is. */
	const char *name;
	uint64_t extra; /* resources beyond the source's; less is better */
	/*
	 * TYPE of the target after that, if it changes what a guest sees; NULL: its own.
	 * It permits a type that differs, for devices of each kind. An mdev type may take
	 * parameters before it is opened, and so become another migration type.
	 */
	const char *type;
};

/*
 * One field of a record: the table that writes payloads, reads them and compares them.
 * SUPERSET takes numbers, AT_LEAST numbers and versions, VERSION versions. With ONE_OF
 * and RANGE the type is the source's, and the target's value is a list as text: this
 * takes two arrays of values, one for writing and one for comparing.
 */
struct migcompat_field {
	const char *name; /* 1 to 64 of a-z, 0-9 and _; unique in a table */
	const char *noun; /* as in struct migcompat_finding */
	uint32_t value;   /* enum migcompat_value_type */
	uint32_t rule;    /* enum migcompat_rule */
	uint32_t limit;   /* enum migcompat_limit, if the rule is broken */
	uint32_t flags;   /* enum migcompat_field_flags */
};

enum migcompat_field_flags {
	MIGCOMPAT_FIELD_OPTIONAL = 1, /* written as "~name"; readers that do not know it skip it */
	/*
	 * record_compare skips it, and the backend compares it. If either side has a
	 * value, a finding of its name is required, or host->covers must name the field.
	 */
	MIGCOMPAT_FIELD_CUSTOM = 2,
};

struct migcompat_record {
	size_t struct_size;
	const struct migcompat_field *fields;
	size_t field_size; /* sizeof(struct migcompat_field) */
	size_t nfields;    /* 1 to 64 */
	uint32_t oldest;   /* payload formats that are read, oldest to newest */
	uint32_t newest;
};

/* ---------------------------------------------------------------- what a backend is given */

struct migcompat_facts;  /* facts of a device and its host; valid from open to close */
struct migcompat_result; /* collects findings; valid during the call */
struct migcompat_sink;   /* collects parameters, candidates or writes; valid during the call */

/*
 * Called for each fact that fits. key and value live until close, and value has len bytes
 * and a zero byte. If the fact could not be read, value is NULL and error a positive
 * errno. Another return value than 0 ends the walk.
 */
typedef int migcompat_fact_fn(void *arg, const char *key, const char *value, size_t len, int error);

/*
 * Services. Call them only in the thread that runs an operation, and until it returns.
 * The table is valid while the backend has a handle. Returned values and texts live until
 * close; do not write to them. A service needs no locks of the backend.
 */
struct migcompat_host {
	size_t struct_size;
	uint32_t api_version;

	/* The device's kind, enum migcompat_kind, and its id. */
	int (*kind)(const struct migcompat_facts *facts);
	const char *(*id)(const struct migcompat_facts *facts);

	/*
	 * Find a fact of the device, or of its host if scope is MIGCOMPAT_WANT_HOST.
	 * *ret_value is zero-terminated, without its last newline. ret_len may be NULL if
	 * text is wanted. ret_* are unchanged after an error.
	 *
	 * Returns 0, or: -ENOENT: the fact is missing; -ENODATA: this inventory did not
	 * collect it; -EILSEQ: the value is no text, and ret_len is NULL; -EINVAL: no
	 * want covers the key, which is a mistake. Any other: why it could not be read,
	 * never -ENODEV.
	 *
	 * If the fact "driver" is missing, the member of an inventory with this name
	 * replaces it.
	 */
	int (*fact)(const struct migcompat_facts *facts, uint32_t scope, const char *key,
		    const char **ret_value, size_t *ret_len);
	/*
	 * As fact, for a whole number of 0 to max. base is that of strtoull, 0 means as
	 * in C. Returns 0, the errors of fact, or -ERANGE: no number, more text after it,
	 * or above max. *ret is unchanged after an error.
	 */
	int (*number)(const struct migcompat_facts *facts, uint32_t scope, const char *key,
		      int base, uint64_t max, uint64_t *ret);
	/*
	 * Walk the facts that fit a glob, in the order of their keys. The glob must be
	 * one of the wants. Calls fn with arg in this thread.
	 *
	 * Returns 0, or the value with which fn ended the walk; -ENODATA: this inventory
	 * did not collect the glob, so nothing is known and fn is not called; -EINVAL:
	 * the glob is no want, or an argument is NULL, which is a mistake.
	 */
	int (*each)(const struct migcompat_facts *facts, uint32_t scope, const char *glob,
		    migcompat_fact_fn *fn, void *arg);
	/*
	 * The value of a declared setting as text ("true", "false", a number, a string).
	 * Never NULL. Another name is a mistake, and returns "".
	 */
	const char *(*setting)(const struct migcompat_facts *facts, const char *name);
	/*
	 * In open, and in open of device state: set the sentence for the error that is
	 * about to be returned. Printf format; the last call counts. Returns error.
	 */
	int (*fail)(const struct migcompat_facts *facts, int error, const char *format, ...);

	/*
	 * Add a finding. Its strings are copied. At most 1,024 findings are kept, with
	 * 256 KiB of names, values and texts. Further ones are counted and still decide.
	 * An invalid finding is a mistake.
	 */
	void (*finding)(struct migcompat_result *result, const struct migcompat_finding *finding);
	/*
	 * Say whether the target is free now, enum migcompat_state. NO wins over YES.
	 * text may be NULL and is copied.
	 */
	void (*availability)(struct migcompat_result *result, uint32_t state, const char *text);

	/*
	 * Records. A payload is "FORMAT;name=value;~name=value;=CHECKSUM". Equal values
	 * give equal bytes. A table is checked at its first use; an invalid one is a
	 * mistake. values has an element for each field.
	 *
	 * record_write writes a payload. Optional fields of type NONE or ABSENT are left
	 * out. Bytes of a text that are not allowed in a string become %XX. Returns the
	 * length; -ENOBUFS: size is too small; -EINVAL, a mistake: a mandatory value is
	 * missing, a value has another type than the table says, or the format is not in
	 * the table.
	 */
	int (*record_write)(const struct migcompat_record *record, uint32_t format,
			    const struct migcompat_value *values, char *buffer, size_t size);
	/*
	 * Read a payload. Values point into it. Returns 0, or -EINVAL after a finding of limit
	 * FORMAT that says what is wrong; then compare returns 0 at once. result may be NULL, and
	 * then there is no finding. After record_read, compare must judge each field that has a
	 * value, except those of rule INFO.
	 */
	int (*record_read)(struct migcompat_result *result, const struct migcompat_record *record,
			   const char *payload, size_t len, struct migcompat_value *ret_values,
			   uint32_t *ret_format);
	/*
	 * Compare all fields by the rules of the table, with a finding for each. An optional field
	 * with a value on one side only is UNKNOWN, which decides nothing. If neither side has a
	 * value, there is no finding if the target says ABSENT. If it says NONE, the field was
	 * never filled in, which is a mistake. So are swapped sides, and a value of another type
	 * than the table says.
	 */
	void (*record_compare)(struct migcompat_result *result,
			       const struct migcompat_record *record,
			       const struct migcompat_value *source,
			       const struct migcompat_value *target);

	/* A stable 64-bit hash (XXH3) of len bytes. It is the same on each host. */
	uint64_t (*hash)(const void *bytes, size_t len);

	/*
	 * Add an element to a list. All strings are copied. Returns 0; -ENOBUFS: there
	 * are 4,096 already; -ENOMEM; -EINVAL: it is invalid, which is a mistake.
	 */
	int (*parameter)(struct migcompat_sink *sink, const struct migcompat_parameter *parameter);
	int (*candidate)(struct migcompat_sink *sink, const struct migcompat_candidate *candidate);
	/*
	 * Add a write that makes the target ready: a file below its sysfs folder, reached
	 * without ".." and without links of the kernel, and the line of text to write.
	 * Both are copied. Returns 0, -ENOBUFS, -ENOMEM or -EINVAL as above.
	 */
	int (*write)(struct migcompat_sink *sink, const char *attribute, const char *value);

	/*
	 * In compare: findings of other names judge this field of a record. The name is
	 * copied.
	 */
	void (*covers)(struct migcompat_result *result, const char *field);

	/*
	 * What the kernel says about migration of this device, enum migcompat_state. YES:
	 * VFIO's debugfs has its state, or features with "stop-copy". NO: debugfs has the
	 * device without these. Otherwise UNKNOWN. A file that exists but cannot be read
	 * counts as existing.
	 *
	 * The backend must want "vfio/debugfs", "vfio/migration/state" and
	 * "vfio/migration/features". Otherwise a call is a mistake and returns UNKNOWN.
	 */
	uint32_t (*kernel)(const struct migcompat_facts *facts);
};

/*
 * Does this core have the service? The table of an older core is shorter. Example:
 * MIGCOMPAT_HAS(host, covers).
 */
#define MIGCOMPAT_HAS(host, member) \
	((host)->struct_size >= offsetof(struct migcompat_host, member) + sizeof((host)->member))

/* ---------------------------------------------------------------- what a backend exports */

enum migcompat_thread_model {
	MIGCOMPAT_THREAD_SERIAL = 0,   /* one call at a time in the whole backend */
	MIGCOMPAT_THREAD_DEVICE = 1,   /* one call at a time on each handle */
	MIGCOMPAT_THREAD_PARALLEL = 2, /* any calls at the same time, except close */
};

struct migcompat_backend {
	size_t struct_size;
	uint32_t api_version;
	/* Enum migcompat_thread_model; the core enforces it with locks. */
	uint32_t thread_model;

	/*
	 * Its namespace, 1 to 32 of a-z, 0-9 and _: the module name of the vendor's
	 * driver. Required.
	 */
	const char *name;
	const char *version;     /* release of the backend, "1.0.0"; required */
	const char *description; /* one line for people; default: none */

	/*
	 * Up to 64 of "MODULE" or "MODULE:MODALIAS-GLOB", or "*" of a fallback;
	 * NULL-terminated. Required.
	 */
	const char *const *keys;

	const struct migcompat_want *wants;
	size_t want_size; /* sizeof(struct migcompat_want) */
	size_t nwants;

	const struct migcompat_setting *settings; /* may be NULL */
	size_t setting_size;                      /* sizeof(struct migcompat_setting) */
	size_t nsettings;

	/*
	 * Open a device: parse its facts once. Set *ret_handle to a handle that is not
	 * NULL. host and facts live until close, so keep them in the handle.
	 *
	 * Returns 0, or after host->fail: -ENODEV: the device itself cannot migrate in any role;
	 * any other: that is not known, for example because a fact is missing. -ENOTCONN and
	 * -ENOTUNIQ become -EIO, as does a value that is no errno. close is not called after an
	 * error. Required.
	 */
	int (*open)(const struct migcompat_host *host, const struct migcompat_facts *facts,
		    void **ret_handle);
	/* Free a handle, which is never NULL. Required. */
	void (*close)(void *handle);
	/*
	 * Describe the device. ret is zeroed but for struct_size; its strings belong to
	 * the handle. Called once, after open. Returns 0 or a negative errno. Required.
	 */
	int (*describe)(void *handle, struct migcompat_description *ret);
	/*
	 * Write the payload into buffer, which has size bytes, MIGCOMPAT_PAYLOAD_MAX.
	 * Bytes 0x21 to 0x7e, without a zero byte at the end. Called twice after open and
	 * must write the same. Not called if not_source is set.
	 *
	 * Returns the length, 1 to size, or a negative errno; -ENOBUFS: it does not fit.
	 * Required.
	 */
	int (*payload)(void *handle, char *buffer, size_t size);
	/*
	 * Compare a source's payload with this target, as its first candidate would be.
	 * payload has len bytes and is not zero-terminated; it may come from anywhere.
	 * Add all findings, at least one. A malformed payload is a finding of limit
	 * FORMAT.
	 *
	 * Returns 0. A negative errno is an error of the backend, not an answer.
	 * Allocates nothing. Required.
	 */
	int (*compare)(void *handle, const char *payload, size_t len,
		       struct migcompat_result *result);
	/*
	 * List the ways for this target to take the payload, the best first. If the list
	 * is empty there is no way, which is an error if compare says yes.
	 *
	 * Returns 0 or a negative errno. Default: one way, the target as it is.
	 */
	int (*candidates)(void *handle, const char *payload, size_t len,
			  struct migcompat_sink *sink);
	/*
	 * List the device's parameters. With a payload: those that its source asks for;
	 * otherwise payload is NULL and len 0. Returns 0 or a negative errno. Default:
	 * none.
	 */
	int (*parameters)(void *handle, const char *payload, size_t len,
			  struct migcompat_sink *sink);
	/*
	 * List the writes that make this target ready for the payload, in order. If it is
	 * a type, they are for the device after its creation. Returns 0 or a negative
	 * errno. Default: one write for each parameter that has an attribute and differs.
	 */
	int (*prepare)(void *handle, const char *payload, size_t len, struct migcompat_sink *sink);
	/*
	 * A further table of operations, static and read-only: struct
	 * migcompat_device_state for MIGCOMPAT_DEVICE_STATE and version 1. NULL: no such
	 * table. Default: none.
	 */
	const void *(*table)(const char *name, uint32_t version);
	/*
	 * Read the beginning of a kernel driver's migration stream: len bytes, at most
	 * MIGCOMPAT_STREAM_HEAD, of a stream of size bytes (0: not known). The bytes may
	 * come from anywhere. Judge them as the driver does when it loads them: what it
	 * refuses is BAD.
	 *
	 * handle: compare the stream with this target, before any of it is loaded. NULL:
	 * there is no target. Then values that only a target could judge have the status
	 * UNKNOWN, and a target of type NONE.
	 *
	 * Returns 0 after adding all findings; their fields begin with "stream_". The
	 * first one is stream_driver, INFO, with the driver's name as the source's text.
	 * If several drivers write such streams, stream_driver begins the findings of
	 * each; with a handle there is only one driver.
	 *
	 * -ENOMSG: no driver that this backend knows writes such streams, and no finding
	 * was added. Any other negative errno is an error of the backend.
	 *
	 * Allocates nothing. If handle is NULL, it may run at the same time as any call,
	 * except with MIGCOMPAT_THREAD_SERIAL. Default: streams are not read, and a bare
	 * stream cannot be checked against a target of this backend.
	 *
	 * A backend with this operation and without keys serves no device, and needs none
	 * of the required operations. It belongs into the folder "streams" beside the
	 * backends. It is asked only about files, and slows nothing else down.
	 */
	int (*stream)(const struct migcompat_host *host, void *handle, const void *head, size_t len,
		      uint64_t size, struct migcompat_result *result);
	/*
	 * 1: a fallback, for drivers that no other backend knows. It serves a device only
	 * if no key of another backend fits, however few literal characters that key has.
	 * It may have the key "*", which fits any driver. Its keys make no PCI function a
	 * device.
	 *
	 * -ENODEV of its open says that the driver never migrates. It is not opened for a
	 * device that the kernel can migrate, unless the policy says generic = "equal".
	 * Default: 0.
	 */
	uint32_t fallback;
};

/* ---------------------------------------------------------------- device state */

#define MIGCOMPAT_DEVICE_STATE "device-state"
#define MIGCOMPAT_DEVICE_STATE_API 1u

struct migcompat_device_state_info {
	size_t struct_size; /* set by the core; fill in only what fits */
	/* Bytes of device memory, a multiple of 4,096 up to 2^40; 0: none. */
	uint64_t memory_size;
	/* Most bytes of its config, 1 to MIGCOMPAT_STATE_CONFIG_MAX. */
	uint64_t config_max;
	/*
	 * Enum migcompat_device_capability of <migcompat/device-state.h>. DEVICE_MEMORY
	 * follows from memory_size.
	 */
	uint32_t capabilities;
};

/*
 * Device state: saving the state of a device and loading it into another one. Only the
 * core reads and writes files, sockets and kernel interfaces; these operations know what
 * the bytes mean. States are those of <migcompat/device-state.h>, which says what is
 * called in which state. A session begins RUNNING.
 *
 * Threads: a session has one call at a time, from any thread. The thread model applies as
 * well, with a session as a part of its handle. SERIAL: one call in the whole backend;
 * DEVICE: one on a handle and its sessions; PARALLEL: calls on other sessions at the same
 * time. The device itself may run in other threads, so memory and dirty marks must allow
 * that.
 *
 * Loading is staged. The device must not see what memory_write brought before
 * config_write, which takes config and memory together or refuses both.
 *
 * Errors: 0 or a negative errno; after an error the device is as it was before the call.
 */
struct migcompat_device_state {
	size_t struct_size;

	/*
	 * Open a session on an opened device, and set *ret_session. Returns 0, or a
	 * negative errno after host->fail. All sessions are closed before their handle.
	 * Required for backends.
	 */
	int (*open)(void *handle, void **ret_session);
	void (*close)(void *session);
	/* Called once, after open. The answer holds for the whole session. Required. */
	int (*info)(void *session, struct migcompat_device_state_info *ret);
	/*
	 * A sentence about the last error of the session, valid until its next call, or
	 * NULL. Default: the text of the errno.
	 */
	const char *(*message)(void *session);

	/*
	 * Change to a state, enum migcompat_device_states. After a change to STOPPED,
	 * nothing may change memory or config. Required.
	 */
	int (*set_state)(void *session, uint32_t state);

	/*
	 * Write the whole present config into buffer, in any state and whatever is dirty.
	 * size is config_max. Returns its length, 1 to size, or a negative errno.
	 * Required.
	 */
	int (*config_read)(void *session, void *buffer, size_t size);
	/*
	 * Take a whole config, together with all that memory_write brought. Only called
	 * while STOPPED. The bytes are a copy that nobody else changes, but may come from
	 * anywhere. -EINVAL: they are no whole config of such a device. Required.
	 */
	int (*config_write)(void *session, const void *config, size_t len);

	/*
	 * Read whole pages of device memory, at most MIGCOMPAT_STATE_WINDOW bytes. While
	 * the device runs, a page may be torn if it gets a mark afterwards. Required with
	 * device memory, as are the next two.
	 */
	int (*memory_read)(void *session, uint64_t position, void *buffer, size_t len);
	/*
	 * Stage whole pages of device memory. The first call of a load has position 0.
	 * All of memory comes in ascending order, then single pages again. Another
	 * process may change the buffer at any time: copy it once, and look at the copy
	 * only.
	 */
	int (*memory_write)(void *session, uint64_t position, const void *bytes, size_t len);
	/* Drop all that is staged, if anything. */
	void (*memory_discard)(void *session);

	/*
	 * Dirty marks of device memory, one for each page. A page without a mark must be
	 * the same as at its last memory_read, even if that was before LOGGING. A device
	 * that tracks changes only in LOGGING must mark all pages when LOGGING begins. At
	 * first all pages are marked.
	 *
	 * migcompat_dirty_… of <migcompat/device-state.h> do this work. Required with
	 * device memory and CAP_LOGGING.
	 *
	 * dirty_count: the number of marked pages.
	 */
	int (*dirty_count)(void *session, uint64_t *ret_pages);
	/*
	 * Take at most max marks among count pages from page first, lowest first. Returns
	 * the number of pages in ret_pages, or a negative errno. These pages are read
	 * next.
	 */
	int (*dirty_take)(void *session, uint64_t first, uint64_t count, uint64_t *ret_pages,
			  size_t max);
	/*
	 * Take the marks of system memory: bit n of bitmap is the page at start + n *
	 * 4096. The bitmap is zeroed and has (count + 7) / 8 bytes, lowest bit first.
	 * Only called in LOGGING. Required with CAP_SYSTEM_MEMORY.
	 */
	int (*system_dirty)(void *session, uint64_t start, uint64_t count, uint8_t *bitmap);
};

#if defined(__GNUC__)
#define MIGCOMPAT_EXPORT __attribute__((visibility("default")))
#else
#define MIGCOMPAT_EXPORT
#endif

/* The one symbol that a backend exports. */
extern MIGCOMPAT_EXPORT const struct migcompat_backend migcompat_backend;

/* Example: MIGCOMPAT_REGISTER(.name = "example", .version = "1.0.0", .open = …); */
#define MIGCOMPAT_REGISTER(...)                                  \
	const struct migcompat_backend migcompat_backend = {     \
		.struct_size = sizeof(struct migcompat_backend), \
		.api_version = MIGCOMPAT_BACKEND_API,            \
		__VA_ARGS__}

#ifdef __cplusplus
}
#endif

#endif
