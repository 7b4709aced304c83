# SPDX-License-Identifier: LGPL-2.1-or-later
install(DIRECTORY include/migcompat DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
# Made when it is installed, since "cmake --install --prefix" may name another prefix than the one that was configured.
set(prefix_when_installed @prefix_when_installed@)
configure_file(cmake/migcompat.pc.in migcompat.pc.in @ONLY)
install(CODE "
  set(prefix_when_installed \"\${CMAKE_INSTALL_PREFIX}\")
  configure_file(\"${CMAKE_BINARY_DIR}/migcompat.pc.in\" \"${CMAKE_BINARY_DIR}/migcompat.pc\" @ONLY)
")
install(FILES ${CMAKE_BINARY_DIR}/migcompat.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# The programs read /etc/migcompat wherever they are, so that is where the policy goes; a staged installation below another prefix keeps to
# itself. What an administrator has there already stays.
install(CODE "
  set(destination \"\${CMAKE_INSTALL_PREFIX}/etc/migcompat\")
  if(CMAKE_INSTALL_PREFIX MATCHES \"^/usr(/local)?/?$\")
    set(destination /etc/migcompat)
  endif()
  file(INSTALL DESTINATION \"\${destination}\" TYPE DIRECTORY FILES \"${CMAKE_SOURCE_DIR}/etc/\" PATTERN migcompat.conf EXCLUDE)
  if(NOT EXISTS \"\$ENV{DESTDIR}\${destination}/migcompat.conf\")
    file(INSTALL DESTINATION \"\${destination}\" TYPE FILE FILES \"${CMAKE_SOURCE_DIR}/etc/migcompat.conf\")
  endif()
")
