# SPDX-License-Identifier: LGPL-2.1-or-later
# Moves real state between every ordered pair of devices, and compares the result with the
# known behaviour of this kernel. It runs without migcompat, so that a wrong verdict can
# be told from a changed kernel.
. /lab/devices.sh

# The kernel's result, by source and target. If mtty cannot migrate, all are "no ENOTTY".
expected() {
	case "$LAB_KERNEL" in 6.1.*) echo 'no ENOTTY'; return;; esac
	case "$1>$2" in
	card:*|*'>card:'*) echo 'no ENOTTY';;
	mtty-2:*'>mtty-2:'*) echo 'yes 96';;
	mtty-1:*'>mtty-1:'*) echo 'yes 60';;
	mtty-2:*'>mtty-1:'*) echo 'no ENOMEM';;
	mtty-1:*'>mtty-2:'*) echo 'no EFAULT';;
	esac
}

make_mdevs || exit 1
bind_cards || exit 1
mark=1
wrong=0
printf '%-10s %-10s %-12s %-12s %s\n' SOURCE TARGET KERNEL EXPECTED AGREE | tee /out/transfer.txt
for source in $MDEVS $CARDS; do
	for target in $MDEVS $CARDS; do
		# Each transfer has another byte: the state of an earlier one must not pass for it.
		mark=$((mark + 1))
		case $source in *:*) marking=;; *) marking="--mark $mark";; esac
		said=$(vfio-transfer $marking $source $target 2>>/out/transfer.err)
		want=$(expected "$(label $source)" "$(label $target)")
		agree=yes
		[ "$said" = "$want" ] || { agree=NO; wrong=$((wrong + 1)); }
		printf '%-10s %-10s %-12s %-12s %s\n' "$(label $source)" "$(label $target)" \
			"$said" "$want" $agree | tee -a /out/transfer.txt
	done
done
[ $wrong = 0 ]
