#include "cli/copy_options.h"

#include <array>

namespace cli {
namespace {

struct Row {
  const char* option;
  const char* parameter;  // Of the query.
  const char* help;
  std::string signing::CopyTexts::*text;
};
constexpr std::array<Row, 5> kRows{{
    {"--copy-of", "copyOf", "The document is a scan of this paper: seal it as a true copy",
     &CopyOptions::original},
    {"--scanned-by", "scannedBy", "Who compared the scan with the paper", &CopyOptions::scanned_by},
    {"--scanned-at", "scannedAt", "When, such as 2026-11-29T10:00:00Z", &CopyOptions::scanned_at},
    {"--shelf", "shelf", "Where the paper is kept", &CopyOptions::shelf},
    {"--pages", "pages", "Pages of the paper", &CopyOptions::pages},
}};

}  // namespace

void AddCopyOptions(CLI::App& verb, CopyOptions& options) {
  CLI::Option* copy = nullptr;
  for (const Row& row : kRows) {
    CLI::Option* option = verb.add_option(row.option, options.*row.text, row.help);
    if (copy == nullptr)
      copy = option;
    else
      option->needs(copy);
  }
}

void AddToQuery(const CopyOptions& options, std::map<std::string, std::string>& query) {
  for (const Row& row : kRows)
    if (options.is_copy()) query[row.parameter] = options.*row.text;
}

}  // namespace cli
