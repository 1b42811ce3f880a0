folder_test(signing signing hardening OpenSSL::Crypto PkgConfig::LibXml2
            XercesC::XercesC Threads::Threads)
target_sources(signing_test PRIVATE fakes/diag_data_importer.cc fakes/oracle_policy_importer.cc
  fakes/qualification_importer.cc)
target_compile_definitions(signing_test PRIVATE
  EDOCVAULT_SHARED_DEFAULT="${PROJECT_SOURCE_DIR}/../shared"
  EDOCVAULT_SCHEMAS="${CMAKE_CURRENT_SOURCE_DIR}/schemas")

foreach(target zip_reader xml_gate timestamp_token verify trust evidence_record evidence_bundle)
  fuzz_replay(${target} signing PkgConfig::LibXml2 OpenSSL::Crypto)
endforeach()

folder_test(cli cli)
add_test(NAME cli.verify_command
         COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/cli/verify_command_test.py
                 $<TARGET_FILE:edocvault>)
add_test(NAME cli.verify_bundle
         COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/cli/verify_bundle_test.py
                 $<TARGET_FILE:edocvault> ${PROJECT_SOURCE_DIR}/../shared/corpus)
set_tests_properties(cli.verify_bundle PROPERTIES TIMEOUT 300)
