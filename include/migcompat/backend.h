/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The vendor's contract: what a backend exports, and what it is given.
 *
 * A backend is one shared object for one device family. It gets facts (read
 * for it from sysfs or from an inventory file) and answers; it never opens a
 * file, a device or a socket, and never prints. It links to nothing of
 * migcompat: all services come in struct migcompat_host.
 *
 * Growth: every struct begins with its own size. Members are only ever
 * appended, which does not raise MIGCOMPAT_BACKEND_API; the core copies
 * min(its size, yours) into a zeroed copy, and a zero member has the default
 * that is documented here. Arrays come with the size of one element.
 *
 * Errors: functions return 0 or a negative errno. Strings are UTF-8.
 */
#ifndef MIGCOMPAT_BACKEND_H
#define MIGCOMPAT_BACKEND_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised only when a member changes its meaning. A backend of another number is refused. */
#define MIGCOMPAT_BACKEND_API 1u

/* The longest whole string, NAMESPACE:KIND:TYPE:PAYLOAD, in bytes (a sysfs read holds it and a
 * newline). */
#define MIGCOMPAT_STRING_MAX 4094u
/* The longest NAMESPACE:KIND:TYPE, in bytes. */
#define MIGCOMPAT_PREFIX_MAX 128u
/* So much is left for every payload: the string less the longest prefix and its colon. */
#define MIGCOMPAT_PAYLOAD_MAX 3965u
/* The longest text of a finding, in bytes. */
#define MIGCOMPAT_FINDING_TEXT_MAX 2047u
/* So much of a kernel driver's stream, in bytes, is at most shown to a backend. */
#define MIGCOMPAT_STREAM_HEAD 65536u

/* ---------------------------------------------------------------- words */

enum migcompat_kind {
	MIGCOMPAT_KIND_MDEV = 0,      /* a mediated device that exists */
	MIGCOMPAT_KIND_MDEV_TYPE = 1, /* a type of which one could be created */
	MIGCOMPAT_KIND_PHYSICAL = 2,  /* a PCI PF or VF bound to vfio-pci or a variant driver */
};

enum migcompat_state {
	MIGCOMPAT_UNKNOWN = 0,
	MIGCOMPAT_YES = 1,
	MIGCOMPAT_NO = 2,
};

/*
 * Why two devices differ. A verdict names the first in the order of this list, but HYPERVISOR
 * stands before POLICY there. POLICY, HOLD and HYPERVISOR are the core's own: in a backend's
 * finding or table they are the backend's error.
 */
enum migcompat_limit {
	MIGCOMPAT_LIMIT_NONE = 0,
	MIGCOMPAT_LIMIT_FORMAT = 1,    /* the string is malformed or of an unknown format */
	MIGCOMPAT_LIMIT_NAMESPACE = 2, /* the string is another backend's */
	MIGCOMPAT_LIMIT_TYPE = 3,      /* the migration types differ */
	MIGCOMPAT_LIMIT_HARDWARE = 4,
	MIGCOMPAT_LIMIT_DRIVER = 5,
	MIGCOMPAT_LIMIT_FIRMWARE = 6,
	MIGCOMPAT_LIMIT_PARAMETER = 7,
	MIGCOMPAT_LIMIT_RESOURCE = 8,
	MIGCOMPAT_LIMIT_POLICY = 9,	 /* the administrator's */
	MIGCOMPAT_LIMIT_HOLD = 10,	 /* the operator's */
	MIGCOMPAT_LIMIT_HYPERVISOR = 11, /* the hypervisor's */
};

enum migcompat_status {
	MIGCOMPAT_STATUS_OK = 0,
	MIGCOMPAT_STATUS_BAD = 1,  /* makes the verdict "incompatible" */
	MIGCOMPAT_STATUS_WARN = 2, /* shown, decides nothing */
	MIGCOMPAT_STATUS_UNKNOWN =
		3, /* could not be compared, and need not be; a doubt that matters is BAD */
};

/* How a field of the source is held against the target's. */
enum migcompat_rule {
	MIGCOMPAT_RULE_EQUAL = 0,    /* the same value */
	MIGCOMPAT_RULE_SUPERSET = 1, /* number as a mask: the target has every bit of the source */
	MIGCOMPAT_RULE_AT_LEAST = 2, /* number: the target has as much or more */
	MIGCOMPAT_RULE_VERSION = 3,  /* same major, source minor <= target minor, patch free */
	MIGCOMPAT_RULE_ONE_OF =
		4, /* the target's text is a list "a,b,c" that has the source's value */
	MIGCOMPAT_RULE_RANGE = 5, /* the target's text is "<min>-<max>", both inclusive */
	MIGCOMPAT_RULE_INFO = 6,  /* carried and shown, never compared */
};

enum migcompat_value_type {
	MIGCOMPAT_VALUE_NONE = 0,    /* not there */
	MIGCOMPAT_VALUE_NUMBER = 1,  /* shown in decimal */
	MIGCOMPAT_VALUE_HEX = 2,     /* a number, shown as 0x… */
	MIGCOMPAT_VALUE_VERSION = 3, /* a number made by MIGCOMPAT_VERSION(), shown as 1.2.3 */
	MIGCOMPAT_VALUE_TEXT =
		4, /* bytes 0x21 to 0x7e without ';' in a payload; see record_write */
	MIGCOMPAT_VALUE_ABSENT = 5, /* as NONE, and meant: this device has no such value */
};

/* Each part below 2^21. */
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
	MIGCOMPAT_WANT_HOST = 1, /* below /sys of the host; without it: below the device's folder */
	MIGCOMPAT_WANT_AVAILABILITY =
		2, /* tells what is free now; without it: compared, part of the fingerprint */
	MIGCOMPAT_WANT_SENSITIVE = 4, /* left out of an inventory unless asked for */
	/*
	 * Fixed as long as the device is bound to its driver, or the kernel announces its change by
	 * a uevent of the device, or of the object of the host whose file it is. Without it, and
	 * unless it tells availability, a service reads it again for each answer.
	 */
	MIGCOMPAT_WANT_ANNOUNCED = 8,
};

/* Facts to collect, by glob: '*' crosses no '/' and follows no link; a link named in full is
 * followed. */
struct migcompat_want {
	const char *glob;
	uint32_t flags;
};

enum migcompat_setting_type {
	MIGCOMPAT_SETTING_BOOL = 0,
	MIGCOMPAT_SETTING_INT = 1,
	MIGCOMPAT_SETTING_STRING = 2,
};

/* A key that may stand in the section of the configuration that bears the backend's namespace. */
struct migcompat_setting {
	const char *name;
	uint32_t type;	     /* enum migcompat_setting_type */
	const char *allowed; /* "a,b,c", "<min>-<max>", or NULL for any value */
	const char *init;    /* the value where the administrator says nothing, as text */
	const char *description;
};

/* What an opened device is. All strings belong to the handle and live until close. */
struct migcompat_description {
	size_t struct_size; /* set by the core; fill only what fits */
	/*
	 * TYPE of the migration type: what the guest sees; 0x21 to 0x7e, no ':'. A device that has
	 * no type before it is set up says "unset", and sets not_source.
	 */
	const char *type;
	const char *model;  /* device model, a reverse-domain name with path, or NULL */
	const char *label;  /* for people, or NULL */
	uint32_t mechanism; /* enum migcompat_state: can driver and kernel migrate it at all? */
	const char *mechanism_text; /* a sentence, or NULL */
	const char *not_source;	    /* NULL, or the sentence why it can be no source */
	const char *not_target;	    /* NULL, or the sentence why it can be no target */
};

/*
 * One compared field. These are the backend's error, and the verdict becomes "error", EIO: a
 * struct_size that is too small; no field; a rule, status, limit or type of value that is not
 * known; a limit of the core's own; a text of more than MIGCOMPAT_FINDING_TEXT_MAX bytes.
 */
struct migcompat_finding {
	size_t struct_size; /* sizeof(struct migcompat_finding) */
	const char *field;  /* name; copied unless it is a field table's own */
	const char *noun;   /* plural, for "source has 2 ports"; NULL: none */
	uint32_t rule;	    /* enum migcompat_rule */
	uint32_t status;    /* enum migcompat_status */
	uint32_t limit;	    /* enum migcompat_limit */
	struct migcompat_value source;
	struct migcompat_value target;
	uint64_t extra;	  /* how much more than the source the target has; 0: the same */
	const char *text; /* a sentence, copied; NULL: rendered from rule and values when read */
};

enum migcompat_parameter_type {
	MIGCOMPAT_PARAMETER_BOOL = 0,
	MIGCOMPAT_PARAMETER_INT = 1,
	MIGCOMPAT_PARAMETER_STRING = 2,
};

/*
 * A migration parameter of a device model. Names hold no '=', '/' or blank, and stand once in a
 * list. init and off, and value unless it is a source's, are of the type and within allowed: a
 * whole number, or for BOOL 0, 1, true, false, y, n, yes, no, on or off.
 */
struct migcompat_parameter {
	size_t struct_size; /* sizeof(struct migcompat_parameter) */
	const char *name;
	uint32_t type;	     /* enum migcompat_parameter_type */
	const char *value;   /* the device's, or the one that the payload asks for */
	const char *allowed; /* "a,b,c", "<min>-<max>", or NULL for any value */
	const char *init;    /* what a new device has; required */
	const char *off;     /* the value that means "not there" and need not be sent; NULL: none */
	const char *attribute; /* file below the device's sysfs folder that takes it; NULL: fixed at
				  creation */
	int runtime;	       /* 1: may be written while the device is open */
	const char *description;
};

/*
 * A way in which a target could take a payload. compare judges the device as the first candidate
 * would be, and parameters and prepare set it up so.
 */
struct migcompat_candidate {
	size_t struct_size; /* sizeof(struct migcompat_candidate) */
	const char
		*name; /* what would be set, "aggregated_instances=2"; "" for the target as it is */
	uint64_t extra; /* resources beyond the source's; fewer is better */
	/*
	 * TYPE that the target would have then, if setting it changes what a guest sees; NULL: its
	 * own. It excuses a type that differs, for devices of every kind.
	 */
	const char *type;
};

/*
 * One field of a record: the table that makes payloads, reads them and compares them. SUPERSET
 * takes numbers, AT_LEAST numbers and versions, VERSION versions. For ONE_OF and RANGE the value's
 * type is the source's, and the target's value is a list as text: that takes two arrays of values,
 * one to write and one to compare with.
 */
struct migcompat_field {
	const char *name; /* 1 to 64 of a-z, 0-9 and _; once in a table */
	const char *noun; /* as in struct migcompat_finding */
	uint32_t value;	  /* enum migcompat_value_type */
	uint32_t rule;	  /* enum migcompat_rule */
	uint32_t limit;	  /* enum migcompat_limit, when the rule is broken */
	uint32_t flags;	  /* enum migcompat_field_flags */
};

enum migcompat_field_flags {
	MIGCOMPAT_FIELD_OPTIONAL =
		1, /* written as "~name"; a reader that does not know it skips it */
	/*
	 * record_compare passes it over: the backend compares it. If either side has it, there must
	 * be a finding of its name, or host->covers says under which other name it was judged.
	 */
	MIGCOMPAT_FIELD_CUSTOM = 2,
};

struct migcompat_record {
	size_t struct_size;
	const struct migcompat_field *fields;
	size_t field_size; /* sizeof(struct migcompat_field) */
	size_t nfields;	   /* at most 64 */
	uint32_t oldest;   /* payload formats that are read: oldest to newest */
	uint32_t newest;
};

/* ---------------------------------------------------------------- what a backend is given */

struct migcompat_facts;	 /* the facts of one device and its host; valid from open to close */
struct migcompat_result; /* collects the findings of one comparison; valid during the call */
struct migcompat_sink;	 /* collects parameters, candidates or writes; valid during the call */

/* Called for each fact that fits; another value than 0 ends the walk and is returned. len is in
 * bytes; value is NULL and error an errno where the fact could not be read. */
typedef int migcompat_fact_fn(void *arg, const char *key, const char *value, size_t len, int error);

/*
 * Services. Every function may be called from the thread that runs an operation, during it only;
 * the table itself is valid as long as any handle. Values and texts that it returns live until
 * close.
 */
struct migcompat_host {
	size_t struct_size;
	uint32_t api_version;

	/* The device's kind, enum migcompat_kind, and its id. */
	int (*kind)(const struct migcompat_facts *facts);
	const char *(*id)(const struct migcompat_facts *facts);

	/*
	 * Find a fact of the device, or with MIGCOMPAT_WANT_HOST in scope, of its host. 0: found;
	 * zero-terminated, the last newline dropped. -ENOENT: missing. -ENODATA: not collected in
	 * this inventory. -EINVAL: no want of this backend covers it (the backend's own error: the
	 * verdict becomes "error"). -EILSEQ: it is no text, and ret_len is NULL. Any other: why it
	 * could not be read, never -ENODEV. ret_* are untouched unless 0; ret_len may be NULL where
	 * text is wanted. If the fact "driver" is missing, an inventory's member of that name
	 * stands in for it.
	 */
	int (*fact)(const struct migcompat_facts *facts, uint32_t scope, const char *key,
		    const char **ret_value, size_t *ret_len);
	/* As fact, for a whole number in the given base (0: as in C); -ERANGE: not a number,
	 * nothing behind it, or above max. */
	int (*number)(const struct migcompat_facts *facts, uint32_t scope, const char *key,
		      int base, uint64_t max, uint64_t *ret);
	/*
	 * Walk the facts that fit a glob, in key order. The glob must be one that was wanted.
	 * -ENODATA: this inventory did not collect it, so nothing is known and fn is not called.
	 */
	int (*each)(const struct migcompat_facts *facts, uint32_t scope, const char *glob,
		    migcompat_fact_fn *fn, void *arg);
	/*
	 * The value of a declared setting as text ("true", "false", a number, a string). Never
	 * NULL. To ask for one that was not declared is the backend's error.
	 */
	const char *(*setting)(const struct migcompat_facts *facts, const char *name);
	/* The sentence that goes with the error which open is about to return. Printf format; the
	 * last one stays. Returns error. */
	int (*fail)(const struct migcompat_facts *facts, int error, const char *format, ...);

	/*
	 * Add a finding. At most 1,024 are kept, with 256 KiB of names, values and texts; the rest
	 * are counted and still decide.
	 */
	void (*finding)(struct migcompat_result *result, const struct migcompat_finding *finding);
	/* Say whether the target could be given out now. NO wins over YES. text is copied. */
	void (*availability)(struct migcompat_result *result, uint32_t state, const char *text);

	/*
	 * Records. A payload is "FORMAT;name=value;~name=value;=CHECKSUM"; equal values give equal
	 * bytes. A table is checked when it is first given; one that makes no sense is the
	 * backend's error. record_write: returns the length, or -ENOBUFS. values holds nfields; an
	 * optional one of type NONE or ABSENT is left out. Bytes of a text that are not allowed in
	 * a string are written as %XX. -EINVAL: a mandatory value that is missing, one of another
	 * type than the table says, or another format; all are the backend's error. record_read: 0,
	 * and values point into the payload; or -EINVAL after adding the finding that says what is
	 * wrong (limit format; none where result is NULL), in which case compare returns 0 at once.
	 * record_compare: adds a finding a field, all of them, by the table's rules. An optional
	 * field that one side alone has is UNKNOWN, which decides nothing. One that neither has
	 * adds nothing if the target says ABSENT. If it says NONE, the field was never filled,
	 * which is the backend's error; so are swapped sides and values of another type than the
	 * table says. After record_read, compare must have judged each field that is there, but for
	 * those of rule INFO.
	 */
	int (*record_write)(const struct migcompat_record *record, uint32_t format,
			    const struct migcompat_value *values, char *buffer, size_t size);
	int (*record_read)(struct migcompat_result *result, const struct migcompat_record *record,
			   const char *payload, size_t len, struct migcompat_value *ret_values,
			   uint32_t *ret_format);
	void (*record_compare)(struct migcompat_result *result,
			       const struct migcompat_record *record,
			       const struct migcompat_value *source,
			       const struct migcompat_value *target);

	/* A stable 64-bit hash (XXH3) of len bytes; the same on every host. */
	uint64_t (*hash)(const void *bytes, size_t len);

	/*
	 * Fill a sink. All strings are copied. -ENOBUFS when more than 4,096 were added. -EINVAL:
	 * it makes no sense, which is the backend's error whatever it returns.
	 */
	int (*parameter)(struct migcompat_sink *sink, const struct migcompat_parameter *parameter);
	int (*candidate)(struct migcompat_sink *sink, const struct migcompat_candidate *candidate);
	/*
	 * A write that makes the target ready: a file below its sysfs folder, reached by no ".."
	 * and no link of the kernel's, and the line of text that goes in. -EINVAL: neither.
	 */
	int (*write)(struct migcompat_sink *sink, const char *attribute, const char *value);

	/* In compare: this field of a record was judged by findings of other names. Copied. */
	void (*covers)(struct migcompat_result *result, const char *field);

	/*
	 * What the kernel itself says of this device's migration, enum migcompat_state: YES if
	 * VFIO's debugfs has its state, or features that list "stop-copy"; NO if it has the device
	 * without them; otherwise UNKNOWN. A file that cannot be read exists. A backend that asks
	 * wants "vfio/debugfs", "vfio/migration/state" and "vfio/migration/features"; otherwise it
	 * is the backend's error, and UNKNOWN. From open to close.
	 */
	uint32_t (*kernel)(const struct migcompat_facts *facts);
};

/* Does this core have the service? Older ones have a shorter table: MIGCOMPAT_HAS(host, covers). */
#define MIGCOMPAT_HAS(host, member) \
	((host)->struct_size >= offsetof(struct migcompat_host, member) + sizeof((host)->member))

/* ---------------------------------------------------------------- what a backend exports */

enum migcompat_thread_model {
	MIGCOMPAT_THREAD_SERIAL = 0,   /* one call at a time in the whole backend */
	MIGCOMPAT_THREAD_DEVICE = 1,   /* one call at a time a handle; handles side by side */
	MIGCOMPAT_THREAD_PARALLEL = 2, /* any calls side by side but close */
};

struct migcompat_backend {
	size_t struct_size;
	uint32_t api_version;
	uint32_t thread_model; /* enum migcompat_thread_model; enforced by locks in the core */

	const char *name;	 /* the namespace, [a-z0-9_]{1,32}: the vendor driver's module name.
				    Required */
	const char *version;	 /* the backend's own release, "1.0.0". Required */
	const char *description; /* one line for people. Default: none */

	/* "MODULE" or "MODULE:MODALIAS-GLOB", or "*" of a fallback; NULL-terminated. Required */
	const char *const *keys;

	const struct migcompat_want *wants;
	size_t want_size; /* sizeof(struct migcompat_want) */
	size_t nwants;

	const struct migcompat_setting *settings; /* may be NULL */
	size_t setting_size;			  /* sizeof(struct migcompat_setting) */
	size_t nsettings;

	/*
	 * Parse the facts once. 0, -ENODEV (not migratable in any role) or another negative errno
	 * (could not be told), both after host->fail. Keep host and facts in the handle: they live
	 * until close. Required.
	 */
	int (*open)(const struct migcompat_host *host, const struct migcompat_facts *facts,
		    void **ret_handle);
	/* Required. NULL never comes. */
	void (*close)(void *handle);
	/* Required. Called once, after open. */
	int (*describe)(void *handle, struct migcompat_description *ret);
	/*
	 * The payload, at most MIGCOMPAT_PAYLOAD_MAX bytes; returns its length. Called twice after
	 * open, and must say the same. Not called where not_source is set. Required.
	 */
	int (*payload)(void *handle, char *buffer, size_t size);
	/*
	 * Hold a source's payload against this target, as its first candidate would be. Adds
	 * findings, all at once, and returns 0; a negative errno is an error of the backend. A
	 * malformed payload is a finding of limit format. Required. Allocates nothing.
	 */
	int (*compare)(void *handle, const char *payload, size_t len,
		       struct migcompat_result *result);
	/*
	 * The ways in which this target could take the payload, best first. None: no way, which is
	 * an error if compare says yes. Default: one, the target as it is.
	 */
	int (*candidates)(void *handle, const char *payload, size_t len,
			  struct migcompat_sink *sink);
	/* The device's parameters; with a payload (else NULL, 0), the ones which that source asks
	 * for. Default: none. */
	int (*parameters)(void *handle, const char *payload, size_t len,
			  struct migcompat_sink *sink);
	/*
	 * The writes that make this target ready for the payload, in order, after creation where it
	 * is a type. Default: each parameter that has an attribute and differs, once.
	 */
	int (*prepare)(void *handle, const char *payload, size_t len, struct migcompat_sink *sink);
	/* A further table of operations: MIGCOMPAT_DEVICE_STATE, 1 (struct migcompat_device_state),
	 * or NULL. Default: none. */
	const void *(*table)(const char *name, uint32_t version);
	/*
	 * Read what a kernel driver's migration stream begins with: len bytes of at most
	 * MIGCOMPAT_STREAM_HEAD, of a stream of size bytes (0: not known). The bytes come from
	 * anywhere and may be anything. Judge them as the driver does when it loads them: bad is
	 * what it refuses.
	 *
	 * handle: hold the stream against this target, before anything of it is loaded. NULL: there
	 * is no target. Values that only a target could judge then have the status UNKNOWN, and
	 * their target is NONE.
	 *
	 * 0: findings were added, all at once, whose fields begin with "stream_". The first is
	 * stream_driver, INFO, with the driver's name as the source's text. If the stream may be
	 * that of several drivers, stream_driver again begins the findings of the next one; with a
	 * handle there is one driver only. -ENOMSG: it is no stream of a driver that this backend
	 * knows, and nothing was added. Another errno is an error of the backend.
	 *
	 * Allocates nothing. May be called side by side with everything else if handle is NULL,
	 * unless the backend is MIGCOMPAT_THREAD_SERIAL. Default: streams are not looked at, and a
	 * bare stream cannot be checked against a target of this backend.
	 *
	 * A backend that has this and no keys serves no device, and needs none of the required
	 * operations; it belongs into the folder "streams" beside the backends, where it is asked
	 * when somebody looks at a file and is in nobody's way else.
	 */
	int (*stream)(const struct migcompat_host *host, void *handle, const void *head, size_t len,
		      uint64_t size, struct migcompat_result *result);
	/*
	 * 1: a fallback, for drivers that no other backend knows. It serves a device only if no key
	 * of another backend fits, however few literal characters that key has. It may have the key
	 * "*", which fits any driver. Its keys make no PCI function a device.
	 *
	 * -ENODEV of its open says that the driver never migrates. It is not opened for a device
	 * that the kernel can migrate, unless the policy says generic = "equal". Default: 0.
	 */
	uint32_t fallback;
};

/* ---------------------------------------------------------------- device state:
 * table("device-state", 1) */

#define MIGCOMPAT_DEVICE_STATE "device-state"
#define MIGCOMPAT_DEVICE_STATE_API 1u

struct migcompat_device_state_info {
	size_t struct_size;   /* set by the core; fill only what fits */
	uint64_t memory_size; /* bytes of device memory, a multiple of 4,096 up to 2^40; 0: none */
	uint64_t config_max; /* most bytes that its config ever has, 1 to MIGCOMPAT_STATE_CONFIG_MAX
			      */
	uint32_t capabilities; /* enum migcompat_device_capability of <migcompat/device-state.h>;
				  DEVICE_MEMORY follows from memory_size */
};

/*
 * Device state: how the core saves the state of a device and loads it into another. The core alone
 * reads and writes files, sockets and kernel interfaces; these operations know what the bytes mean.
 * States are those of <migcompat/device-state.h>, which tells in which state what is called; a
 * session begins RUNNING.
 *
 * Threads: each session has calls one at a time, from any thread. Beside that the backend's thread
 * model holds, where a session counts as its handle: none of its calls side by side (SERIAL), none
 * of one handle's and its sessions' (DEVICE), sessions side by side (PARALLEL). The device itself
 * may go on in threads of its own; memory and dirty marks have to bear that.
 *
 * Loading is staged. What memory_write brings must not be seen by the device before config_write,
 * which takes config and memory together or refuses, and then the device is as it was.
 *
 * Errors: 0 or a negative errno, after which the device is as it was before the call.
 */
struct migcompat_device_state {
	size_t struct_size;

	/* A session on an opened device; an error after host->fail. Required for backends. All
	 * sessions are closed before their handle. */
	int (*open)(void *handle, void **ret_session);
	void (*close)(void *session);
	/* Once, right after open. The answer holds for the whole session. Required. */
	int (*info)(void *session, struct migcompat_device_state_info *ret);
	/* The sentence that goes with the last failure, or NULL. Default: none but the errno's. */
	const char *(*message)(void *session);

	/* Go to a state, enum migcompat_device_states. When it returns from STOPPED, nothing
	 * changes memory or config any more. Required. */
	int (*set_state)(void *session, uint32_t state);

	/* The whole config as it is now, in any state, whatever is dirty. Returns its length, 1 to
	 * config_max, which is size. Required. */
	int (*config_read)(void *session, void *buffer, size_t size);
	/*
	 * Take a whole config, and with it all that memory_write brought. Only while STOPPED. The
	 * bytes are the core's own copy, nobody changes them meanwhile; they may come from anywhere
	 * and be anything. -EINVAL: it is no whole config of such a device. Required.
	 */
	int (*config_write)(void *session, const void *config, size_t len);

	/*
	 * Whole pages of device memory, at most MIGCOMPAT_STATE_WINDOW bytes. While the device runs
	 * a page may be torn, if it is marked afterwards. Required where there is memory, as the
	 * next two.
	 */
	int (*memory_read)(void *session, uint64_t position, void *buffer, size_t len);
	/*
	 * The same to be staged. The first call of a load is at position 0; all of memory comes in
	 * ascending order, then single pages again. The buffer is shared with another process: copy
	 * it, once, and look at nothing of it.
	 */
	int (*memory_write)(void *session, uint64_t position, const void *bytes, size_t len);
	/* Drop what was staged, if anything. */
	void (*memory_discard)(void *session);

	/*
	 * Dirty marks of device memory, a mark a page. A page that has no mark must be as
	 * memory_read last gave it, also where that was before LOGGING: whoever tracks in LOGGING
	 * alone marks all pages when that begins. At first all pages are marked. migcompat_dirty_…
	 * of <migcompat/device-state.h> do the work. Required with memory and CAP_LOGGING.
	 */
	int (*dirty_count)(void *session, uint64_t *ret_pages);
	/* Take at most max marks of the count pages from first, lowest first. Returns how many
	 * pages are in ret_pages; they are read next. */
	int (*dirty_take)(void *session, uint64_t first, uint64_t count, uint64_t *ret_pages,
			  size_t max);
	/*
	 * Take the marks of system memory: bit n of bitmap (of zeros, (count + 7) / 8 bytes, lowest
	 * bit first) is the page at start + n * 4096. Called in LOGGING only. Required with
	 * CAP_SYSTEM_MEMORY.
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

/* MIGCOMPAT_REGISTER(.name = "example", .version = "1.0.0", .open = …); */
#define MIGCOMPAT_REGISTER(...)                                  \
	const struct migcompat_backend migcompat_backend = {     \
		.struct_size = sizeof(struct migcompat_backend), \
		.api_version = MIGCOMPAT_BACKEND_API,            \
		__VA_ARGS__}

#ifdef __cplusplus
}
#endif

#endif
