# Trials that cut power, kill, refuse and flip bits. Here they are short; docs/reliability.md has the long ones.
pkg_check_modules(Fuse IMPORTED_TARGET fuse3)

add_executable(vault_load fault/vault_load.cc)
target_link_libraries(vault_load PRIVATE vault base PkgConfig::Lmdb OpenSSL::Crypto Threads::Threads)

if(Fuse_FOUND)
  add_executable(block_recorder fault/block_recorder.cc)
  target_link_libraries(block_recorder PRIVATE PkgConfig::Fuse)
  add_test(NAME fault.powerfail
           COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/fault/powerfail.py
                   $<TARGET_FILE_DIR:vault_load> --cuts 25 --seeds 1 --documents 300)
  set_tests_properties(fault.powerfail PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600 RUN_SERIAL ON)
endif()

foreach(trial "kills --kills 15" "refusals --positions 2" "flips --flips 120")
  separate_arguments(words UNIX_COMMAND ${trial})
  list(POP_FRONT words name)
  add_test(NAME fault.${name} COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/fault/${name}.py
                                      $<TARGET_FILE_DIR:vault_load> ${words})
  set_tests_properties(fault.${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
endforeach()
