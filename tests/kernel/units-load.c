// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the service as a systemd unit under the load of a crowd. It is killed, and its
 * successor gets the broker's descriptor from the store; it is stopped, which closes the
 * descriptor; and it is restarted. SHIM_WRITES is the number of writes.
 */
#include <stdio.h>
#include <stdlib.h>
#include "crowd.h"
#include "daemon-support.h"

#define UNIT "migcompatd.service"

static int systemctl(const char *verb)
{
	char line[256], output[4096];
	int status;

	snprintf(line, sizeof(line), "systemctl %s " UNIT, verb);
	status = PROGRAM(output, "sh", "-c", line);
	shim_expect(status == 0, "%s ends with %d: %s", line, status, output);
	return status;
}

static long main_process(void)
{
	char output[256];

	return PROGRAM(output, "systemctl", "show", "-P", "MainPID", UNIT) == 0 ? atol(output) : 0;
}

static bool is_active(void)
{
	char output[256];

	return PROGRAM(output, "systemctl", "is-active", UNIT) == 0;
}

/* Wait for so many further answers. */
static void let_work(unsigned long more)
{
	unsigned long before = crowd_done;

	while (crowd_done < before + more)
		sleep_ms(20);
}

static void killed_service_loses_no_question(void)
{
	unsigned long writes = (unsigned long)shim_number("SHIM_WRITES", 2000);

	crowd_prepare();
	crowd_start(0);
	for (int kills = 0; kills < 3; kills++) {
		long before = main_process();

		let_work(writes / 4);
		systemctl("kill --signal=KILL --kill-whom=main");
		while (main_process() == before || !is_active())
			sleep_ms(50);
		printf("  killed %ld after %lu writes, then there is %ld\n", before,
		       (unsigned long)crowd_done, main_process());
	}
	let_work(writes / 4);
	crowd_end();
	EXPECT_RESULT(0, (ssize_t)crowd_refused);
}

static void restart_keeps_waiting_callers(void)
{
	crowd_prepare();
	crowd_start(0);
	for (int round = 0; round < 2; round++) {
		let_work(CROWD_WRITERS);
		systemctl("restart");
	}
	let_work(CROWD_WRITERS);
	crowd_end();
	EXPECT_RESULT(0, (ssize_t)crowd_refused);
	printf("  %lu writes\n", (unsigned long)crowd_done);
}

static void stopped_service_is_enotconn_and_never_yes(void)
{
	unsigned long done, refused;

	crowd_prepare();
	crowd_may_refuse = true;
	crowd_start(0);
	let_work(CROWD_WRITERS);
	systemctl("stop");
	/* Writers that got an answer before this have counted it. */
	sleep_ms(2000);
	refused = crowd_refused;
	done = crowd_done;
	let_work(500);
	/* At most the difference of the two counts. */
	shim_expect(crowd_refused - refused + CROWD_WRITERS >= crowd_done - done,
		    "%lu of %lu answers are ENOTCONN", (unsigned long)crowd_refused - refused,
		    (unsigned long)crowd_done - done);
	systemctl("start");
	refused = crowd_refused;
	done = crowd_done;
	let_work(500);
	shim_expect(crowd_refused - refused <= CROWD_WRITERS,
		    "active, and %lu of %lu answers are ENOTCONN",
		    (unsigned long)crowd_refused - refused, (unsigned long)crowd_done - done);
	crowd_end();
}

#define TEST(name)          \
	{                   \
#name, name \
	}
static const struct shim_test tests[] = {
	TEST(killed_service_loses_no_question),
	TEST(restart_keeps_waiting_callers),
	TEST(stopped_service_is_enotconn_and_never_yes),
};

int main(int argc, char **argv)
{
	subjects_find();
	return shim_run(tests, sizeof(tests) / sizeof(tests[0]), argc > 1 ? argv[1] : NULL) != 0;
}
