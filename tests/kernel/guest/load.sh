# SPDX-License-Identifier: LGPL-2.1-or-later
# Loads the module with parameters that it must refuse, then without any. Sourced by
# shim.sh and cards.sh, first.

module=/lab/modules/migcompat.ko
parameters=/sys/module/migcompat/parameters

# refused PARAMETER: the module does not load, and leaves nothing behind.
refused() {
	if insmod $module "$1" 2>/dev/null; then
		fail "the module loads with $1"
		rmmod migcompat
	fi
	[ ! -e /sys/module/migcompat ] || fail "the module that was refused with $1 is left"
}

for parameter in protocol=1 protocol=1-9 protocol= protocol \
	timeout_ms=0 timeout_ms=600001 timeout_ms=x timeout_ms= timeout_ms timeout_ms=-1; do
	refused "$parameter"
done
insmod $module timeout_ms=600000 || fail "the module does not load with a time-out"
[ "$(cat $parameters/timeout_ms)" = 600000 ] || fail "the time-out is another one"
# Changing the mode of this file changes nothing else.
chmod 666 $parameters/protocol
echo 1 2>/dev/null >$parameters/protocol && fail "the module's protocol can be changed"
rmmod migcompat || fail "the module does not leave"
insmod $module || exit 1
