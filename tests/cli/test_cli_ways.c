/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The same questions to own workers and to the service: status, standard output and
 * standard error must be equal, byte for byte. In each line m is the program, with the
 * options for one of both.
 */
#include "core/facts/macros.h"
#include "tests/service/daemon.h"
#include "tests/support/run.h"

#define HOSTS TEST_SOURCE "/tests/hosts/"
#define B "serial-b//" /* ids that broken.json has, too */
#define VGPU "e6d3b8a4-1f75-4e09-87c2-9a0d5c4b0921"
#define MATRIX "5b8f1c2e-7a44-4d0b-9e36-0c14a5d20501"

static const char *const more[] = {
	"-i", HOSTS "broken.json",        "-i", HOSTS "gvt-gen9-1024.json",
	"-i", HOSTS "gvt-gen8-1024.json", "-i", HOSTS "ap-z14.json",
	"-i", HOSTS "ap-z16.json",        NULL,
};

static const char policy[] = "rules = (\n"
			     "	{ name = \"not this one\"; match = { source = { host = "
			     "\"serial-a\"; }; target = { host = \"serial-b\"; "
			     "kind = \"mdev-type\"; }; };\n"
			     "	  action = \"deny\"; reason = \"under repair\"; },\n"
			     "	{ name = \"tried\"; match = { source = { namespace = \"i915\"; }; "
			     "target = { namespace = \"i915\"; }; };\n"
			     "	  action = \"override\"; fields = ( \"pci_device\", "
			     "\"graphics_version\" ); reason = \"moved before\"; }\n"
			     ");\n";

static struct daemon service;

static int setup(void **state)
{
	run_setup(state);
	service = (struct daemon){.pid = 0};
	daemon_folder(&service);
	folder_write(&service.folder, "policy/migcompat.conf", policy);
	daemon_start(&service, more);
	setenv("SOCKET", service.socket, 1);
	setenv("SAME", folder_path(&service.folder, "policy"), 1);
	return 0;
}

static int teardown(void **state)
{
	daemon_end(&service);
	folder_remove(&service.folder);
	return run_teardown(state);
}

#define OWN                                                                              \
	"m() { command migcompat --config $SAME -i " HOSTS "serial-a.json -i " HOSTS     \
	"serial-b.json -i " HOSTS "broken.json -i " HOSTS "gvt-gen9-1024.json -i " HOSTS \
	"gvt-gen8-1024.json -i " HOSTS "ap-z14.json -i " HOSTS                           \
	"ap-z16.json \"$@\"; }; export -f m\n"
#define SERVICE "m() { command migcompat --daemon --socket $SOCKET \"$@\"; }; export -f m\n"

static char own_out[RUN_OUTPUT_MAX], own_err[RUN_OUTPUT_MAX];

/* status is the expected one of both; -1: any. */
static void same(const char *line, int status)
{
	int own_status;

	run(OWN "%s", line);
	own_status = ran.status;
	memcpy(own_out, ran.out, sizeof(own_out));
	memcpy(own_err, ran.err, sizeof(own_err));
	run(SERVICE "%s", line);
	if (ran.status != own_status || strcmp(ran.out, own_out) != 0 ||
	    strcmp(ran.err, own_err) != 0)
		fail_msg("%s\n--- own workers: %d\n%s%s\n--- service: %d\n%s%s", line, own_status,
			 own_out, own_err, ran.status, ran.out, ran.err);
	if (status >= 0)
		assert_status(status);
}

struct line {
	const char *words; /* of the command line */
	int status;
};

/* As a table, as a document, in colour, and on a terminal of 80 columns. */
static void same_in_every_form(const struct line *lines, size_t count)
{
	char text[4096];

	for (size_t i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "m %s", lines[i].words);
		same(text, lines[i].status);
		snprintf(text, sizeof(text), "m --json %s", lines[i].words);
		same(text, lines[i].status);
		snprintf(text, sizeof(text), "m --color=always %s", lines[i].words);
		same(text, lines[i].status);
		snprintf(text, sizeof(text),
			 "WORDS=\"%s\"; export WORDS; SHELL=/bin/bash TERM=xterm script -qec 'stty "
			 "cols 80; bash -c \"m $WORDS\"' /dev/null",
			 lines[i].words);
		same(text, lines[i].status);
	}
}

#define SAME_IN_EVERY_FORM(...)                                   \
	do {                                                      \
		static const struct line lines[] = {__VA_ARGS__}; \
		same_in_every_form(lines, COUNT(lines));          \
	} while (0)

static void lists_are_the_same(void **state)
{
	(void)state;
	SAME_IN_EVERY_FORM({"list", 0}, {"list --types", 0},
			   {"list --types -o +HOLD,REASON,AVAILABLE,MODEL,LABEL", 0},
			   {"list --types -o VERSION,PATH,PARENT,HOST", 0},
			   {"list --types --mechanism report -o +REASON", 0});
	same("m list --types --raw -o +REASON", 0);
	assert_contains(ran.out, MATRIX);
	assert_contains(ran.out, "0000:00:02.0/i915-GVTg_V5_4");
}

/* Tables are made of the document, so every sixth device will do. */
static void every_device_is_told_the_same(void **state)
{
	(void)state;
	same("i=0; for d in $(m list --types --raw -o HOST,DEVICE | sed -e 1d -e 's| |//|'); do\n"
	     "  for command in show type version params; do\n"
	     "    echo \"$command $d\"; m $command $d --json 2>&1; echo $?; [ $((i++ % 6)) != 0 ] "
	     "|| m $command $d 2>&1\n"
	     "  done\n"
	     "done",
	     -1);
	assert_contains(ran.out, "show ap-z14//" MATRIX "\n");
	assert_contains(ran.out, "\nversion serial-b//" CARD_2 "\n{");
	assert_contains(ran.out, ",\"version\":\"mtty:physical:serial-2port:");
	assert_contains(ran.out, "\"errno\":\"ENODEV\"");
	assert_contains(ran.out, "\"errno\":\"ENOTCONN\"");
	assert_contains(ran.out, "\"errno\":\"EIO\"");
}

static void verdicts_are_the_same(void **state)
{
	(void)state;
	SAME_IN_EVERY_FORM(
		{"check " DUAL " " B CARD_2, 0}, {"check -v " DUAL " " B CARD_2, 0},
		{"check " DUAL " " B CARD_1, 1}, {"check -v " DUAL " " B CARD_1, 1},
		{"check " DUAL " serial-b//mtty/mtty-2", 1}, {"check " DUAL " " MATRIX, 1},
		{"check -v " VGPU " 0b8a6f3e-54c1-4d27-b1f6-7e9d2c5a0821", -1},
		{"check " MATRIX " c4d9e7a0-31b5-4f68-8a27-16c8f0e30503", -1},
		{"check --mechanism report -v " VGPU " 0b8a6f3e-54c1-4d27-b1f6-7e9d2c5a0821", -1},
		{"check --mechanism prove " DUAL " " B CARD_2, 0},
		{"check --available " DUAL " serial-a//mtty/mtty-2", -1},
		{"check " MATRIX " 5b8f1c2e-7a44-4d0b-9e36-0c14a5d20602", 0},
		{"check b0000000-0000-4000-8000-019150000002 " VGPU, 2},
		{"check -v " VGPU " b0000000-0000-4000-8000-0f0000000001", 1},
		{"check --fingerprint 0 " DUAL " " B CARD_2, 2},
		{"check -v --fingerprint 0 " DUAL " " B CARD_1, 2});
	same("f=$(m check --json " DUAL " " B CARD_2
	     " | jq -r .target_fingerprint); m check --fingerprint $f " DUAL " " B CARD_2,
	     0);
}

static void many_verdicts_are_the_same(void **state)
{
	(void)state;
	same("devices=$(m list --types --raw -o HOST,DEVICE | sed -e 1d -e 's| |//|')\n"
	     "for a in $devices; do for b in serial-b//" CARD_1
	     " gvt-gen9-1024//0000:00:02.0/i915-GVTg_V5_4; do\n"
	     "  echo \"$a $b\"; m check -v $a $b 2>&1; echo $?\n"
	     "done; done",
	     0);
	assert_contains(ran.out, "serial-a//" DUAL " serial-b//" CARD_1 "\nincompatible (type)");
}

static void choices_are_the_same(void **state)
{
	(void)state;
	SAME_IN_EVERY_FORM({"ask " DUAL, 0}, {"ask " VGPU, 1}, {"ask --mechanism report " VGPU, 0},
			   {"ask " MATRIX, -1}, {"ask --host serial-b " DUAL, 0},
			   {"ask --host ap-z14 " DUAL, 1}, {"ask --all " DUAL, 0},
			   {"ask --available --other-hosts --all " DUAL, 0},
			   {"ask ap-z14//matrix/vfio_ap-passthrough", 1},
			   {"ask b0000000-0000-4000-8000-019150000002", 2},
			   {"ask --host nowhere " DUAL, 2}, {"ask nobody", 2});
}

static void names_that_fit_nothing_are_told_the_same(void **state)
{
	(void)state;
	SAME_IN_EVERY_FORM({"show nobody", 2}, {"type serial-a//nobody", 2},
			   {"version mtty/mtty-2", 2}, {"params nohost//" DUAL, 2},
			   {"check nobody " DUAL, 2}, {"check " DUAL " nobody", 2},
			   {"check " DUAL " mtty/mtty-2", 2}, {"show ''", 2});
	same("m show $'a\\nb\\033[31m'", 2);
	same("m show $'a\\377'", 2);
	same("m check " DUAL " $'\\377'", 2);
	same("m ask " DUAL " --host $'\\377'", 2);
	same("m show \"$(head -c 50000 /dev/zero | tr '\\0' a)\"", 2);
}

static void strings_are_told_the_same(void **state)
{
	static const char *const inputs[] = {
		"m version " DUAL,
		"m version " DUAL " | tr -d '\\n'",
		"m version " VGPU,
		"m version " DUAL " | head -c 60",
		"echo",
		"echo nonsense",
		"printf 'mtty:mdev:serial-2port:1;\\001'",
		"printf 'mtty:mdev:serial-2port:1;\\377'",
		"printf 'mtty:mdev:serial-2port:1;\\0'",
		"printf 'mtty:mdev:serial-2port:1;\\303\\244'",
		"printf '\\0'",
		"printf 'a:mdev:b:c\\na:mdev:b:c\\n'",
		"printf 'mtty:mdev:serial-2port:%04072d' 0",
		"head -c 100000 /dev/zero",
		"head -c 100000 /dev/zero | tr '\\0' a",
		"printf ''",
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < COUNT(inputs); i++) {
		snprintf(text, sizeof(text), "%s | m check - " B CARD_2, inputs[i]);
		same(text, -1);
		snprintf(text, sizeof(text), "%s | m check -v --json - " B CARD_2, inputs[i]);
		same(text, -1);
		snprintf(text, sizeof(text), "%s | m ask -", inputs[i]);
		same(text, -1);
		snprintf(text, sizeof(text), "%s | m ask - --json", inputs[i]);
		same(text, -1);
	}
	same("m check - " B CARD_2 " </", 2);
}

static void backends_are_the_same(void **state)
{
	(void)state;
	SAME_IN_EVERY_FORM({"backend list", 0});
	same("m backend list", 0);
	assert_contains(ran.out, "mtty    1.0.0   loaded ");
}

/* A folder of backends with broken ones, for a service of its own. */
static void backends_that_failed_are_the_same(void **state)
{
	struct daemon other = {.pid = 0};
	char folder[256];

	(void)state;
	run("mkdir $FOLDER/some; chmod 755 $FOLDER; cp " TEST_BUILD "/backends/mtty.so " TEST_BUILD
	    "/tests/backends/no_symbol/no_symbol.so " TEST_BUILD
	    "/tests/backends/exit_constructor/exit_constructor.so " TEST_BUILD
	    "/tests/backends/missing_library/missing_library.so $FOLDER/some");
	assert_status(0);
	snprintf(folder, sizeof(folder), "%s/some", ran.folder.path);
	daemon_folder(&other);
	daemon_start(&other, (const char *[]){"--plugin-dir", folder, NULL});
	setenv("SOCKET", other.socket, 1);
	setenv("SOME", folder, 1);
	for (int json = 0; json < 2; json++) {
		run("command migcompat --config $POLICY --plugin-dir $SOME backend list %s",
		    json ? "--json" : "");
		memcpy(own_out, ran.out, sizeof(own_out));
		assert_status(0);
		run("command migcompat --daemon --socket $SOCKET backend list %s",
		    json ? "--json" : "");
		assert_status(0);
		assert_string_equal(ran.out, own_out);
		assert_contains(ran.out, "cannot open shared object file");
	}
	setenv("SOCKET", service.socket, 1);
	daemon_end(&other);
	folder_remove(&other.folder);
}

static void wrong_usage_is_told_the_same(void **state)
{
	(void)state;
	SAME_IN_EVERY_FORM({"check " DUAL, 2}, {"list -o devce", 2}, {"show", 2},
			   {"list --raw --json", 2}, {"type --types " DUAL, 2});
}

static void lost_output_is_no_yes_whoever_answered(void **state)
{
	(void)state;
	same("m check " DUAL " " B CARD_2 " >/dev/full", 2);
	same("m list --json >/dev/full", 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_the_same),
		cmocka_unit_test(every_device_is_told_the_same),
		cmocka_unit_test(verdicts_are_the_same),
		cmocka_unit_test(many_verdicts_are_the_same),
		cmocka_unit_test(choices_are_the_same),
		cmocka_unit_test(names_that_fit_nothing_are_told_the_same),
		cmocka_unit_test(strings_are_told_the_same),
		cmocka_unit_test(backends_are_the_same),
		cmocka_unit_test(backends_that_failed_are_the_same),
		cmocka_unit_test(wrong_usage_is_told_the_same),
		cmocka_unit_test(lost_output_is_no_yes_whoever_answered),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
