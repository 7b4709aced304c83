# SPDX-License-Identifier: LGPL-2.1-or-later
# Watch on a real kernel without udevd: devices that are added and removed are reported by
# the kernel's own events.
. /lab/devices.sh
. /lab/checks.sh

# Wait for a line of the watcher.
told() {
	for i in $(seq 300); do
		grep -q "^$1" /out/watch.txt && return
		sleep 0.1
	done
	fail "not reported: $1"
}

mkdir -p /run/migcompat
migcompatd --foreground >/out/daemon.txt 2>&1 &
daemon=$!
for i in $(seq 300); do [ -S /run/migcompat/io.migcompat ] && break; sleep 0.1; done
migcompat watch --types >/out/watch.txt 2>/out/watch.err &
watcher=$!
told "ready"
told "present  mtty/mtty-2 mdev-type"
echo $MDEV_2A >$PARENT/mdev_supported_types/mtty-2/create || fail "no mdev can be made"
told "added    $MDEV_2A mdev"
echo 1 >$PARENT/$MDEV_2A/remove
told "removed  $MDEV_2A mdev"
bind_cards || fail "the cards cannot be bound"
told "added    $CARD_1PORT physical"
told "added    $CARD_2PORT physical"
echo $CARD_1PORT >/sys/bus/pci/drivers/vfio-pci/unbind
told "removed  $CARD_1PORT physical"
# The driver's types are removed with it.
rmmod mtty || fail "mtty cannot be unloaded"
told "removed  mtty/mtty-2 mdev-type"
kill $daemon
wait $daemon || fail "the service ended with $?"
wait $watcher
cat /out/watch.txt
[ $failures = 0 ]
