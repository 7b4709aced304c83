# SPDX-License-Identifier: LGPL-2.1-or-later
# The devices of the guest scripts: mdevs of the mtty sample, and the two PCI serial
# cards. Sourced by guest scripts. It creates devices, and tests nothing.

PARENT=/sys/devices/virtual/mtty/mtty
CARD_1PORT=0000:00:03.0
CARD_2PORT=0000:00:04.0
# Names of the mdevs by type, for readable tables.
MDEV_2A=83b8f4f2-509f-382f-3c1e-e6bfe0fa2001
MDEV_2B=83b8f4f2-509f-382f-3c1e-e6bfe0fa2002
MDEV_1A=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
MDEV_1B=83b8f4f2-509f-382f-3c1e-e6bfe0fa1002
MDEVS="$MDEV_2A $MDEV_2B $MDEV_1A $MDEV_1B"
TYPES="mtty/mtty-2 mtty/mtty-1"
CARDS="$CARD_1PORT $CARD_2PORT"

make_mdevs() {
	echo $MDEV_2A >$PARENT/mdev_supported_types/mtty-2/create &&
	echo $MDEV_2B >$PARENT/mdev_supported_types/mtty-2/create &&
	echo $MDEV_1A >$PARENT/mdev_supported_types/mtty-1/create &&
	echo $MDEV_1B >$PARENT/mdev_supported_types/mtty-1/create
}

# The serial driver is bound to the cards at boot. Unbind it first.
bind_cards() {
	for card in $CARDS; do
		folder=/sys/bus/pci/devices/$card
		if [ -e $folder/driver ]; then echo $card >$folder/driver/unbind || return; fi
		echo vfio-pci >$folder/driver_override &&
			echo $card >/sys/bus/pci/drivers_probe || return
		case $(readlink $folder/driver) in
		*/vfio-pci) ;;
		*) echo "$card: not bound to vfio-pci"; return 1;;
		esac
	done
}

# For guests that compare fields: no driver migrates the cards, which is a no by default.
report_mechanism() {
	mkdir -p /etc/migcompat/conf.d
	echo 'mechanism = "report";' >/etc/migcompat/conf.d/00-report.conf
}

# A short name for the tables.
label() {
	case $1 in
	"$MDEV_2A") echo mtty-2:a;; "$MDEV_2B") echo mtty-2:b;;
	"$MDEV_1A") echo mtty-1:a;; "$MDEV_1B") echo mtty-1:b;;
	mtty/*) echo "type:${1#mtty/}";;
	"$CARD_1PORT") echo card:1;; "$CARD_2PORT") echo card:2;;
	*) echo "$1";;
	esac
}
