// Caller: who is on the other end of a connection, and what they said about why.
#pragma once

#include <string>

#include "api/config.h"

namespace api {

struct Caller {
  std::string name;
  CallerRole role = CallerRole::kAgency;
  std::string agency;             // Empty for the platform.
  std::vector<std::string> keys;  // Sealing keys it may use.
};

// Why personal data is read. Recorded before anything is answered.
struct Reading {
  Caller caller;
  std::string purpose;   // Required, 3 to 200 bytes.
  std::string official;  // Id of the person behind the system; may be empty.
};

}  // namespace api
