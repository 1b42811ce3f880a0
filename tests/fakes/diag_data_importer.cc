#include "tests/fakes/diag_data_importer.h"

#include <algorithm>
#include <array>

#include "tests/fakes/oracle_xml.h"

namespace tests {
namespace {

namespace facts = signing::facts;

facts::Seal SealOf(const xmlNode* token) {
  const xmlNode* basic = Child(token, "BasicSignature");
  facts::Seal seal;
  seal.algorithm.key = TextOf(basic, "EncryptionAlgoUsedToSignThisToken");
  seal.algorithm.digest = TextOf(basic, "DigestAlgoUsedToSignThisToken");
  const std::string bits = TextOf(basic, "KeyLengthUsedToSignThisToken");
  if (!bits.empty() && std::ranges::all_of(bits, [](char c) { return c >= '0' && c <= '9'; }))
    seal.algorithm.bits = std::stoul(bits);
  if (Child(basic, "SignatureIntact") != nullptr) seal.intact = IsTrue(basic, "SignatureIntact");
  return seal;
}

std::vector<facts::Id> ChainOf(const xmlNode* token) {
  std::vector<facts::Id> chain;
  for (const xmlNode* item : Children(Child(token, "CertificateChain"), "ChainItem"))
    chain.push_back(Attribute(item, "Certificate"));
  return chain;
}

struct KindOfDigest {
  std::string_view type;
  facts::DigestKind kind;
};
constexpr auto kDigestKinds = std::to_array<KindOfDigest>({
    {"SIGNED_PROPERTIES", facts::DigestKind::kSignedProperties},
    {"MESSAGE_DIGEST", facts::DigestKind::kSignedProperties},
    {"JWS_SIGNING_INPUT_DIGEST", facts::DigestKind::kSignedProperties},
    {"MANIFEST", facts::DigestKind::kManifest},
    {"MANIFEST_ENTRY", facts::DigestKind::kManifestEntry},
    {"MESSAGE_IMPRINT", facts::DigestKind::kImprint},
    {"COUNTER_SIGNED_SIGNATURE_VALUE", facts::DigestKind::kCounterSigned},
});

facts::Digest DigestOf(const xmlNode* node) {
  facts::Digest digest;
  const std::string type = Attribute(node, "type");
  const auto kind = std::ranges::find(kDigestKinds, type, &KindOfDigest::type);
  if (kind != kDigestKinds.end()) digest.kind = kind->kind;
  digest.name = Attribute(node, "uri") + Attribute(node, "documentName");
  digest.algorithm = TextOf(node, "DigestMethod");
  digest.found = IsTrue(node, "DataFound");
  digest.intact = IsTrue(node, "DataIntact");
  digest.ambiguous = Attribute(node, "duplicated") == "true";
  return digest;
}

std::optional<bool> Match(const xmlNode* node) {
  if (node == nullptr || Attribute(node, "match").empty()) return std::nullopt;
  return Attribute(node, "match") == "true";
}

facts::SignerReference SignerReferenceOf(const xmlNode* token) {
  facts::SignerReference reference;
  std::size_t count = 0;
  const std::string signer = Attribute(Child(token, "SigningCertificate"), "Certificate");
  for (const xmlNode* related : Children(Child(token, "FoundCertificates"), "RelatedCertificate"))
    for (const xmlNode* item : Children(related, "CertificateRef")) {
      if (TextOf(item, "Origin") != "SIGNING_CERTIFICATE") continue;
      ++count;
      if (Attribute(related, "Certificate") != signer) continue;
      const xmlNode* digest = Child(item, "DigestAlgoAndValue");
      reference.present = true;
      reference.digest_matches = Match(digest);
      reference.digest_algorithm = TextOf(digest, "DigestMethod");
      reference.issuer_matches = Match(Child(item, "IssuerSerial"));
    }
  reference.unique = count == 1;
  return reference;
}

std::vector<facts::Id> CoveredBy(const xmlNode* token) {
  std::vector<facts::Id> covered;
  for (const xmlNode* item : Children(Child(token, "TimestampedObjects"), "TimestampedObject"))
    covered.push_back(Attribute(item, "Token"));
  return covered;
}

std::optional<facts::SignaturePolicy> PolicyOf(const xmlNode* signature) {
  const xmlNode* node = Child(signature, "Policy");
  if (node == nullptr) return std::nullopt;
  facts::SignaturePolicy policy;
  policy.implied = TextOf(node, "Id") == "IMPLICIT_POLICY";
  policy.available = IsTrue(node, "Identified");
  const xmlNode* digest = Child(node, "DigestAlgoAndValue");
  policy.digest_matches = Attribute(digest, "match") == "true";
  policy.zero_digest = Attribute(digest, "zeroHash") == "true";
  return policy;
}

facts::Signature SignatureOf(const xmlNode* node) {
  facts::Signature signature;
  signature.id = Attribute(node, "Id");
  signature.format = TextOf(node, "SignatureFormat");
  signature.duplicate = Attribute(node, "Duplicated") == "true";
  signature.counter_signature = Attribute(node, "CounterSignature") == "true";
  const xmlNode* structure = Child(node, "StructuralValidation");
  if (structure != nullptr && Attribute(structure, "valid") != "true")
    signature.structure_warnings.push_back(TextOf(structure, "Message"));
  for (const xmlNode* item : Children(Child(node, "DigestMatchers"), "DigestMatcher"))
    signature.digests.push_back(DigestOf(item));
  signature.seal = SealOf(node);
  signature.chain = ChainOf(node);
  signature.signer_reference = SignerReferenceOf(node);
  signature.claimed_time = TimeOf(node, "ClaimedSigningTime");
  signature.policy = PolicyOf(node);
  const auto infos = Children(Child(node, "SignerInformationStore"), "SignerInfo");
  signature.signers = std::max<std::size_t>(infos.size(), 1);
  for (const xmlNode* item : Children(Child(node, "FoundTimestamps"), "FoundTimestamp"))
    signature.timestamps.push_back(Attribute(item, "Timestamp"));
  for (const xmlNode* item : Children(Child(node, "FoundEvidenceRecords"), "FoundEvidenceRecord"))
    signature.evidence_records.push_back(Attribute(item, "EvidenceRecord"));
  return signature;
}

facts::RevocationStatus StatusOf(const xmlNode* node) {
  facts::RevocationStatus status;
  status.revocation = Attribute(node, "Revocation");
  status.reason = TextOf(node, "Reason");
  status.time = TimeOf(node, "RevocationDate");
  const std::string text = TextOf(node, "Status");
  if (text == "GOOD") status.status = facts::Status::kGood;
  if (text == "REVOKED")
    status.status =
        status.reason == "certificateHold" ? facts::Status::kOnHold : facts::Status::kRevoked;
  return status;
}

void ReadExtensions(const xmlNode* extensions, facts::Certificate& certificate) {
  for (const xmlNode* node : Children(extensions)) {
    const std::string oid = Attribute(node, "OID");
    const std::string_view name = signing::NameOf(node);
    const bool absent = Attribute(node, "present") == "false";
    if (!absent && !oid.empty()) certificate.extensions.insert(oid);
    if (!absent && Attribute(node, "critical") == "true")
      certificate.critical_extensions.insert(oid);
    if (name == "KeyUsages")
      for (const xmlNode* bit : Children(node, "keyUsageBit"))
        certificate.key_usages.insert(signing::TrimmedText(bit));
    if (name == "ExtendedKeyUsages")
      for (const xmlNode* item : Children(node))
        certificate.extended_key_usages.insert(signing::TrimmedText(item));
    if (name == "BasicConstraints") {
      certificate.is_authority = Attribute(node, "CA") == "true";
      const std::string length = Attribute(node, "pathLenConstraint");
      if (!length.empty()) certificate.path_length = std::stoi(length);
    }
    if (name == "IdPkixOcspNoCheck") certificate.no_check = !absent;
  }
}

void ReadTrust(const xmlNode* providers, facts::Certificate& certificate) {
  for (const xmlNode* provider : Children(providers, "TrustServiceProvider"))
    for (const xmlNode* node : Children(Child(provider, "TrustServices"), "TrustService")) {
      facts::TrustPeriod period;
      period.type = TextOf(node, "ServiceType");
      period.status = TextOf(node, "Status");
      period.from = TimeOf(node, "StartDate").value_or(base::Time{});
      period.until = TimeOf(node, "EndDate");
      period.expired_certificates_from = TimeOf(node, "ExpiredCertsRevocationInfo");
      certificate.trust.push_back(std::move(period));
    }
}

facts::Certificate CertificateOf(const xmlNode* node) {
  facts::Certificate certificate;
  certificate.id = Attribute(node, "Id");
  certificate.subject = TextOf(node, "CommonName");
  certificate.not_before = TimeOf(node, "NotBefore").value_or(base::Time{});
  certificate.not_after = TimeOf(node, "NotAfter").value_or(base::Time{});
  certificate.seal = SealOf(node);
  certificate.self_signed = IsTrue(node, "SelfSigned");
  const xmlNode* trusted = Child(node, "Trusted");
  // The oracle knows of one kind of trust.
  using enum signing::facts::AnchorUse;
  if (IsTrue(node, "Trusted"))
    certificate.anchor_for = {kAuthority, kSigner, kTimestamp, kRevocation};
  certificate.anchor_from = base::ParseTime(Attribute(trusted, "startDate"));
  certificate.anchor_until = base::ParseTime(Attribute(trusted, "sunsetDate"));
  ReadExtensions(Child(node, "CertificateExtensions"), certificate);
  ReadTrust(Child(node, "TrustServiceProviders"), certificate);
  for (const xmlNode* item : Children(Child(node, "Revocations"), "CertificateRevocation"))
    certificate.revocations.push_back(StatusOf(item));
  return certificate;
}

facts::Revocation RevocationOf(const xmlNode* node) {
  facts::Revocation revocation;
  revocation.id = Attribute(node, "Id");
  revocation.kind =
      TextOf(node, "Type") == "CRL" ? facts::RevocationKind::kCrl : facts::RevocationKind::kOcsp;
  revocation.from_document = TextOf(node, "Origin") == "INPUT_DOCUMENT";
  revocation.this_update = TimeOf(node, "ThisUpdate");
  revocation.next_update = TimeOf(node, "NextUpdate");
  revocation.produced_at = TimeOf(node, "ProductionDate");
  revocation.expired_certificates_from = TimeOf(node, "ExpiredCertsOnCRL");
  if (!revocation.expired_certificates_from)
    revocation.expired_certificates_from = TimeOf(node, "ArchiveCutOff");
  if (IsTrue(node, "CertHashExtensionPresent"))
    revocation.certificate_hash_matches = IsTrue(node, "CertHashExtensionMatch");
  revocation.seal = SealOf(node);
  revocation.chain = ChainOf(node);
  return revocation;
}

facts::TimestampKind KindOfTimestamp(const std::string& type) {
  if (type == "CONTENT_TIMESTAMP" || type.ends_with("DATA_OBJECTS_TIMESTAMP"))
    return facts::TimestampKind::kContent;
  if (type == "SIGNATURE_TIMESTAMP") return facts::TimestampKind::kSignature;
  if (type == "EVIDENCE_RECORD_TIMESTAMP") return facts::TimestampKind::kEvidenceRecord;
  if (type == "CONTAINER_TIMESTAMP") return facts::TimestampKind::kContainer;
  return facts::TimestampKind::kArchive;
}

facts::Timestamp TimestampOf(const xmlNode* node) {
  facts::Timestamp timestamp;
  timestamp.id = Attribute(node, "Id");
  timestamp.kind = KindOfTimestamp(Attribute(node, "Type"));
  timestamp.time = TimeOf(node, "ProductionTime").value_or(base::Time{});
  for (const xmlNode* item : Children(node, "DigestMatcher"))
    timestamp.digests.push_back(DigestOf(item));
  timestamp.seal = SealOf(node);
  timestamp.chain = ChainOf(node);
  timestamp.signer_reference = SignerReferenceOf(node);
  timestamp.covered = CoveredBy(node);
  return timestamp;
}

facts::EvidenceRecord EvidenceRecordOf(const xmlNode* node) {
  facts::EvidenceRecord record;
  record.id = Attribute(node, "Id");
  record.well_formed = Attribute(Child(node, "StructuralValidation"), "valid") != "false";
  for (const xmlNode* item : Children(Child(node, "DigestMatchers"), "DigestMatcher"))
    if (Attribute(item, "type") != "EVIDENCE_RECORD_ORPHAN_REFERENCE")
      record.digests.push_back(DigestOf(item));
  for (const xmlNode* item : Children(Child(node, "EvidenceRecordTimestamps"), "FoundTimestamp"))
    record.timestamps.push_back(Attribute(item, "Timestamp"));
  record.covered = CoveredBy(node);
  return record;
}

std::optional<facts::Container> ContainerOf(const xmlNode* node) {
  if (node == nullptr) return std::nullopt;
  facts::Container container;
  container.type = TextOf(node, "ContainerType");
  container.manifest_needed = container.type == "ASiC-E";
  container.manifest_present = !Children(Child(node, "ManifestFiles"), "ManifestFile").empty();
  container.signed_files_present = !Children(Child(node, "ContentFiles"), "ContentFile").empty();
  return container;
}

}  // namespace

std::string Asserted(const Row& row, const std::string& key) {
  const std::string& other = row.at("other");
  std::size_t at = 0;
  while (at < other.size()) {
    const std::size_t end = std::min(other.find("; ", at), other.size());
    const std::string part = other.substr(at, end - at);
    if (part.starts_with(key + "=")) return part.substr(key.size() + 1);
    at = end + 2;
  }
  return {};
}

std::string ResolveOrder(const std::string& id, const facts::Document& document) {
  if (!id.starts_with('#')) return id;
  std::vector<const facts::Timestamp*> all;
  for (const auto& [name, timestamp] : document.timestamps) all.push_back(&timestamp);
  std::ranges::sort(all, {}, &facts::Timestamp::time);
  const std::size_t number = std::stoul(id.substr(1));
  return number >= 1 && number <= all.size() ? all[number - 1]->id : id;
}

base::Result<OracleCase> ReadOracleCase(const std::filesystem::path& path) {
  const std::string text = ReadWhole(path);
  ASSIGN_OR_RETURN(const signing::XmlDocument document,
                   signing::XmlDocument::Parse(base::AsBytes(text)));
  const xmlNode* root = document.root();
  OracleCase found;
  found.time = TimeOf(root, "ValidationDate").value_or(base::Time{});
  found.document.container = ContainerOf(Child(root, "ContainerInfo"));
  for (const xmlNode* node : Children(Child(root, "Signatures"), "Signature"))
    found.document.signatures.push_back(SignatureOf(node));
  for (const xmlNode* node : Children(Child(root, "EvidenceRecords"), "EvidenceRecord"))
    found.document.evidence_records[Attribute(node, "Id")] = EvidenceRecordOf(node);
  for (const xmlNode* node : Children(Child(root, "UsedCertificates"), "Certificate"))
    found.document.certificates[Attribute(node, "Id")] = CertificateOf(node);
  for (const xmlNode* node : Children(Child(root, "UsedRevocations"), "Revocation"))
    found.document.revocations[Attribute(node, "Id")] = RevocationOf(node);
  for (const xmlNode* node : Children(Child(root, "UsedTimestamps"), "Timestamp"))
    found.document.timestamps[Attribute(node, "Id")] = TimestampOf(node);
  return found;
}

}  // namespace tests
