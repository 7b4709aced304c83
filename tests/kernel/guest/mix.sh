# SPDX-License-Identifier: LGPL-2.1-or-later
# Module and service under a random mix of operations of clients, operators, devices and
# backends. The kernel panics on warnings.
. /lab/devices.sh
. /lab/checks.sh

make_mdevs && bind_cards && report_mechanism || exit 1
leaks_begin
for module in plain migcompat; do insmod /lab/modules/$module.ko || exit 1; done
cp /lab/backends/*.so "$(dirname "$(find / -xdev -name mtty.so | head -n 1)")" || exit 1
# The speed of the machine does not matter.
mkdir -p /etc/migcompat/conf.d
echo 'timeout_ms = 60000;' >/etc/migcompat/conf.d/busy.conf
export MDEV_2A MDEV_2B MDEV_1A MDEV_1B CARD_2PORT CARD_1PORT TYPE_2='mtty!mtty-2' \
  TYPE_1='mtty!mtty-1'
run mix
rmmod migcompat || fail "the module cannot leave"
leaks_end
echo "$failures failures"
[ $failures = 0 ]
