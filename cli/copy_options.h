// What `sign` and `store` are told of a scan that is to be sealed as a true copy.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>

namespace cli {

// Empty: the document is no copy.
struct CopyOptions {
  std::string copy_of;
  std::string scanned_by;
  std::string scanned_at;  // RFC 3339.
  std::string shelf;
  std::string pages;

  bool is_copy() const { return !copy_of.empty(); }
};

void AddCopyOptions(CLI::App& verb, CopyOptions& options);

// As the service reads them from a query.
void AddToQuery(const CopyOptions& options, std::map<std::string, std::string>& query);

}  // namespace cli
