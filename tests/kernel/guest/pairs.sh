# SPDX-License-Identifier: LGPL-2.1-or-later
# The project on a real kernel: list, inventory, check of every ordered pair, ask. Each
# pair of mdev and card is compared with a real state transfer: the verdict must be yes if
# and only if the kernel moves the state. A result that the table below does not expect is
# a failure, too.
. /lab/devices.sh

# Expected verdict, mechanism and finding of a pair, as patterns. The first matching line
# counts. Cards on vfio-pci have as many ports as an mdev, but cannot migrate; neither can
# the mtty of 6.1.
# SOURCE>TARGET             VERDICT        MECHANISM      FINDING
case "$LAB_KERNEL" in
6.1.*) EXPECTATIONS='
*>*                         not-migratable no             mechanism
' ;;
*) EXPECTATIONS='
card:*>*                    not-migratable no             mechanism
*>card:*                    not-migratable no             mechanism
mtty-2:*>mtty-2:*           compatible     yes            ports
mtty-1:*>mtty-1:*           compatible     yes            ports
mtty-2:*>type:mtty-2        compatible     yes            ports
mtty-1:*>type:mtty-1        compatible     yes            ports
type:mtty-2>mtty-2:*        compatible     yes            ports
type:mtty-1>mtty-1:*        compatible     yes            ports
type:mtty-2>type:mtty-2     compatible     yes            ports
type:mtty-1>type:mtty-1     compatible     yes            ports
*>*                         incompatible   yes            ports
' ;;
esac

failures=0
fail() {
	failures=$((failures + 1))
	echo "FAILED: $*" | tee -a /out/failures.txt
}

# Exit status of a question whose answer is yes if mtty migrates.
case "$LAB_KERNEL" in 6.1.*) MOVES=1 ;; *) MOVES=0 ;; esac

# One value of a verdict. busybox has no JSON tool; the keys are unique before the
# findings.
verdict_of() { tr -d '\n' <"$1" | sed -n 's/.*"verdict": *"\([^"]*\)".*/\1/p'; }
mechanism_of() { tr -d '\n' <"$1" | sed -n 's/.*"mechanism": *{ *"state": *"\([^"]*\)".*/\1/p'; }
witness_of() { tr -d '\n' <"$1" |
	sed -n 's/.*"mechanism": *{ *"state": *"[^"]*", *"source": *"\([^"]*\)".*/\1/p'; }
availability_of() { tr -d '\n' <"$1" |
	sed -n 's/.*"availability": *{ *"state": *"\([^"]*\)".*/\1/p'; }

expect() {
	pair=$1 verdict=$2 mechanism=$3 file=$4
	while read -r pattern want_verdict want_mechanism want_finding; do
		# shellcheck disable=SC2254 # a pattern it is
		case $pair in $pattern) ;; *) continue ;; esac
		[ -n "$pattern" ] || continue
		[ "$verdict" = "$want_verdict" ] ||
			fail "$pair: verdict $verdict, expected $want_verdict"
		[ "$mechanism" = "$want_mechanism" ] ||
			fail "$pair: mechanism $mechanism, expected $want_mechanism"
		tr -d '\n' <"$file" | grep -q "\"field\": *\"$want_finding\"" ||
			fail "$pair: no finding for $want_finding"
		return
	done <<END
$EXPECTATIONS
END
}

run() {
	name=$1 want=$2
	shift 2
	"$@" >/out/"$name".txt 2>/out/"$name".err
	got=$?
	[ $got = "$want" ] || fail "$* ended with $got, expected $want: $(cat /out/"$name".err)"
}

# A yes must be a state that moved, a no one that did not.
agreement() {
	case "$1 $2" in
	'0 yes '* | '1 no '*) echo yes ;;
	*) echo NO ;;
	esac
}

ports() { case $1 in *mtty-2* | card:2) echo 2 ;; *) echo 1 ;; esac; }

# With mechanism = "report" the fields decide.
check_fields() {
	want=1
	[ "$(ports "$(label $1)")" != "$(ports "$(label $2)")" ] || want=0
	run fields $want migcompat check --mechanism report $1 $2
}

check_pair() {
	source=$1 target=$2 pair="$(label $1)>$(label $2)"
	file=/out/pairs/$(label $1)--$(label $2).json
	migcompat check --json $source $target >"$file" 2>>/out/check.err
	status=$?
	verdict=$(verdict_of "$file")
	mechanism=$(mechanism_of "$file")
	echo "$source $target $status ${file##*/}" >>/out/pairs.list
	case "$status $verdict" in
	'0 compatible' | '1 incompatible' | '1 not-migratable') ;;
	*) fail "$pair: exit status $status with verdict '$verdict'" ;;
	esac

	kernel=- agree=-
	case "$source $target" in
	*mtty/*) ;;
	*)
		kernel=$(vfio-transfer $source $target 2>>/out/transfer.err)
		agree=$(agreement $status "$kernel")
		[ $agree != NO ] || fail "$pair: migcompat $status, kernel $kernel"
		# If the kernel reports migration support, that decides.
		[ ! -d /sys/kernel/debug/vfio ] || [ "$(witness_of "$file")" = kernel ] ||
			fail "$pair: the mechanism is known from $(witness_of "$file")"
		;;
	esac
	printf '%-12s %-12s %-15s %-10s %-11s %s\n' "$(label $source)" "$(label $target)" \
		"$verdict" "$mechanism" "$kernel" $agree |
		tee -a /out/pairs.txt
	expect "$pair" "$verdict" "$mechanism" "$file"
	check_fields $source $target
}

check_list() {
	run list 0 migcompat list
	run list-types 0 migcompat list --types
	run backends 0 migcompat backend list
	for device in $MDEVS $CARDS; do
		grep -q "$device" /out/list.txt || fail "list does not show $device"
	done
	for device in $MDEVS $CARDS $TYPES; do
		grep -q "$device" /out/list-types.txt || fail "list --types does not show $device"
	done
	cat /out/list-types.txt
}

# The choices for a source must be the targets that check calls compatible.
check_ask() {
	source=$1
	run "ask-$(label $source)" $MOVES migcompat ask $source
	run "ask-$(label $source)-json" $MOVES migcompat ask --json $source
	for target in $MDEVS $TYPES $CARDS; do
		[ $source != $target ] || continue
		offered=no wanted=no
		grep -q "\"device\": *\"$target\"" "/out/ask-$(label $source)-json.txt" &&
			offered=yes
		grep -q "^$source $target 0 " /out/pairs.list && wanted=yes
		[ $offered = $wanted ] ||
			fail "ask $(label $source): $(label $target) offered $offered, not $wanted"
	done
}

# Tools pass on the string alone, which must lead to the same answer. A source that cannot
# migrate has no string.
check_string() {
	run "string-$(label $1)" $MOVES migcompat version $1
	[ $MOVES = 0 ] || return
	migcompat version $1 | migcompat check - $2 >>/out/strings.txt 2>&1
	status=$?
	grep -q "^$1 $2 $status " /out/pairs.list ||
		fail "$(label $1)>$(label $2): the string alone gives status $status"
}

# If only the source of the facts differs, the documents must be identical, with
# fingerprints. One source is enough here; the host repeats all pairs.
check_offline() {
	for target in $MDEVS $TYPES $CARDS; do
		file=$(label $1)--$(label $target).json
		migcompat -i /out/inventory.json check --json $1 $target 2>>/out/check.err |
			cmp - "/out/pairs/$file" ||
			fail "$(label $1)>$(label $target): the inventory leads to another document"
	done
}

# If all ports are in use, the type is compatible and not available.
check_exhausted() {
	folder=$PARENT/mdev_supported_types/mtty-2
	number=100
	while [ "$(cat $folder/available_instances)" -gt 0 ]; do
		number=$((number + 1))
		echo 83b8f4f2-509f-382f-3c1e-e6bfe0fa9$number >$folder/create || break
	done
	run exhausted $MOVES migcompat check --json $MDEV_2A mtty/mtty-2
	[ "$(availability_of /out/exhausted.txt)" = no ] ||
		fail "the used-up type is said to be available"
	run exhausted-available 1 migcompat check --available $MDEV_2A mtty/mtty-2
}

make_mdevs && bind_cards || exit 1
# The speed of the machine does not matter.
mkdir -p /etc/migcompat/conf.d /out/pairs
echo 'timeout_ms = 60000;' >/etc/migcompat/conf.d/busy.conf
check_list
run inventory 0 migcompat inventory
mv /out/inventory.txt /out/inventory.json
printf '%-12s %-12s %-15s %-10s %-11s %s\n' SOURCE TARGET MIGCOMPAT MECHANISM KERNEL AGREE |
	tee /out/pairs.txt
for source in $MDEVS $TYPES $CARDS; do
	for target in $MDEVS $TYPES $CARDS; do
		check_pair $source $target
	done
done
# Each of the eight pairs of equal mdevs must have been moved. Otherwise nothing was
# tested.
moved=$(grep -c '^mtty-.* yes [0-9]' /out/pairs.txt)
case "$LAB_KERNEL" in
6.1.*) ;;
*) [ "$moved" = 8 ] || fail "the kernel moved $moved pairs, expected 8" ;;
esac
run text-no 1 migcompat check $MDEV_2A $MDEV_1A
grep -qF 'ports: source has 2, target has 1 (must be equal)' /out/text-no.txt ||
	fail "the refusal does not tell the ports"
cat /out/text-no.txt
run unknown-device 2 migcompat check $MDEV_2A 00000000-0000-0000-0000-000000000000
for source in $MDEV_2A $MDEV_1A; do
	check_ask $source
	for target in $MDEVS; do check_string $source $target; done
done
cat /out/ask-mtty-2:a.txt
check_offline $MDEV_2A
check_exhausted
echo "$failures failures"
[ $failures = 0 ]
