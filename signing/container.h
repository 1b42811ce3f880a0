// What a document is, and where the signatures and the signed files in it are.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "signing/container_manifest.h"
#include "signing/finding.h"
#include "signing/signed_files.h"
#include "signing/work_budget.h"
#include "signing/workload.h"
#include "signing/zip_reader.h"

namespace signing {

enum class ContainerKind { kAsicE, kAsicS, kXml };

std::string_view ContainerName(ContainerKind kind);  // "ASiC-E", "ASiC-S", "XAdES".

// First bytes decide: an archive, XML, or something that is refused by name.
//
// Errors, all kInvalidInput: "container.empty", "container.unknown", "container.pdf",
// "container.cms".
enum class ByteFormat { kZip, kXml };
base::Result<ByteFormat> RecognizeBytes(base::ByteSpan document);

// An ASiC container with XAdES signatures (ETSI EN 319 162-1), eDoc, BDOC and ADOC included. Not
// thread-safe: reading counts.
class AsicContainer final : public SignedFiles {
 public:
  // Borrows `archive`; `name` is the file's own, whose extension tells the kind where the
  // mimetype does not. The manifest is read at the expense of `budget`.
  //
  // Errors: those of ZipReader, of CheckDirectory(), of XML for the manifest, and kInvalidInput
  //   "container.no-signatures" "container.cades" "container.timestamp-only"
  //   "container.mixed" "container.edoc1" "container.plain-zip"
  //   "container.bdoc-without-mimetype"
  // One with evidence records and no signature opens: they are all there is to look at.
  static base::Result<AsicContainer> Open(std::string_view name, base::ByteSpan archive,
                                          std::shared_ptr<WorkBudget> budget);

  ContainerKind kind() const { return kind_; }
  const std::string& media_type() const { return media_type_; }
  const std::vector<std::string>& data_files() const { return data_files_; }
  const std::vector<std::string>& signature_files() const { return signature_files_; }
  // EN 319 162-1, 4.3.3.2 and 4.4.3: the records, and what says which files each is about.
  const std::vector<std::string>& evidence_records() const { return evidence_records_; }
  const std::vector<std::string>& evidence_manifests() const { return evidence_manifests_; }
  // Of any kind: META-INF/manifest.xml, or one that lists what a token or record covers (EN 319
  // 162-1, 4.4.3 and A.4).
  bool HasManifest() const;
  const std::optional<ContainerManifest>& manifest() const { return manifest_; }
  // What the comment of META-INF/manifest.xml says of the program that wrote it, or that of the
  // signature file: unsigned text, printable, at most 200 bytes; empty without.
  std::string producer() const;
  Findings& findings() { return findings_; }
  // Breaches of the form that make every signature in it a FORMAT_FAILURE.
  const std::vector<std::string>& problems() const { return problems_; }

  // Reads all data files, with the digests that will be asked for, so that a broken archive is
  // known before anything dear is done. Errors: as CheckRemainingMembers().
  base::Status ReadDataFiles(const Workload::Digests& digests);

  // Reads what no signature made us read: a member that is not what the archive declares
  // makes all of it unbelievable. Errors: "zip.content", "zip.bomb".
  base::Status CheckRemainingMembers();

  // kInvalidInput "zip.member-too-large" for one beyond the XML limit.
  base::Result<base::Bytes> ReadSignatureFile(const std::string& name);
  // The same for one beyond kMaxEvidenceRecord.
  base::Result<base::Bytes> ReadEvidenceFile(const std::string& name);

  std::optional<std::string> Resolve(const std::optional<std::string>& uri) const override;
  std::size_t SizeOf(std::string_view name) const override;
  std::size_t CostOfPass(std::string_view name) const override;
  base::Status Stream(std::string_view name, const TakeBytes& take) override;
  std::optional<base::Bytes> KnownDigest(std::string_view, const DigestAlgorithm&) const override {
    return std::nullopt;
  }

 private:
  explicit AsicContainer(ZipReader zip) : zip_(std::move(zip)) {}
  base::Status ReadMimetype(std::string_view name);
  base::Status SortMembers();
  void CheckSimpleForm();
  base::Status ReadManifest(std::shared_ptr<WorkBudget> budget);
  void CompareManifest();

  ZipReader zip_;
  ContainerKind kind_ = ContainerKind::kAsicE;
  std::string media_type_;
  std::vector<std::string> data_files_;
  std::vector<std::string> signature_files_;
  std::vector<std::string> evidence_records_;
  std::vector<std::string> evidence_manifests_;
  std::optional<ContainerManifest> manifest_;
  Findings findings_;
  std::vector<std::string> problems_;
};

}  // namespace signing
