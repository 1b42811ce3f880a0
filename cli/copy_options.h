// What `sign`, `store` and `approve` are told of a scan that is to be sealed as a true copy.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include "signing/copy_statement.h"

namespace cli {

// Empty: the document is no copy.
struct CopyOptions : signing::CopyTexts {
  bool is_copy() const { return !original.empty(); }
};

void AddCopyOptions(CLI::App& verb, CopyOptions& options);

// As the service reads them from a query.
void AddToQuery(const CopyOptions& options, std::map<std::string, std::string>& query);

}  // namespace cli
