# SPDX-License-Identifier: LGPL-2.1-or-later
# Ground truth alone: moves real state between every ordered pair of devices and compares with what this kernel is known to do.
# It runs without migcompat, so that a wrong verdict can be told from a kernel that has changed.
. /lab/devices.sh

# What the kernel answers, by source and target. A kernel whose mtty cannot migrate answers "no ENOTTY" throughout.
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
		# Each transfer carries another byte, so that a state left from an earlier one cannot pass for this one's.
		mark=$((mark + 1))
		case $source in *:*) marking=;; *) marking="--mark $mark";; esac
		said=$(vfio-transfer $marking $source $target 2>>/out/transfer.err)
		want=$(expected "$(label $source)" "$(label $target)")
		agree=yes
		[ "$said" = "$want" ] || { agree=NO; wrong=$((wrong + 1)); }
		printf '%-10s %-10s %-12s %-12s %s\n' "$(label $source)" "$(label $target)" "$said" "$want" $agree | tee -a /out/transfer.txt
	done
done
[ $wrong = 0 ]
