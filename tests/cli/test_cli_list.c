/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat list: rows, columns, colours. */
#include "core/facts/macros.h"
#include "tests/support/run.h"

#define CLASS_2 "82445c23c87c41e7" /* the class of a card with two ports */

static void types_are_listed_on_demand(void **state)
{
	(void)state;
	run("migcompat " SERIAL_A "list");
	assert_status(0);
	assert_contains(ran.out, DUAL " mdev mtty   mtty:serial-2port mtty    yes        yes\n");
	assert_null(strstr(ran.out, "mtty/mtty-2"));
	run("migcompat " SERIAL_A "list --types");
	assert_contains(ran.out, "mtty/mtty-2");
}

static void migratable_is_the_answer_after_the_mechanism(void **state)
{
	(void)state;
	run("migcompat " SERIAL_C "list --json | jq -c '.devices[] | select(.host == \"serial-c\") "
	    "| [.migratable, .mechanism.source]' | uniq");
	assert_string_equal(ran.out, "[\"no\",\"kernel\"]\n");
	run("migcompat " SERIAL_C "list --raw -o device,reason | grep " CARD_1);
	assert_contains(ran.out, "cannot\\x20move\\x20its\\x20state");
	run("migcompat " SERIAL_C
	    "list --mechanism report --raw -o device,migratable | grep " CARD_1);
	assert_string_equal(ran.out, CARD_1 " yes\n");
}

static void one_host_needs_no_column(void **state)
{
	(void)state;
	run("migcompat " SERIAL_A "list");
	assert_true(strncmp(ran.out, "DEVICE ", 7) == 0);
	assert_contains(ran.out, " KIND DRIVER TYPE              BACKEND MIGRATABLE MECHANISM\n");
	assert_null(strstr(ran.out, "HOST"));
}

static void several_hosts_have_a_column(void **state)
{
	(void)state;
	run("migcompat " SERIAL "list");
	assert_contains(ran.out, " HOST     KIND ");
	assert_contains(ran.out, CARD_1 "                         serial-b physical ");
}

static void columns_are_chosen_in_any_case(void **state)
{
	(void)state;
	run("migcompat " SERIAL_B "list --raw -o path,Device");
	assert_string_equal(ran.out, "PATH DEVICE\n/devices/pci0000:00/" CARD_1 " " CARD_1
				     "\n/devices/pci0000:00/" CARD_2 " " CARD_2 "\n");
}

static void columns_are_added(void **state)
{
	(void)state;
	run("migcompat " SERIAL_B "list -o +model,mechanism");
	assert_contains(ran.out, "MIGRATABLE MECHANISM MODEL\n");
	assert_contains(ran.out, " yes       org.kernel/serial\n");
}

static void column_stands_once(void **state)
{
	(void)state;
	run("migcompat " SERIAL_B "list --raw -o kind,kind");
	assert_string_equal(ran.out, "KIND\nphysical\nphysical\n");
}

static void every_column_can_be_had(void **state)
{
	(void)state;
	run("migcompat " SERIAL_B "list --types -o "
	    "DEVICE,HOST,KIND,DRIVER,TYPE,BACKEND,MIGRATABLE,PARENT,MODEL,LABEL,MECHANISM,"
	    "AVAILABLE,REASON,VERSION,PATH");
	assert_status(0);
	assert_contains(ran.out, "mtty:physical:serial-2port:1;");
}

static void unknown_column_names_the_nearest(void **state)
{
	(void)state;
	run("migcompat " SERIAL_B "list -o devce");
	assert_trouble("unknown column \"devce\"; nearest is \"DEVICE\"");
	run("migcompat " SERIAL_B "list -o kind,");
	assert_trouble("unknown column \"\"");
}

static void wrong_column_is_said_before_anything_is_loaded(void **state)
{
	(void)state;
	run("migcompat --plugin-dir /nonexistent list -o devce");
	assert_trouble("unknown column");
}

static void json_has_a_row_a_device(void **state)
{
	json_t *document, *devices;

	(void)state;
	run("migcompat " SERIAL_B "list --types --json");
	assert_status(0);
	document = run_json();
	assert_string_equal(json_member(document, "format"), "migcompat-list/1");
	devices = json_object_get(document, "devices");
	assert_int_equal(json_array_size(devices), 3);
	assert_string_equal(json_member(json_array_get(devices, 1), "device"), CARD_2);
	assert_string_equal(json_member(json_array_get(devices, 1), "type"), "mtty:serial-2port");
	assert_string_equal(json_member(json_array_get(devices, 1), "migratable"), "yes");
	json_decref(document);
}

static void class_is_a_column_that_is_asked_for(void **state)
{
	(void)state;
	run("migcompat " SERIAL "list --raw -o class,host,device | sort");
	assert_status(0);
	/* Type and payload are equal on both hosts. */
	assert_contains(ran.out, CLASS_2 " serial-a " DUAL "\n");
	assert_contains(ran.out, CLASS_2 " serial-b " CARD_2 "\n");
	run("migcompat " SERIAL "list");
	assert_null(strstr(ran.out, "CLASS"));
}

static void class_is_what_sha256sum_makes_of_the_version_without_its_kind(void **state)
{
	(void)state;
	run("migcompat " SERIAL "version " CARD_2
	    " | tr -d '\\n' | sed 's/:physical:/:/' | sha256sum | cut -c 1-16");
	assert_string_equal(ran.out, CLASS_2 "\n");
	run("migcompat " SERIAL "show " CARD_2 " | grep class");
	assert_string_equal(ran.out, "class        " CLASS_2 "\n");
}

/* The cards of serial-c are bound to a driver that moves no state. */
static void device_that_cannot_be_moved_has_a_class_all_the_same(void **state)
{
	json_t *document;

	(void)state;
	run("migcompat " SERIAL_C "show --json " CARD_2);
	document = run_json();
	assert_string_equal(json_member(json_object_get(document, "mechanism"), "state"), "no");
	assert_string_equal(json_member(document, "class"), CLASS_2);
	json_decref(document);
}

static void device_without_a_string_has_no_class(void **state)
{
	(void)state;
	run("migcompat -i tests/hosts/ap-z16.json --json list --types | "
	    "jq -c '.devices[] | select(.kind == \"mdev-type\") | [.version, .class]'");
	assert_string_equal(ran.out, "[null,null]\n");
}

static void raw_and_json_exclude_each_other(void **state)
{
	(void)state;
	run("migcompat " SERIAL_B "list --raw --json");
	assert_json_trouble("EINVAL", "--raw and --json exclude each other");
}

static void rows_that_could_not_be_told_hurt_no_others(void **state)
{
	(void)state;
	run("migcompat -i tests/hosts/broken.json " SERIAL_B "list -o +reason");
	assert_status(0);
	assert_contains(ran.out, " error ");
	assert_contains(ran.out, CARD_2);
	assert_string_equal(ran.err, "");
}

static void empty_host_lists_nothing(void **state)
{
	json_t *document;

	(void)state;
	folder_write(&ran.folder, "empty.json",
		     "{\"format\":\"migcompat-inventory/"
		     "1\",\"host\":{\"name\":\"e\",\"facts\":{}},\"devices\":[]}");
	run("migcompat -i $FOLDER/empty.json list");
	assert_status(0);
	assert_string_equal(ran.out, "");
	run("migcompat -i $FOLDER/empty.json list --json");
	assert_status(0);
	document = run_json();
	assert_int_equal(json_array_size(json_object_get(document, "devices")), 0);
	json_decref(document);
}

/* ---------------------------------------------------------------- terminals */

/* script(1) provides a terminal, wide enough to wrap nothing. */
#define TERMINAL(command)                                                                   \
	"TERM=xterm script -qec 'stty cols 200; migcompat --config '$POLICY' " command "' " \
	"/dev/null"

static void pipes_get_no_color(void **state)
{
	(void)state;
	run("migcompat " SERIAL "list; migcompat " SERIAL "check " DUAL " " CARD_1
	    "; migcompat " SERIAL "ask " DUAL);
	assert_null(strchr(ran.out, '\033'));
}

static void terminals_get_color(void **state)
{
	(void)state;
	run(TERMINAL(SERIAL "check " DUAL " " CARD_1));
	assert_status(1);
	assert_contains(ran.out, "\033[31mincompatible\033[0m (type): source has 2 ports");
	assert_contains(ran.out, "\033[31mbad");
}

static void color_can_be_had_and_refused(void **state)
{
	(void)state;
	run("migcompat --color=always " SERIAL "check " DUAL " " CARD_1);
	assert_contains(ran.out, "\033[31mincompatible\033[0m");
	run("migcompat --color " SERIAL "check " DUAL " " CARD_2);
	assert_contains(ran.out, "\033[32mcompatible\033[0m");
	run(TERMINAL("--no-color " SERIAL "list"));
	assert_null(strchr(ran.out, '\033'));
	run("export NO_COLOR=1; " TERMINAL(SERIAL "list"));
	assert_null(strchr(ran.out, '\033'));
	run("TERM=dumb; "
	    "TERM=dumb script -qec 'migcompat " SERIAL "list' /dev/null");
	assert_null(strchr(ran.out, '\033'));
}

static void terminals_are_told_that_nothing_is_here(void **state)
{
	(void)state;
	folder_write(&ran.folder, "empty.json",
		     "{\"format\":\"migcompat-inventory/"
		     "1\",\"host\":{\"name\":\"e\",\"facts\":{}},\"devices\":[]}");
	run(TERMINAL("-i '$FOLDER'/empty.json list"));
	assert_status(0);
	assert_contains(ran.out, "no VFIO devices here");
}

static void narrow_terminals_lose_nothing_of_a_reason(void **state)
{
	(void)state;
	run("TERM=xterm script -qec 'stty cols 60; migcompat " SERIAL "check " DUAL " " CARD_1
	    "' /dev/null");
	assert_contains(ran.out, "ports: source has 2, target has 1 (must");
	assert_contains(ran.out, "be equal)");
}

/* As TERMINAL, with 80 columns. */
#define NARROW(command)                                                                          \
	"TERM=xterm script -qec 'stty cols 80; migcompat --no-color --config '$POLICY' " command \
	"' /dev/null | tr -d '\\r'"

static void narrow_terminals_break_lines_between_words(void **state)
{
	(void)state;
	run(NARROW("-i tests/hosts/serial-a.json -i tests/hosts/serial-c.json check " DUAL
		   " " CARD_1));
	assert_contains(ran.out, " mechanism: target: driver and kernel cannot move its state:\n   "
				 "              vfio-pci moves no device state;");
	run(NARROW("-i tests/hosts/broken.json list -o device,reason") " | wc -L");
	assert_true(strtol(ran.out, NULL, 10) <= 80);
}

static void narrow_terminals_get_fewer_columns_in_their_order(void **state)
{
	(void)state;
	run(NARROW(SERIAL_A "list"));
	assert_contains(ran.out, "DEVICE                               KIND TYPE              "
				 "MIGRATABLE MECHANISM\n");
	run(NARROW(SERIAL "list"));
	assert_contains(
		ran.out,
		"DEVICE                               HOST     TYPE              MIGRATABLE\n");
}

static void columns_that_were_asked_for_by_name_stay(void **state)
{
	(void)state;
	run(NARROW(SERIAL_A "list -o +driver"));
	assert_contains(
		ran.out,
		"DEVICE                               DRIVER TYPE              MIGRATABLE\n");
	run(NARROW(SERIAL_A "list -o device,kind,driver,type,backend,migratable,mechanism"));
	assert_contains(ran.out, " KIND DRIVER TYPE              BACKEND MIGRATABLE MECHANISM\n");
}

static void no_row_is_wider_than_the_terminal(void **state)
{
	static const char *const commands[] = {"list --types", "ask " DUAL, "ask serial-a//" SINGLE,
					       "backend list", "check " DUAL " serial-b//" CARD_1};

	(void)state;
	for (size_t i = 0; i < COUNT(commands); i++) {
		run("TERM=xterm script -qec \"stty cols 80; migcompat --no-color --config "
		    "$POLICY " SERIAL "-i tests/hosts/ap-z14.json "
		    "%s\" /dev/null | tr -d '\\r' | wc -L",
		    commands[i]);
		assert_in_range(strtol(ran.out, NULL, 10), 1, 80);
	}
}

static void reason_gets_the_room_that_other_columns_leave(void **state)
{
	(void)state;
	run(NARROW("-i tests/hosts/broken.json list -o +reason"));
	assert_contains(ran.out, "DEVICE                               MIGRATABLE REASON\n");
	assert_contains(ran.out, " the fact \"mdev_type\" is missing, and\n");
}

static void pipes_get_whole_lines(void **state)
{
	(void)state;
	run("COLUMNS=40; export COLUMNS; migcompat " SERIAL "check " DUAL " " CARD_1 " | cat");
	assert_contains(ran.out, "ports: source has 2, target has 1 (must be equal)\n");
}

/* A command takes the text of the column, whatever characters an id has. */
static void ids_of_raw_output_are_taken(void **state)
{
	(void)state;
	run("sed 's|0000:00:04.0|a!$*;<~#%%|g' tests/hosts/serial-b.json > $FOLDER/odd.json\n"
	    "migcompat -i $FOLDER/odd.json list --types --raw -o DEVICE | sed 1d > $FOLDER/ids\n"
	    "while read -r id; do migcompat -i $FOLDER/odd.json show \"$id\" || exit 3; done < "
	    "$FOLDER/ids; wc -l < $FOLDER/ids");
	assert_status(0);
	assert_contains(ran.out, "device       a!$*;<~#%\n");
	assert_contains(ran.out, "\n3\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_are_listed_on_demand),
		cmocka_unit_test(migratable_is_the_answer_after_the_mechanism),
		cmocka_unit_test(one_host_needs_no_column),
		cmocka_unit_test(several_hosts_have_a_column),
		cmocka_unit_test(columns_are_chosen_in_any_case),
		cmocka_unit_test(columns_are_added),
		cmocka_unit_test(column_stands_once),
		cmocka_unit_test(every_column_can_be_had),
		cmocka_unit_test(unknown_column_names_the_nearest),
		cmocka_unit_test(wrong_column_is_said_before_anything_is_loaded),
		cmocka_unit_test(json_has_a_row_a_device),
		cmocka_unit_test(raw_and_json_exclude_each_other),
		cmocka_unit_test(rows_that_could_not_be_told_hurt_no_others),
		cmocka_unit_test(empty_host_lists_nothing),
		cmocka_unit_test(pipes_get_no_color),
		cmocka_unit_test(terminals_get_color),
		cmocka_unit_test(color_can_be_had_and_refused),
		cmocka_unit_test(terminals_are_told_that_nothing_is_here),
		cmocka_unit_test(narrow_terminals_lose_nothing_of_a_reason),
		cmocka_unit_test(narrow_terminals_break_lines_between_words),
		cmocka_unit_test(narrow_terminals_get_fewer_columns_in_their_order),
		cmocka_unit_test(columns_that_were_asked_for_by_name_stay),
		cmocka_unit_test(no_row_is_wider_than_the_terminal),
		cmocka_unit_test(reason_gets_the_room_that_other_columns_leave),
		cmocka_unit_test(pipes_get_whole_lines),
		cmocka_unit_test(ids_of_raw_output_are_taken),
		cmocka_unit_test(class_is_a_column_that_is_asked_for),
		cmocka_unit_test(class_is_what_sha256sum_makes_of_the_version_without_its_kind),
		cmocka_unit_test(device_that_cannot_be_moved_has_a_class_all_the_same),
		cmocka_unit_test(device_without_a_string_has_no_class),
	};

	return run_group(tests);
}
