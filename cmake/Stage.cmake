# SPDX-License-Identifier: LGPL-2.1-or-later
# What is installed stands in the build tree as it will stand below the prefix, so programs look in
# one place alone. The links are the short names of what people and tests run.
set(MIGCOMPAT_BACKEND_DIR ${CMAKE_INSTALL_LIBDIR}/migcompat/backends)
set(stage_bin ${CMAKE_BINARY_DIR}/stage/bin)
foreach(folder LIBDIR LIBEXECDIR DOCDIR)
  file(RELATIVE_PATH MIGCOMPAT_${folder}_BELOW
    ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_${folder}})
  cmake_path(ABSOLUTE_PATH MIGCOMPAT_${folder}_BELOW BASE_DIRECTORY ${stage_bin} NORMALIZE
    OUTPUT_VARIABLE STAGE_${folder})
endforeach()
file(RELATIVE_PATH MIGCOMPAT_LIBEXECDIR_BESIDE
  ${CMAKE_INSTALL_FULL_LIBDIR} ${CMAKE_INSTALL_FULL_LIBEXECDIR})
set(STAGE_BACKEND_DIR ${STAGE_LIBDIR}/migcompat/backends)
set(STAGE_WORKER_DIR ${STAGE_LIBEXECDIR}/migcompat)
# Others must not be able to write these, whatever the umask: nothing would be run from there.
file(MAKE_DIRECTORY ${STAGE_BACKEND_DIR}/streams ${STAGE_WORKER_DIR} ${STAGE_DOCDIR})
file(CHMOD ${STAGE_BACKEND_DIR} ${STAGE_BACKEND_DIR}/streams ${STAGE_WORKER_DIR}
  PERMISSIONS ${CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS})
file(CREATE_LINK ${CMAKE_SOURCE_DIR}/tests/hosts ${STAGE_DOCDIR}/examples SYMBOLIC)
foreach(link backends:${STAGE_BACKEND_DIR} migcompat:${stage_bin}/migcompat
    migcompatd:${CMAKE_BINARY_DIR}/stage/sbin/migcompatd
    migcompat-worker:${STAGE_WORKER_DIR}/migcompat-worker)
  string(REGEX MATCH "^([^:]+):(.*)$" link ${link})
  if(NOT IS_SYMLINK ${CMAKE_BINARY_DIR}/${CMAKE_MATCH_1})
    file(REMOVE_RECURSE ${CMAKE_BINARY_DIR}/${CMAKE_MATCH_1}) # of an older layout
  endif()
  file(CREATE_LINK ${CMAKE_MATCH_2} ${CMAKE_BINARY_DIR}/${CMAKE_MATCH_1} SYMBOLIC)
endforeach()
