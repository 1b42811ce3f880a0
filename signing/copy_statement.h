// CopyStatement: what an agency says when it seals a scan as a true copy of a paper document.
//
// It is a document of its own beside the scan in the container, so that one seal covers both and
// neither can be had without the other.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"

namespace signing {

// Its name in the container.
inline constexpr std::string_view kCopyStatementName = "copy-statement.json";

struct CopyStatement {
  std::string original;    // What the paper is: title, number, date. 1 to 500 bytes of UTF-8.
  std::string scanned_by;  // Who compared the scan with it. 1 to 200 bytes.
  base::Time scanned_at;   // Not after the seal.
  std::string shelf;       // Where the paper is kept. 1 to 200 bytes.
  int pages = 0;           // Of the paper, 1 to 100,000.
};

// A statement as people and queries write it.
struct CopyTexts {
  std::string original;
  std::string scanned_by;
  std::string scanned_at;  // RFC 3339.
  std::string shelf;
  std::string pages;
};

// kInvalidInput "copy.malformed" for what is not as said above, or scanned after `now`.
base::Result<CopyStatement> ReadCopyStatement(const CopyTexts& texts, base::Time now);

// JSON, indented, for people and programs alike: the statement in Latvian and English, its members,
// and name and SHA-256 of the scan. REQUIRES: read by ReadCopyStatement().
base::Bytes WriteCopyStatement(const CopyStatement& statement, std::string_view scan_name,
                               const base::Sha256Digest& scan);

}  // namespace signing
