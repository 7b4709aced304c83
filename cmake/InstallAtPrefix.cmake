# SPDX-License-Identifier: LGPL-2.1-or-later
# What is settled when the project is installed: "cmake --install --prefix" may name another prefix
# than the configured one. Nothing is written into the build folder: it may be another user's, and
# two installations may run at once.

# migcompat_installed_folder(VARIABLE FOLDER): FOLDER in full, with @migcompat_prefix@ for the
# prefix.
function(migcompat_installed_folder variable folder)
  if(NOT IS_ABSOLUTE ${folder})
    set(folder @migcompat_prefix@/${folder})
  endif()
  set(${variable} ${folder} PARENT_SCOPE)
endfunction()

# migcompat_install_template(TEMPLATE FOLDER): a file that names installed folders; TEMPLATE ends
# in ".in".
function(migcompat_install_template template folder)
  get_filename_component(name ${template} NAME_WLE)
  set(migcompat_prefix @migcompat_prefix@)
  foreach(kind BINDIR SBINDIR LIBDIR INCLUDEDIR)
    string(TOLOWER ${kind} lower)
    migcompat_installed_folder(migcompat_${lower} ${CMAKE_INSTALL_${kind}})
  endforeach()
  configure_file(${template} ${CMAKE_CURRENT_BINARY_DIR}/${name}.in @ONLY)
  install(DIRECTORY DESTINATION ${folder})
  install(CODE "
    set(migcompat_prefix \"\${CMAKE_INSTALL_PREFIX}\")
    set(file \"\${CMAKE_INSTALL_PREFIX}/${folder}/${name}\")
    message(STATUS \"Installing: \$ENV{DESTDIR}\${file}\")
    configure_file(\"${CMAKE_CURRENT_BINARY_DIR}/${name}.in\" \"\$ENV{DESTDIR}\${file}\" @ONLY
      FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
    list(APPEND CMAKE_INSTALL_MANIFEST_FILES \"\${file}\")
  ")
endfunction()

# Policies are in /etc, unless the configuration names another folder by an absolute path.
set(MIGCOMPAT_SYSCONFDIR /etc)
if(IS_ABSOLUTE ${CMAKE_INSTALL_SYSCONFDIR})
  set(MIGCOMPAT_SYSCONFDIR ${CMAKE_INSTALL_SYSCONFDIR})
  set(migcompat_prefix_of_system ${CMAKE_INSTALL_PREFIX})
endif()

# migcompat_system_folder(CODE FOLDER BELOW): CODE sets "destination". Other programs look in FOLDER
# alone, so files go there if the prefix is a usual one. An installation below a prefix of its own
# keeps to itself and has them in BELOW.
function(migcompat_system_folder code folder below)
  set(${code} "
    set(destination \"\${CMAKE_INSTALL_PREFIX}/${below}\")
    if(CMAKE_INSTALL_PREFIX MATCHES \"^/usr(/local)?/?$\" OR
        CMAKE_INSTALL_PREFIX STREQUAL \"${migcompat_prefix_of_system}\")
      set(destination ${folder})
    endif()
  " PARENT_SCOPE)
endfunction()
