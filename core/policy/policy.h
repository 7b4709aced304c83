/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The administrator's policy: parsed in a process of its own, checked strictly, applied to
 * one source and one target. Read-only after loading, so any threads may share it; a
 * reload makes a new one.
 */
#ifndef CORE_POLICY_POLICY_H
#define CORE_POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/finding/result.h"
#include "core/facts/factset.h"
#include "core/facts/model.h"
#include "migcompat/backend.h"

struct conf_parser;
struct policy;

/* What is known of a loaded backend, to check its section of the configuration. */
struct policy_backend {
	const char *name;
	const struct migcompat_setting *settings;
	size_t nsettings;
	bool failed; /* it did not load, so its settings are not known: its section is let pass */
};

struct policy_side {
	const char *namespace;	     /* NULL: unknown */
	const char *type;	     /* TYPE part; NULL: unknown */
	const char *kind;	     /* "mdev", …; NULL: unknown */
	const char *host;	     /* NULL: unknown (a bare string) */
	const char *version;	     /* the whole version string; "": it has none; NULL: unknown */
	const struct factset *facts; /* NULL: none is known */
	const struct factset *host_facts; /* NULL: none is known */
	/* What was collected: a fact outside of it is unknown, not missing. NULL: nothing is said.
	 */
	const struct wanted *wanted;
	const struct wanted *host_wanted;
};

/* What a device that driver and kernel cannot move means for a verdict. */
enum policy_mechanism {
	POLICY_MECHANISM_REPORT = 0,  /* a warning */
	POLICY_MECHANISM_REQUIRE = 1, /* not-migratable if that is known */
	POLICY_MECHANISM_PROVE = 2,   /* not-migratable unless it is known that they can */
};

enum policy_outcome {
	POLICY_NOTHING = 0, /* no rule ended it */
	POLICY_ALLOW = 1,
	POLICY_DENY = 2, /* also a failed require, a known-bad version, mixed kinds where off */
};

/*
 * How one rule fared; for "policy explain". text says why it did or did not match, and lives during
 * the call. Called once for each known-bad entry (rule "known_bad"), once for "mixed", then once
 * for each rule, in the order in which they are asked; those behind the one that ended it too.
 */
typedef void policy_trace_fn(void *arg, const char *rule, const char *where, const char *action,
			     bool matched, const char *text);

/*
 * Load. dir NULL: /etc/migcompat with /usr/lib/migcompat/conf.d behind it; else dir stands for
 * /etc/migcompat and nothing of /usr/lib is read; a plain file is taken alone. Missing files are no
 * error (but a dir that is given must be there), everything else that is wrong is: -EINVAL, -EPERM
 * (others can write a file or its folder), -EFBIG or the file's errno, and err "FILE:LINE: what,
 * expected, nearest key"; -EIO: the parser's process ended. It is started if a file sets anything.
 * policy_load does not know backends yet; policy_check_sections does.
 *
 * Within a folder a plain setting of a later file (migcompat.conf, then conf.d in name order)
 * replaces that of an earlier one; rules and known_bad grow in that order. @include "FILE" takes a
 * file in; a relative name is looked for beside the file that says so.
 */
int policy_load(const char *dir, struct conf_parser *parser, struct policy **ret,
		struct error *err);
/*
 * The same, but an error ends no more than its own part: all errors are told, the first is
 * returned, and *ret is what is right. It is no policy to decide by. *ret stays NULL if there was
 * no memory or no such dir.
 */
int policy_check(const char *dir, struct conf_parser *parser, const struct error_list *list,
		 struct policy **ret, struct error *err);
struct policy *policy_free(struct policy *policy); /* returns NULL; takes NULL */

/*
 * Every section must belong to a backend, every key to one of its settings, of its type and
 * allowed; every preference must name a backend.
 */
int policy_check_sections(const struct policy *policy, const struct policy_backend *backends,
			  size_t count, struct error *err);
/* The same, and all errors are told. */
int policy_tell_sections(const struct policy *policy, const struct policy_backend *backends,
			 size_t count, const struct error_list *list, struct error *err);

/*
 * The facts that the rules ask for: what discovery has to collect beside what the backends want,
 * since a fact that was not collected is unknown. false: there is none of this index. *ret_host:
 * the host's, else the device's.
 */
bool policy_fact(const struct policy *policy, size_t index, const char **ret_key, bool *ret_host);

/* Files that were read, in the order in which their rules count. NULL after the last. */
const char *policy_file(const struct policy *policy, size_t index);

/* A key of a namespace's section as text, or NULL where the administrator says nothing. */
const char *policy_setting(const struct policy *policy, const char *namespace, const char *name);

/* Plain settings. */
const char *policy_backend_dir(const struct policy *policy); /* NULL: not set */
unsigned
policy_timeout_ms(const struct policy *policy); /* of one call of a backend; default 5000 */
const char *policy_prefer(const struct policy *policy,
			  const char *key); /* the backend that a tied key goes to, or NULL */
/* Age in seconds above which an inventory is warned about; 0: none is. Default a day. */
unsigned policy_stale_after_s(const struct policy *policy);
enum policy_mechanism policy_mechanism(const struct policy *policy); /* default: require */

#define MECHANISM_MODES "require, report or prove"

/* For a caller that asks in another mode. -EINVAL: there is no mode of that name. */
int policy_mechanism_word(const char *word, enum policy_mechanism *ret);
/* Before the policy is shared. The hash stays: no fingerprint hangs on the mode. */
void policy_set_mechanism(struct policy *policy, enum policy_mechanism mechanism);
/* May a fallback compare what the kernel can migrate and no backend knows? Default false. */
bool policy_generic_equal(const struct policy *policy);

/*
 * Apply. Adds a finding of limit policy for what denies, turns overridden bad findings into
 * warnings (setting *ret_forced), and appends the names of the rules that matched to applied (a
 * list of pointers that live as long as the policy; at most applied_room; *ret_applied counts
 * those). trace may be NULL. Allocates nothing. Call it once a result: it calls result_recount.
 */
enum policy_outcome policy_apply(const struct policy *policy, const struct policy_side *source,
				 const struct policy_side *target, struct migcompat_result *result,
				 bool *ret_forced, const char **applied, size_t applied_room,
				 size_t *ret_applied, policy_trace_fn *trace, void *trace_arg);

/* The policy in force as text a file could hold, with where each part comes from in comments. */
int policy_show(const struct policy *policy, FILE *out);
/* The same as one JSON document (a json_t, reference owned by the caller). */
void *policy_json(const struct policy *policy);

/* Eight bytes that change whenever the policy does: a hash over the files' content and names. */
uint64_t policy_hash(const struct policy *policy);

#endif
