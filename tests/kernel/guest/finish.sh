# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs the guest script, sends /out to the host, and powers off. Sourced by the first
# process, or by a systemd service.
# The host gets all files in /out. "complete" in /out/status means success.
. /lab/environment
LAB_KERNEL=$(uname -r)
export HOME=/root LAB_KERNEL

sh /lab/guest
status=$?
dmesg >/out/dmesg.log
# A warning of the kernel is a failure, even if every answer was right.
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
