# SPDX-License-Identifier: LGPL-2.1-or-later
# The project on a real kernel: list, inventory, check of every ordered pair, ask; each mdev and card pair is held against a real
# state transfer. It expects only what stands in the table below, and every disagreement is a failure.
. /lab/devices.sh

# Expected verdict and mechanism of a pair, as patterns, and the finding that must be there; the first line that fits counts.
# Cards on vfio-pci have the same ports as an mdev but no migration in the kernel: their state fits, and the verdict must say,
# loudly, that the mechanism is missing.
# SOURCE>TARGET             VERDICT       MECHANISM       FINDING
EXPECTATIONS='
mtty-2:*>mtty-2:*           compatible    yes             ports
mtty-1:*>mtty-1:*           compatible    yes             ports
mtty-2:*>type:mtty-2        compatible    yes             ports
mtty-1:*>type:mtty-1        compatible    yes             ports
mtty-2:*>card:2             compatible    no              mechanism
mtty-1:*>card:1             compatible    no              mechanism
type:mtty-2>mtty-2:*        compatible    yes             ports
type:mtty-1>mtty-1:*        compatible    yes             ports
type:mtty-2>type:mtty-2     compatible    yes             ports
type:mtty-1>type:mtty-1     compatible    yes             ports
type:mtty-2>card:2          compatible    no              mechanism
type:mtty-1>card:1          compatible    no              mechanism
card:2>mtty-2:*             compatible    no              mechanism
card:1>mtty-1:*             compatible    no              mechanism
card:2>type:mtty-2          compatible    no              mechanism
card:1>type:mtty-1          compatible    no              mechanism
card:2>card:2               compatible    no              mechanism
card:1>card:1               compatible    no              mechanism
*>*                         incompatible  yes|no          ports
'

failures=0
fail() {
	failures=$((failures + 1))
	echo "FAILED: $*" | tee -a /out/failures.txt
}

# One value out of a verdict: busybox has no JSON tool, and the keys are unique in what comes before the findings.
verdict_of() { tr -d '\n' <"$1" | sed -n 's/.*"verdict": *"\([^"]*\)".*/\1/p'; }
mechanism_of() { tr -d '\n' <"$1" | sed -n 's/.*"mechanism": *{ *"state": *"\([^"]*\)".*/\1/p'; }
availability_of() { tr -d '\n' <"$1" | sed -n 's/.*"availability": *{ *"state": *"\([^"]*\)".*/\1/p'; }

one_of() { case "|$2|" in *"|$1|"*) return 0 ;; esac; return 1; }

expect() {
	pair=$1 verdict=$2 mechanism=$3 file=$4
	while read -r pattern want_verdict want_mechanism want_finding; do
		# shellcheck disable=SC2254 # a pattern it is
		case $pair in $pattern) ;; *) continue ;; esac
		[ -n "$pattern" ] || continue
		# The mtty of 6.1 has no migration yet.
		case "$LAB_KERNEL" in 6.1.*) want_mechanism=no ;; esac
		[ "$verdict" = "$want_verdict" ] || fail "$pair: verdict $verdict, expected $want_verdict"
		one_of "$mechanism" "$want_mechanism" || fail "$pair: mechanism $mechanism, expected $want_mechanism"
		tr -d '\n' <"$file" | grep -q "\"field\": *\"$want_finding\"" || fail "$pair: no finding for $want_finding"
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

# A migcompat that says yes where the kernel's driver has no migration at all is right about the state, provided that it does not
# claim the mechanism; every other difference is a disagreement.
agreement() {
	status=$1 mechanism=$2 kernel=$3
	case "$status $kernel" in
	'0 yes '* | '1 no '*) echo yes ;;
	'0 no ENOTTY') [ "$mechanism" = yes ] && echo NO || echo mechanism ;;
	*) echo NO ;;
	esac
}

check_pair() {
	source=$1 target=$2 pair="$(label $1)>$(label $2)" file=/out/pairs/$(label $1)--$(label $2).json
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
		agree=$(agreement $status "$mechanism" "$kernel")
		[ $agree != NO ] || fail "$pair: migcompat $status, kernel $kernel"
		;;
	esac
	printf '%-12s %-12s %-15s %-10s %-11s %s\n' "$(label $source)" "$(label $target)" "$verdict" "$mechanism" "$kernel" $agree |
		tee -a /out/pairs.txt
	expect "$pair" "$verdict" "$mechanism" "$file"
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

# The choices of a source are the targets that check calls compatible, and no others.
check_ask() {
	source=$1
	run "ask-$(label $source)" 0 migcompat ask $source
	run "ask-$(label $source)-json" 0 migcompat ask --json $source
	for target in $MDEVS $TYPES $CARDS; do
		[ $source != $target ] || continue
		offered=no wanted=no
		grep -q "\"device\": *\"$target\"" "/out/ask-$(label $source)-json.txt" && offered=yes
		grep -q "^$source $target 0 " /out/pairs.list && wanted=yes
		[ $offered = $wanted ] || fail "ask $(label $source): $(label $target) offered $offered, check says $wanted"
	done
}

# What passes through a tool's hands is the string alone; it must lead to the same answer.
check_string() {
	migcompat version $1 | migcompat check - $2 >>/out/strings.txt 2>&1
	status=$?
	grep -q "^$1 $2 $status " /out/pairs.list || fail "$(label $1)>$(label $2): the string alone gives status $status"
}

# Where nothing but the source of the facts differs, the documents are the same to the byte, fingerprints included. One source
# is enough here; the host asks for all the pairs again.
check_offline() {
	for target in $MDEVS $TYPES $CARDS; do
		file=$(label $1)--$(label $target).json
		migcompat -i /out/inventory.json check --json $1 $target 2>>/out/check.err | cmp - "/out/pairs/$file" ||
			fail "$(label $1)>$(label $target): the inventory leads to another document"
	done
}

# Taken is not incompatible: with every port given away, the type still fits and is not available.
check_exhausted() {
	folder=$PARENT/mdev_supported_types/mtty-2
	number=100
	while [ "$(cat $folder/available_instances)" -gt 0 ]; do
		number=$((number + 1))
		echo 83b8f4f2-509f-382f-3c1e-e6bfe0fa9$number >$folder/create || break
	done
	run exhausted 0 migcompat check --json $MDEV_2A mtty/mtty-2
	[ "$(availability_of /out/exhausted.txt)" = no ] || fail "the used-up type is said to be available"
	run exhausted-available 1 migcompat check --available $MDEV_2A mtty/mtty-2
}

make_mdevs && bind_cards || exit 1
mkdir /out/pairs
check_list
run inventory 0 migcompat inventory
mv /out/inventory.txt /out/inventory.json
printf '%-12s %-12s %-15s %-10s %-11s %s\n' SOURCE TARGET MIGCOMPAT MECHANISM KERNEL AGREE | tee /out/pairs.txt
for source in $MDEVS $TYPES $CARDS; do
	for target in $MDEVS $TYPES $CARDS; do
		check_pair $source $target
	done
done
# A kernel that moved nothing proves nothing: each of the eight pairs of equal mdevs must have been moved for real.
moved=$(grep -c '^mtty-.* yes [0-9]' /out/pairs.txt)
case "$LAB_KERNEL" in 6.1.*) ;; *) [ "$moved" = 8 ] || fail "the kernel moved $moved pairs, expected 8" ;; esac
run text-no 1 migcompat check $MDEV_2A $MDEV_1A
grep -qF 'ports: source has 2, target has 1 (must be equal)' /out/text-no.txt || fail "the refusal does not tell the ports"
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
