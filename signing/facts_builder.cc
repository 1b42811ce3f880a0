#include "signing/facts_builder.h"

#include <openssl/evp.h>

#include <algorithm>
#include <utility>

#include "signing/engine_evidence_record.h"
#include "signing/facts_certificate.h"
#include "signing/signature_structure.h"
#include "signing/xml_names.h"

namespace signing {
namespace {

// A responder's responder's responder: no honest document goes further.
constexpr int kMaxDepth = 3;
// Revocation data that one signature may bring; more is no evidence but a burden.
constexpr std::size_t kMaxRevocationData = 64;

std::string HexId(std::string_view kind, base::ByteSpan bytes) {
  return std::string(kind) + base::HexEncode(base::Sha256(bytes).span());
}

facts::Algorithm KeyOf(const Certificate& certificate) {
  facts::Algorithm algorithm;
  EVP_PKEY* key = certificate.key();
  if (key == nullptr) return algorithm;
  const char* name = EVP_PKEY_get0_type_name(key);
  algorithm.key = KeyName(name == nullptr ? "" : name);
  algorithm.bits = static_cast<std::size_t>(std::max(EVP_PKEY_get_bits(key), 0));
  return algorithm;
}

facts::Status StatusOf(const RevocationEntry& entry) {
  if (entry.state == RevocationState::kGood) return facts::Status::kGood;
  if (entry.state == RevocationState::kUnknown) return facts::Status::kUnknown;
  return entry.reason == RevocationReason::kCertificateHold ? facts::Status::kOnHold
                                                            : facts::Status::kRevoked;
}

facts::Revocation DescribeEntry(const RevocationEntry& entry, facts::RevocationKind kind) {
  facts::Revocation revocation;
  revocation.kind = kind;
  revocation.from_document = true;
  revocation.this_update = entry.this_update;
  revocation.next_update = entry.next_update;
  revocation.produced_at = entry.produced_at;
  revocation.expired_certificates_from = entry.archive_cutoff;
  return revocation;
}

facts::TimestampKind KindOf(TimestampKind kind) {
  switch (kind) {
    case TimestampKind::kContent: return facts::TimestampKind::kContent;
    case TimestampKind::kSignature: return facts::TimestampKind::kSignature;
    case TimestampKind::kReferences: return facts::TimestampKind::kSignature;
    // Over references to validation data: proves nothing about the signature.
    case TimestampKind::kReferencesOnly:
    case TimestampKind::kArchive: return facts::TimestampKind::kArchive;
  }
  return facts::TimestampKind::kArchive;
}

std::size_t PlaceOf(const TimestampFact& fact, std::size_t of_owner) {
  if (of_owner != 0) return of_owner;
  return fact.kind == TimestampKind::kContent ? 0 : fact.position + 1;
}

// A certificate that is trusted as it is stands first; any other is trusted for what it has issued.
facts::AnchorUse UseOf(PathPurpose purpose, std::size_t position) {
  if (position > 0) return facts::AnchorUse::kAuthority;
  switch (purpose) {
    case PathPurpose::kSigner: return facts::AnchorUse::kSigner;
    case PathPurpose::kTimestamp: return facts::AnchorUse::kTimestamp;
    case PathPurpose::kOcsp:
    case PathPurpose::kCrl: return facts::AnchorUse::kRevocation;
  }
  return facts::AnchorUse::kAuthority;
}

std::optional<base::Time> Earlier(std::optional<base::Time> a, std::optional<base::Time> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

// The same certificate in two paths: an anchor for what either says. What ends for one use ends for
// all.
void AddAnchor(const facts::Certificate& from, facts::Certificate& to) {
  const std::size_t before = to.anchor_for.size();
  to.anchor_for.insert(from.anchor_for.begin(), from.anchor_for.end());
  if (to.anchor_for.size() == before) return;
  if (before == 0) to.trust = from.trust;
  to.anchor_until = Earlier(to.anchor_until, from.anchor_until);
}

void BoundAnchor(facts::Certificate& anchor) {
  anchor.anchor_from = std::max(anchor.anchor_from.value_or(anchor.not_before), anchor.not_before);
  anchor.anchor_until = std::min(anchor.anchor_until.value_or(anchor.not_after), anchor.not_after);
}

// The earliest time that a token claims; whether it may is the engine's question.
base::Time ReferenceTime(const SignatureFacts& signature, base::Time at) {
  base::Time earliest = at;
  for (const TimestampFact& fact : signature.timestamps)
    if (fact.token && fact.kind == TimestampKind::kSignature && fact.imprint_ok.value_or(false))
      earliest = std::min(earliest, fact.token->time);
  return earliest;
}

}  // namespace

// Places say what an archive time-stamp covers: what stands before it. 0 is what SignedInfo,
// KeyInfo and the signed properties hold, n + 1 the n-th unsigned property of the signature;
// whatever a counter-signature holds has the place of that property.
struct FactsBuilder::Material {
  template <typename T>
  struct Placed {
    T data;
    std::size_t place;
  };

  std::vector<Certificate> certificates;
  std::vector<Placed<OcspResponse>> responses;
  std::vector<Placed<RevocationList>> lists;
  // What was found out about the data above, which is asked for each certificate of a path.
  std::map<const base::Bytes*, std::optional<Certificate>> signers;    // By the response's DER.
  std::map<std::pair<const base::Bytes*, facts::Id>, bool> signed_by;  // By a list's, and issuer.
  std::map<facts::Id, std::size_t> places;  // The first; what is not in the document has none.
  // Ends of anchors that were taken away, as only time-stamps were under them so far.
  std::map<facts::Id, std::optional<base::Time>> ends;
  std::size_t timestamps = 0;
  facts::Document document;

  void Place(const facts::Id& id, std::size_t place) {
    const auto [entry, added] = places.try_emplace(id, place);
    if (!added) entry->second = std::min(entry->second, place);
  }
  void Add(const Certificate& certificate, std::size_t place) {
    Place(IdOfCertificate(certificate), place);
    certificates.push_back(certificate);
  }
  std::vector<facts::Id> Before(std::size_t end) const {
    std::vector<facts::Id> ids;
    for (const auto& [id, place] : places)
      if (place < end) ids.push_back(id);
    return ids;
  }
};

FactsBuilder::FactsBuilder(const TrustSnapshot& trust, base::Time at, const PathMeans& means)
    : trust_(trust), at_(at), budget_(means.budget), memory_(means.memory), paths_(trust, means) {}

void FactsBuilder::AddCertificate(const CertificatePath& path, std::size_t position, PathUse use,
                                  Material& material) {
  const Certificate& certificate = path.certificates[position];
  const facts::Id id = IdOfCertificate(certificate);
  const bool is_anchor = path.HasAnchor() && position + 1 == path.certificates.size();
  facts::Certificate fact = certificate.Description();
  if (position < path.links.size()) fact.seal = SealOfLink(path.links[position]);
  if (position + 1 < path.certificates.size())
    fact.issuer = IdOfCertificate(path.certificates[position + 1]);
  for (const PathProblem& problem : path.problems) {
    if (problem.position != position) continue;
    if (problem.kind == PathProblemKind::kNameConstraints) fact.names_permitted = false;
    if (problem.kind == PathProblemKind::kMalformedExtension ||
        problem.kind == PathProblemKind::kUnknownCritical)
      fact.critical_extensions.insert(problem.detail.empty() ? "unknown" : problem.detail);
  }
  const facts::AnchorUse anchor_use = UseOf(use.purpose, position);
  if (is_anchor && path.anchor == AnchorKind::kCertificate) fact.anchor_for.insert(anchor_use);
  if (is_anchor && path.service != nullptr && !path.Has(PathProblemKind::kServiceNotApproved)) {
    const auto period = TrustedPeriodOf(*path.service, use.time);
    // Not a period of that service: then the certificate was also handed in as such.
    fact.anchor_for.insert(anchor_use);
    if (period) fact.anchor_until = period->until;
    for (const TrustStatus& status : path.service->history)
      fact.trust.push_back({status.type,
                            status.status,
                            status.from,
                            std::nullopt,
                            {},
                            status.additional,
                            status.expired_certificates_from});
  }
  const auto [entry, added] = material.document.certificates.try_emplace(id, std::move(fact));
  if (!added) AddAnchor(fact, entry->second);
}

std::vector<facts::Id> FactsBuilder::AddPath(const Certificate& leaf, PathPurpose purpose,
                                             base::Time time, Material& material, int depth) {
  const CertificatePath path = paths_.Build({leaf, purpose, time, material.certificates});
  if (purpose == PathPurpose::kSigner) signer_paths_.back() = path;
  std::vector<facts::Id> chain;
  for (std::size_t i = 0; i < path.certificates.size(); ++i) {
    const facts::Id id = IdOfCertificate(path.certificates[i]);
    const bool known = material.document.certificates.contains(id);
    AddCertificate(path, i, {purpose, time}, material);
    // TS 119 615, 4.7 asks for the status of a time-stamping service at genTime; that it was
    // withdrawn later does not undo its tokens.
    facts::Certificate& fact = material.document.certificates[id];
    if (purpose == PathPurpose::kTimestamp && !known)
      material.ends[id] = std::exchange(fact.anchor_until, std::nullopt);
    // A signer under the same anchor has its end all the same.
    if (purpose == PathPurpose::kSigner)
      if (const auto end = material.ends.extract(id))
        fact.anchor_until = Earlier(fact.anchor_until, end.mapped());
    // A signer that is an anchor itself is one in its own validity: no authority above it says
    // how long.
    if (fact.anchor_for.contains(facts::AnchorUse::kSigner)) BoundAnchor(fact);
    if (!known) AddRevocations(path, i, material, depth);
    chain.push_back(id);
  }
  return chain;
}

void FactsBuilder::AddRevocations(const CertificatePath& path, std::size_t position,
                                  Material& material, int depth) {
  if (depth >= kMaxDepth || position + 1 >= path.certificates.size()) return;
  const Certificate& certificate = path.certificates[position];
  const Certificate& issuer = path.certificates[position + 1];
  for (const auto& [response, place] : material.responses)
    AddOcsp(response, place, certificate, issuer, path, material, depth);
  for (const auto& [list, place] : material.lists) AddList(list, place, path, position, material);
}

void FactsBuilder::AddRecords(const std::vector<const EvidenceRecordFacts*>& records,
                              facts::Document& document) {
  const std::vector<facts::Id> inside = IdsInside(document);
  Material material;
  material.document = std::move(document);
  const auto describe = [&](const TimestampToken& token, facts::Timestamp& timestamp) {
    timestamp.seal.algorithm = KeyOf(*token.signer);
    timestamp.seal.intact = token.signature_ok;
    timestamp.chain = AddPath(*token.signer, PathPurpose::kTimestamp, token.time, material, 1);
    // The token names its signer by digest, or it would not have been found.
    timestamp.signer_reference = {true, true, true, std::nullopt, ""};
  };
  for (std::size_t i = 0; i < records.size(); ++i) {
    for (const ArchiveTimestampFact& fact : records[i]->timestamps)
      if (fact.token)
        material.certificates.insert(material.certificates.end(), fact.token->certificates.begin(),
                                     fact.token->certificates.end());
    AddEvidenceRecord(*records[i], "E-" + std::to_string(i + 1), inside, describe,
                      material.document);
  }
  document = std::move(material.document);
}

const std::vector<Certificate>& FactsBuilder::ListedResponders() {
  if (responders_) return *responders_;
  responders_.emplace();
  for (const TrustService& service : trust_.services()) {
    const bool answers = std::ranges::any_of(service.history, [](const TrustStatus& status) {
      return status.type == trust_uri::kOcsp || status.type == trust_uri::kOcspQc;
    });
    if (answers)
      responders_->insert(responders_->end(), service.certificates.begin(),
                          service.certificates.end());
  }
  responders_->insert(responders_->end(), trust_.anchors().begin(), trust_.anchors().end());
  return *responders_;
}

const std::optional<Certificate>& FactsBuilder::SignerOf(const OcspResponse& response,
                                                         Material& material) {
  const auto [known, added] = material.signers.try_emplace(&response.der());
  if (!added) return known->second;
  auto signer = response.Signer(material.certificates, budget_, memory_);
  // Old responses hold no certificate: the list names the responder's.
  if (!signer) signer = response.Signer(ListedResponders(), budget_, memory_);
  known->second = std::move(signer);
  return known->second;
}

void FactsBuilder::AddOcsp(const OcspResponse& response, std::size_t place,
                           const Certificate& certificate, const Certificate& issuer,
                           const CertificatePath& path, Material& material, int depth) {
  if (budget_ != nullptr && !budget_->Spend(kCostOfAskedAnswer * response.answers()).ok()) return;
  const auto entry = response.About(certificate, issuer);
  if (!entry) return;
  const facts::Id owner = IdOfCertificate(certificate);
  facts::Revocation revocation = DescribeEntry(*entry, facts::RevocationKind::kOcsp);
  revocation.id = HexId("R-", response.der()) + "/" + owner;
  material.Place(revocation.id, place);
  const std::optional<Certificate>& signer = SignerOf(response, material);
  if (signer) {
    revocation.seal.algorithm = KeyOf(*signer);
    revocation.seal.algorithm.digest = response.SignatureDigest();
    revocation.seal.intact = true;  // Signer() is only who really signed it.
    revocation.signer_authorised =
        AuthorityOf(*signer, issuer, path.service, response.produced_at(), paths_) !=
        RevocationAuthority::kNone;
    revocation.chain =
        AddPath(*signer, PathPurpose::kOcsp, response.produced_at(), material, depth + 1);
  }
  material.document.certificates[owner].revocations.push_back(
      {revocation.id, StatusOf(*entry),
       entry->reason == RevocationReason::kCertificateHold ? "certificateHold" : "",
       entry->revoked_at});
  material.document.revocations[revocation.id] = std::move(revocation);
}

bool FactsBuilder::IsSignedBy(const RevocationList& list, const Certificate& issuer,
                              Material& material) {
  const auto [known, added] =
      material.signed_by.try_emplace({&list.der(), IdOfCertificate(issuer)}, false);
  if (!added) return known->second;
  const bool paid = budget_ == nullptr || (budget_->Spend(CostOfBytes(list.der().size())).ok() &&
                                           budget_->SpendOnKeys(issuer.CostOfCheck()).ok());
  known->second = paid && list.IsSignedBy(issuer);
  return known->second;
}

void FactsBuilder::AddList(const RevocationList& list, std::size_t place,
                           const CertificatePath& path, std::size_t position, Material& material) {
  const Certificate& certificate = path.certificates[position];
  const Certificate& issuer = path.certificates[position + 1];
  const auto entry = list.About(certificate);
  if (!entry || !IsSignedBy(list, issuer, material)) return;
  const facts::Id owner = IdOfCertificate(certificate);
  facts::Revocation revocation = DescribeEntry(*entry, facts::RevocationKind::kCrl);
  revocation.id = HexId("R-", list.der()) + "/" + owner;
  material.Place(revocation.id, place);
  revocation.seal.algorithm = KeyOf(issuer);
  revocation.seal.algorithm.digest = list.SignatureDigest();
  revocation.seal.intact = true;
  for (std::size_t i = position + 1; i < path.certificates.size(); ++i)
    revocation.chain.push_back(IdOfCertificate(path.certificates[i]));
  material.document.certificates[owner].revocations.push_back(
      {revocation.id, StatusOf(*entry),
       entry->reason == RevocationReason::kCertificateHold ? "certificateHold" : "",
       entry->revoked_at});
  material.document.revocations[revocation.id] = std::move(revocation);
}

void FactsBuilder::AddTimestamps(const SignatureFacts& signature, std::size_t place,
                                 facts::Signature& owner, Material& material) {
  for (const TimestampFact& fact : signature.timestamps) {
    facts::Timestamp timestamp;
    timestamp.id = "T-" + std::to_string(++material.timestamps);
    timestamp.kind = KindOf(fact.kind);
    facts::Digest imprint;
    imprint.kind = facts::DigestKind::kImprint;
    imprint.found = fact.imprint_ok.has_value();
    imprint.intact = fact.imprint_ok.value_or(false);
    if (fact.token) {
      timestamp.time = fact.token->time;
      if (fact.token->imprint_algorithm != nullptr)
        imprint.algorithm = fact.token->imprint_algorithm->name;
      if (fact.token->signer) {
        timestamp.seal.algorithm = KeyOf(*fact.token->signer);
        timestamp.chain =
            AddPath(*fact.token->signer, PathPurpose::kTimestamp, timestamp.time, material, 1);
        // The token names its signer by digest, or it would not have been found.
        timestamp.signer_reference = {true, true, true, std::nullopt, ""};
        timestamp.seal.intact = fact.token->signature_ok;
      }
      if (fact.token->signed_with != nullptr)
        timestamp.seal.algorithm.digest = fact.token->signed_with->name;
    }
    timestamp.digests.push_back(std::move(imprint));
    owner.timestamps.push_back(timestamp.id);
    material.Place(timestamp.id, PlaceOf(fact, place));
    const facts::Id id = timestamp.id;
    material.document.timestamps[id] = std::move(timestamp);
  }
}

// EN 319 102-1, 5.6.2.3: what each time-stamp proves to have existed. Asked when all is placed.
void FactsBuilder::AddCoverage(const SignatureFacts& signature, std::size_t place,
                               const facts::Signature& owner, Material& material) {
  for (std::size_t i = 0; i < signature.timestamps.size(); ++i) {
    const TimestampFact& fact = signature.timestamps[i];
    std::vector<facts::Id>& covered = material.document.timestamps[owner.timestamps[i]].covered;
    const bool of_parent_too = place == 0;
    if (fact.kind == TimestampKind::kSignature || fact.kind == TimestampKind::kReferences ||
        fact.kind == TimestampKind::kArchive) {
      covered.push_back(owner.id);
      if (!owner.chain.empty()) covered.push_back(owner.chain.front());
    }
    // Inside a counter-signature the order of what stands there is not looked at.
    if (fact.kind == TimestampKind::kArchive && of_parent_too)
      covered = material.Before(PlaceOf(fact, place));
  }
}

namespace {

// BDOC 2.1, 6.2: the nonce is the DER of DigestInfo over the octets of SignatureValue. Old
// responders wrapped it once more, so the end decides: the digest itself, whole.
bool IsTimeMark(const base::Bytes& nonce, base::ByteSpan value) {
  const base::Bytes digest = HashOf(*FindDigestByName("SHA256"), value);
  constexpr std::size_t kMaxWrapping = 24;
  if (nonce.size() < digest.size() || nonce.size() > digest.size() + kMaxWrapping) return false;
  const base::ByteSpan end(nonce.data() + (nonce.size() - digest.size()), digest.size());
  return base::EqualInConstantTime(end, digest);
}

}  // namespace

namespace {

// BDOC 2.1, 5.2: a signature with a time-mark names this policy, and where it can be read.
bool PromisesTimeMark(const SignatureFacts& signature) {
  constexpr std::string_view kPolicy = "urn:oid:1.3.6.1.4.1.10015.1000.3.2.1";
  return signature.xades && !signature.xades->policy_implied &&
         signature.xades->policy_id == kPolicy && !signature.xades->policy_uri.empty();
}

}  // namespace

void FactsBuilder::AddTimeMarks(const SignatureFacts& signature, facts::Signature& owner,
                                Material& material) {
  if (signature.node == nullptr || !PromisesTimeMark(signature)) return;
  const xmlNode* element = FindChild(signature.node, kDsig, "SignatureValue");
  const auto value = element == nullptr ? std::nullopt : Base64OfElement(element);
  if (!value) return;
  for (const auto& [response, place] : material.responses) {
    const auto nonce = response.Nonce();
    if (!nonce || !IsTimeMark(*nonce, *value)) continue;
    for (const auto& [id, revocation] : material.document.revocations) {
      if (owner.chain.empty() || id != HexId("R-", response.der()) + "/" + owner.chain.front() ||
          !revocation.signer_authorised || revocation.chain.empty())
        continue;
      // BDOC 2.1, 6.2: the responder's certificate comes with the signature.
      if (!material.places.contains(revocation.chain.front())) continue;
      facts::Timestamp mark;
      mark.id = std::string(facts::kTimeMarkPrefix) + id;
      mark.kind = facts::TimestampKind::kTimeMark;
      mark.revocation = id;
      mark.time = response.produced_at();
      mark.digests.push_back({facts::DigestKind::kImprint, "", "SHA256", true, true, false});
      mark.seal = revocation.seal;
      mark.chain = revocation.chain;
      mark.signer_reference = {true, true, true, std::nullopt, ""};
      mark.covered = {owner.id, owner.chain.front()};
      owner.timestamps.push_back(mark.id);
      material.document.timestamps[mark.id] = std::move(mark);
    }
  }
}

namespace {

facts::Signature DescribeSignature(const SignatureFacts& signature, const VerifyReport& report) {
  facts::Signature fact;
  fact.id = "S-" + signature.id;
  fact.format = signature.xades ? std::string(LevelOf(signature)) : "XMLDSIG";
  fact.problems = signature.problems;
  const Reference* properties =
      report.passed(Check::kSignedProperties) ? SignedPropertiesReference(signature) : nullptr;
  for (const Reference& reference : signature.references) {
    facts::Digest digest;
    digest.kind =
        &reference == properties ? facts::DigestKind::kSignedProperties : facts::DigestKind::kData;
    digest.name = reference.uri.value_or("");
    if (reference.algorithm != nullptr) digest.algorithm = reference.algorithm->name;
    digest.ambiguous = reference.outcome == ReferenceOutcome::kAmbiguous;
    digest.found = reference.outcome != ReferenceOutcome::kNotFound &&
                   reference.outcome != ReferenceOutcome::kMisplaced;
    digest.intact = reference.outcome == ReferenceOutcome::kMatches;
    fact.digests.push_back(std::move(digest));
  }
  if (signature.signer) fact.seal.algorithm = KeyOf(*signature.signer);
  if (signature.method != nullptr) {
    fact.seal.algorithm.digest = signature.method->digest;
    if (signature.method->scheme == SignatureScheme::kRsaPss)
      fact.seal.algorithm.key = "RSASSA-PSS";
  }
  if (signature.value == ValueState::kValid) fact.seal.intact = true;
  if (signature.value == ValueState::kInvalid || signature.value == ValueState::kMalformed)
    fact.seal.intact = false;
  fact.signer_reference.present = signature.signer_named;
  fact.signer_reference.digest_matches = signature.signer_named;
  if (signature.issuer_differs) fact.signer_reference.issuer_matches = false;
  if (!signature.xades) return fact;
  const XadesProperties& xades = *signature.xades;
  fact.claimed_time = base::ParseTime(xades.signing_time);
  fact.signer_reference.unique = xades.signing_certificates.size() <= 1;
  // No policy document is ever at hand, so what it says of itself is not checked.
  if (xades.policy_implied || !xades.policy_id.empty())
    fact.policy = facts::SignaturePolicy{.implied = xades.policy_implied};
  return fact;
}

}  // namespace

void FactsBuilder::Collect(const SignatureFacts& signature, std::size_t place, Material& material) {
  for (const Certificate& certificate : signature.key_info_certificates)
    material.Add(certificate, place);
  for (const TimestampFact& fact : signature.timestamps)
    if (fact.token)
      for (const Certificate& certificate : fact.token->certificates)
        material.Add(certificate, PlaceOf(fact, place));
  if (!signature.xades) return;
  const XadesProperties& properties = *signature.xades;
  const auto place_of = [&](std::size_t position) { return place == 0 ? position + 1 : place; };
  for (std::size_t i = 0; i < properties.certificates.size(); ++i)
    material.Add(properties.certificates[i], place_of(properties.certificate_positions.at(i)));
  for (const auto& [der, position] : properties.ocsp) {
    if (material.responses.size() >= kMaxRevocationData) break;
    auto response = OcspResponse::Parse(der);
    if (!response.ok()) continue;
    for (const Certificate& inside : response.value().certificates())
      material.Add(inside, place_of(position));
    material.responses.push_back({std::move(response).value(), place_of(position)});
  }
  for (const auto& [der, position] : properties.crls) {
    if (material.lists.size() >= kMaxRevocationData) break;
    // The same list often stands in each signature, and is large.
    const auto [known, added] = lists_.try_emplace(base::Sha256(der).bytes);
    if (added)
      if (auto list = RevocationList::Parse(der); list.ok())
        known->second = std::move(list).value();
    if (known->second) material.lists.push_back({*known->second, place_of(position)});
  }
  for (const SignatureFacts& counter : signature.counter_signatures)
    Collect(counter, place_of(counter.position), material);
}

void FactsBuilder::AddSignature(const SignatureFacts& signature, const SignatureFacts* parent,
                                std::size_t place, Material& material) {
  facts::Signature fact = DescribeSignature(signature, CheckStructure(signature));
  const std::size_t number = material.document.signatures.size();
  if (parent != nullptr) {
    fact.id += "/" + std::to_string(number);  // Its own may be that of another.
    fact.counter_signature = true;
    fact.digests.push_back({facts::DigestKind::kCounterSigned, "SignatureValue", "",
                            signature.covers_parent, signature.covers_parent, false});
  }
  signer_paths_.emplace_back();
  if (signature.signer)
    fact.chain = AddPath(*signature.signer, PathPurpose::kSigner, ReferenceTime(signature, at_),
                         material, 0);
  AddTimestamps(signature, place, fact, material);
  if (signature.timestamps.empty()) AddTimeMarks(signature, fact, material);
  if (place != 0) material.Place(fact.id, place);
  material.document.signatures.push_back(fact);
  for (const SignatureFacts& counter : signature.counter_signatures)
    AddSignature(counter, &signature, place == 0 ? counter.position + 1 : place, material);
  AddCoverage(signature, place, fact, material);
}

facts::Document FactsBuilder::Build(const SignatureFacts& signature) {
  signer_paths_.clear();
  Material material;
  material.document.container = container_;
  Collect(signature, 0, material);
  AddSignature(signature, nullptr, 0, material);
  return std::move(material.document);
}

}  // namespace signing
