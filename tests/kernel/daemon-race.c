// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests in which devices are created and removed, while the service attaches them and
 * users read and write their files. SHIM_ROUNDS is the number of rounds.
 */
#include "daemon-support.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "visitor.h"

static struct daemon_process daemon_;

static void rounds_of(struct visitor *visitor)
{
	/*
	 * For a moment a device is attached, and the queue's thread does not know it yet.
	 */
	visitor->tolerated = ENOTCONN;
	visitor_rounds(visitor);
	EXPECT_RESULT(0, daemon_stop(&daemon_));
}

static void mdev_is_created_and_removed(void)
{
	struct visitor visitor = {.string = "plain:mdev:plain:1;plain",
				  .other_string = "plain:mdev:plain:1;other"};

	EXPECT_RESULT(0, daemon_start(&daemon_, false));
	visitor_is_mdev(&visitor, "plain");
	rounds_of(&visitor);
}

static void card_is_bound_and_unbound(void)
{
	const char *address = strrchr(shim_card, '/') + 1;
	static char string[4096], other[4096];
	struct visitor visitor = {.string = string, .other_string = other};

	EXPECT_RESULT(0, daemon_start(&daemon_, false));
	shim_expect(subjects_wait(), "some devices are not attached");
	EXPECT_RESULT(0, subject_string(address, string, sizeof(string)));
	EXPECT_RESULT(0, subject_string(subjects[CARD_1].name, other, sizeof(other)));
	visitor_is_card(&visitor);
	EXPECT_RESULT(0, visitor.go(address));
	rounds_of(&visitor);
	EXPECT_RESULT(0, visitor.come(address));
}

#define TEST(name)          \
	{                   \
#name, name \
	}
static const struct shim_test tests[] = {
	TEST(mdev_is_created_and_removed),
	TEST(card_is_bound_and_unbound),
};

int main(int argc, char **argv)
{
	shim_find_devices();
	subjects_find();
	return shim_run(tests, sizeof(tests) / sizeof(tests[0]), argc > 1 ? argv[1] : NULL) != 0;
}
