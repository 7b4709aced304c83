# SPDX-License-Identifier: LGPL-2.1-or-later
# The kernel shim on a real kernel, with a test broker in place of the daemon: parameters, what it
# answers, what it attaches to, hostile bytes, load and races, what users can take of it, suspend, and
# the order in which modules may leave. The kernel takes each complaint for fatal.
. /lab/devices.sh
. /lab/checks.sh

make_mdevs && bind_cards || exit 1
leaks_begin
insmod /lab/modules/migtest.ko || exit 1
. /lab/load.sh
mount_cgroups
export MDEV_A=/sys/bus/mdev/devices/$MDEV_2A MDEV_B=/sys/bus/mdev/devices/$MDEV_2B CARD=/sys/bus/pci/devices/$CARD_2PORT

for program in $SHIM_PROGRAMS; do run $program; done
. /lab/unload.sh
leaks_end
echo "$failures failures"
[ $failures = 0 ]
