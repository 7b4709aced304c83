# SPDX-License-Identifier: LGPL-2.1-or-later
# Kernel lab: copies Debian's systemd and udev from the cache into the guest. Sourced by
# .prepare files of guest scripts. Nothing of them is installed or run on the host.

# With the libraries that they need, except for the C library, which is that of the host.
LAB_SYSTEMD_PACKAGES='^(systemd|udev|kmod|mount|lib.*)$'
LAB_SYSTEMD_LEFT_OUT='^(libc6|libgcc-s1|lib.*-perl|libperl.*|libgdbm.*|libdb5.*'
LAB_SYSTEMD_LEFT_OUT+='|libpam-.*|lib.*-common)$'

# Sets LAB_SYSTEMD_DIR to the files of the packages. A folder with its final name is
# complete.
lab_fetch_systemd() {
  local LAB_KERNEL=systemd names work lock deb # lab_apt uses it for folder and suite
  local -A LAB_SUITES=([systemd]=$LAB_DEBIAN)
  LAB_SYSTEMD_DIR=$LAB_CACHE/systemd
  exec {lock}>"$LAB_CACHE/.lock-systemd"
  flock -w 900 "$lock" || die "another run holds $LAB_SYSTEMD_DIR for 15 minutes"
  if [[ ! -e $LAB_SYSTEMD_DIR ]]; then
    say "downloading Debian's systemd"
    lab_apt_setup
    work=$LAB_CACHE/.systemd.part
    rm -rf "$work"
    mkdir -p "$work/root"
    mapfile -t names < <(lab_systemd_names)
    ((${#names[@]})) || die "Debian's $LAB_DEBIAN has no systemd to download"
    (cd "$work" && lab_apt apt-get download "${names[@]}") >&2 ||
      die "systemd's packages could not be downloaded"
    for deb in "$work"/*.deb; do dpkg-deb -x "$deb" "$work/root"; done
    rm -rf "$work"/root/{usr/share,usr/lib/udev/hwdb.d,lib/udev/hwdb.d}
    rm -rf "$work"/root/{usr/lib/systemd/catalog,var,etc/init.d,etc/pam.d}
    mv "$work/root" "$LAB_SYSTEMD_DIR"
    rm -rf "$work" "$LAB_CACHE/apt-systemd"
  fi
  exec {lock}>&-
}

# The packages, and all on which they depend.
lab_systemd_names() {
  lab_apt apt-get --no-install-recommends --print-uris install systemd udev kmod |
    sed -nE "s/^'[^']*' ([^_]+)_.*/\1/p" | grep -E "$LAB_SYSTEMD_PACKAGES" |
      grep -vE "$LAB_SYSTEMD_LEFT_OUT"
}

# Not needed in a guest without disk and network, and slow under emulation.
LAB_SYSTEMD_MASKED=(systemd-{hwdb-update,journal-catalog-update,binfmt,random-seed}.service
  systemd-{update-done,machine-id-commit,pstore,firstboot}.service
  systemd-{boot-update,journal-flush,update-utmp,remount-fs,boot-system-token}.service \
    modprobe@{configfs,fuse,efi_pstore,drm,dm_mod,loop}.service
  proc-sys-fs-binfmt_misc.automount dev-hugepages.mount dev-mqueue.mount \
    sys-kernel-{tracing,config}.mount sys-fs-fuse-connections.mount)

# systemd becomes the first process, and the guest script a service. Its output goes to
# the console, not into the journal that it reads.
lab_add_systemd() {
  local root=$1 units=$1/etc/systemd/system unit modules files
  modules=$root/lib/modules/$(cat "$LAB_KERNEL_DIR/release")
  cp -a "$LAB_SYSTEMD_DIR/." "$root"
  mapfile -t files < <(find "$root"/{lib,usr/lib}/*-linux-gnu -type f \( -name '*.so' -o -name \
    '*.so.*' \))
  LAB_LIBDIR=/usr/lib/x86_64-linux-gnu lab_add_libraries "$root" "${files[@]}"
  rm -rf "$root"/{usr/,}lib/systemd/system-generators
  install -d -m 755 "$units" "$root"/var/{lib,log,tmp} "$root/etc/systemd/journald.conf.d" \
    "$modules"
  for unit in "${LAB_SYSTEMD_MASKED[@]}"; do ln -s /dev/null "$units/$unit"; done
  ln -s /lab/modules "$modules/lab"
  touch "$modules"/modules.{order,builtin,builtin.modinfo}
  echo 'root:x:0:0::/root:/bin/sh' >"$root/etc/passwd"
  echo 'root:x:0:' >"$root/etc/group"
  echo lab >"$root/etc/hostname"
  printf '%s\n' '[Journal]' Storage=volatile RateLimitIntervalSec=0 \
    >"$root/etc/systemd/journald.conf.d/lab.conf"
  printf '%s\n' '[Service]' Type=oneshot \
    "ExecStart=/bin/sh -c 'exec sh /lab/finish.sh >/dev/console 2>&1'" >"$units/lab.service"
  append="systemd.unit=lab.service systemd.show_status=false $append"
  touch "$root/lab/systemd"
}
