# Tests of hsm.
find_library(SOFTHSM_MODULE softhsm2 PATHS /usr/lib PATH_SUFFIXES softhsm
             x86_64-linux-gnu/softhsm aarch64-linux-gnu/softhsm)
if(NOT SOFTHSM_MODULE)
  set(SOFTHSM_MODULE "")
endif()
find_library(NSS_MODULE softokn3 PATH_SUFFIXES nss)
if(NOT NSS_MODULE)
  set(NSS_MODULE "")
endif()

# A PKCS#11 module that forwards to another, counts and fails on demand.
add_library(token_shim MODULE fakes/token_shim.cc)
target_link_libraries(token_shim PRIVATE PkgConfig::P11Kit ${CMAKE_DL_LIBS})

folder_test(hsm hsm OpenSSL::Crypto PkgConfig::P11Kit PkgConfig::LibXml2 Threads::Threads)
add_dependencies(hsm_test token_shim)
target_compile_definitions(
  hsm_test PRIVATE SOFTHSM_MODULE="${SOFTHSM_MODULE}" NSS_MODULE="${NSS_MODULE}" TOKEN_SHIM="$<TARGET_FILE:token_shim>"
                   SHARED_FALLBACK="${PROJECT_SOURCE_DIR}/../shared")

add_test(NAME cli.key_command
         COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/cli/key_command_test.py
                 $<TARGET_FILE:edocvault> ${SOFTHSM_MODULE})

fuzz_replay(keyholder_call hsm)

folder_test(emulator emulator vault OpenSSL::Crypto Poco::Net Poco::Foundation Threads::Threads)
