# SPDX-License-Identifier: LGPL-2.1-or-later
find_package(PkgConfig REQUIRED)
pkg_check_modules(NETTLE REQUIRED IMPORTED_TARGET nettle)
