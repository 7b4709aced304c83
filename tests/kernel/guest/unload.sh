# SPDX-License-Identifier: LGPL-2.1-or-later
# Unloads modules in each order that is safe, with devices attached. Our module blocks
# only mdev. Sourced by shim.sh, last.

. /lab/broker.sh
broker_begin

attached() { [ -e "/sys/class/migcompat/$1" ]; }

# parent_leaves MODULE UUID TYPE: with this device and this type attached.
parent_leaves() {
	tell attach "/devices/virtual/$1/$1/$2" "$1:test"
	tell attach-type "$1!$3" "$1:test"
	attached $2 && attached "$1!$3" ||
		fail "$1: not everything is attached: $(cat /tmp/answers)"
	rmmod $1 || fail "$1 cannot leave while its devices and types are attached"
	attached $2 && fail "the device of $1, which left, is still attached"
	attached "$1!$3" || fail "the type of $1 went without the daemon's word"
	cat "/sys/class/migcompat/$1!$3/migration_version" >/dev/null 2>&1 &&
		fail "a type that the broker knows no string for reads as one"
}

tell detach-all
tell attach "$(realpath $CARD | sed 's#^/sys##')" mtty:serial
attached $CARD_2PORT || fail "the card is not attached: $(cat /tmp/answers)"
rmmod migcompat 2>/dev/null && fail "the module left while the broker was open"
rmmod mdev 2>/dev/null && fail "mdev left while the module was there"
UUID=5a1f1a52-1f0e-4c5f-9a63-0123456789ab
echo $UUID >/sys/devices/virtual/migtest/migtest/mdev_supported_types/migtest-small/create ||
	fail "no device of migtest"
parent_leaves migtest $UUID migtest-small
# mtty's parent device is in its module's memory, which is a bug if releasing is delayed.
# So mtty stays loaded then.
[ "$LAB_NAME" = debug ] || parent_leaves mtty $MDEV_2A mtty-2

broker_end
exec 6<>/dev/migcompat
rmmod migcompat 2>/dev/null && fail "the module left while a session was open"
exec 6<&-
# Attachments and an open file still exist.
exec 6</sys/class/migcompat/$CARD_2PORT/migration_version
# The kernel warns about a cache that is not empty.
rmmod migcompat || fail "the module cannot leave"
cat <&6 >/dev/null 2>&1 && fail "a file of the module that left can be read"
exec 6<&-
[ ! -e /sys/class/migcompat ] || fail "the class is left"
[ ! -e /sys/bus/pci/devices/$CARD_2PORT/migration_version ] || fail "files are left"
insmod /lab/modules/migcompat.ko && rmmod migcompat || fail "the module cannot come again"
[ "$LAB_NAME" = debug ] || rmmod mdev || fail "mdev cannot leave after the module"
dmesg | grep -E 'kmem_cache_destroy|objects remaining|Slab cache still has' &&
	fail "a cache was not empty"
