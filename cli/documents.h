// Documents that a user names on the command line.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "signing/copy_statement.h"

namespace cli {

inline constexpr std::size_t kMaxDocument = std::size_t{32} << 20U;

// kInvalidInput "document.empty"; otherwise as base::ReadFile().
base::Result<base::Bytes> ReadDocument(const std::string& file);

// An unsigned ASiC-E container with the documents, named as their files are.
// Besides: kInvalidInput "document.duplicate-name", "document.bad-name".
base::Result<base::Bytes> PackDocuments(const std::vector<std::string>& files);

// The same with a scan and what is said of it. Besides: kInvalidInput "copy.malformed".
base::Result<base::Bytes> PackCopy(const std::string& file, const signing::CopyTexts& statement);

}  // namespace cli
