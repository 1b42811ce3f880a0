# Compiler and linker defences, for every binary. Sanitizer builds replace FORTIFY,
# which would hide what they look for.
add_compile_options(-fstack-protector-strong -fstack-clash-protection -fcf-protection
                    -ftrivial-auto-var-init=zero)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
add_link_options(-pie -Wl,-z,relro,-z,now,-z,noexecstack)

if(EDOCVAULT_SANITIZE)
  add_compile_options(-fsanitize=${EDOCVAULT_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${EDOCVAULT_SANITIZE})
  add_compile_definitions(EDOCVAULT_SANITIZED=1)
else()
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -O2 -g1)
endif()
