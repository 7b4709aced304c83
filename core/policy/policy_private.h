/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of this room share: a loaded policy as plain data. Everything here lives in the
 * policy's arena. */
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
	SCOPE_UNSAID, /* only while reading */
	SCOPE_DEVICE,
	SCOPE_HOST,
};

/* A requirement's rule: those of enum migcompat_rule that compare, and a glob. */
enum { REQUIRE_GLOB = MIGCOMPAT_RULE_INFO };

enum side_index {
	SIDE_SOURCE,
	SIDE_TARGET,
	SIDE_COUNT,
	SIDE_ANY = SIDE_COUNT, /* known-bad entries only */
};

struct fact_name {
	struct fact_name *next; /* all that rules and known-bad entries ask for */
	const char *key;
	unsigned scope; /* enum fact_scope */
};

struct fact_match {
	struct fact_name name;
	const char *value; /* glob */
};

/* Conditions on one side; NULL or none: no condition. */
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
	unsigned rule;		       /* enum migcompat_rule, or REQUIRE_GLOB */
	const char *value;	       /* as it was written */
	struct migcompat_value wanted; /* the same, typed for the rule */
};

struct rule {
	struct rule *next;
	const char *where; /* FILE:LINE */
	const char *name;
	const char *reason; /* or NULL */
	const char *label;  /* "policy rule "NAME"", made once so that applying allocates nothing */
	const char *accepts; /* of an override: the sentence that a finding gets */
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
	const char *version;   /* glob over the whole string; NULL: the fact decides */
	struct fact_match fact;
	unsigned side; /* enum side_index, or SIDE_ANY */
	const char *reason;
};

struct preference {
	struct preference *next;
	const char *where;
	const char *key; /* dashes of the module as underscores */
	const char *backend;
};

struct section_setting {
	struct section_setting *next;
	const char *where;
	const char *name;
	const char *value;
	unsigned type; /* enum migcompat_setting_type */
};

/* What is set for one backend. */
struct section {
	struct section *next;
	const char *where; /* of the first one of this name */
	const char *namespace;
	struct section_setting *settings;
};

struct policy_path {
	struct policy_path *next;
	const char *path;
};

struct policy {
	struct arena arena;
	struct conf_parser *parser;    /* while it is loaded */
	const struct error_list *list; /* likewise; NULL: the first error ends it */
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
	unsigned mechanism;		      /* enum policy_mechanism */
	unsigned generic_equal;		      /* 0: refuse */
	const char *plain_where[PLAIN_COUNT]; /* NULL: the default */
	uint64_t hash;
};

/* Words in the order of their enums, NULL-terminated. */
extern const char *const action_words[];
extern const char *const scope_words[]; /* from SCOPE_DEVICE on */
extern const char *const side_words[];
extern const char *const require_words[];
extern const char *const mechanism_words[];
extern const char *const generic_words[];

/*
 * Note an error of a part that was read. True: nothing more is read. *first: of the parts so far,
 * and the one to return.
 */
bool policy_ends(const struct policy *policy, int r, int *first);
/* Tell an error, if all are to be told. */
void policy_tell(const struct policy *policy, const char *file, const char *text);

/* As policy_load with NULL, with other folders. vendor may be NULL. */
int policy_load_folders(const char *admin, const char *vendor, struct conf_parser *parser,
			struct policy **ret, struct error *err);
/* One file's content from memory; name stands for the path, and its folder is where a relative
 * @include looks. */
int policy_load_text(const char *name, const char *bytes, size_t len, struct conf_parser *parser,
		     struct policy **ret, struct error *err);

/* '*' any bytes, '?' one byte, '[a-z]' and '[!a-z]' one of a set, '\' takes the next literally.
 * Neither allocates nor asks the locale. */
bool policy_glob_match(const char *glob, const char *text);
/* NULL: well-formed; else what is wrong. */
const char *policy_glob_check(const char *glob);

/* Type a requirement's value for its rule. NULL: done; else what the value should be. */
const char *requirement_prepare(struct requirement *requirement);
/* Does a fact's text meet it? Anything that cannot be compared does not. */
bool requirement_holds(const struct requirement *requirement, const char *text);

#define WHY_MAX 768u /* bytes that hold any sentence of the functions below */

enum truth {
	TRUTH_NO,
	TRUTH_YES,
	TRUTH_UNKNOWN, /* a value that is not known */
};

/* Do all conditions hold? NO wins over UNKNOWN. why may be NULL; else it says which condition
 * decided. */
enum truth match_sides(const struct side_match match[SIDE_COUNT],
		       const struct policy_side *const sides[SIDE_COUNT], char *why, size_t size);
enum truth match_known_bad(const struct known_bad *bad,
			   const struct policy_side *const sides[SIDE_COUNT], char *why,
			   size_t size);
enum truth match_requirement(const struct requirement *require,
			     const struct policy_side *const sides[SIDE_COUNT], char *why,
			     size_t size);
/* An mdev or a type on one side, physical on the other? */
enum truth match_mixed(const struct policy_side *const sides[SIDE_COUNT], char *why, size_t size);

/* A copy for a sentence: cut at a character's end, control characters as blanks. Returns buffer. */
const char *policy_text_shown(const char *text, char *buffer, size_t size);

#endif
