# SPDX-License-Identifier: LGPL-2.1-or-later
# Kernel lab: programs that the host needs, the layout of the cache, and failures. It
# installs distribution packages, and changes nothing else of the host.

say() { printf 'kernel-lab: %s\n' "$*" >&2; }
die() { say "$*"; exit 2; }

# A program and its package. The compiler is that of Debian 12's kernels.
LAB_TOOLS=(
  qemu-system-x86_64:qemu-system-x86
  /bin/busybox:busybox-static
  cpio:cpio
  xz:xz-utils
  make:make
  gcc:gcc
  flock:util-linux
  /usr/lib/python3/dist-packages/jsonschema:python3-jsonschema
)

lab_install_tools() {
  local tool missing=()
  for tool in "${LAB_TOOLS[@]}"; do
    command -v "${tool%%:*}" >/dev/null || [[ -e ${tool%%:*} ]] || missing+=("${tool##*:}")
  done
  # A dynamically linked busybox would not run in the guest.
  if [[ -x /bin/busybox ]] && ldd /bin/busybox >/dev/null 2>&1; then missing+=(busybox-static); fi
  ((${#missing[@]})) || return 0
  [[ ${CI:-} == true || ${MIGCOMPAT_INSTALL:-} == 1 ]] ||
    die "these packages are missing: ${missing[*]}; install them," \
      "or have them installed: scripts/kernel-lab --install"
  command -v apt-get >/dev/null ||
    die "needs ${missing[*]}, and there is no apt-get to install them with"

  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      die "needs the packages ${missing[*]}: install them, or run as root"
    apt=(sudo "${apt[@]}")
  fi
  say "installing ${missing[*]}"
  "${apt[@]}" update >&2 || die "cannot read the package lists"
  "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >&2 ||
    die "cannot install ${missing[*]}"
}

# One run at a time fills or reads the cached files of a kernel. The lock ends with the
# process.
lab_open_cache() {
  LAB_CACHE=${MIGCOMPAT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/migcompat}
  mkdir -p "$LAB_CACHE"
  LAB_CACHE=$(cd "$LAB_CACHE" && pwd)
  exec {LAB_LOCK}>"$LAB_CACHE/.lock-$LAB_KERNEL"
  flock -w 900 "$LAB_LOCK" || die "another run holds $LAB_CACHE for 15 minutes"
}

lab_close_cache() { exec {LAB_LOCK}>&-; }
