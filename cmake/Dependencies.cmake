# SPDX-License-Identifier: LGPL-2.1-or-later
# Everything that is needed from elsewhere.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

# libltdl has no pkg-config file.
find_path(LTDL_INCLUDE_DIR ltdl.h REQUIRED)
find_library(LTDL_LIBRARY ltdl REQUIRED)
add_library(Ltdl INTERFACE)
target_include_directories(Ltdl INTERFACE ${LTDL_INCLUDE_DIR})
target_link_libraries(Ltdl INTERFACE ${LTDL_LIBRARY} ${CMAKE_DL_LIBS})

# The library.
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(NETTLE REQUIRED IMPORTED_TARGET nettle)
# The worker. libseccomp makes its filters at build time, so a cross build needs that of the machine
# that builds: see core/worker/CMakeLists.txt.
pkg_check_modules(LIBCONFIG REQUIRED IMPORTED_TARGET libconfig)
if(NOT CMAKE_CROSSCOMPILING OR CMAKE_CROSSCOMPILING_EMULATOR)
  pkg_check_modules(LIBSECCOMP REQUIRED IMPORTED_TARGET libseccomp>=2.5)
endif()
# The service.
if(MIGCOMPAT_SERVICE)
  pkg_check_modules(LIBSYSTEMD REQUIRED IMPORTED_TARGET libsystemd)
  pkg_check_modules(LIBUDEV REQUIRED IMPORTED_TARGET libudev)
endif()

# Manual pages.
find_program(SCDOC scdoc)
set(reason "")
if(NOT SCDOC)
  set(reason "scdoc was not found")
endif()
migcompat_is_wanted(migcompat_docs MIGCOMPAT_DOCS "${reason}")

# Tests.
pkg_check_modules(CMOCKA QUIET IMPORTED_TARGET cmocka)
pkg_check_modules(UMOCKDEV QUIET IMPORTED_TARGET umockdev-1.0)
set(reason "")
if(NOT CMOCKA_FOUND)
  set(reason "cmocka was not found")
elseif(CMAKE_CROSSCOMPILING)
  set(reason "this is a cross build")
elseif(NOT (MIGCOMPAT_CLI AND MIGCOMPAT_SERVICE AND MIGCOMPAT_KMOD))
  set(reason "tests need every component")
elseif(NOT "${MIGCOMPAT_PLUGINS}" STREQUAL "${migcompat_plugins}")
  set(reason "tests need every plugin")
endif()
if(NOT BUILD_TESTING AND "${MIGCOMPAT_TESTS}" STREQUAL AUTO)
  set(reason "BUILD_TESTING is OFF")
endif()
migcompat_is_wanted(migcompat_tests MIGCOMPAT_TESTS "${reason}")

# migcompat_folder_of(VARIABLE PACKAGE NAME DEFAULT): where PACKAGE's pkg-config file says that
# files of a kind go. What it has in /lib or /usr/lib goes below our own prefix.
function(migcompat_folder_of variable package name default)
  pkg_get_variable(folder ${package} ${name})
  string(REGEX REPLACE "^(/usr)?/lib/" "lib/" folder "${folder}")
  if(NOT folder)
    set(folder ${default})
  endif()
  set(${variable} ${folder} CACHE STRING "Folder, below the prefix unless it begins with /")
endfunction()
if(MIGCOMPAT_SERVICE)
  migcompat_folder_of(MIGCOMPAT_UNIT_DIR systemd systemdsystemunitdir lib/systemd/system)
  migcompat_folder_of(MIGCOMPAT_SYSUSERS_DIR systemd sysusersdir lib/sysusers.d)
  migcompat_folder_of(MIGCOMPAT_TMPFILES_DIR systemd tmpfilesdir lib/tmpfiles.d)
  migcompat_folder_of(MIGCOMPAT_UDEV_DIR udev udevdir lib/udev)
endif()
