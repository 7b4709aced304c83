# SPDX-License-Identifier: LGPL-2.1-or-later
# Kernel lab: fetches a Debian kernel, its headers and the mtty sample into the cache, and
# installs nothing. It reads the host's apt configuration, and changes neither that nor
# dpkg's state.

LAB_DEBIAN=bookworm
declare -A LAB_SUITES=([6.1]=$LAB_DEBIAN [6.12]=$LAB_DEBIAN-backports [debug]=$LAB_DEBIAN-backports
  [cloud]=$LAB_DEBIAN-backports)
# Suffixes of a kernel's packages, if not only the architecture.
declare -A LAB_FLAVOURS=([cloud]=cloud-amd64)

# shellcheck source=tests/anywhere/mirror.sh
. "$LAB_SOURCE/tests/anywhere/mirror.sh"

# apt with a state folder of its own for one suite, as if nothing were installed. Proxy
# and keys are those of the host.
lab_apt() {
  local program=$1 dir=$LAB_CACHE/apt-$LAB_KERNEL
  shift
  "$program" -qq -o Dir::Etc::sourcelist="$dir/sources.list" \
    -o Dir::Etc::sourceparts=/dev/null -o Dir::State="$dir" \
    -o Dir::State::status="$dir/status" -o Dir::Cache="$dir" -o APT::Sandbox::User=root -o \
      Acquire::Retries=3 "$@"
}

lab_apt_setup() {
  local mirror options='' dir=$LAB_CACHE/apt-$LAB_KERNEL \
    key=/usr/share/keyrings/debian-archive-keyring.gpg
  mirror=$(debian_mirror)
  [[ -n $mirror ]] || die "no Debian mirror in the apt sources; name one in MIGCOMPAT_DEBIAN_MIRROR"
  [[ -e $key ]] && options="[arch=amd64 signed-by=$key]"
  mkdir -p "$dir/lists/partial" "$dir/archives/partial"
  : >"$dir/status"
  printf 'deb %s %s %s main\n' "$options" "$mirror" "${LAB_SUITES[$LAB_KERNEL]}" \
    >"$dir/sources.list"
  lab_apt apt-get -o APT::Update::Error-Mode=any update >&2 ||
    die "cannot read the package lists of ${LAB_SUITES[$LAB_KERNEL]}"
}

# Prints the packages on which PACKAGE depends and whose names match PATTERN.
lab_depends() {
  lab_apt apt-cache show --no-all-versions "$1" | sed -n 's/^Depends: //p' | tr ',|' '\n\n' |
    sed 's/^ *//; s/[ (].*//' | grep -E "$2"
}

# Keep only what the guest boots.
lab_unpack() {
  local work=$1 image=$2 release=${2#linux-image-} deb
  dpkg-deb --fsys-tarfile "$work"/"$image"_*.deb |
    tar x -C "$work" --wildcards './boot/vmlinuz-*' './lib/modules/*/kernel/drivers/vfio/*' \
      './lib/modules/*/kernel/virt/*'
  mv "$work/boot/vmlinuz-$release" "$work/vmlinuz"
  mkdir "$work/modules"
  find "$work/lib/modules" -name '*.ko*' -exec mv -t "$work/modules" {} +
  find "$work/modules" -name '*.xz' -exec xz -d {} +
  for deb in "$work"/linux-headers-*.deb "$work"/linux-kbuild-*.deb; do dpkg-deb -x "$deb" \
    "$work"; done
  printf '%s\n' "$release" >"$work/release"
  rm -rf "${work:?}/boot" "${work:?}/lib"
}

# Keep only the sample driver.
lab_unpack_sample() {
  local work=$1 source=$2
  mkdir "$work/mtty"
  # Both ends of the pipe stop at the first match, so their writers get SIGPIPE.
  { dpkg-deb --fsys-tarfile "$work/$source"_*.deb || true; } 2>/dev/null |
    { tar xO --occurrence=1 "./usr/src/$source.tar.xz" || true; } 2>/dev/null |
    tar xJ -C "$work/mtty" --occurrence=1 --strip-components=3 "$source/samples/vfio-mdev/mtty.c"
  [[ -s $work/mtty/mtty.c ]] || die "$source has no samples/vfio-mdev/mtty.c"
  echo 'obj-m := mtty.o' >"$work/mtty/Kbuild"
}

# Sets LAB_KERNEL_DIR, with vmlinuz, modules/*.ko, headers and, if the kernel has mdevs,
# mtty/. A folder with its final name is complete.
lab_fetch_kernel() {
  if [[ $LAB_KERNEL == debug ]]; then lab_fetch_debug_kernel; return; fi
  LAB_KERNEL_DIR=$LAB_CACHE/kernel-$LAB_KERNEL
  [[ -e $LAB_KERNEL_DIR/release ]] && return

  local image headers packages flavour=${LAB_FLAVOURS[$LAB_KERNEL]:-amd64}
  local work=$LAB_CACHE/.kernel-$LAB_KERNEL.part sample=()
  # These flavours have no mdevs.
  [[ -v LAB_FLAVOURS[$LAB_KERNEL] ]] || sample=("linux-source-$LAB_KERNEL")
  say "downloading Debian's $LAB_KERNEL kernel"
  lab_apt_setup
  rm -rf "$work" "$LAB_KERNEL_DIR"
  mkdir "$work"
  image=$(lab_depends "linux-image-$flavour" '^linux-image-[0-9]') ||
    die "no kernel image in ${LAB_SUITES[$LAB_KERNEL]}"
  headers=$(lab_depends "linux-headers-$flavour" '^linux-headers-[0-9]') ||
    die "no headers for $image"
  mapfile -t packages < <(lab_depends "$headers" '^linux-(headers|kbuild)-')
  (cd "$work" && lab_apt apt-get download "$image" "$headers" "${packages[@]}" "${sample[@]}") >&2 \
    || die "download failed"
  lab_unpack "$work" "$image"
  ((${#sample[@]} == 0)) || lab_unpack_sample "$work" "${sample[0]}"
  rm "$work"/*.deb

  # The top makefile of the headers has the path of an installed package.
  sed -i "s#^include /usr/src/#include $LAB_KERNEL_DIR/usr/src/#" \
    "$work"/usr/src/linux-headers-*-amd64/Makefile
  mv "$work" "$LAB_KERNEL_DIR"
  rm -rf "$LAB_CACHE/apt-$LAB_KERNEL"
}

# Builds an external module in a copy of FOLDER, so that the source folder is not written
# to. Prints the .ko files. NAME names the copy. An unchanged source is not built again.
lab_build_module() {
  local folder=$1 name=$2 build headers log
  build=$LAB_KERNEL_DIR/build/$name-$(cd "$folder" && find . -type f | LC_ALL=C sort |
    xargs -d '\n' sha256sum | sha256sum | cut -c1-12)
  log=$build.log
  if [[ ! -e $build/built ]]; then
    headers=("$LAB_KERNEL_DIR"/usr/src/linux-headers-*-amd64)
    rm -rf "$LAB_KERNEL_DIR/build/$name"-*
    mkdir -p "$LAB_KERNEL_DIR/build"
    cp -r "$folder" "$build"
    # Type information for BPF would need another program. Another gcc than the kernel's
    # only causes a warning.
    nice make -C "${headers[0]}" M="$build" CC="$(command -v gcc-12 || command -v gcc)" \
      CONFIG_DEBUG_INFO_BTF_MODULES= \
      modules >"$log" 2>&1 || { tail -n 20 "$log" >&2; die "building $name failed, see $log"; }
    touch "$build/built"
  fi
  find "$build" -name '*.ko'
}
