// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of devices that come and go while they are read, written, attached and detached, the broker being as hasty as it gets.
 * SHIM_ROUNDS sizes it.
 */
#include "visitor.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define STRING "mtty:mdev:serial:1:ports=2"

static struct broker_process broker;
static atomic_ulong attached;

/* Tries to attach all the time, so at the worst moments too; each fifth one it detaches itself. */
static void *attacher_run(void *argument)
{
	char path[256];

	while (!visitor_stop) {
		ssize_t id = broker_do_attach(&broker, visitor_path(argument, path), NULL), result;

		shim_expect(id > 0 || id == -ENODEV || id == -EEXIST, "attaching gives %s", shim_name(id));
		if (id <= 0)
			continue;
		attached++;
		result = broker_say(&broker, NULL, 0, "publish %zd mtty:serial ports=int|2|1-2|2|-|0", id);
		shim_expect(result == 0 || result == -EINVAL, "publishing gives %s", shim_name(result));
		if (attached % 5)
			continue;
		result = broker_say(&broker, NULL, 0, "detach %zd", id);
		shim_expect(result == 0 || result == -EINVAL, "detaching gives %s", shim_name(result));
	}
	return NULL;
}

static void rounds_of(struct visitor *visitor)
{
	visitor->string = STRING;
	visitor->other_string = "mtty:mdev:serial:1:ports=1";
	visitor->parameter = "params/ports/value";
	visitor->companion = attacher_run;
	attached = 0;
	EXPECT_RESULT(0, broker_start(&broker, -1, (char *[]){ "*=" STRING, NULL }));
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "detach-all"));
	visitor_rounds(visitor);
	printf("  %lu times attached\n", (unsigned long)attached);
	broker_stop(&broker);
}

static void mdev_comes_and_goes(void)
{
	struct visitor visitor = { .names = 0 };

	visitor_is_mdev(&visitor, "migtest");
	rounds_of(&visitor);
}

static void card_is_bound_and_unbound(void)
{
	const char *address = strrchr(shim_card, '/') + 1;
	struct visitor visitor = { .names = 0 };

	visitor_is_card(&visitor);
	EXPECT_RESULT(0, visitor.go(address));
	rounds_of(&visitor);
	EXPECT_RESULT(0, visitor.come(address));
}

#define TEST(name) { #name, name }
static const struct shim_test tests[] = {
	TEST(mdev_comes_and_goes),
	TEST(card_is_bound_and_unbound),
};

int main(int argc, char **argv)
{
	shim_find_devices();
	return shim_run(tests, sizeof(tests) / sizeof(tests[0]), argc > 1 ? argv[1] : NULL) != 0;
}
