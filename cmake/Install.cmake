# SPDX-License-Identifier: LGPL-2.1-or-later
install(DIRECTORY include/migcompat DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
migcompat_install_template(cmake/migcompat.pc.in ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# The programs read this folder wherever they are. What an administrator has there already stays.
migcompat_system_folder(etc ${MIGCOMPAT_SYSCONFDIR}/migcompat etc/migcompat)
install(CODE "
  ${etc}
  file(INSTALL DESTINATION \"\${destination}\" TYPE DIRECTORY
    FILES \"${CMAKE_SOURCE_DIR}/etc/\" PATTERN migcompat.conf EXCLUDE)
  if(NOT EXISTS \"\$ENV{DESTDIR}\${destination}/migcompat.conf\")
    file(INSTALL DESTINATION \"\${destination}\" TYPE FILE
      FILES \"${CMAKE_SOURCE_DIR}/etc/migcompat.conf\")
  endif()
")
