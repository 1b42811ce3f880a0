#include "cli/large_documents.h"

#include <unistd.h>

#include <filesystem>

#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"
#include "cli/documents.h"
#include "cli/new_file.h"
#include "cli/verify_walls.h"
#include "hardening/walls.h"
#include "signing/verifier.h"

namespace cli {
namespace {

constexpr const char* kSignatureFile = "META-INF/edoc-signatures-S1.xml";

// The same verifier as everybody's, in walls of its own.
base::Status RequireIntact(const std::filesystem::path& container) {
  ASSIGN_OR_RETURN(const base::MappedFile mapped, base::MappedFile::Open(container));
  signing::PrepareVerifier();
  const signing::VerifyRequest request{.name = container.filename().string(),
                                       .document = mapped.bytes(),
                                       .trust = {},
                                       .data = {},
                                       .digests = {},
                                       .at = base::SystemClock().Now()};
  ASSIGN_OR_RETURN(const base::Bytes answer,
                   hardening::RunInWalls(WallsFor(mapped.bytes().size()), [&] {
                     return base::ToBytes(signing::Verify(request).Dump());
                   }));
  ASSIGN_OR_RETURN(const base::Json report, base::Json::Parse(base::AsText(answer)));
  const base::Json* signatures = report.Find("signatures");
  const base::Json* findings = report.Find("containerFindings");
  const bool one = signatures != nullptr && signatures->AsArray() != nullptr &&
                   signatures->AsArray()->size() == 1;
  const base::Json* intact = one ? signatures->AsArray()->front().Find("intact") : nullptr;
  if (intact != nullptr && intact->AsBool() != nullptr && *intact->AsBool() &&
      findings != nullptr && findings->AsArray() != nullptr && findings->AsArray()->empty())
    return base::Ok();
  return base::Error{base::ErrorCode::kInternal, "release.refused",
                     report.Text("verdict").value_or("")};
}

}  // namespace

bool AreLarge(const std::vector<std::string>& files) {
  std::uintmax_t size = 0;
  for (const std::string& file : files) {
    std::error_code error;
    const std::uintmax_t one = std::filesystem::file_size(file, error);
    if (!error) size += one;
  }
  return size > kMaxDocument;
}

base::Result<LargeDocuments> LargeDocuments::Open(const std::vector<std::string>& files) {
  LargeDocuments all;
  for (const std::string& file : files) {
    ASSIGN_OR_RETURN(base::MappedFile mapped, base::MappedFile::Open(file));
    if (mapped.bytes().empty())
      return base::Error{base::ErrorCode::kInvalidInput, "document.empty", file + " is empty"};
    const std::string name = std::filesystem::path(file).filename().string();
    all.documents_.push_back(
        {{name, signing::MediaTypeOf(name), mapped.bytes()}, signing::SumsOf(mapped.bytes())});
    all.mapped_.push_back(std::move(mapped));
  }
  return all;
}

base::Bytes LargeDocuments::Digests() const {
  base::Json list{base::Json::Array{}};
  for (const signing::StoredDocument& one : documents_)
    list.Push(base::Json()
                  .Set("name", one.document.name)
                  .Set("mediaType", one.document.media_type)
                  .Set("sha256", base::HexEncode(one.sums.sha256.bytes)));
  return base::ToBytes(base::Json().Set("documents", std::move(list)).Dump());
}

base::Status LargeDocuments::Write(const std::string& out, const std::string& signature) const {
  const std::string unverified = out + ".unverified";
  RETURN_IF_ERROR(WriteNewFile(unverified, [&](const TakePiece& take) {
    return signing::WriteStoredContainer(documents_, {kSignatureFile, signature},
                                         base::SystemClock().Now(), take);
  }));
  base::Status done = RequireIntact(unverified);
  // A link never takes the place of what is there.
  if (done.ok() && ::link(unverified.c_str(), out.c_str()) != 0)
    done = base::Error{base::ErrorCode::kConflict, "bundle.exists", out};
  ::unlink(unverified.c_str());
  return done;
}

}  // namespace cli
