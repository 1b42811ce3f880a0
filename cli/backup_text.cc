#include "cli/backup_text.h"

namespace cli {

std::string_view FirstLine(std::string_view text) {
  return text.substr(0, text.find_first_of("\r\n"));
}

base::Json ToJson(const vault::BackupSummary& found) {
  return base::Json()
      .Set("number", static_cast<std::int64_t>(found.number))
      .Set("madeAt", base::FormatTime(found.made_at))
      .Set("origin", found.origin)
      .Set("entries", static_cast<std::int64_t>(found.head.size))
      .Set("root", base::HexEncode(found.head.root.bytes))
      .Set("documents", static_cast<std::int64_t>(found.documents))
      .Set("documentBytes", static_cast<std::int64_t>(found.document_bytes))
      .Set("keyRows", static_cast<std::int64_t>(found.key_rows));
}

}  // namespace cli
