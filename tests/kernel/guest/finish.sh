# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs the guest script, sends /out to the host, powers off: sourced by the first process, or a service of systemd's.
# Whatever a guest script leaves in /out comes back; "complete" in /out/status means that everything went well.
. /lab/environment
LAB_KERNEL=$(uname -r)
export HOME=/root LAB_KERNEL

sh /lab/guest
status=$?
dmesg >/out/dmesg.log
# A kernel that complained is a failure even where every answer was right.
if grep -E 'BUG:|Oops|WARNING:|KASAN|general protection' /out/dmesg.log; then
	echo "kernel complaint" >/out/status
elif [ "$status" = 0 ]; then
	echo complete >/out/status
else
	echo "status $status" >/out/status
fi
tar c -C /out . >/dev/ttyS1
sync
poweroff -f
