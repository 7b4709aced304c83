# SPDX-License-Identifier: LGPL-2.1-or-later
# The speed of migration_version, as ratios to a chain of pipes that is measured beside
# it, and the time of attaching. First a test broker answers, which shows the cost of the
# module alone. Then the service answers, in the foreground without systemd.
. /lab/devices.sh
. /lab/broker.sh

fail() { echo "FAILED: $*"; exit 1; }

make_mdevs && bind_cards && report_mechanism || exit 1
insmod /lab/modules/plain.ko && insmod /lab/modules/migcompat.ko || exit 1
cp /lab/backends/*.so "$(dirname "$(find / -xdev -name mtty.so | head -n 1)")" || exit 1
export MDEV_A=/sys/bus/mdev/devices/$MDEV_2A MDEV_B=/sys/bus/mdev/devices/$MDEV_2B \
	CARD=/sys/bus/pci/devices/$CARD_2PORT

echo "bench: the module with a test broker of one process"
string='mtty:mdev:serial-2port:1;model=org.kernel/serial;ports=2;state_version=1.0.0'
broker_begin "*=$string;=775cf62a6b495ef3"
tell attach "$(realpath $MDEV_A | sed 's#^/sys##')" mtty:serial-2port
shim-bench $MDEV_A/migration_version || fail "wrong answers"
tell detach-all
broker_end
shim-scale plain || fail "not everything was attached"

echo
echo "module, service and worker"
migcompatd --foreground 2>/out/daemon.log &
daemon=$!
for try in $(seq 600); do
	if cat /sys/class/migcompat/$MDEV_2A/migration_version >/dev/null 2>&1; then break; fi
	sleep 0.1
done
shim-bench $MDEV_A/migration_version --distinct || fail "wrong answers"
shim-scale plain --wait || fail "not everything was attached"
kill $daemon
wait $daemon || fail "the service ended with $?"
