# SPDX-License-Identifier: LGPL-2.1-or-later
# Kernel lab: copies the kernel module, the test parent and the test programs into the
# guest. Sourced by .prepare files of guest scripts.

# The sources as installed for DKMS, with the protocol's header below them.
lab_stage_module() {
  local folder=$LAB_WORK/migcompat
  mkdir "$folder"
  cp "$LAB_SOURCE"/kmod/{Kbuild,*.c,*.h} "$folder"
  install -D -m 644 "$LAB_SOURCE/include/uapi/linux/migcompat.h" \
    "$folder/include/uapi/linux/migcompat.h"
  modules+=("carry:$folder")
}

# With the test parent of mdevs.
lab_stage_shim() {
  lab_stage_module
  modules+=("carry:$LAB_SOURCE/tests/kernel/modules/migtest")
}

# A parent of mdevs of another vendor: a module of this name, made of migtest.c.
lab_stage_parent() {
  local folder=$LAB_WORK/$1
  mkdir "$folder"
  cp "$LAB_SOURCE/tests/kernel/modules/migtest/migtest.c" "$folder/$1.c"
  echo "obj-m := $1.o" >"$folder/Kbuild"
  modules+=("carry:$folder")
}

# Built here, because these programs do not link to the project.
lab_build_shim_programs() {
  local folder=$LAB_SOURCE/tests/kernel name compile shared more
  compile=(gcc -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -pthread -I"$LAB_SOURCE/include/uapi")
  shared=("$folder"/{shim-support,daemon-support,visitor,broker-client,crowd,varlink-client}.c)
  for name in "$@"; do
    more=()
    [[ $name != mix ]] || more=("$folder"/mix-{ask,change}.c)
    "${compile[@]}" -o "$LAB_WORK/$name" "$folder/$name.c" "${more[@]}" "${shared[@]}"
    programs+=("$LAB_WORK/$name")
  done
}

# What sysusers.d and tmpfiles.d create under systemd.
lab_add_accounts() {
  printf '%s\n' 'root:x:0:0::/root:/bin/sh' 'migcompat-worker:x:990:990::/:/bin/false' \
    >"$1/etc/passwd"
  printf '%s\n' 'root:x:0:' 'migcompat:x:991:' 'migcompat-worker:x:990:' >"$1/etc/group"
  install -d -m 750 "$1/run/migcompat"
}

# lab_size NAME DEFAULT: a size for the guest's programs, from the environment or the
# default.
lab_size() { printf 'export %s=%s\n' "$1" "${!1:-$2}"; }
