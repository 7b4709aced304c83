# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Bare Debian roots: made by debootstrap into the cache folder, used below an overlay, so that they stay as they were made.
# Every mount is in a mount namespace that ends with its last process; this machine's own mounts never change. Sourced.

root_say() { printf 'root: %s\n' "$*" >&2; }
root_die() { root_say "$*"; exit 2; }
ROOT_HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# Mounts need root, here and in containers; an ordinary user has sudo.
root_sudo() { if ((EUID == 0)); then "$@"; else sudo -n "$@"; fi; }

# Prints why no root can be made here; nothing: it can.
root_lacks() {
  if ! command -v debootstrap >/dev/null; then
    echo "debootstrap is not installed"
  elif ! root_sudo true 2>/dev/null; then
    echo "needs root, or sudo without a question"
  elif ! root_sudo unshare --mount --pid --fork mount -t tmpfs none /mnt 2>/dev/null; then
    echo "nothing can be mounted here"
  elif [[ -z $(root_mirror) ]]; then
    echo "no Debian mirror in the apt sources; MIGCOMPAT_DEBIAN_MIRROR names one"
  fi
}

# The mirror of any Debian release that this machine's apt uses; all releases are on it.
root_mirror() {
  if [[ -n ${MIGCOMPAT_DEBIAN_MIRROR:-} ]]; then
    printf '%s\n' "$MIGCOMPAT_DEBIAN_MIRROR"
  elif command -v apt-get >/dev/null; then
    apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' |
      awk -F '|' '$1 == "Debian" && $2 == "Debian" && !found { print $3; found = 1 }'
  fi
}

root_open_cache() {
  ROOT_CACHE=${MIGCOMPAT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/migcompat}
  mkdir -p "$ROOT_CACHE"
  ROOT_CACHE=$(cd "$ROOT_CACHE" && pwd)
}

# What a root needs to fetch packages the way this machine does: proxies, checks, names of hosts.
root_configure() {
  local root=$1 suite=$2 mirror=$3 key=/usr/share/keyrings/debian-archive-keyring.gpg file
  {
    apt-config dump Acquire | grep -E '::(Proxy|Check-Valid-Until|Check-Date|Retries)[^ ]* "' || true
    printf 'Acquire::Languages "none";\nAPT::Install-Recommends "false";\n'
  } | root_sudo tee "$root/etc/apt/apt.conf.d/90host" >/dev/null
  printf "deb [signed-by=$key] $mirror %s main\n" "$suite" "$suite-backports" |
    root_sudo tee "$root/etc/apt/sources.list" >/dev/null
  for file in /etc/resolv.conf /etc/hosts; do
    [[ ! -e $file ]] || root_sudo cp --remove-destination -L "$file" "$root$file"
  done
}

# root_open SUITE: leaves ROOT, a minimal root that is whole, and a lock on it that ends with this process. A root that is
# used by others is shared with them; who changes one (root_install) has it alone.
root_open() {
  local suite=$1 part mirror
  ROOT=$ROOT_CACHE/root-$suite
  exec {ROOT_LOCK}>"$ROOT_CACHE/.lock-root-$suite"
  flock -w 1800 "$ROOT_LOCK" || root_die "another run has held $ROOT for half an hour"
  if [[ ! -e $ROOT/etc/migcompat-root ]]; then
    part=$ROOT_CACHE/.root-$suite.part
    mirror=$(root_mirror)
    root_say "making a root of $suite"
    root_sudo rm -rf "$part" "$ROOT"
    # It mounts /proc in there and is killed without a word at times: in a namespace nothing of that is left.
    root_sudo unshare --mount --pid --fork --kill-child debootstrap --variant=minbase --include=ca-certificates,debian-archive-keyring,sudo "$suite" "$part" "$mirror" \
      >"$ROOT_CACHE/root-$suite.log" 2>&1 || { tail -n 5 "$ROOT_CACHE/root-$suite.log" >&2; root_die "debootstrap of $suite failed"; }
    root_configure "$part" "$suite" "$mirror"
    root_sudo touch "$part/etc/migcompat-root"
    root_sudo mv "$part" "$ROOT"
  fi
}

root_share() { flock -s "$ROOT_LOCK"; }
root_close() { exec {ROOT_LOCK}>&-; }

# root_install PACKAGE...: into the root itself, those that are not there. Needs the lock as root_open leaves it.
root_install() {
  local missing
  missing=$(for package in "$@"; do
    root_sudo chroot "$ROOT" dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
  done)
  [[ -n $missing ]] || return 0
  root_say "installing into $ROOT:" $missing
  # shellcheck disable=SC2086
  root_inside "" sh -ec 'export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update; apt-get -qq -y --no-install-recommends -o Dpkg::Options::=--force-unsafe-io install "$@"; apt-get clean' sh $missing \
    >"$ROOT.install.log" 2>&1 || { tail -n 20 "$ROOT.install.log" >&2; root_die "cannot install into $ROOT:" $missing; }
}

# root_inside WORK COMMAND...: runs a command as root of ROOT. Changes go to the folder WORK; an empty WORK changes ROOT.
root_inside() { root_sudo unshare --mount --pid --fork --kill-child bash "$ROOT_HERE/enter" "$ROOT" "$@"; }
