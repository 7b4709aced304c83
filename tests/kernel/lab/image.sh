# SPDX-License-Identifier: LGPL-2.1-or-later
# Kernel lab: makes the guest's root folder, and packs it into an initramfs. All files are
# below a scratch folder. Programs have the paths of an installation.

# Copies the shared libraries that these ELF files need, each to its own path.
lab_add_libraries() {
  local root=$1 library
  shift
  LD_LIBRARY_PATH=$root$LAB_LIBDIR ldd "$@" | sed -n \
    's/^[^(]*=> \(\/[^ ]*\) (.*/\1/p; s/^\t\(\/[^ ]*\) (.*/\1/p' | sort -u |
    while read -r library; do
      [[ $library == "$root"/* || -e $root$library ]] ||
        install -D -m 755 "$library" "$root$library"
    done
}

lab_add_program() {
  install -D -m 755 "$2" "$1/bin/${2##*/}"
  lab_add_libraries "$1" "$2"
}

# The project as installed: the guest runs what a user would run.
lab_add_project() {
  local root=$1 build=$2 prefix library files
  [[ -e $build/CMakeCache.txt ]] ||
    die "$build holds no build: cmake --preset release && cmake --build --preset release"
  prefix=$(sed -n 's/^CMAKE_INSTALL_PREFIX:PATH=//p' "$build/CMakeCache.txt")
  DESTDIR=$root cmake --install "$build" >"$LAB_WORK/install.log" 2>&1 ||
    {
      tail -n 5 "$LAB_WORK/install.log" >&2
      die "$build cannot be installed: is it built completely?"
    }
  LAB_LIBDIR=$(cd "$root" && find ".$prefix" -name 'libmigcompat.so*' -printf '/%h\n' -quit |
    sed 's#/\./#/#')
  # The guest has no loader cache, and workers have an empty environment, so
  # LD_LIBRARY_PATH would not reach them.
  install -d -m 755 "$root/usr/lib"
  for library in "$root$LAB_LIBDIR"/libmigcompat.so*; do ln -sf "${library#"$root"}" \
    "$root/usr/lib/"; done
  install -d -m 755 "$root/etc/migcompat"
  cp -r "$LAB_SOURCE/etc/." "$root/etc/migcompat"
  echo "export PATH=$prefix/bin:$prefix/sbin:/bin" >>"$root/lab/environment"
  mapfile -t files < <(find "$root$prefix" -type f \( -name '*.so*' -o -perm -100 \) -exec sh -c \
    'head -c 4 "$1" | grep -q ELF' _ {} \; -print)
  lab_add_libraries "$root" "${files[@]}"
  rm -rf "$root$prefix/include" "$root$prefix/share"
}

# Modules in the order of loading. Only 6.1 has vfio_virqfd as a module.
LAB_MODULES=(irqbypass vfio_virqfd vfio vfio_iommu_type1 mdev vfio-pci-core vfio-pci)

lab_make_root() {
  local root=$1 guest=$2 module
  install -d -m 755 "$root"/{bin,dev,etc,lab/modules,proc,root,run,sys,tmp}
  install -m 755 /bin/busybox "$root/bin/busybox"
  ln -s busybox "$root/bin/sh"
  install -m 755 "$LAB_SOURCE/tests/kernel/guest/init" "$root/init"
  install -m 644 "$guest" "$root/lab/guest"
  install -m 644 "$LAB_SOURCE"/tests/kernel/guest/*.sh "$root/lab" # sourced by guest scripts
  echo "export LAB_NAME=$LAB_KERNEL" >"$root/lab/environment"
  for module in "${LAB_MODULES[@]}"; do
    [[ -e $LAB_KERNEL_DIR/modules/$module.ko ]] || continue
    install -m 644 "$LAB_KERNEL_DIR/modules/$module.ko" "$root/lab/modules"
    echo "$module"
  done >"$root/lab/modules/order"
}

# A module of the lab or of the user: loaded after Debian's, or with MODE "carry" only
# copied.
lab_add_module() {
  local root=$1 file=$2 mode=$3 name
  name=$(basename "$file" .ko)
  install -m 644 "$file" "$root/lab/modules"
  [[ $mode == carry ]] || echo "$name" >>"$root/lab/modules/order"
}

lab_pack() { (cd "$1" && find . -print0 | LC_ALL=C sort -z |
  cpio --quiet --null -o -H newc -R 0:0) >"$2"; }
