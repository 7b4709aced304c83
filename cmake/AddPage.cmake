# SPDX-License-Identifier: LGPL-2.1-or-later
# migcompat_add_page(NAME.SECTION): a manual page from NAME.SECTION.scd, built and installed.
function(migcompat_add_page page)
  set(source ${CMAKE_CURRENT_SOURCE_DIR}/${page}.scd)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${page})
  add_custom_command(OUTPUT ${output} COMMAND ${SCDOC} < ${source} > ${output}
    DEPENDS ${source} VERBATIM)
  add_custom_target(page-${page} ALL DEPENDS ${output})
  string(REGEX MATCH "[0-9]$" section ${page})
  install(FILES ${output} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endfunction()
