#include "signing/copy_statement.h"

#include <charconv>

#include "base/json.h"
#include "base/utf8.h"

namespace signing {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::size_t kLongestOriginal = 500;
constexpr std::size_t kLongest = 200;
constexpr int kMostPages = 100'000;

bool IsText(const std::string& text, std::size_t longest) {
  return !text.empty() && text.size() <= longest && base::IsUtf8(text) &&
         !base::HasSteeringCharacter(text);
}

}  // namespace

base::Result<CopyStatement> ReadCopyStatement(const CopyTexts& texts, base::Time now) {
  const auto malformed = [](const char* what) {
    return Error{ErrorCode::kInvalidInput, "copy.malformed", what};
  };
  if (!IsText(texts.original, kLongestOriginal)) return malformed("original");
  if (!IsText(texts.scanned_by, kLongest)) return malformed("scannedBy");
  if (!IsText(texts.shelf, kLongest)) return malformed("shelf");
  int pages = 0;
  const char* const end = texts.pages.data() + texts.pages.size();
  const auto read = std::from_chars(texts.pages.data(), end, pages);
  if (read.ec != std::errc() || read.ptr != end || pages < 1 || pages > kMostPages)
    return malformed("pages");
  const auto scanned_at = base::ParseTime(texts.scanned_at);
  if (!scanned_at) return malformed("scannedAt is a time of RFC 3339");
  if (*scanned_at > now) return malformed("scannedAt is later than now");
  return CopyStatement{.original = texts.original,
                       .scanned_by = texts.scanned_by,
                       .scanned_at = *scanned_at,
                       .shelf = texts.shelf,
                       .pages = pages};
}

base::Bytes WriteCopyStatement(const CopyStatement& statement, std::string_view scan_name,
                               const base::Sha256Digest& scan) {
  const base::Json json =
      base::Json()
          .Set("format", "edocvault/1 copy-statement")
          .Set("lv", "KOPIJA PAREIZA. Datne ir papīra dokumenta pilnīga un pareiza kopija.")
          .Set("en", "TRUE COPY. The file is a complete and true copy of the paper document.")
          .Set("original", base::Json()
                               .Set("description", statement.original)
                               .Set("shelf", statement.shelf)
                               .Set("pages", statement.pages))
          .Set("scannedBy", statement.scanned_by)
          .Set("scannedAt", base::FormatTime(statement.scanned_at))
          .Set("scan",
               base::Json().Set("name", scan_name).Set("sha256", base::HexEncode(scan.bytes)));
  return base::ToBytes(json.DumpIndented() + "\n");
}

}  // namespace signing
