# SPDX-License-Identifier: LGPL-2.1-or-later
# migcompat_add_test(NAME source...): a cmocka program that sees the library's inside.
find_package(PkgConfig REQUIRED)
pkg_check_modules(CMOCKA IMPORTED_TARGET cmocka)
# Have the documents of a test validated after it: see tests/schema.
function(migcompat_validate)
  set_tests_properties(${ARGN} PROPERTIES FIXTURES_REQUIRED documents)
endfunction()
function(migcompat_add_test name)
  add_executable(${name} ${ARGN})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_link_libraries(${name} PRIVATE migcompat-serve PkgConfig::CMOCKA)
  target_compile_definitions(${name} PRIVATE
    TEST_BACKENDS="${CMAKE_BINARY_DIR}/backends" TEST_SOURCE="${CMAKE_SOURCE_DIR}" TEST_BUILD="${CMAKE_BINARY_DIR}")
  # There a worker is not confined, see core/worker/sandbox.c.
  if(NOT MIGCOMPAT_SANITIZE AND NOT MIGCOMPAT_COVERAGE)
    target_compile_definitions(${name} PRIVATE TEST_CONFINED)
  endif()
  if(MIGCOMPAT_COVERAGE)
    target_compile_definitions(${name} PRIVATE TEST_COVERED)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  migcompat_validate(${name})
endfunction()
