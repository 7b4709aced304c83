# SPDX-License-Identifier: LGPL-2.1-or-later
# migcompat_add_test(NAME source...): a cmocka program that sees the library's inside.
# Have the documents of a test validated after it: see tests/schema.
function(migcompat_validate)
  set_tests_properties(${ARGN} PROPERTIES FIXTURES_REQUIRED documents)
endfunction()
# These take more than 3 s on two cores.
set(migcompat_slow test_cli_liar test_cli_ways test_conformance_state test_service_again
  test_service_backends test_service_changes test_service_limits test_service_threads
  test_service_watch test_varlink_client)
# migcompat_label(NAME SOURCE): labels for "ctest -L": the folder that SOURCE tests, a room of
# core/, a plugin or a sample, and "quick" or "slow".
function(migcompat_label name source)
  string(REGEX REPLACE ".*/([^/]+)/[^/]*$" "\\1" label ${source})
  if(source MATCHES "/(plugins|samples)/(device-state/)?([^/]+)/tests/")
    set(label ${CMAKE_MATCH_1} ${CMAKE_MATCH_3})
  endif()
  if(name IN_LIST migcompat_slow)
    list(APPEND label slow)
  else()
    list(APPEND label quick)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${label}")
endfunction()
function(migcompat_add_test name)
  add_executable(${name} ${ARGN})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests
    TEST_BACKENDS ${CMAKE_BINARY_DIR}/backends)
  target_link_libraries(${name} PRIVATE migcompat-regions-inside migcompat-serve PkgConfig::CMOCKA)
  target_compile_definitions(${name} PRIVATE
    TEST_BACKENDS="$<TARGET_PROPERTY:${name},TEST_BACKENDS>" TEST_SOURCE="${CMAKE_SOURCE_DIR}"
    TEST_BUILD="${CMAKE_BINARY_DIR}")
  # There a worker is not confined, see core/worker/sandbox.c.
  if(NOT MIGCOMPAT_SANITIZE AND NOT MIGCOMPAT_COVERAGE)
    target_compile_definitions(${name} PRIVATE TEST_CONFINED)
  endif()
  if(MIGCOMPAT_COVERAGE)
    target_compile_definitions(${name} PRIVATE TEST_COVERED)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  migcompat_label(${name} ${ARGN})
  migcompat_validate(${name})
endfunction()
