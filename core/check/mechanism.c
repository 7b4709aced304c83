/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Weighs evidence, then judges it by the mode. The two are separate, so that "list" and
 * "show" can report what they do not judge. If the kernel and a backend agree, the
 * backend's sentence is shown, since it says more.
 */
#include "core/check/mechanism.h"

#include <errno.h>
#include <stdio.h>

#include "core/facts/kernel_word.h"

/* The kernel's sentence, unless the backend agrees and says more. */
static const char *kernel_text(uint32_t state, const struct mechanism_claim *claim)
{
	if (claim->state == state && claim->text)
		return claim->text;
	return state == MIGCOMPAT_YES ? "the kernel says that its driver can migrate it"
				      : "the kernel says that its driver cannot migrate it";
}

static const char *claim_text(const struct mechanism_claim *claim)
{
	static const char *const texts[] = {
		[MIGCOMPAT_UNKNOWN] = "",
		[MIGCOMPAT_YES] = "its backend says that driver and kernel can migrate it",
		[MIGCOMPAT_NO] = "its backend says that driver and kernel cannot migrate it",
	};

	return claim->text ? claim->text : texts[claim->state];
}

void mechanism_weigh(const struct device *device, const struct mechanism_claim *claim,
		     struct mechanism *ret)
{
	uint32_t word = kernel_word(device);

	*ret = (struct mechanism){
		.state = word,
		.source = MECHANISM_KERNEL,
		.features = factset_text(&device->facts, KERNEL_WORD_FEATURES),
		.text = kernel_text(word, claim),
	};
	if (word != MIGCOMPAT_UNKNOWN)
		return;
	ret->state = claim->state;
	ret->source = claim->state == MIGCOMPAT_UNKNOWN ? MECHANISM_NONE
		      : claim->fallback                 ? MECHANISM_DRIVER
							: MECHANISM_BACKEND;
	ret->text = claim_text(claim);
}

struct mechanism_claim mechanism_claim_open(const struct opened *opened)
{
	return (struct mechanism_claim){
		.state = opened->mechanism,
		.text = opened->mechanism_text,
		.fallback = opened->provider->info.fallback,
	};
}

/* A device that can be neither source nor target cannot be moved. */
struct mechanism_claim mechanism_claim_closed(const struct provider *provider, int r,
					      const char *why)
{
	struct mechanism_claim claim = {.state = MIGCOMPAT_UNKNOWN};

	if (provider && r == -ENODEV)
		claim = (struct mechanism_claim){
			.state = MIGCOMPAT_NO,
			.text = why,
			.fallback = provider->info.fallback,
		};
	return claim;
}

bool mechanism_refuses(enum policy_mechanism mode, uint32_t state)
{
	static const bool refuses[][MIGCOMPAT_NO + 1] = {
		[POLICY_MECHANISM_REPORT] = {[MIGCOMPAT_NO] = false},
		[POLICY_MECHANISM_REQUIRE] = {[MIGCOMPAT_NO] = true},
		[POLICY_MECHANISM_PROVE] = {[MIGCOMPAT_NO] = true, [MIGCOMPAT_UNKNOWN] = true},
	};

	return refuses[mode][state];
}

void mechanism_sentence(const struct mechanism *mechanism, char *buffer, size_t size)
{
	static const char *const begins[] = {
		[MIGCOMPAT_UNKNOWN] =
			"it is not known whether driver and kernel can move its state",
		[MIGCOMPAT_YES] = "driver and kernel can move its state",
		[MIGCOMPAT_NO] = "driver and kernel cannot move its state",
	};

	snprintf(buffer, size, "%s%s%s", begins[mechanism->state], *mechanism->text ? ": " : "",
		 mechanism->text);
}

int mechanism_judge(enum policy_mechanism mode, const struct mechanism *mechanism,
		    struct error *err)
{
	char sentence[ERROR_TEXT_MAX];

	if (!mechanism_refuses(mode, mechanism->state))
		return 0;
	mechanism_sentence(mechanism, sentence, sizeof(sentence));
	return error_set(err, -ENODEV, "%s", sentence);
}

const char *mechanism_source_name(enum mechanism_source source)
{
	static const char *const names[MECHANISM_SOURCE_COUNT] = {
		[MECHANISM_NONE] = "none",
		[MECHANISM_DRIVER] = "driver",
		[MECHANISM_BACKEND] = "backend",
		[MECHANISM_KERNEL] = "kernel",
	};

	return names[source];
}
