#include "signing/workload.h"

#include <algorithm>

#include "signing/canonical.h"
#include "signing/xml_names.h"

namespace signing {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::size_t kMaxCertificates = 100'000;
constexpr std::size_t kCostOfEntry = 80;
// A gate that costs no more (30 ms; 47 ms if it is texts) may turn out to have been for nothing.
constexpr std::size_t kCheapGate = 600'000;
constexpr std::size_t kDearGate = 950'000;
constexpr std::size_t kFewSignatures = 20;
// Report, engine and schema; a reference is looked up and compared.
constexpr std::size_t kCostOfSignature = 12'000;
constexpr std::size_t kCostOfReport = 100;
constexpr std::size_t kCostOfJudgedToken = 2'000;
constexpr std::size_t kCostOfCrlEntry = 12;  // Decoded twice, sorted once.
constexpr std::size_t kCostOfAnswer = 60;    // Decoded twice.
constexpr std::string_view kBase64 = "http://www.w3.org/2000/09/xmldsig#base64";
constexpr std::string_view kEnveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

bool IsFilter(std::string_view algorithm) {
  return algorithm == kEnveloped || algorithm.find("xpath") != std::string_view::npos;
}

const xmlNode* NextBehind(const xmlNode* node, const xmlNode* root) {
  while (node != root && node->next == nullptr) node = node->parent;
  return node == root ? nullptr : node->next;
}

bool IsSignature(const xmlNode* node) {
  return IsElement(node, kDsig, "Signature");
}

// What the element of the reference costs when it is written, and what once more.
struct Target {
  const xmlNode* apex = nullptr;
  bool found = false;
};

Target TargetOf(const XmlDocument& document, std::string_view uri) {
  if (uri.empty() || uri == "#xpointer(/)") return {nullptr, true};
  uri.remove_prefix(1);
  constexpr std::string_view kStart = "xpointer(id('";
  if (uri.starts_with(kStart)) {
    uri.remove_prefix(kStart.size());
    uri = uri.substr(0, uri.find('\''));
  }
  const auto& found = document.FindById(uri);
  if (found.size() != 1) return {};
  return {found.front(), true};
}

// Bytes that have to be read as XML, of which nothing else is known.
std::size_t CostOfParsing(std::size_t bytes) {
  return bytes * 3 / 5;
}

std::vector<const xmlNode*> TransformsOf(const xmlNode* reference) {
  std::vector<const xmlNode*> transforms;
  for (const xmlNode* list : FindChildren(reference, kDsig, "Transforms"))
    for (const xmlNode* transform : FindChildren(list, kDsig, "Transform"))
      transforms.push_back(transform);
  return transforms;
}

// What a document asks for at most if all its references are to all of it: nothing else is known
// of them before the gate, and half of them are honestly to little.
std::size_t CostBehindGate(const XmlCensus& census, std::size_t bytes) {
  const std::size_t walk = 6 * census.tags + 5 * census.attributes + bytes / 20;
  const std::size_t checks =
      census.signatures + census.timestamps + census.ocsp_responses + census.crls;
  return (census.references + census.timestamps) * walk + census.signatures * kCostOfSignature +
         CostOfEcKey(256) * checks + kCostOfToken * census.timestamps +
         kCostOfResponse * census.ocsp_responses + (census.crls > 0 ? bytes * 2 / 5 : 0);
}

}  // namespace

std::size_t CostOfMember(const ZipEntry& entry) {
  constexpr std::uint16_t kDeflated = 8;
  const std::size_t inflating = entry.method == kDeflated
                                    ? CostOfInflating(entry.compressed_size, entry.size)
                                    : entry.size / 100;
  return inflating + entry.size / 40;  // CRC and digest.
}

base::Status CheckDirectory(const std::vector<ZipEntry>& entries,
                            bool (*is_metadata)(const ZipEntry&), const WorkBudget& budget) {
  const Limits& limits = budget.limits();
  RETURN_IF_ERROR(CheckLimit(limits, &Limits::members, entries.size()));
  std::uint64_t metadata = 0;
  std::uint64_t all = 0;
  std::size_t units = kCostOfEntry * entries.size();
  for (const ZipEntry& entry : entries) {
    if (IsBomb(entry.size, entry.compressed_size))
      return Error{ErrorCode::kInvalidInput, "zip.bomb", entry.name};
    all += entry.size;
    if (is_metadata(entry)) metadata += entry.size;
    units += CostOfMember(entry);
  }
  RETURN_IF_ERROR(CheckLimit(limits, &Limits::metadata_bytes, metadata));
  RETURN_IF_ERROR(CheckLimit(limits, &Limits::inflated_bytes, all));
  // The gate will cost half of this at least; what will never pass it need not be inflated.
  return budget.CheckFits(units + metadata / 2, 0, 0);
}

base::Result<XmlCensus> Workload::AddText(base::ByteSpan xml) {
  const XmlCensus census = CountXml(xml);
  census_ += census;
  behind_gate_ += CostBehindGate(census, census.bytes);
  behind_gate_but_texts_ += CostBehindGate(census, 0);
  const Limits& limits = budget_->limits();
  RETURN_IF_ERROR(CheckLimit(limits, &Limits::signatures, census_.signatures));
  RETURN_IF_ERROR(CheckLimit(limits, &Limits::certificates, census_.certificates));
  RETURN_IF_ERROR(CheckLimit(limits, &Limits::ocsp_responses, census_.ocsp_responses));
  RETURN_IF_ERROR(CheckLimit(limits, &Limits::crls, census_.crls));
  RETURN_IF_ERROR(CheckLimit(limits, &Limits::timestamps, census_.timestamps));
  const std::size_t gate = CostOfGate(census_);
  // Many signatures honestly refer to little of the document each.
  std::size_t behind = 0;
  if (signatures() <= kFewSignatures && gate > kCheapGate)
    behind = gate > kDearGate ? behind_gate_ : behind_gate_but_texts_;
  RETURN_IF_ERROR(budget_->CheckFits(gate + behind, 0, signatures()));
  return census;
}

std::size_t Workload::signatures() const {
  return census_.signatures - std::min(census_.signatures, census_.counter_signatures);
}

base::Status Workload::AddRecord(base::ByteSpan record) {
  RETURN_IF_ERROR(CheckLimit(budget_->limits(), &Limits::evidence_records, ++records_));
  const std::size_t tokens = CountTokens(record);
  record_tokens_ += tokens;
  RETURN_IF_ERROR(
      CheckLimit(budget_->limits(), &Limits::timestamps, census_.timestamps + record_tokens_));
  units_ += 4 * CostOfBytes(record.size());
  keys_.Add({.certificates = FindCertificates(record, kMaxCertificates), .tokens = tokens});
  return base::Ok();
}

base::Status Workload::AddTree(const XmlDocument& document, const SignedFiles& files) {
  const xmlNode* root = document.root();
  const xmlNode* behind = nullptr;  // Of the outermost signature that `node` is in.
  bool inside = false;
  for (const xmlNode* node = root; node != nullptr;
       node = NextInOrder(const_cast<xmlNode*>(node), root)) {
    if (inside && node == behind) inside = false;
    if (!IsSignature(node)) continue;
    AddSignature(document, node, files);
    if (inside) continue;
    inside = true;
    behind = NextBehind(node, root);
    KeyMaterial material;
    RETURN_IF_ERROR(AddEvidence(node, material));
    keys_.Add(material);
  }
  RETURN_IF_ERROR(CheckLimit(budget_->limits(), &Limits::references, most_references_));
  return CheckSoFar();
}

// All that is below, counter-signatures included.
base::Status Workload::AddEvidence(const xmlNode* signature, KeyMaterial& material) {
  std::size_t answers = 0;
  for (auto* node = const_cast<xmlNode*>(signature); node != nullptr;
       node = NextInOrder(node, signature)) {
    if (node->type != XML_ELEMENT_NODE) continue;
    const std::string_view name = NameOf(node);
    if (IsSignature(node)) ++material.signatures;
    const bool certificate = name == "X509Certificate" || name == "EncapsulatedX509Certificate";
    const bool response = name == "EncapsulatedOCSPValue";
    const bool list = name == "EncapsulatedCRLValue";
    const bool token = name == "EncapsulatedTimeStamp";
    if (!certificate && !response && !list && !token) continue;
    const base::Bytes der = Base64OfElement(node).value_or(base::Bytes{});
    units_ += CostOfBytes(2 * der.size());
    if (response) ++material.responses;
    if (response) answers += CountOcspAnswers(der);
    if (list) ++material.lists;
    if (token) ++material.tokens;
    if (list) {
      const std::size_t entries = CountCrlEntries(der);
      crl_entries_ += entries;
      units_ += kCostOfCrlEntry * entries;
      RETURN_IF_ERROR(CheckLimit(budget_->limits(), &Limits::crl_entries, crl_entries_));
      continue;
    }
    for (SeenCertificate& seen : FindCertificates(der, kMaxCertificates)) {
      units_ += kCostOfCertificate;
      material.certificates.push_back(std::move(seen));
    }
    units_ += token ? kCostOfJudgedToken : 0;
  }
  // Each may be asked about each certificate.
  units_ += answers * (kCostOfAnswer + kCostOfAskedAnswer * material.certificates.size());
  return base::Ok();
}

void Workload::AddSignature(const XmlDocument& document, const xmlNode* signature,
                            const SignedFiles& files) {
  units_ += kCostOfSignature + document.CostBelow(signature);
  std::size_t of_references = 0;
  for (const xmlNode* info : FindChildren(signature, kDsig, "SignedInfo")) {
    const xmlNode* method = FindChild(info, kDsig, "CanonicalizationMethod");
    const auto how = method == nullptr ? std::nullopt : CanonicalizationOfElement(method);
    units_ += CostOfCanonicalizing({.document = &document, .apex = info},
                                   how.value_or(DefaultCanonicalization()));
    of_references += AddReferences(document, info, files);
  }
  for (const xmlNode* object : FindChildren(signature, kDsig, "Object"))
    for (const xmlNode* manifest : FindChildren(object, kDsig, "Manifest"))
      of_references += AddReferences(document, manifest, files);
  AddTimestamps(document, signature, files, of_references);
}

std::size_t Workload::AddReferences(const XmlDocument& document, const xmlNode* parent,
                                    const SignedFiles& files) {
  // The same target with the same transforms is looked at once for each signature.
  std::set<std::string> seen;
  std::size_t count = 0;
  std::size_t units = 0;
  for (const xmlNode* reference : FindChildren(parent, kDsig, "Reference")) {
    ++count;
    std::string key = AttributeOf(reference, "URI").value_or("");
    bool parametric = false;
    for (const xmlNode* transform : TransformsOf(reference)) {
      parametric = parametric || FirstElement(transform) != nullptr;
      key += ' ' + AttributeOf(transform, "Algorithm").value_or("");
    }
    const xmlNode* method = FindChild(reference, kDsig, "DigestMethod");
    key +=
        ' ' + (method == nullptr ? std::string() : AttributeOf(method, "Algorithm").value_or(""));
    units += kCostOfReport;
    if (parametric || seen.insert(key).second) units += CostOfReference(document, reference, files);
  }
  most_references_ = std::max(most_references_, count);
  units_ += units;
  return units;
}

std::size_t Workload::CostOfReference(const XmlDocument& document, const xmlNode* reference,
                                      const SignedFiles& files) {
  const auto uri = AttributeOf(reference, "URI");
  const auto transforms = TransformsOf(reference);
  NodeSet nodes{.document = &document};
  std::size_t units = 0;
  std::size_t octets = 0;  // What the next transform may have to parse; 0: it has nodes.
  if (!uri || !(uri->empty() || uri->starts_with('#'))) {
    const auto name = files.Resolve(uri);
    if (!name) return 0;
    const xmlNode* method = FindChild(reference, kDsig, "DigestMethod");
    const DigestAlgorithm* algorithm =
        method == nullptr ? nullptr
                          : FindDigestByUri(AttributeOf(method, "Algorithm").value_or(""));
    if (transforms.empty()) {
      if (algorithm != nullptr) digests_[*name].insert(algorithm);
      return 0;
    }
    units += files.CostOfPass(*name);
    octets = files.SizeOf(*name);
  } else {
    const Target target = TargetOf(document, *uri);
    if (!target.found) return 0;
    nodes.apex = target.apex;
  }
  const std::size_t bytes = octets != 0 ? octets : document.BytesBelow(nodes.apex);
  std::size_t written = 0;
  for (const xmlNode* transform : transforms) {
    const std::string algorithm = AttributeOf(transform, "Algorithm").value_or("");
    if (octets != 0) units += CostOfParsing(octets);
    if (IsFilter(algorithm)) {
      // Each of the forms that we know starts from the whole tree or the element.
      nodes.excluded = reference;
      if (octets != 0) units += 4 * CostOfBytes(octets);
      octets = 0;
      continue;
    }
    if (algorithm == kBase64) {
      units += 2 * CostOfBytes(bytes) + document.CostOfWalk(nodes.apex, false);
      octets = bytes;
      ++written;
      continue;
    }
    const auto how = CanonicalizationOfElement(transform);
    units += octets != 0 ? 4 * CostOfBytes(octets)
                         : CostOfCanonicalizing(nodes, how.value_or(DefaultCanonicalization()));
    octets = bytes;
    ++written;
  }
  if (written == 0 && octets == 0) units += CostOfCanonicalizing(nodes, DefaultCanonicalization());
  return units;
}

void Workload::AddTimestamps(const XmlDocument& document, const xmlNode* signature,
                             const SignedFiles& files, std::size_t of_references) {
  std::size_t properties = 0;  // Writing all unsigned properties.
  std::set<std::string> methods;
  std::size_t archive = 0;
  std::size_t content = 0;
  std::size_t other = 0;
  const xmlNode* next = nullptr;
  for (const xmlNode* node = FirstElement(signature); node != nullptr; node = next) {
    next = NextInOrder(const_cast<xmlNode*>(node), signature);
    // Those of a signature inside are its own.
    if (IsSignature(node)) {
      next = NextBehind(node, signature);
      continue;
    }
    if (node->type != XML_ELEMENT_NODE) continue;
    if (NameOf(node->parent) == "UnsignedSignatureProperties")
      properties += document.CostOfWalk(node, false);
    if (NameOf(node) != "EncapsulatedTimeStamp") continue;
    const std::string_view stamp = NameOf(node->parent);
    const xmlNode* method = FindChild(node->parent, kDsig, "CanonicalizationMethod");
    std::string key = method == nullptr ? "" : AttributeOf(method, "Algorithm").value_or("");
    if (method != nullptr && FirstElement(method) != nullptr)
      key += ' ' + AttributeOf(FirstElement(method), "PrefixList").value_or("");
    if (stamp.starts_with("ArchiveTimeStamp")) {
      ++archive;
      methods.insert(std::move(key));
    } else {
      ++(stamp.find("DataObjectsTimeStamp") != std::string_view::npos ? content : other);
    }
  }
  const xmlNode* value = FindChild(signature, kDsig, "SignatureValue");
  const std::size_t of_value = value == nullptr ? 0 : document.CostOfWalk(value, false);
  units_ += other * of_value + content * of_references;
  if (archive == 0 && content == 0) return;

  std::vector<std::string> order;
  std::size_t pass = 0;
  for (const xmlNode* info : FindChildren(signature, kDsig, "SignedInfo"))
    for (const xmlNode* reference : FindChildren(info, kDsig, "Reference")) {
      const auto uri = AttributeOf(reference, "URI");
      if (uri && (uri->empty() || uri->starts_with('#'))) continue;
      const auto name = files.Resolve(uri);
      if (!name) continue;
      pass += files.CostOfPass(*name);
      order.push_back(*name);
    }
  units_ += content * pass;
  if (archive == 0) return;
  std::size_t objects = 0;
  for (const xmlNode* object : FindChildren(signature, kDsig, "Object"))
    objects += document.CostOfWalk(object, false);
  // By two algorithms: of the references, and of the time-stamps.
  const std::size_t beginnings = methods.size() * std::min<std::size_t>(archive, 2);
  units_ += beginnings * (of_references + 3 * of_value + properties) + 2 * archive * objects;
  if (orders_.insert(std::move(order)).second) units_ += std::min<std::size_t>(archive, 2) * pass;
}

base::Status Workload::CheckSoFar() const {
  return budget_->CheckFits(units_ + keys_.Cost(), keys_.Cost(), signatures());
}

base::Status Workload::Check(const SignedFiles& files,
                             const std::vector<std::string>& names) const {
  std::size_t units = units_ + keys_.Cost() + record_tokens_ * kCostOfToken * census_.signatures;
  for (const std::string& name : names) {
    std::size_t passes = 1;
    if (const auto found = digests_.find(name); found != digests_.end())
      passes = std::max<std::size_t>(passes, found->second.size());
    // An evidence record may renew the digests of all by another algorithm.
    units += files.CostOfPass(name) * (passes + (records_ > 0 ? 1 : 0));
  }
  return budget_->CheckFits(units, keys_.Cost(), signatures());
}

}  // namespace signing
