# Tests of vault. Some look behind its front doors, at LMDB itself.
folder_test(vault vault base PkgConfig::Lmdb OpenSSL::Crypto Threads::Threads)
fuzz_replay(record vault base)
if(TARGET vault_test)
  target_compile_definitions(vault_test
                             PRIVATE EDOCVAULT_SHARED_DEFAULT="${PROJECT_SOURCE_DIR}/../shared")
endif()
fuzz_replay(receipt vault base)
