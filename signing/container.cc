#include "signing/container.h"

#include <algorithm>
#include <array>
#include <set>

#include "signing/evidence_record.h"
#include "signing/member_name.h"
#include "signing/xml_gate.h"

namespace signing {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::string_view kManifest = "META-INF/manifest.xml";
constexpr std::size_t kMaxMimetype = 4096;
constexpr std::size_t kMaxListed = 100;  // Findings of one kind in a report.

struct MediaType {
  std::string_view text;
  ContainerKind kind;
};
constexpr std::array<MediaType, 4> kMediaTypes{{
    {"application/vnd.etsi.asic-e+zip", ContainerKind::kAsicE},
    {"application/vnd.etsi.asic-s+zip", ContainerKind::kAsicS},
    {"application/vnd.bdoc-1.0", ContainerKind::kAsicE},
    {"application/vnd.lt.archyvai.adoc-2008", ContainerKind::kAsicE},
}};

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 0x20);
  return lower;
}

bool EndsWithAny(std::string_view text, std::initializer_list<std::string_view> ends) {
  return std::ranges::any_of(ends, [&](std::string_view end) { return text.ends_with(end); });
}

bool IsInMetaInf(std::string_view name) {
  return name.starts_with("META-INF/");
}

bool IsMetadata(const ZipEntry& entry) {
  return IsInMetaInf(entry.name) || entry.name == "mimetype";
}

// EN 319 162-1, 4.4.3.2: META-INF/*signatures*.xml. Others write "signature1.xml".
bool IsSignatureFile(std::string_view name) {
  return IsInMetaInf(name) && name.ends_with(".xml") &&
         (name.find("signatures") != std::string_view::npos ||
          name.find("signature") != std::string_view::npos) &&
         name.find('/', 9) == std::string_view::npos;
}

bool IsNamed(std::string_view name, std::string_view part,
             std::initializer_list<std::string_view> ends) {
  const std::string lower = Lower(name);
  return IsInMetaInf(name) && lower.find(part) != std::string::npos && EndsWithAny(lower, ends);
}

bool IsCades(std::string_view name) {
  return IsNamed(name, "signature", {".p7s", ".p7m"});
}

bool IsTimestamp(std::string_view name) {
  return IsNamed(name, "timestamp", {".tst"});
}

// EN 319 162-1, A.7: META-INF/ASiCEvidenceRecordManifest*.xml says what a record is about.
bool IsEvidenceManifest(std::string_view name) {
  return IsNamed(name, "evidencerecordmanifest", {".xml"});
}

bool IsEvidenceRecord(std::string_view name) {
  return IsNamed(name, "evidencerecord", {".xml", ".ers"}) && !IsEvidenceManifest(name);
}

// Members of META-INF beside signature files that we read, or that have a finding of their own.
bool IsKnownMember(std::string_view name) {
  return name == kManifest || IsCades(name) || IsTimestamp(name) || IsEvidenceRecord(name) ||
         IsEvidenceManifest(name);
}

// What an archive holds, as far as its names tell.
struct Census {
  bool cades = false;
  bool timestamp = false;
  bool edoc1 = false;
  bool meta_inf = false;
  bool asic_manifest = false;
};

Census Count(const std::vector<ZipEntry>& entries) {
  Census census;
  for (const ZipEntry& entry : entries) {
    census.cades |= IsCades(entry.name);
    census.timestamp |= IsTimestamp(entry.name);
    census.edoc1 |= entry.name == "[Content_Types].xml" || entry.name.starts_with("EDoc/");
    census.meta_inf |= IsInMetaInf(entry.name);
    census.asic_manifest |= IsNamed(entry.name, "asicmanifest", {".xml"});
  }
  return census;
}

Error Refused(std::string reason, std::string message) {
  return {ErrorCode::kInvalidInput, std::move(reason), std::move(message)};
}

// Why an archive without XAdES signature is none of ours.
Error WhyUnsigned(const Census& census, bool known_type) {
  if (census.cades) return Error{ErrorCode::kInvalidInput, "container.cades", "CAdES in ASiC"};
  if (census.timestamp)
    return Error{ErrorCode::kInvalidInput, "container.timestamp-only", "a time-stamp token alone"};
  if (census.edoc1) return Error{ErrorCode::kInvalidInput, "container.edoc1", "OPC package"};
  if (!known_type && !census.meta_inf)
    return Error{ErrorCode::kInvalidInput, "container.plain-zip", "an archive, no container"};
  return Error{ErrorCode::kInvalidInput, "container.no-signatures", "no signature file"};
}

bool StartsWith(base::ByteSpan bytes, std::string_view start) {
  return base::AsText(bytes).starts_with(start);
}

bool HoldsEndRecord(base::ByteSpan bytes) {
  constexpr std::size_t kReach = 22 + 0xFFFF;
  const base::ByteSpan tail = bytes.size() > kReach ? bytes.last(kReach) : bytes;
  return base::AsText(tail).find("PK\x05\x06") != std::string_view::npos;
}

bool LooksLikeXml(base::ByteSpan bytes) {
  std::string_view text = base::AsText(bytes).substr(0, 1024);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) return true;  // UTF-16.
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  return start != std::string_view::npos && text[start] == '<';
}

}  // namespace

std::string_view ContainerName(ContainerKind kind) {
  switch (kind) {
    case ContainerKind::kAsicE: return "ASiC-E";
    case ContainerKind::kAsicS: return "ASiC-S";
    case ContainerKind::kXml: return "XAdES";
  }
  return "unknown";
}

base::Result<ByteFormat> RecognizeBytes(base::ByteSpan document) {
  if (document.empty()) return Error{ErrorCode::kInvalidInput, "container.empty", "no bytes"};
  if (StartsWith(document, "PK\x03\x04") || StartsWith(document, "PK\x05\x06"))
    return ByteFormat::kZip;
  if (StartsWith(document, "%PDF-"))
    return Error{ErrorCode::kInvalidInput, "container.pdf", "a PDF document"};
  if (LooksLikeXml(document)) return ByteFormat::kXml;
  if (HoldsEndRecord(document)) return ByteFormat::kZip;  // The archive reader refuses by name.
  constexpr std::uint8_t kSequence = 0x30;
  if (document[0] == kSequence || StartsWith(document, "-----BEGIN"))
    return Error{ErrorCode::kInvalidInput, "container.cms", "a CMS signature"};
  return Error{ErrorCode::kInvalidInput, "container.unknown", "neither archive nor XML"};
}

base::Result<AsicContainer> AsicContainer::Open(std::string_view name, base::ByteSpan archive,
                                                std::shared_ptr<WorkBudget> budget) {
  ASSIGN_OR_RETURN(ZipReader zip, ZipReader::Open(archive));
  RETURN_IF_ERROR(CheckDirectory(zip.entries(), IsMetadata, *budget));
  AsicContainer container(std::move(zip));
  RETURN_IF_ERROR(container.ReadMimetype(name));
  RETURN_IF_ERROR(container.SortMembers());
  RETURN_IF_ERROR(container.ReadManifest(std::move(budget)));
  return container;
}

// EN 319 162-1, A.1: mimetype is the first member, stored, without extra field. Where it is
// not, the container is still read and the breach reported.
base::Status AsicContainer::ReadMimetype(std::string_view name) {
  const std::string lower = Lower(name);
  kind_ = EndsWithAny(lower, {".asics", ".scs"}) ? ContainerKind::kAsicS : ContainerKind::kAsicE;
  const ZipEntry* entry = zip_.Find("mimetype");
  const auto warn = [&](std::string_view code, std::string detail) {
    findings_.push_back({code, FindingSeverity::kWarning, PrintableText(detail)});
  };
  if (entry == nullptr) {
    // ASiC names itself in its manifest as well; BDOC 2.1 in its mimetype alone.
    if (EndsWithAny(lower, {".bdoc"}))
      return Error{ErrorCode::kInvalidInput, "container.bdoc-without-mimetype", "no mimetype"};
    warn("container.mimetype-missing", "");
    return base::Ok();
  }
  if (entry->offset != 0) warn("container.mimetype-not-first", "");
  if (entry->method != 0) warn("container.mimetype-compressed", "");
  if (entry->has_extra || entry->has_descriptor) warn("container.mimetype-extra-field", "");
  ASSIGN_OR_RETURN(const base::Bytes content, zip_.Read(*entry, kMaxMimetype));
  media_type_ = base::ToString(content);
  std::string type = media_type_;
  if (type.starts_with("\xEF\xBB\xBF")) type.erase(0, 3);
  while (!type.empty() && (type.back() == '\n' || type.back() == '\r' || type.back() == ' '))
    type.pop_back();
  const auto known = std::ranges::find(kMediaTypes, type, &MediaType::text);
  if (known == kMediaTypes.end()) {
    warn("container.mimetype-unknown", media_type_);
    return base::Ok();
  }
  if (type != media_type_) warn("container.mimetype-padded", "");
  kind_ = known->kind;
  return base::Ok();
}

base::Status AsicContainer::SortMembers() {
  std::size_t unread = 0;
  for (const ZipEntry& entry : zip_.entries()) {
    if (entry.is_folder() || entry.name == "mimetype") continue;
    if (IsEvidenceRecord(entry.name)) evidence_records_.push_back(entry.name);
    if (IsEvidenceManifest(entry.name)) evidence_manifests_.push_back(entry.name);
    if (IsSignatureFile(entry.name)) {
      signature_files_.push_back(entry.name);
    } else if (!IsInMetaInf(entry.name)) {
      data_files_.push_back(entry.name);
    } else if (!IsKnownMember(entry.name) && ++unread <= kMaxListed) {
      findings_.push_back(
          {"container.unread-member", FindingSeverity::kWarning, PrintableText(entry.name)});
    }
  }
  const Census census = Count(zip_.entries());
  const bool records_only =
      !evidence_records_.empty() && !census.cades && !census.timestamp && !census.edoc1;
  if (signature_files_.empty() && !records_only) return WhyUnsigned(census, !media_type_.empty());
  // EN 319 162-1, 4.3.3.2: an ASiC-S container holds one of signatures, a time-stamp token or
  // an evidence record.
  if (kind_ == ContainerKind::kAsicS && (census.timestamp || census.cades))
    return Error{ErrorCode::kInvalidInput, "container.mixed", "signatures beside a time-stamp"};
  const auto note = [&](bool present, std::string_view code) {
    if (present) findings_.push_back({code, FindingSeverity::kWarning, ""});
  };
  note(census.cades, "container.cades-not-checked");
  note(census.timestamp, "container.timestamp-not-checked");
  if (data_files_.empty())
    findings_.push_back({"container.no-data-files", FindingSeverity::kError, ""});
  if (kind_ == ContainerKind::kAsicS) CheckSimpleForm();
  return base::Ok();
}

// EN 319 162-1, 4.3.3.1: ASiC-S has one data object, in the root folder.
void AsicContainer::CheckSimpleForm() {
  const auto breach = [&](std::string_view code, std::string detail) {
    problems_.push_back(std::string(code) + ": " + detail);
    findings_.push_back({code, FindingSeverity::kError, PrintableText(detail)});
  };
  if (data_files_.size() > 1)
    breach("container.several-data-files", std::to_string(data_files_.size()));
  for (const std::string& name : data_files_)
    if (name.find('/') != std::string::npos) return breach("container.data-file-in-folder", name);
}

base::Status AsicContainer::ReadManifest(std::shared_ptr<WorkBudget> budget) {
  const ZipEntry* entry = zip_.Find(kManifest);
  if (entry == nullptr) {
    if (kind_ == ContainerKind::kAsicE)
      findings_.push_back({"container.manifest-missing", FindingSeverity::kInfo, ""});
    return base::Ok();
  }
  ASSIGN_OR_RETURN(const base::Bytes content, zip_.Read(*entry, XmlLimits().size));
  auto manifest = ReadContainerManifest(content, std::move(budget));
  if (!manifest.ok() && manifest.error().reason == "xml.too-costly") return manifest.error();
  if (!manifest.ok())
    return Refused("container.manifest-malformed",
                   manifest.error().reason + ": " + manifest.error().message);
  manifest_ = std::move(manifest).value();
  CompareManifest();
  return base::Ok();
}

void AsicContainer::CompareManifest() {
  std::set<std::string> listed;
  std::size_t absent = 0;
  for (const ManifestEntry& entry : manifest_->entries) {
    const bool twice = !listed.insert(entry.path).second;
    if (twice)
      findings_.push_back(
          {"container.manifest-lists-twice", FindingSeverity::kWarning, PrintableText(entry.path)});
    if (zip_.Find(entry.path) == nullptr && ++absent <= kMaxListed)
      findings_.push_back({"container.manifest-lists-absent", FindingSeverity::kWarning,
                           PrintableText(entry.path)});
  }
  std::size_t unlisted = 0;
  for (const std::string& name : data_files_)
    if (!listed.contains(name) && ++unlisted <= kMaxListed)
      findings_.push_back(
          {"container.manifest-omits", FindingSeverity::kWarning, PrintableText(name)});
  if (!media_type_.empty() && manifest_->container_type != media_type_)
    findings_.push_back({"container.manifest-type", FindingSeverity::kWarning,
                         PrintableText(manifest_->container_type)});
}

base::Result<base::Bytes> AsicContainer::ReadSignatureFile(const std::string& name) {
  return zip_.Read(*zip_.Find(name), XmlLimits().size);
}

base::Result<base::Bytes> AsicContainer::ReadEvidenceFile(const std::string& name) {
  return zip_.Read(*zip_.Find(name), kMaxEvidenceRecord);
}

std::optional<std::string> AsicContainer::Resolve(const std::optional<std::string>& uri) const {
  auto name = uri ? MemberNameOfUri(*uri) : std::nullopt;
  const ZipEntry* entry = name ? zip_.Find(*name) : nullptr;
  if (entry != nullptr && !entry->is_folder()) return name;
  // EN 319 162-1, 4.3.3.2: the signature in an ASiC-S is over its one data file. Where it states
  // a name, that name is signed: under another one the file would be presented as what it is not.
  if (kind_ == ContainerKind::kAsicS && data_files_.size() == 1 && !uri) return data_files_.front();
  return std::nullopt;
}

bool AsicContainer::HasManifest() const {
  if (manifest()) return true;
  return std::ranges::any_of(zip_.entries(), [](const ZipEntry& entry) {
    return entry.name.starts_with("META-INF/") && entry.name.ends_with(".xml") &&
           entry.name.find("Manifest") != std::string::npos;
  });
}

std::size_t AsicContainer::SizeOf(std::string_view name) const {
  const ZipEntry* entry = zip_.Find(name);
  return entry == nullptr ? 0 : entry->size;
}

std::size_t AsicContainer::CostOfPass(std::string_view name) const {
  const ZipEntry* entry = zip_.Find(name);
  return entry == nullptr ? 0 : CostOfMember(*entry);
}

base::Status AsicContainer::Stream(std::string_view name, const TakeBytes& take) {
  const ZipEntry* entry = zip_.Find(name);
  if (entry == nullptr) return Error{ErrorCode::kInvalidInput, "zip.content", std::string(name)};
  return zip_.Stream(*entry, take);
}

base::Status AsicContainer::ReadDataFiles(const Workload::Digests& digests) {
  for (const std::string& name : data_files_) {
    const auto asked = digests.find(name);
    if (asked == digests.end()) {
      RETURN_IF_ERROR(Stream(name, [](base::ByteSpan) {}));
      continue;
    }
    // SHA-256 comes out of the pass for another.
    for (const DigestAlgorithm* algorithm : asked->second)
      if (algorithm->name != "SHA256" || asked->second.size() == 1)
        RETURN_IF_ERROR(DigestOf(name, *algorithm));
  }
  return base::Ok();
}

base::Status AsicContainer::CheckRemainingMembers() {
  for (const ZipEntry& entry : zip_.entries())
    if (!zip_.WasRead(entry)) RETURN_IF_ERROR(zip_.Stream(entry, [](base::ByteSpan) {}));
  return base::Ok();
}

std::string AsicContainer::producer() const {
  constexpr std::size_t kMaxProducer = 200;
  std::vector<std::string> places{"META-INF/manifest.xml"};
  places.insert(places.end(), signature_files_.begin(), signature_files_.end());
  for (const std::string& place : places)
    if (const ZipEntry* entry = zip_.Find(place); entry != nullptr && !entry->comment.empty())
      return PrintableText(entry->comment.substr(0, kMaxProducer));
  return {};
}

}  // namespace signing
