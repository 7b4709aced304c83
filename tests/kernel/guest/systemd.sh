# SPDX-License-Identifier: LGPL-2.1-or-later
# The installed units, rules and folders under a real systemd, udevd and journal:
# ownership, permissions, what survives which end of the service, and what waiting callers
# get.
. /lab/devices.sh
. /lab/checks.sh

# By path: otherwise the shell uses busybox's setpriv and modprobe.
PATH=/sbin:/usr/sbin:/usr/bin:$PATH
TYPE_2='mtty!mtty-2' TYPE_1='mtty!mtty-1'
export MDEV_2A MDEV_2B MDEV_1A MDEV_1B CARD_2PORT CARD_1PORT TYPE_2 TYPE_1
DEVICES="$MDEVS $CARDS $TYPE_2 $TYPE_1"
CLASS=/sys/class/migcompat
BLOCK=/etc/modprobe.d/lab.conf
UNIT=migcompatd.service

step() { echo "== $(cut -d' ' -f1 /proc/uptime) $*"; }
# comes COMMAND...: does it succeed, now or after a while?
comes() {
	local end=$(($(date +%s) + 60))
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt $end ] || return 1
		sleep 0.2
	done
}
is() { [ "$(stat -c '%a %U:%G' "$2")" = "$1" ] || fail "$2 is $(stat -c '%a %U:%G' "$2"), not $1"; }
version() { cat "$CLASS/$1/migration_version"; }
fits() { cat "$CLASS/$1/migration_version" >"$CLASS/$2/migration_version"; }
# ends STATUS TEXT COMMAND...: does it exit with STATUS, and print TEXT?
ends() {
	local status=$1 text=$2
	shift 2
	"$@" >/tmp/said 2>&1
	local got=$?
	[ $got = $status ] && grep -qF -- "$text" /tmp/said ||
		fail "$* ended with $got, not $status and \"$text\": $(cat /tmp/said)"
}
group() { sed -n "s/^$1:[^:]*:\([0-9]*\):.*/\1/p" /etc/group; }
member() { /bin/setpriv --reuid=2000 --regid=2000 --groups="$(group migcompat)" "$@"; }
outsider() { /bin/setpriv --reuid=2001 --regid=2001 --clear-groups "$@"; }
main_pid() { systemctl show -P MainPID $UNIT; }
journal_says() {
	journalctl --sync
	journalctl -q -u $UNIT -o cat --since "@$since" | grep -qF -- "$1"
}
says() { comes journal_says "$1" ||
	fail "the journal does not say \"$1\": $(journalctl -q -u $UNIT -o cat -n 20)"; }
begin() { since=$(date +%s); }
is_the_groups() { [ "$(stat -c '%a %G' "$1")" = '660 migcompat' ]; }
all_answer() { for device in $DEVICES; do version "$device" >/dev/null 2>&1 ||
	fail "$1: $device does not answer"; done; }
begin

step "what was made at boot"
grep -q '^migcompat-worker:' /etc/passwd || fail "there is no user for workers"
is '2750 root:migcompat' /run/migcompat
[ "$(systemctl is-system-running)" != degraded ] ||
	fail "at boot: $(systemctl --failed --no-legend)"
units=/usr/local/lib/systemd/system
systemd-analyze verify --man=no $units/migcompatd.service $units/migcompatd.socket \
	>/out/verify.txt 2>&1 && [ ! -s /out/verify.txt ] ||
	fail "systemd-analyze verify: $(cat /out/verify.txt)"

make_mdevs && bind_cards && report_mechanism && /sbin/depmod || exit 1
# The speed of the machine does not matter.
mkdir -p /etc/migcompat/conf.d
echo 'timeout_ms = 120000;' >/etc/migcompat/conf.d/busy.conf

step "by its socket, and without the module"
mkdir -p /etc/modprobe.d
echo 'install migcompat /bin/false' >$BLOCK
systemctl enable $UNIT 2>/out/enable.txt ||
	fail "the units cannot be enabled: $(cat /out/enable.txt)"
systemctl start migcompatd.socket || fail "the socket cannot be listened at"
is '660 root:migcompat' /run/migcompat/io.migcompat
[ "$(systemctl is-active $UNIT)" = inactive ] || fail "the service runs before anybody asked"
ends 2 'ermission denied' outsider migcompat --daemon list
[ "$(systemctl is-active $UNIT)" = inactive ] || fail "who may not ask started the service"
ends 0 $MDEV_2A member migcompat --daemon list
[ "$(systemctl is-active $UNIT)" = active ] || fail "who asked did not start the service"
says 'no kernel module'

step "the module comes later"
before=$(main_pid)
begin
rm $BLOCK
/sbin/modprobe migcompat || exit 1
comes version $MDEV_2A ||
	fail "the module that came later is not served: $(journalctl -q -u $UNIT -o cat -n 20)"
[ "$(main_pid)" != "$before" ] || fail "it is served by the process that could not open it"

step "active is what answers"
ends 1 'is in use' /sbin/modprobe -r migcompat
systemctl stop $UNIT 2>/dev/null
ends 1 'not connected' version $MDEV_2A
/sbin/modprobe -r migcompat || fail "the module cannot leave a stopped service"
[ -e /dev/migcompat-broker ] && fail "the module is still there"
# Only the service reads this file: modprobe uses the index.
echo 'alias vfio_pci:v00001B36d00000003sv*sd*bc*sc*i* lab_vfio_pci' \
	>>/lib/modules/$LAB_KERNEL/modules.alias
systemctl start $UNIT || fail "the service does not start: $(systemctl status --no-pager $UNIT)"
all_answer "active"
ends 0 lab_vfio_pci nsenter -t "$(main_pid)" -m /bin/cat /run/migcompat/modules.alias
ends 1 '' nsenter -t "$(main_pid)" -m /bin/cat /lib/modules/$LAB_KERNEL/modules.alias
systemctl status --no-pager -l $UNIT >/out/status.txt
cat /out/status.txt
udevadm settle
is '660 root:migcompat' /dev/migcompat
is '600 root:root' /dev/migcompat-broker
for device in $DEVICES; do is '600 root:root' "$CLASS/$device/migration_version"; done

step "files are given away by rule"
sed -e 's/^#SUBSYSTEM/SUBSYSTEM/' -e 's/^#  / /' /usr/local/lib/udev/rules.d/60-migcompat.rules \
	>/etc/udev/rules.d/60-migcompat.rules
udevadm control --reload
systemctl stop $UNIT 2>/dev/null && /sbin/modprobe -r migcompat && systemctl start $UNIT ||
	fail "it does not come again"
udevadm settle
for device in $DEVICES; do is '660 root:migcompat' "$CLASS/$device/migration_version"; done
for device in $MDEVS $CARDS; do is '660 root:migcompat' \
	"$CLASS/$device/device/migration_version"; done
NEW=83b8f4f2-509f-382f-3c1e-e6bfe0fa2003
member migcompat --daemon watch >/out/watch.txt 2>&1 &
watcher=$!
comes grep -q '^ready' /out/watch.txt || fail "watch: $(cat /out/watch.txt)"
echo $NEW >$PARENT/mdev_supported_types/mtty-2/create || fail "no mdev can be made"
comes grep -q "^added *$NEW" /out/watch.txt ||
	fail "watch does not tell of a device that came: $(cat /out/watch.txt)"
comes is_the_groups $CLASS/$NEW/device/migration_version ||
	fail "the file of a later device is not the group's"
is '660 root:migcompat' $CLASS/$NEW/migration_version

step "answers"
for target in $MDEV_2B $CARD_2PORT $NEW "$TYPE_2"; do
	member sh -c "cat $CLASS/$MDEV_2A/migration_version >'$CLASS/$target/migration_version'" \
		|| fail "$MDEV_2A does not fit $target"
done
ends 1 'nvalid argument' member \
	sh -c "cat $CLASS/$MDEV_2A/migration_version >$CLASS/$MDEV_1A/migration_version"
ends 1 'ermission denied' outsider sh -c "cat $CLASS/$MDEV_2A/migration_version"
ends 0 'compatible' member migcompat --daemon check $MDEV_2A $CARD_2PORT
ends 1 'source has 2 ports, target has 1' member migcompat --daemon check $MDEV_2A $MDEV_1A
echo 1 >$PARENT/$NEW/remove
comes grep -q "^removed *$NEW" /out/watch.txt ||
	fail "watch does not tell of a device that went: $(cat /out/watch.txt)"

step "workers"
workers=0
for process in $(cat /sys/fs/cgroup/system.slice/$UNIT/cgroup.procs); do
	[ "$process" != "$(main_pid)" ] || continue
	workers=$((workers + 1))
	user=$(sed -n 's/^migcompat-worker:[^:]*:\([0-9]*\):.*/\1/p' /etc/passwd)
	grep -E '^(Name|Uid|Gid|Groups|Seccomp|NoNewPrivs|Cap[A-Z][a-z]*):' /proc/$process/status \
		| tr '\n\t' '  ' | tee -a /out/workers.txt
	echo
	for line in "^Uid:.$user.$user.$user.$user" '^Seccomp:.2' '^NoNewPrivs:.1' '^CapEff:.0*$' \
		'^CapPrm:.0*$' '^CapAmb:.0*$'; do
		grep -q "$line" /proc/$process/status || fail "worker $process: not $line"
	done
done
[ $workers -ge 3 ] || fail "there are $workers workers"
cut -d' ' -f19 /proc/"$(main_pid)"/task/*/stat | grep -q '^-10$' ||
	fail "no thread of the service has a higher priority"

step "holds"
ends 2 'root' member migcompat --daemon hold $MDEV_2B --reason "keys are changed"
ends 0 '' migcompat --daemon hold $MDEV_2B --reason "keys are changed"
begin
systemctl restart $UNIT || fail "no restart"
says 'took over 8 attachments and 0 open questions'
ends 1 'busy' fits $MDEV_2A $MDEV_2B
ends 1 'keys are changed' member migcompat --daemon check $MDEV_2A $MDEV_2B
is '640 root:migcompat' /run/migcompat/holds.json
ends 0 '' migcompat --daemon release $MDEV_2B
fits $MDEV_2A $MDEV_2B || fail "released, it still does not fit"
all_answer "restarted"

step "reload"
begin
POLICY=/etc/migcompat/conf.d/lab.conf
before=$(main_pid)
echo 'rules = ( { name = "lab"; match = { target = { kind = "physical"; }; }; action = "deny";
	reason = "no cards today"; } );' >$POLICY
systemctl reload $UNIT || fail "no reload"
says 'policy and backends were reloaded'
ends 1 'not permitted' fits $MDEV_2A $CARD_2PORT
fits $MDEV_2A $MDEV_2B || fail "a rule about cards counts for mdevs"
echo 'rulez = 1;' >$POLICY
systemctl reload $UNIT && fail "a bad policy is no failure of a reload"
ends 1 'not permitted' fits $MDEV_2A $CARD_2PORT
ends 0 'no cards today' member migcompat --daemon policy show
systemctl kill --kill-whom=main -s HUP $UNIT
says 'the old policy stays in force'
ends 1 'not permitted' fits $MDEV_2A $CARD_2PORT
ends 0 'The old policy stays in force' systemctl status --no-pager -l $UNIT
rm $POLICY
begin
systemctl reload $UNIT
says 'policy and backends were reloaded'
fits $MDEV_2A $CARD_2PORT || fail "a rule that is gone still counts"
[ "$(main_pid)" = "$before" ] || fail "a reload started another process"

step "journal"
fits $MDEV_2A $MDEV_1A 2>/dev/null
journalctl --sync
journalctl -q -o export -n 1 -u $UNIT MIGCOMPAT_DEVICE=$MDEV_1A >/out/journal.txt
for field in 'MIGCOMPAT_METHOD=migration_version, write' MIGCOMPAT_VERDICT=incompatible \
	MIGCOMPAT_LIMIT=type MIGCOMPAT_ERRNO=EINVAL \
	'MIGCOMPAT_HASH=[0-9a-f]' 'MIGCOMPAT_DURATION_USEC=[0-9]' PRIORITY=6; do
	grep -q "^$field" /out/journal.txt ||
		fail "no $field in the journal: $(cat /out/journal.txt)"
done
payload=$(version $MDEV_2A)
payload=${payload##*:}
journalctl -q -o export | grep -qF "$payload" && fail "a string is in the journal"

step "under load"
run units-load
echo 10000 >/sys/module/migcompat/parameters/timeout_ms
all_answer "after load"

step "one of five does harm"
for module in $UNIT_BACKENDS; do /sbin/modprobe $module || fail "no module $module"; done
BACKENDS_DIR=$(dirname "$(find /usr/local /usr/lib -name mtty.so | head -n 1)")
export BACKENDS_DIR
# Each answer of a backend that hangs takes this long.
echo 'timeout_ms = 5000;' >/etc/migcompat/conf.d/busy.conf
systemctl reload $UNIT || fail "no reload"
run units-backends
systemctl reload $UNIT
all_answer "after harm"

step "the end"
systemctl stop $UNIT migcompatd.socket || fail "they do not stop"
/sbin/modprobe -r migcompat || fail "the module cannot leave at last"
kill $watcher 2>/dev/null
systemd-analyze security --threshold=22 --no-pager $UNIT >/out/security.txt 2>&1 ||
	fail "the unit is more exposed than 2.2"
tail -n 1 /out/security.txt
journalctl -q -b >/out/journal-all.txt
systemd-analyze blame --no-pager 2>/dev/null | head -n 12 >/out/blame.txt
step "$failures failures"
[ $failures = 0 ]
