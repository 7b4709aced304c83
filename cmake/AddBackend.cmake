# SPDX-License-Identifier: LGPL-2.1-or-later
# migcompat_add_backend(NAME source...): one vendor's shared object, without prefix, in the build's backends folder.
# Whatever the umask of whoever builds: others must not be able to write file or folder, or it would be refused.
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/backends)
file(CHMOD ${CMAKE_BINARY_DIR}/backends PERMISSIONS ${CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS})

function(migcompat_add_backend name)
  add_library(${name} MODULE ${ARGN})
  set_target_properties(${name} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/backends)
  target_link_options(${name} PRIVATE -Wl,-z,now)
  # A sanitizer's symbols come from the program, so -z,defs would refuse them.
  if(NOT MIGCOMPAT_SANITIZE)
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  add_custom_command(TARGET ${name} POST_BUILD COMMAND chmod go-w $<TARGET_FILE:${name}> VERBATIM)
  install(TARGETS ${name} LIBRARY DESTINATION ${MIGCOMPAT_BACKEND_DIR})
endfunction()
