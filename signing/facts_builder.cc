#include "signing/facts_builder.h"

#include <openssl/evp.h>

#include <algorithm>

#include "signing/facts_certificate.h"
#include "signing/signature_verdict.h"
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
    // What it covers is not looked at here: it proves nothing about the signature.
    case TimestampKind::kReferences:
    case TimestampKind::kArchive: return facts::TimestampKind::kArchive;
  }
  return facts::TimestampKind::kArchive;
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

struct FactsBuilder::Material {
  std::vector<Certificate> certificates;
  std::vector<OcspResponse> responses;
  std::vector<RevocationList> lists;
  facts::Document document;
};

FactsBuilder::FactsBuilder(const TrustSnapshot& trust, base::Time at, bool time_marks)
    : trust_(trust), at_(at), time_marks_(time_marks), paths_(trust) {}

void FactsBuilder::AddCertificate(const CertificatePath& path, std::size_t position,
                                  base::Time time, Material& material) {
  const Certificate& certificate = path.certificates[position];
  const facts::Id id = IdOfCertificate(certificate);
  const bool is_anchor = path.HasAnchor() && position + 1 == path.certificates.size();
  facts::Certificate fact = DescribeCertificate(certificate);
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
  if (is_anchor && path.anchor == AnchorKind::kCertificate) fact.anchor = true;
  if (is_anchor && path.service != nullptr && !path.Has(PathProblemKind::kServiceNotApproved)) {
    const auto period = TrustedPeriodOf(*path.service, time);
    // Not a period of that service: then the certificate was also handed in as such.
    fact.anchor = true;
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
  const auto [entry, added] = material.document.certificates.try_emplace(id, fact);
  // The same certificate in two paths: an anchor in either, revocation data from both.
  if (!added && fact.anchor && !entry->second.anchor) {
    fact.revocations = entry->second.revocations;
    entry->second = std::move(fact);
  }
}

std::vector<facts::Id> FactsBuilder::AddPath(const Certificate& leaf, PathPurpose purpose,
                                             base::Time time, Material& material, int depth) {
  const CertificatePath path = paths_.Build({leaf, purpose, time, material.certificates});
  if (purpose == PathPurpose::kSigner && depth == 0) signer_path_ = path;
  std::vector<facts::Id> chain;
  for (std::size_t i = 0; i < path.certificates.size(); ++i) {
    const facts::Id id = IdOfCertificate(path.certificates[i]);
    const bool known = material.document.certificates.contains(id);
    AddCertificate(path, i, time, material);
    // TS 119 615, 4.7 asks for the status of a time-stamping service at genTime; that it was
    // withdrawn later does not undo its tokens.
    if (purpose == PathPurpose::kTimestamp && !known)
      material.document.certificates[id].anchor_until.reset();
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
  for (const OcspResponse& response : material.responses)
    AddOcsp(response, certificate, issuer, path, material, depth);
  for (const RevocationList& list : material.lists) AddList(list, path, position, material);
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

void FactsBuilder::AddOcsp(const OcspResponse& response, const Certificate& certificate,
                           const Certificate& issuer, const CertificatePath& path,
                           Material& material, int depth) {
  const auto entry = response.About(certificate, issuer);
  if (!entry) return;
  const facts::Id owner = IdOfCertificate(certificate);
  facts::Revocation revocation = DescribeEntry(*entry, facts::RevocationKind::kOcsp);
  revocation.id = HexId("R-", response.der()) + "/" + owner;
  auto signer = response.Signer(material.certificates);
  // Old responses hold no certificate: the list names the responder's.
  if (!signer) signer = response.Signer(ListedResponders());
  if (signer) {
    revocation.seal.algorithm = KeyOf(*signer);
    revocation.seal.algorithm.digest = response.SignatureDigest();
    revocation.seal.intact = true;  // Signer() is only who really signed it.
    revocation.signer_authorised =
        AuthorityOf(*signer, issuer, path.service, response.produced_at(), trust_) !=
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

void FactsBuilder::AddList(const RevocationList& list, const CertificatePath& path,
                           std::size_t position, Material& material) {
  const Certificate& certificate = path.certificates[position];
  const Certificate& issuer = path.certificates[position + 1];
  if (!list.IsSignedBy(issuer)) return;
  const auto entry = list.About(certificate);
  if (!entry) return;
  const facts::Id owner = IdOfCertificate(certificate);
  facts::Revocation revocation = DescribeEntry(*entry, facts::RevocationKind::kCrl);
  revocation.id = HexId("R-", list.der()) + "/" + owner;
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

void FactsBuilder::AddTimestamps(const SignatureFacts& signature, Material& material) {
  facts::Signature& owner = material.document.signatures.front();
  std::size_t number = 0;
  for (const TimestampFact& fact : signature.timestamps) {
    facts::Timestamp timestamp;
    timestamp.id = "T-" + std::to_string(++number);
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
    if (fact.kind == TimestampKind::kSignature) {
      timestamp.covered.push_back(owner.id);
      if (!owner.chain.empty()) timestamp.covered.push_back(owner.chain.front());
    }
    owner.timestamps.push_back(timestamp.id);
    const facts::Id id = timestamp.id;
    material.document.timestamps[id] = std::move(timestamp);
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

void FactsBuilder::AddTimeMarks(const SignatureFacts& signature, Material& material) {
  if (signature.node == nullptr) return;
  const xmlNode* element = FindChild(signature.node, kDsig, "SignatureValue");
  const auto value = element == nullptr ? std::nullopt : Base64OfElement(element);
  if (!value) return;
  facts::Signature& owner = material.document.signatures.front();
  for (const OcspResponse& response : material.responses) {
    const auto nonce = response.Nonce();
    if (!nonce || !IsTimeMark(*nonce, *value)) continue;
    for (const auto& [id, revocation] : material.document.revocations) {
      if (owner.chain.empty() || id != HexId("R-", response.der()) + "/" + owner.chain.front() ||
          !revocation.signer_authorised)
        continue;
      facts::Timestamp mark;
      mark.id = "M-" + id;
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

void CollectCertificates(const SignatureFacts& signature, std::vector<Certificate>& all) {
  const auto add = [&](const std::vector<Certificate>& list) {
    all.insert(all.end(), list.begin(), list.end());
  };
  add(signature.key_info_certificates);
  if (signature.xades) add(signature.xades->certificates);
  for (const TimestampFact& fact : signature.timestamps)
    if (fact.token) add(fact.token->certificates);
}

facts::Signature DescribeSignature(const SignatureFacts& signature, const VerifyReport& report) {
  facts::Signature fact;
  fact.id = "S-" + signature.id;
  fact.format = signature.xades ? std::string(LevelOf(signature)) : "XMLDSIG";
  fact.problems = signature.problems;
  for (const Reference& reference : signature.references) {
    facts::Digest digest;
    digest.kind = facts::DigestKind::kData;
    digest.name = reference.uri.value_or("");
    if (reference.algorithm != nullptr) digest.algorithm = reference.algorithm->name;
    digest.ambiguous = reference.outcome == ReferenceOutcome::kAmbiguous;
    digest.found = reference.outcome != ReferenceOutcome::kNotFound &&
                   reference.outcome != ReferenceOutcome::kMisplaced;
    digest.intact = reference.outcome == ReferenceOutcome::kMatches;
    fact.digests.push_back(std::move(digest));
  }
  if (report.passed(Check::kSignedProperties) && !fact.digests.empty())
    fact.digests.back().kind = facts::DigestKind::kSignedProperties;
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
  if (signature.xades) fact.claimed_time = base::ParseTime(signature.xades->signing_time);
  return fact;
}

}  // namespace

facts::Document FactsBuilder::Build(const SignatureFacts& signature, const VerifyReport& report) {
  signer_path_.reset();
  Material material;
  CollectCertificates(signature, material.certificates);
  if (signature.xades) {
    for (const base::Bytes& der : signature.xades->ocsp) {
      if (material.responses.size() >= kMaxRevocationData) break;
      auto response = OcspResponse::Parse(der);
      if (!response.ok()) continue;
      const auto& inside = response.value().certificates();
      material.certificates.insert(material.certificates.end(), inside.begin(), inside.end());
      material.responses.push_back(std::move(response).value());
    }
    for (const base::Bytes& der : signature.xades->crls) {
      if (material.lists.size() >= kMaxRevocationData) break;
      auto list = RevocationList::Parse(der);
      if (list.ok()) material.lists.push_back(std::move(list).value());
    }
  }
  material.document.signatures.push_back(DescribeSignature(signature, report));
  if (signature.signer)
    material.document.signatures.front().chain = AddPath(
        *signature.signer, PathPurpose::kSigner, ReferenceTime(signature, at_), material, 0);
  AddTimestamps(signature, material);
  if (time_marks_ && signature.timestamps.empty()) AddTimeMarks(signature, material);
  return std::move(material.document);
}

}  // namespace signing
