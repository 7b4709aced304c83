# SPDX-License-Identifier: LGPL-2.1-or-later
# Module and service together on a real kernel. The service runs in the foreground,
# without systemd. Tests of answers, load, kills, misbehaving backends, devices that are
# created and removed, and of the order of unloading. The kernel panics on warnings.
. /lab/devices.sh
. /lab/checks.sh

make_mdevs && bind_cards && report_mechanism || exit 1
leaks_begin
for module in plain crash_compare garbage hang_compare greedy immovable migcompat; do
	insmod /lab/modules/$module.ko || exit 1
done
cp /lab/backends/*.so "$(dirname "$(find / -xdev -name mtty.so | head -n 1)")" || exit 1
export MDEV_A=/sys/bus/mdev/devices/$MDEV_2A MDEV_B=/sys/bus/mdev/devices/$MDEV_2B \
	CARD=/sys/bus/pci/devices/$CARD_2PORT
export MDEV_2A MDEV_2B MDEV_1A MDEV_1B CARD_2PORT CARD_1PORT TYPE_2='mtty!mtty-2' \
	TYPE_1='mtty!mtty-1'

for program in $DAEMON_PROGRAMS; do run $program; done

# comes COMMAND...: does it succeed, now or after a while?
comes() {
	for try in $(seq 600); do
		if "$@" >/dev/null 2>&1; then return 0; fi
		sleep 0.1
	done
	return 1
}
attached() { cat "/sys/class/migcompat/$1/migration_version"; }
gone() { [ ! -e "/sys/class/migcompat/$1" ]; }
. /lab/udev.sh
. /lab/leave.sh
leaks_end
echo "$failures failures"
[ $failures = 0 ]
