# SPDX-License-Identifier: LGPL-2.1-or-later
# Module and service are loaded, started, stopped and unloaded in each safe order. Sourced
# by daemon.sh, last.

migcompatd --foreground 2>>/out/daemon.log &
daemon=$!
comes attached $MDEV_2A && comes attached "$TYPE_2" || fail "the devices are not attached"
rmmod migcompat 2>/dev/null && fail "the module left while the service had it open"
echo 1 >/sys/bus/mdev/devices/$MDEV_2B/remove
gone $MDEV_2B || fail "the device that was removed is still there"
# mtty's parent device is in its module's memory, which is a bug if releasing is delayed.
# So mtty stays loaded then.
if [ "$LAB_NAME" != debug ]; then
	rmmod mtty || fail "mtty cannot leave while its devices and types are attached"
	comes gone "$TYPE_2" || fail "the type remains after its parent was removed"
fi
kill $daemon
wait $daemon || fail "the service ended with $?"
cat /sys/class/migcompat/$CARD_2PORT/migration_version 2>&1 | grep -q 'not connected' ||
	fail "a device without service is not ENOTCONN"
rmmod migcompat || fail "the module cannot leave"

# The service first, then the module.
migcompatd --foreground 2>>/out/daemon.log &
daemon=$!
comes migcompat --daemon list || fail "the service does not start without the module"
insmod /lab/modules/migcompat.ko
comes attached $CARD_2PORT || fail "the service does not find a module that is loaded later"
kill $daemon
wait $daemon || fail "the service ended with $?"
rmmod migcompat || fail "the module cannot leave again"
