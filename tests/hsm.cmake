# Tests of hsm.
find_library(SOFTHSM_MODULE softhsm2 PATHS /usr/lib PATH_SUFFIXES softhsm
             x86_64-linux-gnu/softhsm aarch64-linux-gnu/softhsm)
if(NOT SOFTHSM_MODULE)
  set(SOFTHSM_MODULE "")
endif()

# A PKCS#11 module that forwards to SoftHSM, counts and fails on demand.
add_library(token_shim MODULE fakes/token_shim.cc)
target_link_libraries(token_shim PRIVATE PkgConfig::P11Kit ${CMAKE_DL_LIBS})

folder_test(hsm hsm OpenSSL::Crypto PkgConfig::P11Kit PkgConfig::LibXml2 Threads::Threads)
add_dependencies(hsm_test token_shim)
target_compile_definitions(
  hsm_test PRIVATE SOFTHSM_MODULE="${SOFTHSM_MODULE}" TOKEN_SHIM="$<TARGET_FILE:token_shim>"
                   SHARED_FALLBACK="${PROJECT_SOURCE_DIR}/../shared")

fuzz_replay(keyholder_call hsm)

folder_test(emulator emulator OpenSSL::Crypto Poco::Net Poco::Foundation Threads::Threads)
