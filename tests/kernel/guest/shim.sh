# SPDX-License-Identifier: LGPL-2.1-or-later
# The kernel module on a real kernel, with a test broker in place of the daemon:
# parameters, answers, attaching, hostile bytes, load, races, limits of users, suspend,
# and the order of unloading. The kernel panics on warnings.
. /lab/devices.sh
. /lab/checks.sh

make_mdevs && bind_cards || exit 1
leaks_begin
insmod /lab/modules/migtest.ko || exit 1
. /lab/load.sh
mount_cgroups
export MDEV_A=/sys/bus/mdev/devices/$MDEV_2A MDEV_B=/sys/bus/mdev/devices/$MDEV_2B \
  CARD=/sys/bus/pci/devices/$CARD_2PORT

for program in $SHIM_PROGRAMS; do run $program; done
. /lab/unload.sh
leaks_end
echo "$failures failures"
[ $failures = 0 ]
