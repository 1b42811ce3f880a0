// What `sign`, `store` and `extend` have in common on the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>

namespace cli {

// How a signature is to be made. Empty: as the service does by itself.
struct SigningOptions {
  std::string level = "T";
  std::string algorithm;
  std::string role;
  std::string city;
  std::string country;
  std::string commitment;
};

void AddSigningOptions(CLI::App& verb, SigningOptions& options);

// As the service reads them from a query.
void AddToQuery(const SigningOptions& options, std::map<std::string, std::string>& query);

}  // namespace cli
