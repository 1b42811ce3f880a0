# Tests of api and cli: flows with fakes, and the whole appliance by its programs.
folder_test(api api emulator OpenSSL::Crypto PkgConfig::LibXml2 Threads::Threads)
target_compile_definitions(api_test PRIVATE EDOCVAULT_SHARED_DEFAULT="${PROJECT_SOURCE_DIR}/../shared")
foreach(part 1 2)
  add_test(NAME flow.end_to_end_${part}
           COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/flow/end_to_end.py ${CMAKE_BINARY_DIR}/bin)
  set_tests_properties(flow.end_to_end_${part} PROPERTIES TIMEOUT 900
                                                          ENVIRONMENT EDOCVAULT_PART=${part}/2)
endforeach()
add_test(NAME flow.provable_log
         COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/flow/provable_log.py ${CMAKE_BINARY_DIR}/bin)
set_tests_properties(flow.provable_log PROPERTIES TIMEOUT 300)
add_test(NAME interop.log_pages
         COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/interop/log_check.py pages
                 ${PROJECT_SOURCE_DIR}/docs/formats)
add_test(NAME flow.chaos
         COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/flow/chaos.py ${CMAKE_BINARY_DIR}/bin
                 $<TARGET_FILE:token_shim>)
set_tests_properties(flow.chaos PROPERTIES TIMEOUT 300)
add_test(NAME flow.erasure
         COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/flow/erasure.py ${CMAKE_BINARY_DIR}/bin)
set_tests_properties(flow.erasure PROPERTIES TIMEOUT 300)
add_test(NAME flow.backup
         COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/flow/backup.py ${CMAKE_BINARY_DIR}/bin)
set_tests_properties(flow.backup PROPERTIES TIMEOUT 300)
add_test(NAME flow.batch_crash
         COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/flow/batch_crash.py ${CMAKE_BINARY_DIR}/bin
                 $<TARGET_FILE:token_shim> --kills 4)
set_tests_properties(flow.batch_crash PROPERTIES TIMEOUT 300)
