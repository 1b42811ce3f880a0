#include "signing/evidence_record_files.h"

#include <algorithm>
#include <map>
#include <set>

#include "signing/xml_document.h"
#include "signing/xml_names.h"

namespace signing {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::string_view kAsic = "http://uri.etsi.org/02918/v1.2.1#";
constexpr std::size_t kMaxListed = 10'000;

// One DataObjectReference of an ASiCManifest (EN 319 162-1).
struct ListedObject {
  std::string uri;
  const DigestAlgorithm* algorithm = nullptr;
  base::Bytes digest;
};
struct EvidenceManifest {
  std::vector<ListedObject> objects;
};
// By the record's name.
using EvidenceManifests = std::map<std::string, EvidenceManifest, std::less<>>;

base::Status ReadManifest(const AsicContainer& container, const std::string& file,
                          base::ByteSpan content, const std::shared_ptr<WorkBudget>& budget,
                          EvidenceManifests& found) {
  const auto document = XmlDocument::Parse(content, budget);
  if (!document.ok()) return document.error();
  const xmlNode* root = document.value().root();
  const xmlNode* about = FindChild(root, kAsic, "SigReference");
  if (!IsElement(root, kAsic, "ASiCManifest") || about == nullptr)
    return Error{ErrorCode::kInvalidInput, "evidence-record.manifest-malformed", file};
  EvidenceManifest manifest;
  for (const xmlNode* node : FindChildren(root, kAsic, "DataObjectReference")) {
    if (manifest.objects.size() >= kMaxListed)
      return Error{ErrorCode::kInvalidInput, "evidence-record.too-many", file};
    const xmlNode* method = FindChild(node, kDsig, "DigestMethod");
    ListedObject listed;
    listed.uri = AttributeOf(node, "URI").value_or("");
    if (method != nullptr)
      listed.algorithm = FindDigestByUri(AttributeOf(method, "Algorithm").value_or(""));
    listed.digest = Base64OfElement(FindChild(node, kDsig, "DigestValue")).value_or(base::Bytes{});
    manifest.objects.push_back(std::move(listed));
  }
  const auto record = container.Resolve(AttributeOf(about, "URI"));
  const bool added = record && found.emplace(*record, std::move(manifest)).second;
  // Two manifests about one record: which of them counts is anybody's guess.
  if (!added) return Error{ErrorCode::kInvalidInput, "evidence-record.manifest-malformed", file};
  return base::Ok();
}

EvidenceObject MemberObject(AsicContainer& container, const std::string& name) {
  return {name, [&container, name](const DigestAlgorithm& algorithm) -> EvidenceObject::Digest {
            ASSIGN_OR_RETURN(base::Bytes digest, container.DigestOf(name, algorithm));
            return std::optional<base::Bytes>(std::move(digest));
          }};
}

// What the manifest says must be so, or its object is another than the one that was meant.
base::Status HoldToManifest(AsicContainer& container, const EvidenceManifest& manifest,
                            EvidenceRecordFacts& facts) {
  std::set<std::string> differing;
  for (const ListedObject& listed : manifest.objects) {
    const auto name = container.Resolve(listed.uri);
    if (!name || listed.algorithm == nullptr) {
      facts.objects.push_back({listed.uri, EvidenceCoverage::kUnknown});
      continue;
    }
    ASSIGN_OR_RETURN(const base::Bytes digest, container.DigestOf(*name, *listed.algorithm));
    if (base::EqualInConstantTime(digest, listed.digest)) continue;
    differing.insert(*name);
  }
  for (EvidenceObjectFact& fact : facts.objects)
    if (differing.contains(fact.name)) fact.coverage = EvidenceCoverage::kDiffers;
  if (facts.outcome == EvidenceOutcome::kRefused) return base::Ok();
  // The record is to be about all that its manifest lists.
  const auto any = [&](std::initializer_list<EvidenceCoverage> bad) {
    return std::ranges::any_of(facts.objects, [&](const EvidenceObjectFact& fact) {
      return std::ranges::find(bad, fact.coverage) != bad.end();
    });
  };
  if (any({EvidenceCoverage::kDiffers, EvidenceCoverage::kAbsent, EvidenceCoverage::kNotRenewed}))
    facts.outcome = EvidenceOutcome::kBroken;
  if (facts.outcome == EvidenceOutcome::kIntact && any({EvidenceCoverage::kUnknown}))
    facts.outcome = EvidenceOutcome::kIndeterminate;
  return base::Ok();
}

base::Result<EvidenceRecordFacts> CheckMember(AsicContainer& container, const std::string& file,
                                              const EvidenceManifest* manifest,
                                              WorkBudget& budget) {
  ASSIGN_OR_RETURN(const base::Bytes bytes, container.ReadEvidenceFile(file));
  std::vector<EvidenceObject> objects;
  if (manifest == nullptr) {
    for (const auto* list : {&container.data_files(), &container.signature_files()})
      for (const std::string& name : *list) objects.push_back(MemberObject(container, name));
  } else {
    std::set<std::string> listed;  // Once each.
    for (const ListedObject& object : manifest->objects)
      if (const auto name = container.Resolve(object.uri); name && listed.insert(*name).second)
        objects.push_back(MemberObject(container, *name));
  }
  ASSIGN_OR_RETURN(EvidenceRecordFacts facts, CheckEvidenceRecord(bytes, objects, budget));
  if (manifest != nullptr && facts.outcome != EvidenceOutcome::kNotEvaluated)
    RETURN_IF_ERROR(HoldToManifest(container, *manifest, facts));
  facts.file = file;
  facts.source = EvidenceSource::kContainer;
  return facts;
}

// A manifest that cannot be read leaves its record without objects, and says why.
EvidenceRecordFacts Refused(const std::string& file, const Error& error) {
  EvidenceRecordFacts facts;
  facts.file = file;
  facts.source = EvidenceSource::kContainer;
  facts.outcome = EvidenceOutcome::kRefused;
  facts.error = error;
  return facts;
}

EvidenceObject DigestObject(const NamedDigest& known) {
  return {known.name, [&known](const DigestAlgorithm& algorithm) -> EvidenceObject::Digest {
            if (algorithm.name != "SHA256") return std::optional<base::Bytes>{};
            const base::ByteSpan digest = known.sha256.span();
            return std::optional<base::Bytes>(base::Bytes(digest.begin(), digest.end()));
          }};
}

}  // namespace

base::Result<std::vector<EvidenceRecordFacts>> CheckContainerRecords(
    AsicContainer& container, std::shared_ptr<WorkBudget> budget) {
  std::vector<EvidenceRecordFacts> all;
  RETURN_IF_ERROR(CheckLimit(
      budget->limits(), &Limits::evidence_records,
      std::max(container.evidence_records().size(), container.evidence_manifests().size())));
  EvidenceManifests manifests;
  for (const std::string& file : container.evidence_manifests()) {
    ASSIGN_OR_RETURN(const base::Bytes content, container.ReadSignatureFile(file));
    const base::Status status = ReadManifest(container, file, content, budget, manifests);
    if (status.ok()) continue;
    if (!budget->Check().ok()) return status.error();
    all.push_back(Refused(file, status.error()));
  }
  for (const std::string& file : container.evidence_records()) {
    const auto manifest = manifests.find(file);
    ASSIGN_OR_RETURN(
        EvidenceRecordFacts facts,
        CheckMember(container, file, manifest == manifests.end() ? nullptr : &manifest->second,
                    *budget));
    all.push_back(std::move(facts));
  }
  return all;
}

base::Result<std::vector<EvidenceRecordFacts>> CheckRecordsBeside(
    const VerifyRequest& request, std::shared_ptr<WorkBudget> budget) {
  std::vector<EvidenceRecordFacts> all;
  if (request.evidence_records.empty()) return all;
  RETURN_IF_ERROR(
      CheckLimit(budget->limits(), &Limits::evidence_records, request.evidence_records.size()));
  std::vector<EvidenceObject> objects;
  objects.push_back(EvidenceObjectOf(std::string(kWholeDocument), request.document, budget));
  for (const NamedBytes& file : request.data)
    if (file.name != kWholeDocument)
      objects.push_back(EvidenceObjectOf(file.name, file.bytes, budget));
  for (const NamedDigest& digest : request.digests)
    if (digest.name != kWholeDocument) objects.push_back(DigestObject(digest));
  for (const NamedBytes& record : request.evidence_records) {
    ASSIGN_OR_RETURN(EvidenceRecordFacts facts,
                     CheckEvidenceRecord(record.bytes, objects, *budget));
    facts.file = record.name;
    facts.source = EvidenceSource::kBeside;
    all.push_back(std::move(facts));
  }
  return all;
}

std::vector<EvidenceRecordFacts> DescribeEmbeddedRecords(const XadesProperties& properties,
                                                         const std::string& signature) {
  std::vector<EvidenceRecordFacts> all;
  for (const base::Bytes& bytes : properties.evidence_records) {
    EvidenceRecordFacts facts;
    facts.file = signature;
    facts.source = EvidenceSource::kEmbedded;
    facts.format = RecognizeEvidenceRecord(bytes);
    all.push_back(std::move(facts));
  }
  return all;
}

}  // namespace signing
