# SPDX-License-Identifier: LGPL-2.1-or-later
# libltdl comes without a pkg-config file.
find_path(LTDL_INCLUDE_DIR ltdl.h REQUIRED)
find_library(LTDL_LIBRARY ltdl REQUIRED)
add_library(Ltdl INTERFACE)
target_include_directories(Ltdl INTERFACE ${LTDL_INCLUDE_DIR})
target_link_libraries(Ltdl INTERFACE ${LTDL_LIBRARY} ${CMAKE_DL_LIBS})
