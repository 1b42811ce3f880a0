#include "cli/documents.h"

#include <filesystem>

#include "base/clock.h"
#include "base/file.h"
#include "signing/container_writer.h"

namespace cli {

base::Result<base::Bytes> ReadDocument(const std::string& file) {
  ASSIGN_OR_RETURN(base::Bytes bytes, base::ReadFile(file, kMaxDocument));
  if (bytes.empty())
    return base::Error{base::ErrorCode::kInvalidInput, "document.empty", file + " is empty"};
  return bytes;
}

base::Result<base::Bytes> PackDocuments(const std::vector<std::string>& files) {
  std::vector<base::Bytes> contents;
  contents.reserve(files.size());
  signing::ContainerParts parts;
  parts.modified = base::SystemClock().Now();
  for (const std::string& file : files) {
    ASSIGN_OR_RETURN(base::Bytes bytes, ReadDocument(file));
    contents.push_back(std::move(bytes));
    const std::string name = std::filesystem::path(file).filename().string();
    parts.documents.push_back({name, signing::MediaTypeOf(name), contents.back()});
  }
  return signing::WriteContainer(parts);
}

}  // namespace cli
