# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Sourced by scripts that download from Debian.

# Prints the mirror of any Debian release that this machine's apt uses: all releases are
# on it. A machine without Debian's sources names one in MIGCOMPAT_DEBIAN_MIRROR. Prints
# nothing if there is none.
debian_mirror() {
  if [[ -n ${MIGCOMPAT_DEBIAN_MIRROR:-} ]]; then
    printf '%s\n' "$MIGCOMPAT_DEBIAN_MIRROR"
  elif command -v apt-get >/dev/null; then
    apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' |
      awk -F '|' '$1 == "Debian" && $2 == "Debian" && !found { print $3; found = 1 }'
  fi
}
