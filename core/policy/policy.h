/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The administrator's policy: which moves are denied, which facts are required, and which
 * differences are accepted. A loaded policy is read-only, so any threads may share it. A reload
 * makes a new one.
 */
#ifndef CORE_POLICY_POLICY_H
#define CORE_POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/facts/factset.h"
#include "core/facts/model.h"
#include "core/finding/result.h"
#include "migcompat/backend.h"

struct conf_parser;
struct policy;

/* A backend, to check its section of the configuration. */
struct policy_backend {
	const char *name;
	const struct migcompat_setting *settings;
	size_t nsettings;
	/* The backend did not load, so its settings are not known: its section is ignored. */
	bool failed;
};

/* A device or a string. NULL: not known, or all of it for a bare string. */
struct policy_side {
	const char *namespace;
	const char *type; /* without the namespace */
	const char *kind; /* "mdev", … */
	const char *host;
	const char *version; /* the version string, which need not end in a zero; "": none */
	size_t version_len;
	const struct factset *facts;
	const struct factset *host_facts;
	/* The collected globs. A fact outside them is unknown, not missing. NULL: no such list. */
	const struct wanted *wanted;
	const struct wanted *host_wanted;
};

/* What a verdict says if driver and kernel cannot move a device's state. */
enum policy_mechanism {
	POLICY_MECHANISM_REPORT = 0,  /* a warning */
	POLICY_MECHANISM_REQUIRE = 1, /* not migratable */
	POLICY_MECHANISM_PROVE = 2,   /* not migratable, also if it is not known */
};

enum policy_outcome {
	POLICY_NOTHING = 0, /* no rule decided */
	POLICY_ALLOW = 1,
	POLICY_DENY = 2, /* by a rule, a known-bad entry or "mixed" */
};

/*
 * How one rule fared, for "policy explain". Called for each known-bad entry (rule "known_bad"),
 * then for "mixed", then for each rule, in the order of evaluation. Rules after the one that
 * decided are reported too. text says why the rule did or did not match; it lives during the call.
 */
typedef void policy_trace_fn(void *arg, const char *rule, const char *where, const char *action,
			     bool matched, const char *text);

/*
 * Load the policy. dir NULL: /etc/migcompat, then /usr/lib/migcompat/conf.d. Otherwise dir takes
 * the place of /etc/migcompat, and /usr/lib is not read. dir may also be one file, which must
 * exist. Other files may be missing.
 *
 * Returns -EINVAL; -EPERM, if another user can write a file or its folder; -EFBIG; -EIO, if the
 * parser's process ended; or the errno of reading. err is "FILE:LINE: …" and says what was
 * expected. The parser's process is started for a file that sets anything.
 *
 * Within a folder a plain setting of a later file (migcompat.conf, then conf.d in name order)
 * replaces that of an earlier one. Rules and known_bad are appended in that order. Sections of
 * backends are checked later, by policy_check_sections.
 */
int policy_load(const char *dir, struct conf_parser *parser, struct policy **ret,
		struct error *err);
/*
 * The same, but go on after an error, and report each to list. Returns the code of the first error.
 * *ret has the parts that are right, and is no policy to decide by. If *ret stays NULL, err has an
 * error that was not reported: there is no memory, or no such dir.
 */
int policy_check(const char *dir, struct conf_parser *parser, const struct error_list *list,
		 struct policy **ret, struct error *err);
struct policy *policy_free(struct policy *policy); /* returns NULL; takes NULL */

/*
 * Check that each section belongs to a backend, and that each preference names one. Each key of a
 * section must be a setting of the backend, with an allowed value. list NULL: the first error ends
 * it. Otherwise each error is reported, and the code of the first one is returned.
 */
int policy_check_sections(const struct policy *policy, const struct policy_backend *backends,
			  size_t count, const struct error_list *list, struct error *err);

/*
 * The facts that rules name. Discovery collects them, besides those of the backends, since a fact
 * that was not collected is unknown. *ret_host: a fact of the host, otherwise of the device.
 * False: index is too large.
 */
bool policy_fact(const struct policy *policy, size_t index, const char **ret_key, bool *ret_host);

/* A file that was read, in the order of rules. NULL after the last one. */
const char *policy_file(const struct policy *policy, size_t index);

/* A setting in a backend's section, as text. NULL: it is not set. */
const char *policy_setting(const struct policy *policy, const char *namespace, const char *name);

/* NULL: not set. */
const char *policy_backend_dir(const struct policy *policy);
/* For one call of a backend. Default: 5000. */
unsigned policy_timeout_ms(const struct policy *policy);
/* The backend that gets a key which two backends claim. NULL: not set. */
const char *policy_prefer(const struct policy *policy, const char *key);
/* An inventory that is older gets a warning. 0: none does. Default: a day. */
unsigned policy_stale_after_s(const struct policy *policy);
/* Default: require. */
enum policy_mechanism policy_mechanism(const struct policy *policy);
/* May a fallback compare devices that the kernel can migrate and no backend knows? Default: no. */
bool policy_generic_equal(const struct policy *policy);

/* Find a mode by its name. -EINVAL: there is none; err, which may be NULL, lists the modes. */
int policy_mechanism_word(const char *word, enum policy_mechanism *ret, struct error *err);
/*
 * Set the mode, before the policy is shared. The hash does not change, since no fingerprint
 * depends on the mode.
 */
void policy_set_mechanism(struct policy *policy, enum policy_mechanism mechanism);

/* One comparison, and what the policy says of it. */
struct policy_question {
	const struct policy_side *source;
	const struct policy_side *target;
	/* Has the backend's findings. What denies is added, what is overridden becomes a warning.
	 */
	struct migcompat_result *result;
	policy_trace_fn *trace; /* NULL: none */
	void *trace_arg;
	/* The caller's array for names of the rules that match. They live as long as the policy. */
	const char **matched;
	size_t matched_max;
	/* Set by policy_apply: */
	size_t nmatched;
	bool forced; /* a bad finding was overridden */
};

/* Apply the policy once to a result, and recount it. Allocates nothing. */
enum policy_outcome policy_apply(const struct policy *policy, struct policy_question *question);

/* Print the policy as a configuration file. Comments say which file each part is from. */
int policy_show(const struct policy *policy, FILE *out);
/* The same as a JSON document: a json_t that the caller owns. NULL: out of memory. */
void *policy_json(const struct policy *policy);

/* A hash over the names and contents of the files. It changes if the policy does. */
uint64_t policy_hash(const struct policy *policy);

#endif
