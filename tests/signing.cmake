folder_test(signing signing hardening OpenSSL::Crypto PkgConfig::LibXml2 Threads::Threads)
target_compile_definitions(signing_test PRIVATE
  EDOCVAULT_SHARED_DEFAULT="${PROJECT_SOURCE_DIR}/../shared")
