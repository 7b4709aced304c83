/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads the matrix of a device: from ap_config, or from matrix and control_domains on
 * older kernels. A text that the kernel may have cut at the end of its page is refused,
 * so it never counts as a smaller matrix.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ap.h"

/* A page holds 512 lines of 8 bytes, and sysfs needs one byte for itself. So 511 lines
 * are complete, without the last newline. */
#define LISTING_WHOLE_MAX (511u * 8u - 1u)

const char *matrix_parse_config(const char *text, size_t len, struct ap_matrix *ret)
{
	struct ap_matrix matrix;

	if (len != 3 * MASK_TEXT_LEN + 2 || text[MASK_TEXT_LEN] != ',' ||
	    text[2 * MASK_TEXT_LEN + 1] != ',')
		return "expected three masks of 0x and 64 digits, joined by commas";
	if (!mask_parse(text, MASK_TEXT_LEN, &matrix.adapters))
		return "the mask of adapters is not 0x and 64 hexadecimal digits";
	if (!mask_parse(text + MASK_TEXT_LEN + 1, MASK_TEXT_LEN, &matrix.domains))
		return "the mask of domains is not 0x and 64 hexadecimal digits";
	if (!mask_parse(text + 2 * MASK_TEXT_LEN + 2, MASK_TEXT_LEN, &matrix.control))
		return "the mask of control domains is not 0x and 64 hexadecimal digits";
	*ret = matrix;
	return NULL;
}

/* ---------------------------------------------------------------- lines */

/* Parses "05.0004", "05." or ".0004"; -1 stands for the missing number. */
static bool line_parse(const char *line, const char *end, int *ret_adapter, int *ret_domain)
{
	uint64_t adapter = 0, domain = 0;
	size_t left = hex_read(line, end, 2, &adapter);

	if ((left != 0 && left != 2) || line + left == end || line[left] != '.')
		return false;
	const char *rest = line + left + 1;
	size_t right = hex_read(rest, end, 4, &domain);

	if ((right != 0 && right != 4) || rest + right != end || (!left && !right) ||
	    domain >= AP_IDS)
		return false;
	*ret_adapter = left ? (int)adapter : -1;
	*ret_domain = right ? (int)domain : -1;
	return true;
}

const char *matrix_parse_listing(const char *text, size_t len, struct ap_listing *ret)
{
	const char *at = text, *end = text + len;
	int last = -1, form = -1;

	memset(ret, 0, sizeof(*ret));
	ret->whole = len <= LISTING_WHOLE_MAX;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline ? newline : end;
		int adapter, domain;

		if (!newline && !ret->whole)
			break; /* the end of the page may have cut this line */
		if (!line_parse(at, stop, &adapter, &domain))
			return "a line is neither XX.YYYY nor XX. nor .YYYY";
		int this_form = (adapter >= 0) * 2 + (domain >= 0);
		int order = (adapter < 0 ? 0 : adapter) * (int)AP_IDS + (domain < 0 ? 0 : domain);

		if (form >= 0 && this_form != form)
			return "lines of queues, adapters and domains are mixed";
		if (order <= last)
			return "the lines do not ascend";
		form = this_form;
		last = order;
		if (adapter >= 0)
			mask_set(&ret->adapters, (unsigned)adapter);
		if (domain >= 0)
			mask_set(&ret->domains, (unsigned)domain);
		if (adapter >= 0 && domain >= 0)
			mask_set(&ret->rows[adapter], (unsigned)domain);
		at = newline ? newline + 1 : end;
	}
	return len && text[len - 1] == '\n' ? "it ends in an empty line" : NULL;
}

const char *matrix_parse_control(const char *text, size_t len, struct ap_mask *ret)
{
	struct ap_mask mask = {{0}};
	const char *at = text, *end = text + len;
	int last = -1;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline ? newline : end;
		uint64_t domain;

		if (hex_read(at, stop, 4, &domain) != 4 || at + 4 != stop || domain >= AP_IDS)
			return "a line is no domain of four hexadecimal digits";
		if ((int)domain <= last)
			return "the lines do not ascend";
		last = (int)domain;
		mask_set(&mask, (unsigned)domain);
		at = newline ? newline + 1 : end;
	}
	if (len && text[len - 1] == '\n')
		return "it ends in an empty line";
	*ret = mask;
	return NULL;
}

/* ---------------------------------------------------------------- facts */

/* A fact of the device that must exist. */
static int fact_need(const struct ap *ap, const char *key, const char **ret_text, size_t *ret_len)
{
	int r = ap->host->fact(ap->facts, 0, key, ret_text, ret_len);

	if (r == -ENOENT)
		return ap->host->fail(ap->facts, -ENODATA,
				      "fact \"%s\" is missing, so the matrix is not known", key);
	return r ? ap->host->fail(ap->facts, r,
				  "fact \"%s\" could not be read, so the matrix is not known", key)
		 : 0;
}

/* The first adapter that lacks a domain of the others. AP_IDS: the lines are a full cross
 * product. */
static unsigned listing_gap(const struct ap_listing *listing)
{
	if (mask_empty(&listing->domains))
		return AP_IDS;
	mask_each(adapter, &listing->adapters) if (!mask_equal(&listing->rows[adapter],
							       &listing->domains)) return adapter;
	return AP_IDS;
}

static int listing_matrix(struct ap *ap, struct ap_listing *listing)
{
	const char *text, *wrong;
	size_t len;
	int r = fact_need(ap, "matrix", &text, &len);

	if (r)
		return r;
	wrong = matrix_parse_listing(text, len, listing);
	if (wrong)
		return ap->host->fail(ap->facts, -EINVAL, "fact \"matrix\" is malformed: %s",
				      wrong);
	if (!listing->whole)
		return ap->host->fail(
			ap->facts, -EINVAL,
			"fact \"matrix\" fills the kernel's page and may have been cut");
	if (listing_gap(listing) != AP_IDS)
		return ap->host->fail(
			ap->facts, -EINVAL,
			"fact \"matrix\" is malformed: adapter %02x lacks domains of others",
			listing_gap(listing));
	ap->matrix.adapters = listing->adapters;
	ap->matrix.domains = listing->domains;
	r = fact_need(ap, "control_domains", &text, &len);
	if (r)
		return r;
	wrong = matrix_parse_control(text, len, &ap->matrix.control);
	return wrong ? ap->host->fail(ap->facts, -EINVAL,
				      "fact \"control_domains\" is malformed: %s", wrong)
		     : 0;
}

/* Reads the matrix that the guest has. */
static int guest_open(struct ap *ap)
{
	const char *text, *wrong;
	size_t len;

	if (ap->host->fact(ap->facts, 0, "guest_matrix", &text, &len))
		return 0;
	ap->guest = malloc(sizeof(*ap->guest));
	if (!ap->guest)
		return ap->host->fail(ap->facts, -ENOMEM, "out of memory");
	wrong = matrix_parse_listing(text, len, ap->guest);
	return wrong ? ap->host->fail(ap->facts, -EINVAL, "fact \"guest_matrix\" is malformed: %s",
				      wrong)
		     : 0;
}

/*
 * The kernel saves the guest's matrix: guest_matrix, and the control domains that the
 * host has. If guest_matrix is not known or may be cut, the configured matrix stands for
 * it: it never has less.
 */
int sent_open(struct ap *ap)
{
	const struct ap_listing *guest = ap->guest;

	ap->sent = ap->matrix;
	if (ap->host_control_known)
		ap->sent.control = mask_and(&ap->matrix.control, &ap->host_control);
	ap->sent_is_configured = !guest || !guest->whole;
	if (ap->sent_is_configured)
		return 0;
	if (listing_gap(guest) != AP_IDS)
		return ap->host->fail(
			ap->facts, -EINVAL,
			"fact \"guest_matrix\" is malformed: adapter %02x lacks domains of others",
			listing_gap(guest));
	struct ap_mask adapters = mask_without(&guest->adapters, &ap->matrix.adapters);
	struct ap_mask domains = mask_without(&guest->domains, &ap->matrix.domains);

	if (!mask_empty(&adapters) || !mask_empty(&domains))
		return ap->host->fail(
			ap->facts, -EINVAL,
			"fact \"guest_matrix\" has %s %02x, which the configured matrix lacks",
			mask_empty(&adapters) ? "domain" : "adapter",
			mask_next(mask_empty(&adapters) ? &domains : &adapters, 0));
	ap->sent.adapters = guest->adapters;
	ap->sent.domains = guest->domains;
	return 0;
}

int matrix_open(struct ap *ap)
{
	struct ap_listing *listing;
	const char *text;
	size_t len;
	int r = ap->host->fact(ap->facts, 0, "ap_config", &text, &len);

	if (r == 0) {
		const char *wrong = matrix_parse_config(text, len, &ap->matrix);

		if (wrong)
			return ap->host->fail(ap->facts, -EINVAL,
					      "fact \"ap_config\" is malformed: %s", wrong);
		ap->whole_write = true;
		return guest_open(ap);
	}
	if (r != -ENOENT)
		return ap->host->fail(
			ap->facts, r,
			"fact \"ap_config\" could not be read, so the matrix is not known");
	listing = malloc(sizeof(*listing));
	if (!listing)
		return ap->host->fail(ap->facts, -ENOMEM, "out of memory");
	r = listing_matrix(ap, listing);
	free(listing);
	return r ? r : guest_open(ap);
}
