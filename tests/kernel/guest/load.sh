# SPDX-License-Identifier: LGPL-2.1-or-later
# Loads the module with parameters that it must refuse, and leaves it loaded without any. Sourced by shim.sh, first.

# refused PARAMETER: the module does not load, and nothing of it stays.
refused() {
	insmod /lab/modules/migcompat.ko "$1" 2>/dev/null && fail "the module loads with $1" && rmmod migcompat
	[ ! -e /sys/module/migcompat ] || fail "the module that was refused with $1 is left"
}

for parameter in protocol=1 protocol=1-9 protocol= protocol \
	timeout_ms=0 timeout_ms=600001 timeout_ms=x timeout_ms= timeout_ms timeout_ms=-1; do
	refused "$parameter"
done
insmod /lab/modules/migcompat.ko timeout_ms=600000 || fail "the module does not load with a time-out"
[ "$(cat /sys/module/migcompat/parameters/timeout_ms)" = 600000 ] || fail "the time-out is another one"
# Whoever changes the modes of these files changes nothing else.
chmod 666 /sys/module/migcompat/parameters/protocol
echo 1 2>/dev/null >/sys/module/migcompat/parameters/protocol && fail "the module's protocol can be changed"
rmmod migcompat || fail "the module does not leave"
insmod /lab/modules/migcompat.ko || exit 1
