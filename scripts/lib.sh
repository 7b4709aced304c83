# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the scripts share: the packages that are needed, and installing those that are missing.
# Sourced, never run.
umask 022 # backends that others could write are refused
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

build_packages="gcc cmake ninja-build pkg-config libltdl-dev libconfig-dev libudev-dev
  libjansson-dev libxxhash-dev nettle-dev libsystemd-dev libseccomp-dev scdoc"
# Of programs that test and measure, then what single stages of scripts/test need beside these.
test_packages="libcmocka-dev umockdev libumockdev-dev udev mdevctl jq python3 python3-jsonschema
  man-db bash-completion"
declare -A stage_packages=(
  [format]="clang-format" [headers]="g++" [valgrind]="valgrind"
  [lint]="cppcheck clang-tidy shellcheck" [coverage]="gcovr"
  [fuzz]="clang libclang-rt-dev" [shim]="sparse dkms debootstrap" [anywhere]="debootstrap")

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 2; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "cannot install packages: neither root nor sudo; install these by hand: $missing"
  fi
}

# --install, or CI=true: packages may be installed without asking anybody.
may_install() { [ "${CI:-}" = true ] || [ "${MIGCOMPAT_INSTALL:-}" = 1 ]; }

# install_packages PACKAGE...: those that are missing, with the system's package manager. Without
# permission it names them and ends.
install_packages() {
  missing=""
  if ! command -v dpkg-query >/dev/null; then
    say "no dpkg here: make sure that these are installed: $*"
    return 0
  fi
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
      missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  may_install || die "these packages are missing:$missing
Install them, or have them installed: $0 --install"
  say "installing:$missing"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >/dev/null ||
    say "the package lists could not be brought up to date; going on with those that are there"
  # shellcheck disable=SC2086
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
    die "these packages could not be installed:$missing"
}

# build PRESET [TARGET...]: configure and build; quiet unless it fails.
build() {
  local preset=$1 log="$root/build/$1.log"
  shift
  mkdir -p "$root/build"
  (cd "$root" && cmake --preset "$preset" &&
    cmake --build --preset "$preset" ${1:+--target "$@"}) >"$log" 2>&1 ||
    { tail -n 40 "$log" >&2; die "the build \"$preset\" failed; all of it is in $log"; }
}
