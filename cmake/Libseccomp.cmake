# SPDX-License-Identifier: LGPL-2.1-or-later
# At build time alone: it makes the filters that the worker carries.
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBSECCOMP REQUIRED IMPORTED_TARGET libseccomp>=2.5)
