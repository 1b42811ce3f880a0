// What `sign`, `store` and `extend` have in common on the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include "base/result.h"

namespace cli {

// How a signature is to be made. Empty: as the service does by itself.
struct SigningOptions {
  std::string level = "T";
  std::string algorithm;
  std::string role;
  std::string city;
  std::string country;
  std::string commitment;
  std::string approval;  // File that `approve` wrote.
};

void AddSigningOptions(CLI::App& verb, SigningOptions& options);

// As the service reads them from a query.
void AddToQuery(const SigningOptions& options, std::map<std::string, std::string>& query);

// The approval, if there is one, as the service reads it. Errors: those of base::ReadFile().
base::Status AddToHeaders(const SigningOptions& options,
                          std::map<std::string, std::string>& headers);

}  // namespace cli
