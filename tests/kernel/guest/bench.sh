# SPDX-License-Identifier: LGPL-2.1-or-later
# How fast the kernel module is, as ratios to a chain of pipes that is measured beside it. The test broker answers first, which shows the
# module's own share.
. /lab/devices.sh
. /lab/broker.sh

fail() { echo "FAILED: $*"; exit 1; }

make_mdevs && bind_cards || exit 1
insmod /lab/modules/migtest.ko && insmod /lab/modules/migcompat.ko || exit 1
export MDEV_A=/sys/bus/mdev/devices/$MDEV_2A MDEV_B=/sys/bus/mdev/devices/$MDEV_2B CARD=/sys/bus/pci/devices/$CARD_2PORT

echo "bench: the module with a test broker of one process"
broker_begin '*=mtty:mdev:serial-2port:1;model=org.kernel/serial;ports=2;state_version=1.0.0;=775cf62a6b495ef3'
tell attach "$(realpath $MDEV_A | sed 's#^/sys##')" mtty:serial-2port
shim-bench $MDEV_A/migration_version || fail "wrong answers"
tell detach-all
broker_end
shim-scale || fail "not everything was attached"
