# SPDX-License-Identifier: LGPL-2.1-or-later
# With udevd: the installed rules set owner and mode of the files, and the service gets
# events from udevd. Sourced by daemon.sh.

# is_the_groups FILE...: does each belong to the group, which may read and write it?
is_the_groups() {
	for file; do
		[ "$(stat -c '%a %G' "$file")" = '660 migcompat' ] || return
	done
}

mkdir -p /run/udev /etc/udev/rules.d
ln -s udevadm /bin/systemd-udevd
# The rule that opens the devices' files is off by default.
sed -e 's/^#SUBSYSTEM/SUBSYSTEM/' -e 's/^#  / /' \
	"$(find / -xdev -name 60-migcompat.rules | head -n 1)" \
	>/etc/udev/rules.d/60-migcompat.rules
systemd-udevd --daemon || fail "udevd does not start"
# As at boot: devices that exist already, with attachments of an earlier service.
udevadm trigger --action=add --subsystem-match=misc --subsystem-match=migcompat
udevadm settle
is_the_groups /dev/migcompat || fail "/dev/migcompat is not the group's: $(ls -l /dev/migcompat)"
[ "$(stat -c '%a' /dev/migcompat-broker)" = 600 ] || fail "the broker is open to others"

migcompatd --foreground 2>>/out/daemon.log &
daemon=$!
comes attached $MDEV_2A || fail "nothing is attached with udevd"
for name in $MDEV_2A $CARD_2PORT; do
	comes is_the_groups /sys/class/migcompat/$name/migration_version \
		"/sys/class/migcompat/$name/device/migration_version" ||
		fail "the files of $name are not the group's"
done
comes is_the_groups "/sys/class/migcompat/$TYPE_2/migration_version" ||
	fail "the file of a type is not the group's"
NEW=83b8f4f2-509f-382f-3c1e-e6bfe0fa2003
echo $NEW >$PARENT/mdev_supported_types/mtty-2/create || fail "no mdev can be made"
comes is_the_groups /sys/bus/mdev/devices/$NEW/migration_version ||
	fail "the file of a new device is not the group's"
cat /sys/bus/mdev/devices/$NEW/migration_version >/sys/bus/mdev/devices/$MDEV_2A/migration_version \
	|| fail "a new device fits no other of its type"
echo 1 >/sys/bus/mdev/devices/$NEW/remove
comes gone $NEW || fail "a removed device still exists"
kill $daemon
wait $daemon || fail "the service ended with $?"
udevadm control --exit
rm -r /run/udev # otherwise udevd seems to run
