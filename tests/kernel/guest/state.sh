# SPDX-License-Identifier: LGPL-2.1-or-later
# State files of real devices are saved, inspected, checked and loaded through VFIO: by
# groups and, if the kernel has them, by character devices. A refused load leaves its
# target unchanged. A kernel whose mtty cannot migrate (6.1) must say so.
. /lab/devices.sh

failures=0
fail() {
	failures=$((failures + 1))
	echo "FAILED: $*" | tee -a /out/failures.txt
}

# expect STATUS NAME COMMAND...: stores its output in /out/NAME.txt and .err.
expect() {
	want=$1 name=$2
	shift 2
	"$@" >/out/"$name".txt 2>/out/"$name".err </dev/null
	got=$?
	[ $got = "$want" ] ||
		fail "$name: $* ended with $got, expected $want: $(cat /out/"$name".err)"
}
says() { grep -qF -- "$2" /out/"$1" || fail "$1 does not say \"$2\": $(cat /out/"$1")"; }
one_line() { [ "$(wc -l </out/"$1")" = 1 ] || fail "$1 is not one line: $(cat /out/"$1")"; }
same() { cmp -s "$1" "$2" || fail "$1 and $2 differ"; }

# The whole state of a device in a file, by group or character device. All else in the
# file is constant, so equal states give equal files.
save() { expect 0 "save-$2" migcompat state save --interface "$way" "$1" -o "/out/$2"; }

# Write a byte to the scratch register, so the state is unique. The program is not ours.
mark() { vfio-transfer --mark "$2" "$1" "$1" >>/out/transfer.txt 2>&1 ||
	fail "$(label "$1") could not be marked"; }

# The checksum of a stream, in a state file or bare.
sum_of() { migcompat state inspect "$1" | sed -n 's/^stream .*XXH3 //p'; }

# Our file must have the stream that another program reads from the device.
same_stream() {
	vfio-transfer --dump /tmp/stream "$1" "$1" >>/out/transfer.txt 2>&1 ||
		fail "$(label "$1") could not be read"
	[ -n "$(sum_of /tmp/stream)" ] && [ "$(sum_of /tmp/stream)" = "$(sum_of "$2")" ] ||
		fail "$(label "$1") has another state than $2"
}

# ---------------------------------------------------------------- what must work

saved_and_loaded() {
	mark $MDEV_2A 77
	mark $MDEV_2B 11
	save $MDEV_2A 2a
	says save-2a.txt "saved 96 bytes of $MDEV_2A to /out/2a"
	[ "$(stat -c %a /out/2a)" = 600 ] ||
		fail "a state file is open to others: $(stat -c %a /out/2a)"
	same_stream $MDEV_2A /out/2a
	save $MDEV_2A 2a-again
	same /out/2a /out/2a-again
	expect 0 inspect migcompat state inspect /out/2a
	says inspect.txt 'sound        yes'
	says inspect.txt 'stream       mtty, 96 bytes'
	says inspect.txt "interface    $way"
	says inspect.txt 'saved with   stop-copy pre-copy'
	expect 0 check migcompat state check /out/2a $MDEV_2B
	says check.txt 'compatible (identical)'
	expect 0 load migcompat state load --interface "$way" /out/2a $MDEV_2B
	says load.txt "loaded 96 bytes into $MDEV_2B; it gave the same back"
	same_stream $MDEV_2B /out/2a # mtty keeps the loaded state
	expect 0 load-json migcompat state load --json --interface "$way" /out/2a $MDEV_2B
	says load-json.txt '"loaded":true,"verified":true,"forced":false,"bytes":96,"kernel":null'
	expect 0 save-json migcompat state save --json --interface "$way" $MDEV_2A -o /out/2a-json
	says save-json.txt "\"interface\":\"$way\",\"bytes\":96,\"ahead_bytes\":24,"
}

# For a bare stream, the target's backend alone gives the verdict.
bare_stream() {
	vfio-transfer --dump /tmp/bare $MDEV_2A $MDEV_2A >>/out/transfer.txt 2>&1 ||
		fail "$MDEV_2A could not be read"
	expect 0 bare-inspect migcompat state inspect /tmp/bare
	expect 0 bare-check migcompat state check /tmp/bare $MDEV_2B
	expect 1 bare-ports migcompat state check /tmp/bare $MDEV_1A
	says bare-ports.txt 'source has 2 ports in its stream, target has 1'
}

# Without an option, the way that was chosen is printed.
default_way() {
	expect 0 save-any migcompat state save $MDEV_2A -o /out/any
	expect 0 inspect-any migcompat state inspect /out/any
	says inspect-any.txt "interface    $1"
}

through_a_pipe() {
	migcompat state save $MDEV_2A -o - 2>/out/pipe.err |
		migcompat state load - $MDEV_2B >/out/pipe.txt 2>>/out/pipe.err ||
		fail "save | load: $(cat /out/pipe.err)"
	says pipe.txt 'it gave the same back'
	migcompat state save $MDEV_2A -o - | migcompat state check - $MDEV_1A >/out/pipe-check.txt \
		2>&1
	[ $? = 1 ] || fail "save | check: $(cat /out/pipe-check.txt)"
}

# ---------------------------------------------------------------- refused loads

refused_beforehand() {
	mark $MDEV_1A 33
	save $MDEV_1A before
	expect 1 ports migcompat state load --interface "$way" /out/2a $MDEV_1A
	says ports.txt 'incompatible (type): source has 2 ports, target has 1'
	says ports.txt 'stream_ports: source has 2, target has 1 (must be equal)'
	grep -q kernel: /out/ports.txt && fail "the kernel was asked about what was refused"
	expect 1 ports-json migcompat state load --json --interface "$way" /out/2a $MDEV_1A
	says ports-json.txt '"loaded":false,"verified":null,"forced":false,"bytes":0,"kernel":null'
	save $MDEV_1A after
	same /out/before /out/after
}

# The kernel decides: our reasons are printed beside its errno.
forced() {
	expect 1 forced migcompat state load --force --interface "$way" /out/2a $MDEV_1A
	says forced.txt 'ports: source has 2, target has 1 (must be equal)'
	says forced.txt 'kernel: ENOMEM (Cannot allocate memory)'
	says forced.err "its state could not be loaded: Cannot allocate memory"
	one_line forced.err
	expect 1 forced-json migcompat state load --force --json --interface "$way" /out/2a $MDEV_1A
	says forced-json.txt '"forced":true'
	says forced-json.txt '"kernel":{"errno":"ENOMEM"'
	save $MDEV_1A 1a
	expect 1 forced-back migcompat state load --force --interface "$way" /out/1a $MDEV_2B
	says forced-back.txt 'kernel: EFAULT (Bad address)'
	# The target still accepts a compatible state.
	expect 0 after-force migcompat state load --interface "$way" /out/1a $MDEV_1B
	expect 0 after-force-2 migcompat state load --interface "$way" /out/2a $MDEV_2B
}

damaged() {
	mark $MDEV_2B 44
	save $MDEV_2B before
	size=$(stat -c %s /out/2a)
	for cut in 0 20 150 $((size - 100)) $((size - 1)); do
		head -c $cut /out/2a >/tmp/cut
		expect_refusal cut-$cut /tmp/cut
	done
	for at in 130 200 300 $((size - 30)); do
		cp /out/2a /tmp/flipped
		printf '\377' | dd of=/tmp/flipped bs=1 seek=$at conv=notrunc 2>/dev/null
		expect_refusal flipped-$at /tmp/flipped
	done
	cat /out/2a /out/2a >/tmp/twice
	expect_refusal twice /tmp/twice
	truncate -s 500G /tmp/sparse && expect_refusal sparse /tmp/sparse
	save $MDEV_2B after
	same /out/before /out/after
}

# Incompatible (1), or no state file (2); with --force, too.
expect_refusal() {
	for force in '' --force; do
		# shellcheck disable=SC2086
		migcompat state load $force --interface "$way" "$2" $MDEV_2B >/out/"$1".txt \
			2>/out/"$1".err
		got=$?
		[ $got = 1 ] || [ $got = 2 ] || fail "$1: state load $force ended with $got"
		grep -q 'loaded\|kernel:' /out/"$1".txt &&
			fail "$1: it was loaded: $(cat /out/"$1".txt)"
	done
}

# ---------------------------------------------------------------- failures from outside

# Wait up to ten seconds until a command succeeds.
wait_for() {
	for _ in $(seq 1 500); do
		"$@" && return
		usleep 20000
	done
	fail "waited in vain: $*"
}

# Does this process have a device open?
has_device() {
	for file in /proc/"$1"/fd/*; do
		case $(readlink "$file") in *vfio-device* | /dev/vfio/devices/*) return 0 ;; esac
	done
	return 1
}

in_use() {
	mkfifo /tmp/hold
	for holding in "$@"; do
		vfio-hold "$holding" $MDEV_2A </tmp/hold >/out/hold.txt 2>&1 &
		holder=$!
		exec 3>/tmp/hold
		wait_for grep -q held /out/hold.txt
		expect 2 "in-use-$holding" migcompat state save --interface "$way" $MDEV_2A -o \
			/out/in-use
		says "in-use-$holding.err" \
			"$MDEV_2A: it is in use: process $holder (vfio-hold) has it open"
		one_line "in-use-$holding.err"
		[ ! -e /out/in-use ] || fail "a save that failed left a file"
		expect 2 "in-use-load-$holding" migcompat state load --json --interface "$way" \
			/out/2a $MDEV_2A
		says "in-use-load-$holding.txt" '"errno":"EBUSY"'
		exec 3>&-
		wait $holder
	done
	rm /tmp/hold
	save $MDEV_2A not-in-use
}

# told COMMAND...: its output and status, through a pipe, to which no file limit and no
# full disk applies.
told() { { "$@" 2>&1; echo "status $?"; } | cat; }

limited() (ulimit -f 0 && exec "$@")
full() { "$@" >/dev/full; }

# If the disk is full, the device continues to run, the old file remains, and no partial
# file is left.
no_room() {
	echo old >/out/kept
	told limited migcompat state save --interface "$way" $MDEV_2A -o /out/kept >/out/no-room.txt
	says no-room.txt '/out/kept: could not be written: File too large'
	says no-room.txt 'status 2'
	told full migcompat state save --interface "$way" $MDEV_2A -o - >/out/full.txt
	says full.txt 'standard output: could not be written: No space left on device'
	says full.txt 'status 2'
	[ "$(cat /out/kept*)" = old ] || fail "a save without room left $(ls /out/kept*)"
	save $MDEV_2A after-no-room
	same /out/2a /out/after-no-room
}

no_migration() {
	expect 1 card migcompat state save $CARD_2PORT -o /out/card
	says card.err "$CARD_2PORT: its driver in this kernel cannot migrate it"
	one_line card.err
	[ ! -e /out/card ] || fail "a save of a card left a file"
	expect 1 card-load migcompat state load /out/2a $CARD_2PORT
	says card-load.txt 'driver and kernel cannot move its state'
	expect 1 card-forced migcompat state load --force /out/2a $CARD_2PORT
	says card-forced.err "$CARD_2PORT: its driver in this kernel cannot migrate it"
}

held() {
	mkdir -p /run/migcompat
	hold="{\"host\":\"lab\",\"device\":\"$MDEV_2A\",\"reason\":\"keys are changed\"}"
	echo "{\"format\":\"migcompat-holds/1\",\"holds\":[$hold]}" >/run/migcompat/holds.json
	expect 1 held-save migcompat state save $MDEV_2A -o /out/held
	says held-save.err "$MDEV_2A: it is held: keys are changed"
	for force in '' --force; do
		# shellcheck disable=SC2086
		expect 1 "held-load$force" migcompat state load $force /out/2a $MDEV_2A
		says "held-load$force.txt" 'hold: target'
	done
	says held-load--force.err 'force goes around neither holds nor the policy'
	rm /run/migcompat/holds.json
}

# A shell starts background commands with SIGINT ignored, so SIGTERM tests both.

# A slow reader is interrupted: the device runs again, and is free.
interrupted_save() {
	mark $MDEV_2A 77
	mkfifo /tmp/slow
	sleep 1000 4</tmp/slow &
	reader=$!
	{
		dd if=/dev/zero bs=65336 count=1 2>/dev/null
		exec migcompat state save --interface "$way" $MDEV_2A -o - 2>/out/slow.err
	} >/tmp/slow &
	writer=$!
	wait_for has_device $writer
	usleep 300000
	kill -TERM $writer
	wait $writer
	got=$?
	[ $got = 2 ] || fail "an interrupted save ended with $got"
	says slow.err 'standard output: it was interrupted'
	kill $reader
	wait $reader 2>/dev/null
	rm /tmp/slow
	save $MDEV_2A after-interrupt
	same /out/2a /out/after-interrupt
}

now() { sed 's/\([0-9]*\)\.\([0-9]*\) .*/\1\20/' /proc/uptime; } # milliseconds

# Interrupt a load at its end, and during it. Either the state was loaded, or the target
# is still usable.
interrupted_loads() {
	mark $MDEV_2B 11
	before=$(now)
	expect 0 undisturbed migcompat state load --interface "$way" /out/2a $MDEV_2B
	took=$(($(now) - before))
	for n in $(seq 1 30); do
		migcompat state load --interface "$way" /out/2a $MDEV_2B >/out/race.txt \
			2>/out/race.err &
		loader=$!
		usleep $(((took * (70 + n)) * 10))
		kill -TERM $loader 2>/dev/null
		wait $loader
		got=$?
		case $got in
		0 | 2 | 143) ;;
		*) fail "an interrupted load ended with $got: $(cat /out/race.err)" ;;
		esac
		echo "$way $n of $took ms: $got $(cat /out/race.err)" >>/out/races.txt
	done
	expect 0 after-races migcompat state load --interface "$way" /out/2a $MDEV_2B
}

make_mdevs && bind_cards || exit 1
case "$LAB_KERNEL" in
6.1.*)
	expect 1 old migcompat state save $MDEV_2A -o /out/old
	says old.err "$MDEV_2A: its driver in this kernel cannot migrate it"
	one_line old.err
	[ ! -e /out/old ] || fail "a save that was refused left a file"
	echo "$failures failures"
	[ $failures = 0 ]
	exit
	;;
esac

ways=group
if [ -e /dev/iommu ]; then ways="group cdev"; fi
for way in $ways; do
	echo "== by $way"
	saved_and_loaded
	bare_stream
	refused_beforehand
	forced
	damaged
	# shellcheck disable=SC2086
	in_use $ways
	no_room
	interrupted_save
	interrupted_loads
done
default_way "$way"
through_a_pipe
no_migration
held
cat /out/inspect.txt /out/forced.txt
echo "$failures failures"
[ $failures = 0 ]
