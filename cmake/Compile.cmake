# SPDX-License-Identifier: LGPL-2.1-or-later
# How everything is compiled: the language, the warnings, the sanitizers.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
# If an umask left a folder open to a group, no backend would be loaded from it.
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
  GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

# These come before the flags of the user or distribution, which therefore win.
string(PREPEND CMAKE_C_FLAGS "-Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes "
  "-Wmissing-prototypes -Wformat=2 -Wundef -fno-common ")
add_compile_definitions(_GNU_SOURCE)
include_directories(${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR})
if(MIGCOMPAT_WERROR)
  add_compile_options(-Werror)
endif()
if(MIGCOMPAT_SANITIZE)
  add_compile_options(-fsanitize=${MIGCOMPAT_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${MIGCOMPAT_SANITIZE})
elseif(MIGCOMPAT_HARDEN)
  add_compile_options(-fstack-protector-strong -D_FORTIFY_SOURCE=2)
endif()
if(MIGCOMPAT_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(MIGCOMPAT_COVERAGE)
  add_compile_options(--coverage -O0)
  add_link_options(--coverage)
endif()
# Without optimization a function keeps its place: the test of unreached functions looks for those
# that the linker drops.
if(CMAKE_BUILD_TYPE STREQUAL Debug AND NOT MIGCOMPAT_SANITIZE AND NOT MIGCOMPAT_COVERAGE)
  add_compile_options(-ffunction-sections)
  add_link_options(-Wl,--gc-sections)
  set(MIGCOMPAT_FUNCTIONS_STAY ON)
endif()

# Small functions that read and write messages are called all the time, so optimizing across files
# pays. The objects hold plain code as well, for the tests, which replace functions at link time.
if(MIGCOMPAT_LTO AND CMAKE_C_COMPILER_ID STREQUAL GNU)
  set(migcompat_lto -flto=auto)
  set(MIGCOMPAT_NO_LTO -fno-lto)
endif()
function(migcompat_whole)
  foreach(target ${ARGN})
    get_target_property(type ${target} TYPE)
    if(migcompat_lto)
      target_compile_options(${target} PRIVATE ${migcompat_lto} -ffat-lto-objects)
    endif()
    if(migcompat_lto AND type MATCHES "EXECUTABLE|SHARED_LIBRARY")
      target_link_options(${target} PRIVATE ${migcompat_lto})
    endif()
  endforeach()
endfunction()
