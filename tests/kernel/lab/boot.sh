# SPDX-License-Identifier: LGPL-2.1-or-later
# Kernel lab: boots the guest, and fetches its results. The guest sends a tar archive
# through its second serial port. Without that archive the run failed.

# Two ISA ports (console and results) come before the cards, so the kernel reserves four
# more for these. On a busy machine the emulated timer may miss its check, for which the
# kernel would panic.
LAB_COMMAND_LINE='console=ttyS0 quiet no_timer_check log_buf_len=8M'
LAB_COMMAND_LINE+=' oops=panic panic=-1 intel_iommu=on 8250.nr_uarts=8'

# A guest script's .prepare file may set more.
LAB_MEMORY_MB=2048

# Sets LAB_QEMU to the command that boots INITRAMFS, with the console in CONSOLE and
# results in RESULTS.
lab_qemu() {
  local initramfs=$1 console=$2 results=$3
  shift 3
  # shellcheck disable=SC2054
  LAB_QEMU=(qemu-system-x86_64 -accel "${MIGCOMPAT_ACCEL:-tcg}" -M q35,kernel-irqchip=split -m \
    "$LAB_MEMORY_MB" -smp 2
    -device intel-iommu,intremap=on -device pci-serial,addr=3 -device pci-serial-2x,addr=4
    -display none -nic none -no-reboot -serial "$console" -serial "file:$results"
    -kernel "$LAB_KERNEL_DIR/vmlinuz" -initrd "$initramfs" -append "$LAB_COMMAND_LINE $*")
}

lab_boot_shell() {
  lab_qemu "$1" mon:stdio /dev/null lab=shell
  "${LAB_QEMU[@]}"
}

# While the kernel patches its code during boot, an emulated processor can stop at a
# breakpoint that the other one has removed. No module is loaded then, so the test is not
# affected.
lab_emulation_failed() {
  grep -q 'Oops: int3' "$1" && grep -Eq 'Modules linked in: *$' "$1"
}

# Returns 0 only if the guest reported success. Its results are unpacked into OUT.
lab_boot() {
  local initramfs=$1 out=$2 seconds=$3 console=$LAB_WORK/console status=0 try
  lab_qemu "$initramfs" stdio "$LAB_WORK/results.tar" "${@:4}"
  for try in 1 2; do
    status=0
    timeout --foreground -k 5 "$seconds" "${LAB_QEMU[@]}" </dev/null 2>&1 |
      stdbuf -oL tr -d '\r' | tee "$console" || status=$?
    lab_emulation_failed "$console" && ((try == 1)) || break
    say "the emulated kernel failed while it booted; it boots once more"
  done
  mkdir -p "$out"
  install -m 644 "$console" "$out/console.log"
  if ((status == 124 || status == 137)); then
    say "no answer from the guest within $seconds s"
    return 1
  fi
  if ((status != 0)); then say "QEMU ended with status $status"; return 1; fi
  if ! tar x -C "$out" --no-same-owner -f "$LAB_WORK/results.tar" 2>/dev/null; then
    say "the guest's results are incomplete: it ended before it could send them"
    return 1
  fi
  [[ $(cat "$out/status" 2>/dev/null) == complete ]] && return
  say "the guest reported: $(cat "$out/status" 2>/dev/null || echo nothing)"
  return 1
}
