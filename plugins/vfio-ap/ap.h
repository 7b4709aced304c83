/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of this backend share: masks of 256 bits, the matrix of a device, the
 * cards and queues of its host, and the handle that open makes of them. Nothing here is
 * visible outside the shared object.
 */
#ifndef VFIO_AP_AP_H
#define VFIO_AP_AP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "migcompat/backend.h"

#define AP_IDS 256u /* the number of adapters, of domains, and of control domains */

/* ---------------------------------------------------------------- masks (mask.c) */

/* Bit 0 is the leftmost bit, as the kernel prints it: the highest bit of the
 * first word. */
struct ap_mask {
	uint64_t words[4];
};

#define MASK_TEXT_LEN 66u /* 0x and 64 hexadecimal digits */
#define MASK_CHARS 43u    /* of base64url */

static inline bool mask_has(const struct ap_mask *mask, unsigned bit)
{
	return mask->words[bit / 64] >> (63 - bit % 64) & 1;
}

static inline void mask_set(struct ap_mask *mask, unsigned bit)
{
	mask->words[bit / 64] |= (uint64_t)1 << (63 - bit % 64);
}

static inline bool mask_empty(const struct ap_mask *mask)
{
	return !(mask->words[0] | mask->words[1] | mask->words[2] | mask->words[3]);
}

static inline struct ap_mask mask_and(const struct ap_mask *a, const struct ap_mask *b)
{
	return (struct ap_mask){{a->words[0] & b->words[0], a->words[1] & b->words[1],
				 a->words[2] & b->words[2], a->words[3] & b->words[3]}};
}

/* The bits that a has and b lacks. */
static inline struct ap_mask mask_without(const struct ap_mask *a, const struct ap_mask *b)
{
	return (struct ap_mask){{a->words[0] & ~b->words[0], a->words[1] & ~b->words[1],
				 a->words[2] & ~b->words[2], a->words[3] & ~b->words[3]}};
}

static inline struct ap_mask mask_or(const struct ap_mask *a, const struct ap_mask *b)
{
	return (struct ap_mask){{a->words[0] | b->words[0], a->words[1] | b->words[1],
				 a->words[2] | b->words[2], a->words[3] | b->words[3]}};
}

static inline bool mask_meet(const struct ap_mask *a, const struct ap_mask *b)
{
	return (a->words[0] & b->words[0]) | (a->words[1] & b->words[1]) |
	       (a->words[2] & b->words[2]) | (a->words[3] & b->words[3]);
}

static inline bool mask_equal(const struct ap_mask *a, const struct ap_mask *b)
{
	return a->words[0] == b->words[0] && a->words[1] == b->words[1] &&
	       a->words[2] == b->words[2] && a->words[3] == b->words[3];
}

/* The first bit that is set, from the given one on. AP_IDS: none. */
static inline unsigned mask_next(const struct ap_mask *mask, unsigned from)
{
	while (from < AP_IDS) {
		uint64_t rest = mask->words[from / 64] << from % 64;

		if (rest)
			return from + (unsigned)__builtin_clzll(rest);
		from = (from / 64 + 1) * 64;
	}
	return AP_IDS;
}

unsigned mask_count(const struct ap_mask *mask);
#define mask_each(bit, mask) \
	for (unsigned bit = mask_next(mask, 0); bit < AP_IDS; bit = mask_next(mask, bit + 1))

/* Takes "0x" and 64 hexadecimal digits, nothing else. */
bool mask_parse(const char *text, size_t len, struct ap_mask *ret);
void mask_format(const struct ap_mask *mask, char text[MASK_TEXT_LEN + 1]);

/* The number of base64url characters that hold so many bits. The last one is padded with
 * zeros. */
#define BITS_CHARS(nbits) (((nbits) + 5u) / 6u)
void bits_encode(const uint8_t *bytes, size_t nbits, char *text);
/* bytes needs room for len * 3 / 4 + 3. False: the length is wrong, a character is
 * foreign, or a padding bit is set. */
bool bits_decode(const char *text, size_t len, size_t nbits, uint8_t *bytes);
void mask_bytes(const struct ap_mask *mask, uint8_t bytes[32]);
struct ap_mask mask_from_bytes(const uint8_t bytes[32]);

/* Reads at most max hexadecimal digits between text and end. Returns how many it read; 0
 * if the first character is foreign. */
size_t hex_read(const char *text, const char *end, size_t max, uint64_t *ret);

/* -------------------------------------------------- the matrix of a device (matrix.c) */

struct ap_matrix {
	struct ap_mask adapters;
	struct ap_mask domains;
	struct ap_mask control;
};

/* The lines of "matrix" or "guest_matrix". */
struct ap_listing {
	struct ap_mask rows[AP_IDS]; /* the domains of each adapter */
	struct ap_mask adapters;
	struct ap_mask domains;
	bool whole; /* false: the kernel's page was full, so lines may be missing */
};

/* Each returns NULL, or a text that says what is wrong. */
const char *matrix_parse_config(const char *text, size_t len, struct ap_matrix *ret);
const char *matrix_parse_listing(const char *text, size_t len, struct ap_listing *ret);
const char *matrix_parse_control(const char *text, size_t len, struct ap_mask *ret);

static inline bool matrix_has_queues(const struct ap_matrix *matrix)
{
	return !mask_empty(&matrix->adapters) && !mask_empty(&matrix->domains);
}

/* ------------------------------------ cards and queues of the host (facts.c, cards.c) */

/*
 * The 20 bits of a queue that the string carries and compare judges: hwtype (8), function
 * bits 0 to 9 (10), function bits 16 and 17 (2). The kernel numbers function bits from
 * the left.
 */
#define PACKED_BITS 20u
#define PACKED_HWTYPE(packed) ((packed) >> 12)
#define PACKED_FUNCTIONS(packed) ((packed)&0xfffu)
#define PACKED_ACCELERATOR 0x080u /* function bit 4 */
#define PACKED_BOUND 0x003u       /* function bits 16 and 17 */
#define PACKED_MIXED UINT32_MAX   /* no single value: the queues differ, or a value is not known */

/* Why a queue exists but is not available now. cards.c has the texts. */
enum ap_busy {
	BUSY_NOT = 0,
	BUSY_CARD_OFF,
	BUSY_CARD_STOPPED,
	BUSY_KEPT,
	BUSY_DRIVER,
	BUSY_IN_USE,
	BUSY_ASSIGNED,
	BUSY_DROPPED,
	BUSY_COUNT,
};

struct ap_card {
	const char *broken; /* the key of a malformed or unreadable fact; NULL: none */
	uint32_t hwtype;    /* of the card; UINT32_MAX: not known */
	uint32_t functions; /* of the card; valid if known_functions is set */
	bool known_functions;
	bool off;
	bool stopped;

	struct ap_mask seen;       /* queues that any fact of the host names */
	struct ap_mask has_hwtype; /* queues with a value of their own */
	struct ap_mask has_functions;
	struct ap_mask known;      /* queues whose packed value is valid */
	struct ap_mask bound;      /* bound to vfio_ap */
	struct ap_mask has_status; /* if set, in_use and assigned are complete */
	struct ap_mask in_use;     /* used by a guest */
	struct ap_mask assigned;   /* assigned to an mdev */

	uint8_t queue_hwtype[AP_IDS];
	uint32_t queue_functions[AP_IDS];
	uint32_t packed[AP_IDS];
	uint64_t keys[AP_IDS];      /* hash of the current master keys; 0: not known */
	const char *driver[AP_IDS]; /* NULL: no driver, or not known */
	uint8_t reason[AP_IDS];     /* enum ap_busy */
};

/* ------------------------------------------------------------ the payload (payload.c) */

#define CARDS_BYTES_MAX (AP_IDS * PACKED_BITS / 8u) /* 640 */
#define KEY_BYTES 6u
#define KEY_CHARS 8u
#define KEY_MAX ((UINT64_C(1) << 48) - 1)

/* A source as its payload describes it. */
struct ap_source {
	struct ap_matrix matrix;
	unsigned nadapters; /* adapters in the payload: those of the matrix, or 0 without a queue */
	bool has_keys;      /* keys holds what the source sent */
	bool is_configured; /* the matrix is the configured one; the guest may have less */
	bool keys_are_own;  /* the keys equal those that this device sends for its own matrix; keys
			       was not filled */
	uint8_t cards[CARDS_BYTES_MAX + 3];   /* 20 bits for each adapter in the payload */
	uint8_t keys[AP_IDS * KEY_BYTES + 3]; /* 48 bits for each; all zero: not known */
};

/* ---------------------------------------------------------------- the handle */

enum ap_master_keys {
	MASTER_KEYS_IGNORE,
	MASTER_KEYS_WARN,
	MASTER_KEYS_REQUIRE,
};

#define AP_TEXT_MAX 256u

/* The adapters whose keys could not be compared. */
struct ap_unknown {
	unsigned source, target;             /* how many on each side */
	unsigned first_source, first_target; /* numbers of adapters */
	char text[AP_TEXT_MAX];              /* the sentence that keys_unknown_text makes */
};

struct ap {
	const struct migcompat_host *host;
	const struct migcompat_facts *facts;
	bool is_type;
	bool loads;   /* this kernel migrates: it replaces the target's matrix by the source's */
	bool by_host; /* as target it is judged by its host, not by its own matrix */
	enum migcompat_state mechanism;
	const char *mechanism_text;
	bool whole_write; /* ap_config can be written */
	enum ap_master_keys master_keys;
	uint32_t emit_format;
	bool no_instances; /* of a type: no instance is left */

	struct ap_matrix matrix;  /* as configured; empty for a type */
	struct ap_matrix sent;    /* as source: the matrix that the guest has */
	bool sent_is_configured;  /* the guest's matrix is not known */
	struct ap_listing *guest; /* guest_matrix; NULL: not known */
	struct ap_card *cards[AP_IDS];

	/* By adapter. These lie close together because every comparison reads them. */
	struct ap_mask usable[AP_IDS]; /* queues that a source could have here */
	struct ap_mask busy[AP_IDS];   /* of those: taken, for a reason that the card has */
	struct ap_mask doubt[AP_IDS];  /* of those: not known to be free */
	uint32_t uniform[AP_IDS];      /* the packed value of all usable queues, or PACKED_MIXED */

	/* Summaries that spare a walk over 256 adapters: which have queues at all, what
	 * all of those have, and what any of them has. */
	struct ap_mask offering;
	struct ap_mask usable_by_all;
	struct ap_mask busy_at_any;
	struct ap_mask doubt_at_any;

	struct ap_mask host_control;
	bool host_control_known;
	struct ap_mask host_usage;
	bool host_usage_known;
	struct ap_mask kept_adapters, kept_domains; /* a queue is kept if both have it */
	bool kept_known;

	/* Hashes of the adapters' keys over one set of domains: that of the last source,
	 * and before the first source that of this device. */
	struct ap_mask keys_domains;
	bool keys_ready;
	uint64_t keys[AP_IDS]; /* 48 bits; 0: not known */

	/* The outcome of a comparison with an equal payload, computed once in open. */
	char payload[MIGCOMPAT_PAYLOAD_MAX];
	size_t payload_len;
	bool equal_holds;
	char own_keys[AP_IDS * KEY_CHARS];
	size_t own_keys_len;
	struct ap_unknown own_unknown;

	/* The availability of the last source's queues. Sources with the same matrix
	 * often follow each other. */
	struct ap_mask availability_adapters, availability_domains;
	uint32_t availability;
	bool availability_ready;
	char availability_text[AP_TEXT_MAX];

	char label[AP_TEXT_MAX];
	char not_source[AP_TEXT_MAX];
};

/* Each fills a part of the handle from facts. Returns 0, or a negative errno after
 * host->fail. */
int matrix_open(struct ap *ap);
int facts_open(struct ap *ap);
/* Sets mechanism, loads, by_host and whole_write. It cannot fail: a missing fact means
 * "unknown". */
void mechanism_open(struct ap *ap);
/* Sets ap->sent from the matrix and the host's masks. */
int sent_open(struct ap *ap);
int payload_open(struct ap *ap);
/* Derives what queues are usable from matrix and facts. Runs after those and before
 * payload_open. */
void cards_open(struct ap *ap);

/* The 20 bits of a queue. Function bits are numbered from the left. */
static inline uint32_t packed_make(uint32_t hwtype, uint32_t functions)
{
	return hwtype << 12 | (functions >> 22) << 2 | (functions >> 14 & 3);
}

/* The card of an adapter; it is created if needed. NULL: out of memory. */
struct ap_card *cards_get(struct ap *ap, unsigned adapter);
void cards_close(struct ap *ap);
/* True: every queue of the matrix is usable, and all adapters are alike. False: check
 * each adapter. */
bool cards_have_all(const struct ap *ap, const struct ap_matrix *matrix);
/* Sets ap->availability and its text ("": none) for the queues of a matrix. */
void cards_availability(struct ap *ap, const struct ap_matrix *matrix);

/* The queues of an adapter that exist on the host, taken or free. */
struct ap_mask cards_on_host(const struct ap *ap, unsigned adapter);
/* Does anything but this device's own matrix hold a queue of the host? */
bool cards_taken(const struct ap *ap, unsigned adapter, unsigned domain);
/* The control domains that a source may have here. */
struct ap_mask cards_control(const struct ap *ap);

/* The hash of the current keys in a "mkvps" text; 0: not known (keys.c). */
uint64_t keys_parse(const struct migcompat_host *host, const char *text, size_t len);
/* Makes the sentence, if any key is not known. */
void keys_unknown_text(struct ap_unknown *unknown);
/* Computes ap->keys for these domains. */
void keys_prepare(struct ap *ap, const struct ap_mask *domains);

/* Findings are named after queues, cards and keys. This says which fields they cover. */
void payload_covered(const struct ap *ap, struct migcompat_result *result);
/* 0, or -EINVAL after it adds a finding of limit format (none if result is NULL). */
int payload_read(const struct ap *ap, const char *payload, size_t len,
		 struct migcompat_result *result, struct ap_source *ret);
/* The packed value of the adapter at a position of the payload: 20 bits are two and a
 * half bytes. */
static inline uint32_t payload_packed(const struct ap_source *source, unsigned position)
{
	const uint8_t *at = source->cards + position * 5 / 2;

	if (position % 2)
		return (uint32_t)(at[0] & 15) << 16 | (uint32_t)at[1] << 8 | at[2];
	return (uint32_t)at[0] << 12 | (uint32_t)at[1] << 4 | at[2] >> 4;
}

/* The hash of its keys; 0: not known. */
static inline uint64_t payload_key(const struct ap_source *source, unsigned position)
{
	const uint8_t *at = source->keys + (size_t)position * KEY_BYTES;
	uint32_t high = (uint32_t)at[0] << 8 | at[1];
	uint32_t low = (uint32_t)at[2] << 24 | (uint32_t)at[3] << 16 | (uint32_t)at[4] << 8 | at[5];

	return source->has_keys ? (uint64_t)high << 32 | low : 0;
}

/* Operations of the backend. */
int ap_compare(void *handle, const char *payload, size_t len, struct migcompat_result *result);
int ap_parameters(void *handle, const char *payload, size_t len, struct migcompat_sink *sink);
int ap_prepare(void *handle, const char *payload, size_t len, struct migcompat_sink *sink);
int ap_candidates(void *handle, const char *payload, size_t len, struct migcompat_sink *sink);
/* Does the mdev's own matrix lack anything of the source? For an mdev that is judged by
 * it (prepare.c). */
bool prepare_needed(const struct ap *ap, const struct ap_source *source);
/* Could the mdev be configured as the source is, and would it fit then? False: text says
 * why not. */
bool prepare_fits(const struct ap *ap, const struct ap_source *source, char text[AP_TEXT_MAX]);
/* May a queue of the source become this queue of the target? (compare_cards.c) */
bool packed_fits(uint32_t source, uint32_t target);
/* The operation "stream", for the kernel's migration stream (stream.c). */
int ap_stream(const struct migcompat_host *host, void *handle, const void *head, size_t len,
	      uint64_t size, struct migcompat_result *result);

#endif
