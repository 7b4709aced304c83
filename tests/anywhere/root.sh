# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Bare Debian roots below the cache folder. debootstrap makes a root once. Commands run in
# an overlay over it, so the root itself never changes. All mounts are in a mount namespace
# that ends with its last process; the mounts of this machine never change. Sourced.

ROOT_HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/anywhere/mirror.sh
. "$ROOT_HERE/mirror.sh"
root_say() { printf 'root: %s\n' "$*" >&2; }
root_die() { root_say "$*"; exit 2; }

# Mounts need root, in a container as well; an ordinary user has sudo.
root_sudo() { if ((EUID == 0)); then "$@"; else sudo -n "$@"; fi; }

# Prints why no root can be made here, or nothing.
root_lacks() {
  if ! command -v debootstrap >/dev/null && [[ ! -x /usr/sbin/debootstrap ]]; then
    echo "debootstrap is not installed"
  elif ! root_sudo true 2>/dev/null; then
    echo "needs root, or sudo without a question"
  elif ! root_sudo unshare --mount --pid --fork mount -t tmpfs none /mnt 2>/dev/null; then
    echo "nothing can be mounted here"
  elif [[ -z $(debian_mirror) ]]; then
    echo "no Debian mirror in the apt sources; MIGCOMPAT_DEBIAN_MIRROR names one"
  fi
}

# Copies what apt needs from this machine: proxies, checks, names of hosts.
root_configure() {
  local root=$1 suite=$2 mirror=$3 file
  {
    apt-config dump Acquire | grep -E '::(Proxy|Check-Valid-Until|Check-Date|Retries)[^ ]* "' ||
      true
    printf 'Acquire::Languages "none";\nAPT::Install-Recommends "false";\n'
  } | root_sudo tee "$root/etc/apt/apt.conf.d/90host" >/dev/null
  printf "deb $mirror %s main\n" "$suite" "$suite-backports" |
    root_sudo tee "$root/etc/apt/sources.list" >/dev/null
  for file in /etc/resolv.conf /etc/hosts; do
    [[ ! -e $file ]] || root_sudo cp --remove-destination -L "$file" "$root$file"
  done
}

root_make() {
  local suite=$1 part=$ROOT_CACHE/.root-$1.part mirror proxy=${http_proxy:-}
  mirror=$(debian_mirror)
  [[ -n $proxy ]] || eval "$(apt-config shell proxy Acquire::http::Proxy)"
  root_say "making a root of $suite"
  root_sudo rm -rf "$part" "$ROOT" "$ROOT".*
  # debootstrap mounts /proc there, and may be killed. In a namespace no mount is left.
  root_sudo unshare --mount --pid --fork --kill-child env ${proxy:+"http_proxy=$proxy"} \
    debootstrap --variant=minbase --include=ca-certificates,sudo "$suite" "$part" "$mirror" \
      >"$ROOT_CACHE/root-$suite.log" 2>&1 ||
    { tail -n 5 "$ROOT_CACHE/root-$suite.log" >&2; root_die "debootstrap of $suite failed"; }
  root_configure "$part" "$suite" "$mirror"
  root_sudo mv "$part" "$ROOT"
}

# root_open SUITE: sets ROOT and locks it until this process ends. A root is complete once
# it has its last name. With the lock a layer may be changed. After root_share other
# processes may read as well.
root_open() {
  ROOT_CACHE=${MIGCOMPAT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/migcompat}
  mkdir -p "$ROOT_CACHE"
  ROOT_CACHE=$(cd "$ROOT_CACHE" && pwd)
  ROOT=$ROOT_CACHE/root-$1
  ROOT_LAYER=
  exec {ROOT_LOCK}>"$ROOT_CACHE/.lock-root-$1"
  flock -w 1800 "$ROOT_LOCK" || root_die "another run has held $ROOT for half an hour"
  root_sudo rm -rf "$ROOT_CACHE/anywhere-$1".* # of runs that were killed
  [[ -e $ROOT ]] || root_make "$1"
}

# Sets WORK to a new folder for root_inside.
root_work() {
  WORK=$(mktemp -d "${ROOT_CACHE}/anywhere-${ROOT##*-}.XXXXXX")
  chmod 755 "$WORK"
}

root_share() { flock -s "$ROOT_LOCK"; }
root_close() { exec {ROOT_LOCK}>&-; }

# root_layer NAME COMMAND...: adds a layer over ROOT for the following root_inside, which is
# kept in the cache. The command changes it, and runs again until it has succeeded once.
root_layer() {
  local layer=$ROOT.$1
  shift
  ROOT_LAYER=
  [[ -e $layer/whole ]] || root_sudo rm -rf "$layer"
  mkdir -p "$layer"
  root_sudo rm -f "$layer/whole"
  root_inside "$layer" "$@" >"$layer.log" 2>&1 || { tail -n 20 "$layer.log" >&2; return 1; }
  touch "$layer/whole"
  ROOT_LAYER=$layer/upper
}

# root_packages NAME PACKAGE...: makes a layer with these packages.
root_packages() {
  local name=$1
  shift
  [[ ! -e $ROOT.$name/whole || $(cat "$ROOT.$name.packages") != "$*" ]] ||
    { ROOT_LAYER=$ROOT.$name/upper; return 0; }
  root_say "installing into $ROOT.$name: $*"
  root_layer "$name" sh -ec 'export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update
    apt-get -qq -y --no-install-recommends -o Dpkg::Options::=--force-unsafe-io install "$@"
    apt-get clean' sh "$@" || root_die "cannot install these packages: $*"
  printf '%s\n' "$*" >"$ROOT.$name.packages"
}

# root_inside WORK COMMAND...: runs a command as root of ROOT. Its changes go to WORK/upper.
root_inside() {
  root_sudo unshare --mount --pid --fork --kill-child bash "$ROOT_HERE/enter" \
    "${ROOT_LAYER:+$ROOT_LAYER:}$ROOT" "$@"
}
