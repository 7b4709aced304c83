# SPDX-License-Identifier: LGPL-2.1-or-later
# What is built. A component that is AUTO is built if what it needs is there.
option(MIGCOMPAT_CLI "Build the program migcompat" ON)
option(MIGCOMPAT_SERVICE "Build the service migcompatd (needs libsystemd and libudev)" ON)
option(MIGCOMPAT_KMOD "Install the kernel module's source for DKMS" ON)
set(MIGCOMPAT_DOCS AUTO CACHE STRING "Build the manual pages (needs scdoc): ON, OFF or AUTO")
set(MIGCOMPAT_TESTS AUTO CACHE STRING
  "Build the tests (needs cmocka, and every component and plugin): ON, OFF or AUTO")
file(GLOB migcompat_plugins RELATIVE ${CMAKE_SOURCE_DIR}/plugins
  ${CMAKE_SOURCE_DIR}/plugins/*/CMakeLists.txt)
list(TRANSFORM migcompat_plugins REPLACE "/CMakeLists.txt$" "")
foreach(plugin IN LISTS migcompat_plugins)
  string(TOUPPER ${plugin} upper)
  string(REPLACE - _ upper ${upper})
  option(MIGCOMPAT_PLUGIN_${upper} "Build plugins/${plugin}" ON)
  if(MIGCOMPAT_PLUGIN_${upper})
    list(APPEND MIGCOMPAT_PLUGINS ${plugin})
  endif()
endforeach()
set_property(CACHE MIGCOMPAT_DOCS MIGCOMPAT_TESTS PROPERTY STRINGS ON OFF AUTO)

# How it is built. A distribution's own flags come from CMAKE_C_FLAGS and CMAKE_EXE_LINKER_FLAGS;
# the presets of this project turn these on.
option(MIGCOMPAT_WERROR "Treat warnings as errors" OFF)
option(MIGCOMPAT_HARDEN "Add -fstack-protector-strong and -D_FORTIFY_SOURCE=2" OFF)
option(MIGCOMPAT_LTO "Optimize programs and libraries across files (GCC only)" OFF)
set(MIGCOMPAT_SANITIZE "" CACHE STRING "Sanitizers for -fsanitize=, such as address,undefined")
option(MIGCOMPAT_FUZZ "Build the fuzz targets (clang only)" OFF)
option(MIGCOMPAT_COVERAGE "Count covered lines" OFF)

# migcompat_is_wanted(RESULT OPTION REASON): RESULT is whether a component with OPTION ON, OFF or
# AUTO is built. REASON is why it cannot be built, or empty. RESULT_REASON is why it is left out.
function(migcompat_is_wanted result option reason)
  set(wanted "${${option}}")
  if(NOT wanted MATCHES "^(ON|OFF|AUTO)$")
    message(FATAL_ERROR "${option} is \"${wanted}\", expected ON, OFF or AUTO")
  elseif(wanted STREQUAL OFF)
    set(reason "${option} is OFF")
  elseif(wanted STREQUAL ON AND reason)
    message(FATAL_ERROR "${option} is ON, but ${reason}")
  endif()
  if(reason)
    set(${result} OFF PARENT_SCOPE)
  else()
    set(${result} ON PARENT_SCOPE)
  endif()
  set(${result}_REASON "${reason}" PARENT_SCOPE)
endfunction()
