/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of this room share: a loaded policy as plain data. All of it is in the policy's
 * arena.
 */
#ifndef CORE_POLICY_POLICY_PRIVATE_H
#define CORE_POLICY_POLICY_PRIVATE_H

#include "core/config/parser.h"
#include "core/facts/arena.h"
#include "core/policy/policy.h"

#define POLICY_RULES_MAX 4096u /* rules of all files together; known-bad entries likewise */
#define POLICY_ENTRIES_MAX \
	1024u /* section settings, preferences, facts of a side, fields of a rule */
#define POLICY_NAME_MAX 128u
#define POLICY_REASON_MAX 1024u
#define POLICY_STRING_MAX 4096u

enum policy_plain {
	PLAIN_BACKEND_DIR,
	PLAIN_TIMEOUT_MS,
	PLAIN_MIXED,
	PLAIN_MECHANISM,
	PLAIN_GENERIC,
	PLAIN_STALE_AFTER,
	PLAIN_COUNT,
};

enum rule_action {
	ACTION_DENY,
	ACTION_REQUIRE,
	ACTION_ALLOW,
	ACTION_OVERRIDE,
};

enum fact_scope {
	SCOPE_UNSAID, /* only while the file is read */
	SCOPE_DEVICE,
	SCOPE_HOST,
};

/* The rule of a requirement: one of enum migcompat_rule that compares, or a glob. */
enum { REQUIRE_GLOB = MIGCOMPAT_RULE_INFO };

enum side_index {
	SIDE_SOURCE,
	SIDE_TARGET,
	SIDE_COUNT,
	SIDE_ANY = SIDE_COUNT, /* known-bad entries only */
};

struct fact_name {
	struct fact_name *next; /* of all facts that rules and known-bad entries name */
	const char *key;
	unsigned scope; /* enum fact_scope */
};

struct fact_match {
	struct fact_name name;
	const char *value; /* glob */
};

/* Conditions on one side. NULL: no condition on that value. */
struct side_match {
	const char *namespace;
	const char *type; /* glob */
	const char *kind;
	const char *host; /* glob */
	struct fact_match *facts;
	size_t nfacts;
};

struct requirement {
	unsigned side; /* enum side_index */
	struct fact_name name;
	unsigned rule;                 /* enum migcompat_rule, or REQUIRE_GLOB */
	const char *value;             /* as in the file */
	struct migcompat_value wanted; /* the same, typed for the rule */
};

struct rule {
	struct rule *next;
	const char *where; /* FILE:LINE */
	const char *name;
	const char *reason; /* or NULL */
	const char *label;  /* "policy rule "NAME"", made here so that applying allocates nothing */
	const char *accepts; /* the sentence for findings that an override accepts */
	unsigned action;     /* enum rule_action */
	struct side_match match[SIDE_COUNT];
	struct requirement *require;
	const char **fields;
	size_t nfields;
};

struct known_bad {
	struct known_bad *next;
	const char *where;
	const char *namespace; /* or NULL: any */
	const char *version;   /* glob over the whole version string; NULL: the fact decides */
	struct fact_match fact;
	unsigned side; /* enum side_index, or SIDE_ANY */
	const char *reason;
};

struct preference {
	struct preference *next;
	const char *where;
	const char *key; /* the dashes of the module are underscores */
	const char *backend;
};

struct section_setting {
	struct section_setting *next;
	const char *where;
	const char *name;
	const char *value;
	unsigned type; /* enum migcompat_setting_type */
};

/* The settings of one backend. */
struct section {
	struct section *next;
	const char *where; /* of the first section of this name */
	const char *namespace;
	struct section_setting *settings;
};

struct policy_path {
	struct policy_path *next;
	const char *path;
};

struct policy {
	struct arena arena;
	struct conf_parser *parser;    /* only while the policy is loaded */
	const struct error_list *list; /* likewise; NULL: the first error ends the loading */
	struct policy_path *files;
	struct rule *rules;
	struct known_bad *known_bad;
	struct preference *preferences;
	struct section *sections;
	struct fact_name *facts;
	size_t nfiles;
	size_t nrules;
	size_t nknown_bad;
	size_t npreferences;
	size_t nsections;
	size_t nsettings;
	const char *backend_dir;
	unsigned timeout_ms;
	unsigned stale_after_s; /* 0: never */
	bool mixed;
	unsigned mechanism;                   /* enum policy_mechanism */
	unsigned generic_equal;               /* 0: refuse */
	const char *plain_where[PLAIN_COUNT]; /* NULL: the default */
	uint64_t hash;
};

/* As policy_load without dir, but from other folders. vendor may be NULL. */
int policy_load_folders(const char *admin, const char *vendor, struct conf_parser *parser,
			struct policy **ret, struct error *err);
/*
 * Load one file from memory. name is its path in messages. A relative @include is relative to the
 * folder of name.
 */
int policy_load_text(const char *name, const char *bytes, size_t len, struct conf_parser *parser,
		     struct policy **ret, struct error *err);

/*
 * In a glob, '*' is any bytes, '?' one byte, '[a-z]' and '[!a-z]' one byte of a set, and '\' takes
 * the next byte literally. Matching neither allocates nor depends on the locale.
 */
bool policy_glob_match(const char *glob, const char *text);
bool policy_glob_match_bytes(const char *glob, const char *text, size_t len);
/* NULL: the glob is well-formed. Otherwise what is wrong with it. */
const char *policy_glob_check(const char *glob);

/* Give a requirement's value the type of its rule. Otherwise return what the value must be. */
const char *requirement_prepare(struct requirement *requirement);
/* Does a fact's text meet it? A text that cannot be compared does not. */
bool requirement_holds(const struct requirement *requirement, const char *text);

#define WHY_MAX 768u /* bytes that hold each sentence of the functions below */

enum truth {
	TRUTH_NO,
	TRUTH_YES,
	TRUTH_UNKNOWN, /* a value is not known */
};

/* Do all conditions hold? NO wins over UNKNOWN. why, if given, gets the condition that decided. */
enum truth match_sides(const struct side_match match[SIDE_COUNT],
		       const struct policy_side *const sides[SIDE_COUNT], char *why, size_t size);
enum truth match_known_bad(const struct known_bad *bad,
			   const struct policy_side *const sides[SIDE_COUNT], char *why,
			   size_t size);
enum truth match_requirement(const struct requirement *require,
			     const struct policy_side *const sides[SIDE_COUNT], char *why,
			     size_t size);
/* Is one side an mdev or a type, and the other physical? */
enum truth match_mixed(const struct policy_side *const sides[SIDE_COUNT], char *why, size_t size);

#endif
