// TokenPlace: where a token is and what opens it.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace hsm {

struct TokenPlace {
  std::filesystem::path module;    // PKCS#11 library.
  std::string module_arguments;    // Text that some modules want at their start; mostly empty.
  std::string token_label;         // CKA label of the token, without padding.
  std::filesystem::path pin_file;  // Read once at login; a trailing newline is dropped.
  // Where a refused PIN is remembered (hsm/pin_guard.h).
  std::filesystem::path pin_refused_mark;
  std::map<std::string, std::string> environment;  // Set before loading: SOFTHSM2_CONF.
};

}  // namespace hsm
