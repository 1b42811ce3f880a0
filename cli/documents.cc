#include "cli/documents.h"

#include <filesystem>

#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "signing/container_writer.h"

namespace cli {
namespace {

std::string NameOf(const std::string& file) {
  return std::filesystem::path(file).filename().string();
}

signing::ContainerDocument AsDocument(std::string name, base::ByteSpan bytes) {
  std::string type = signing::MediaTypeOf(name);
  return {std::move(name), std::move(type), bytes};
}

}  // namespace

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
    parts.documents.push_back(AsDocument(NameOf(file), contents.back()));
  }
  return signing::WriteContainer(parts);
}

base::Result<base::Bytes> PackCopy(const std::string& file, const signing::CopyTexts& texts) {
  const base::Time now = base::SystemClock().Now();
  ASSIGN_OR_RETURN(const signing::CopyStatement read, signing::ReadCopyStatement(texts, now));
  ASSIGN_OR_RETURN(const base::Bytes scan, ReadDocument(file));
  const base::Bytes statement = signing::WriteCopyStatement(read, NameOf(file), base::Sha256(scan));
  return signing::WriteContainer(
      {.documents = {AsDocument(NameOf(file), scan),
                     AsDocument(std::string(signing::kCopyStatementName), statement)},
       .signatures = {},
       .modified = now});
}

}  // namespace cli
