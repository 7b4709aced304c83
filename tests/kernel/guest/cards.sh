# SPDX-License-Identifier: LGPL-2.1-or-later
# The kernel module with PCI functions only, as on kernels without mediated devices.
. /lab/devices.sh
. /lab/checks.sh

# The programs need three devices of any kind. The guest does not use its disk controller.
DISK=0000:00:1f.2
CARDS="$CARDS $DISK"
bind_cards || exit 1
leaks_begin
[ "$LAB_NAME" != cloud ] || [ ! -e /sys/bus/mdev ] || fail "this kernel has mediated devices"
. /lab/load.sh
mount_cgroups
cards=/sys/bus/pci/devices
export MDEV_A=$cards/$CARD_1PORT MDEV_B=$cards/$DISK CARD=$cards/$CARD_2PORT

for program in $SHIM_PROGRAMS; do run $program; done
run shim-race card
rmmod migcompat || fail "the module cannot leave"
leaks_end
echo "$failures failures"
[ $failures = 0 ]
