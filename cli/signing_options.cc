#include "cli/signing_options.h"

#include <array>
#include <utility>

#include "base/bytes.h"
#include "base/file.h"

namespace cli {
namespace {

struct Row {
  const char* option;
  const char* parameter;  // Of the query.
  const char* help;
  std::string SigningOptions::*text;
};
constexpr std::size_t kMaxApproval = 16'384;
constexpr std::array<Row, 5> kRows{{
    {"--algorithm", "algorithm", "Instead of the one that goes with the key: rsa-pss-sha256",
     &SigningOptions::algorithm},
    {"--role", "role", "Role that the signer claims", &SigningOptions::role},
    {"--city", "city", "Where it is signed", &SigningOptions::city},
    {"--country", "country", "Where it is signed, two letters", &SigningOptions::country},
    {"--commitment", "commitment",
     "origin, receipt, delivery, sender, approval or creation: what the signature stands for",
     &SigningOptions::commitment},
}};

}  // namespace

void AddSigningOptions(CLI::App& verb, SigningOptions& options) {
  verb.add_option("--level", options.level, "B, T, LT or LTA")
      ->check(CLI::IsMember({"B", "T", "LT", "LTA"}))
      ->capture_default_str();
  for (const Row& row : kRows) verb.add_option(row.option, options.*row.text, row.help);
  verb.add_option("--approval", options.approval, "What `approve` wrote, for keys that need it");
}

void AddToQuery(const SigningOptions& options, std::map<std::string, std::string>& query) {
  query["level"] = options.level;
  for (const Row& row : kRows)
    if (const std::string& text = options.*row.text; !text.empty()) query[row.parameter] = text;
}

base::Status AddToHeaders(const SigningOptions& options,
                          std::map<std::string, std::string>& headers) {
  if (options.approval.empty()) return base::Ok();
  ASSIGN_OR_RETURN(const base::Bytes text, base::ReadFile(options.approval, kMaxApproval));
  headers["Edocvault-Approval"] = base::ToString(text);
  return base::Ok();
}

}  // namespace cli
