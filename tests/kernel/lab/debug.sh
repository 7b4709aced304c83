# SPDX-License-Identifier: LGPL-2.1-or-later
# Kernel lab: builds a kernel with KASAN and lockdep from Debian's 6.12 sources into the
# cache, once. It takes about ten minutes on two processors. The host's configuration is
# not changed.

LAB_DEBUG_TOOLS=(flex:flex bison:bison bc:bc /usr/include/libelf.h:libelf-dev)

# Options that were requested and are not set: unknown to this kernel, or with unmet
# dependencies.
lab_debug_missing() {
  local line
  while read -r line; do
    case $line in
      *=n) ! grep -q "^${line%n}" "$1/.config" || echo "$line" ;;
      *) grep -qxF "$line" "$1/.config" || echo "$line" ;;
    esac
  done < <(grep '^CONFIG_' "$LAB_SOURCE/tests/kernel/lab/debug.config")
}

lab_debug_configure() {
  local tree=$1 missing
  make -s -C "$tree" tinyconfig &&
    (cd "$tree" && scripts/kconfig/merge_config.sh -m .config \
      "$LAB_SOURCE/tests/kernel/lab/debug.config") &&
    make -s -C "$tree" olddefconfig || return
  missing=$(lab_debug_missing "$tree")
  [[ -z $missing ]] || { echo "not as it was asked for: $missing"; return 1; }
}

# External modules need headers, makefiles and host programs. All other sources and
# objects are removed.
lab_debug_prune() {
  (cd "$1" && rm -rf Documentation vmlinux vmlinux.a vmlinux.o arch/x86/boot &&
    find arch block certs crypto drivers fs init io_uring ipc kernel lib mm net rust samples \
      security sound usr virt -type f \
      ! -name '*.h' ! -name 'Makefile*' ! -name 'Kconfig*' ! -name 'Kbuild*' ! -path \
        'arch/x86/*.sh' -delete &&
    find arch -mindepth 1 -maxdepth 1 -type d ! -name x86 -exec rm -rf {} +)
}

# The layout is that of a Debian kernel: vmlinuz, modules/, mtty/, and a tree below
# usr/src for external modules.
lab_fetch_debug_kernel() {
  LAB_KERNEL_DIR=$LAB_CACHE/kernel-debug
  [[ -e $LAB_KERNEL_DIR/release ]] && return

  local work=$LAB_CACHE/.kernel-debug.part source=linux-source-6.12 tree \
    log=$LAB_CACHE/kernel-debug.log
  say "building a 6.12 kernel with KASAN and lockdep; see $log"
  LAB_TOOLS+=("${LAB_DEBUG_TOOLS[@]}")
  lab_install_tools
  rm -rf "$work" "$LAB_KERNEL_DIR"
  mkdir "$work"
  lab_apt_setup
  (cd "$work" && lab_apt apt-get download "$source") >&2 || die "download failed"
  dpkg-deb --fsys-tarfile "$work/$source"_*.deb | tar xO "./usr/src/$source.tar.xz" |
    tar xJ -C "$work"
  rm "$work"/*.deb
  # Modules are built in the build folder, so it gets its final name first. The file
  # "release" marks it as complete.
  mv "$work" "$LAB_KERNEL_DIR"
  mkdir -p "$LAB_KERNEL_DIR/usr/src" "$LAB_KERNEL_DIR/modules" "$LAB_KERNEL_DIR/mtty"
  tree=$LAB_KERNEL_DIR/usr/src/linux-headers-debug-amd64
  mv "$LAB_KERNEL_DIR/$source" "$tree"
  lab_debug_configure "$tree" >"$log" 2>&1 ||
    die "the configuration lacks what it should have, see $log"
  nice make -C "$tree" -j"$(nproc)" CC="$(command -v gcc-12 || command -v gcc)" bzImage modules \
    >>"$log" 2>&1 || die "building failed, see $log"
  cp "$tree/arch/x86/boot/bzImage" "$LAB_KERNEL_DIR/vmlinuz"
  find "$tree/drivers/vfio" -name '*.ko' -exec cp -t "$LAB_KERNEL_DIR/modules" {} +
  cp "$tree/samples/vfio-mdev/mtty.c" "$LAB_KERNEL_DIR/mtty"
  echo 'obj-m := mtty.o' >"$LAB_KERNEL_DIR/mtty/Kbuild"
  lab_debug_prune "$tree"
  rm -rf "$LAB_CACHE/apt-$LAB_KERNEL"
  make -s -C "$tree" kernelrelease >"$LAB_KERNEL_DIR/release"
}
