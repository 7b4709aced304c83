# SPDX-License-Identifier: LGPL-2.1-or-later
# Modules leave in an order that is safe whatever is attached, and none is stopped by us but mdev. Sourced by shim.sh, last.

mkfifo /tmp/commands
broker </tmp/commands >/tmp/answers 2>&1 &
broker_pid=$!
exec 5>/tmp/commands

# tell COMMAND...: hands it to the broker and waits for its answer.
tell() {
	: >/tmp/answers
	echo "$*" >&5
	for try in 1 2 3 4 5 6 7 8 9 10; do
		sleep 0.2
		if grep -q . /tmp/answers; then return; fi
	done
	fail "the broker does not answer to $*"
}

attached() { [ -e "/sys/class/migcompat/$1" ]; }

tell detach-all
tell attach "$(realpath $MDEV_A | sed 's#^/sys##')" mtty:serial
tell attach "$(realpath $CARD | sed 's#^/sys##')" mtty:serial
tell attach-type 'mtty!mtty-2' mtty:serial
attached $MDEV_2A && attached $CARD_2PORT && attached 'mtty!mtty-2' || fail "not everything is attached: $(cat /tmp/answers)"

rmmod migcompat 2>/dev/null && fail "the module left while the broker was open"
rmmod mdev 2>/dev/null && fail "mdev left while the module was there"
rmmod mtty || fail "mtty cannot leave while its devices and types are attached"
attached $MDEV_2A && fail "the device of a parent that left is still attached"
attached 'mtty!mtty-2' || fail "the type went without the daemon's word"
tell list
cat '/sys/class/migcompat/mtty!mtty-2/migration_version' >/dev/null 2>&1 && fail "a type that the broker knows no string for reads as one"

echo quit >&5
exec 5>&-
wait $broker_pid
# Two attachments and an open file are there still.
sleep 3 </sys/class/migcompat/$CARD_2PORT/migration_version &
for cache in /sys/kernel/slab/migcompat_request; do
	[ ! -e $cache/objects ] || [ "$(sed 's/ .*//' $cache/objects)" = 0 ] || fail "requests are left: $(cat $cache/objects)"
done
rmmod migcompat || fail "the module cannot leave"
[ ! -e /sys/class/migcompat ] || fail "the class is left"
[ ! -e /sys/bus/pci/devices/$CARD_2PORT/migration_version ] || fail "files are left"
insmod /lab/modules/migcompat.ko && rmmod migcompat || fail "the module cannot come again"
rmmod migtest && rmmod mdev || fail "mdev cannot leave after the module"
dmesg | grep -E 'kmem_cache_destroy|objects remaining|Slab cache still has' && fail "a cache was not empty"
