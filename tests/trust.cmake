folder_test(trust trust OpenSSL::Crypto PkgConfig::LibXml2 Threads::Threads)
add_test(NAME cli.trust_command
         COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/cli/trust_command_test.py
                 $<TARGET_FILE:edocvault> ${PROJECT_SOURCE_DIR}/../shared/corpus)
