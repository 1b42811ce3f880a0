#include "cli/id_list.h"

#include <algorithm>

#include "base/file.h"

namespace cli {
namespace {

constexpr std::size_t kMaxIds = std::size_t{64} << 20U;

}  // namespace

base::Result<std::vector<vault::RecordId>> ReadIds(const std::string& file) {
  ASSIGN_OR_RETURN(const base::Bytes content, base::ReadFile(file, kMaxIds));
  std::vector<vault::RecordId> ids;
  std::string_view text = base::AsText(content);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    const auto id = vault::RecordId::Parse(line);
    if (!id)
      return base::Error{base::ErrorCode::kInvalidInput, "erasure.malformed",
                         "not an id: " + std::string(line.substr(0, 64))};
    ids.push_back(*id);
  }
  return ids;
}

}  // namespace cli
