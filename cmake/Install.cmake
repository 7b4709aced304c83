# SPDX-License-Identifier: LGPL-2.1-or-later
install(DIRECTORY include/migcompat DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY etc/ DESTINATION ${CMAKE_INSTALL_SYSCONFDIR}/migcompat)
configure_file(cmake/migcompat.pc.in migcompat.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/migcompat.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
