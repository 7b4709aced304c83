# SPDX-License-Identifier: LGPL-2.1-or-later
# migcompat_add_backend(NAME source...): one vendor's shared object, without prefix, in the build's backends folder.
function(migcompat_add_backend name)
  add_library(${name} MODULE ${ARGN})
  set_target_properties(${name} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/backends)
  target_link_options(${name} PRIVATE -Wl,-z,now)
  # A sanitizer's symbols come from the program, so -z,defs would refuse them.
  if(NOT MIGCOMPAT_SANITIZE)
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  install(TARGETS ${name} LIBRARY DESTINATION ${MIGCOMPAT_BACKEND_DIR})
endfunction()
