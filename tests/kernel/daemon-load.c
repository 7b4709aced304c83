// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests in which the service is killed under the load of a crowd, with its descriptor
 * stored and not. SHIM_WRITES is the number of writes.
 */
#include <signal.h>
#include <stdio.h>
#include "crowd.h"
#include "daemon-support.h"

static struct daemon_process daemon_;

static unsigned long writes_wanted(void)
{
	return (unsigned long)shim_number("SHIM_WRITES", 20000);
}

static void setup(bool keep)
{
	EXPECT_RESULT(0, daemon_start(&daemon_, keep));
	crowd_prepare();
}

static void many_writers_are_answered_right(void)
{
	unsigned long all = crowd_all(writes_wanted());
	double start;

	setup(false);
	start = seconds_now();
	crowd_start(writes_wanted());
	crowd_wait();
	EXPECT_RESULT((ssize_t)all, (ssize_t)crowd_done);
	printf("  %lu writes by %d writers, %.0f a second\n", all, CROWD_WRITERS,
	       (double)all / (seconds_now() - start));
	EXPECT_RESULT(0, daemon_stop(&daemon_));
}

static void killed_daemon_loses_no_question(void)
{
	unsigned long all = crowd_all(writes_wanted()), before = 0;
	int kills = 0;

	setup(true);
	crowd_start(writes_wanted());
	while (crowd_done < all) {
		sleep_ms(20);
		/* Each service runs for a while, so that the test makes progress. */
		if (crowd_done < before + all / 12 || crowd_done > all - 100)
			continue;
		before = crowd_done;
		daemon_kill(&daemon_);
		sleep_ms(100);
		EXPECT_RESULT(0, daemon_start(&daemon_, true));
		kills++;
	}
	crowd_wait();
	EXPECT_RESULT((ssize_t)all, (ssize_t)crowd_done);
	shim_expect(kills > 0, "the service was never killed");
	printf("  %lu writes, %d kills\n", (unsigned long)crowd_done, kills);
	EXPECT_RESULT(0, daemon_stop(&daemon_));
}

static void killed_daemon_without_successor_is_never_yes(void)
{
	setup(false);
	crowd_may_refuse = true;
	crowd_start(0);
	for (int round = 0; round < 5; round++) {
		sleep_ms(500);
		daemon_kill(&daemon_);
		sleep_ms(50);
		EXPECT_RESULT(0, daemon_start(&daemon_, false));
	}
	sleep_ms(500);
	crowd_end();
	printf("  %lu writes, %lu of them ENOTCONN\n", (unsigned long)crowd_done,
	       (unsigned long)crowd_refused);
	shim_expect(crowd_refused > 0 && crowd_refused < crowd_done, "none or all are ENOTCONN");
	EXPECT_RESULT(0, daemon_stop(&daemon_));
}

static void daemon_leaves_nothing_behind(void)
{
	/* Workers of a killed service exit by themselves. */
	for (int tries = 0; tries < 600 && processes_signal("migcompat-worke", 0); tries++)
		sleep_ms(50);
	EXPECT_RESULT(0, processes_signal("migcompat-worke", 0));
	EXPECT_RESULT(0, processes_signal("migcompatd", 0));
}

#define TEST(name)          \
	{                   \
#name, name \
	}
static const struct shim_test tests[] = {
	TEST(many_writers_are_answered_right),
	TEST(killed_daemon_loses_no_question),
	TEST(killed_daemon_without_successor_is_never_yes),
	TEST(daemon_leaves_nothing_behind),
};

int main(int argc, char **argv)
{
	shim_find_devices();
	subjects_find();
	return shim_run(tests, sizeof(tests) / sizeof(tests[0]), argc > 1 ? argv[1] : NULL) != 0;
}
