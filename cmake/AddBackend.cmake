# SPDX-License-Identifier: LGPL-2.1-or-later
# migcompat_add_backend(NAME source...): one vendor's shared object, without prefix, in the build's
# folder of backends. Others must not be able to write the file, or it would be refused.
function(migcompat_add_backend name)
  migcompat_add_object("" ${name} ${ARGN})
endfunction()

# migcompat_add_streams(NAME source...): one that reads streams and serves no device.
function(migcompat_add_streams name)
  migcompat_add_object(/streams ${name} ${ARGN})
endfunction()

# below: folder in that of the backends
function(migcompat_add_object below name)
  migcompat_add_module(${name} ${STAGE_BACKEND_DIR}${below} ${ARGN})
  install(TARGETS ${name} LIBRARY DESTINATION ${MIGCOMPAT_BACKEND_DIR}${below})
endfunction()

# migcompat_add_module(NAME FOLDER source...): a backend in FOLDER, which is not installed.
function(migcompat_add_module name folder)
  add_library(${name} MODULE ${ARGN})
  set_target_properties(${name} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${folder})
  target_link_options(${name} PRIVATE -Wl,-z,now)
  # A sanitizer's symbols come from the program, so -z,defs would refuse them.
  if(NOT MIGCOMPAT_SANITIZE)
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  add_custom_command(TARGET ${name} POST_BUILD COMMAND chmod go-w $<TARGET_FILE:${name}> VERBATIM)
endfunction()
