// Facts: what one document and its evidence say, without policy, trust decision or time.
//
// Plain values. Every object has an id that is unique in the document; objects refer to each
// other by it. The verdict engine reads nothing else, so whoever fills these structs (the
// verifier from bytes, a test from an oracle) gets the same verdict for the same facts.
//
// Facts stay facts: "valid", "fresh", "secure" and "qualified" are the engine's words.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace signing::facts {

using Id = std::string;

// What an object was signed with. An empty name: unknown, which no policy accepts.
struct Algorithm {
  std::string key;       // "RSA", "RSASSA-PSS", "ECDSA", "EDDSA", ...
  std::size_t bits = 0;  // Of the key; RSA: of the modulus.
  std::string digest;    // "SHA1", "SHA256", "SHA3-256", ...
};

// A signature value and whether the named key made it; nullopt: could not be checked.
struct Seal {
  Algorithm algorithm;
  std::optional<bool> intact;
};

enum class DigestKind {
  kData,              // A reference, message digest or object that carries signed data.
  kSignedProperties,  // The reference to the signed properties.
  kManifest,          // A ds:Manifest or ASiCManifest.
  kManifestEntry,     // What a manifest lists.
  kImprint,           // messageImprint of a timestamp.
  kCounterSigned,     // The parent's SignatureValue.
};

struct Digest {
  DigestKind kind = DigestKind::kData;
  std::string name;       // URI or file, for the report.
  std::string algorithm;  // As Algorithm::digest.
  bool found = false;
  bool intact = false;
  bool ambiguous = false;  // Several elements answer to the reference.
};

// How the signed attributes name the signing certificate (EN 319 132-1, 5.2.2).
struct SignerReference {
  bool present = false;
  bool unique = true;                  // Exactly one reference.
  std::optional<bool> digest_matches;  // nullopt: there is no digest.
  std::optional<bool> issuer_matches;  // nullopt: there is no issuer and serial number.
  std::string digest_algorithm;
};

enum class Status { kGood, kRevoked, kOnHold, kUnknown };

// What one revocation object says about one certificate.
struct RevocationStatus {
  Id revocation;
  Status status = Status::kUnknown;
  std::string reason;
  std::optional<base::Time> time;  // Of the revocation or suspension.
};

// What a trust anchor is one for. Who may stamp, answer or sign itself vouches for nobody else.
enum class AnchorUse {
  kAuthority,   // For what it has issued.
  kSigner,      // For itself, as the signer of a document.
  kTimestamp,   // For itself, as a time-stamping unit.
  kRevocation,  // For itself, as a signer of revocation data.
};

// One status of a trust service that vouches for the certificate (TS 119 612, 5.5.1).
struct TrustPeriod {
  std::string type;    // Service type URI.
  std::string status;  // URI.
  base::Time from{};
  std::optional<base::Time> until;
  std::vector<std::string> qualifiers;
  std::vector<std::string> additional;
  std::optional<base::Time> expired_certificates_from;  // expiredCertsRevocationInfo.
};

struct Certificate {
  Id id;
  std::string subject;  // For the report, as the next two.
  std::string serial;   // Decimal.
  std::string issuer_name;
  base::Time not_before{};
  base::Time not_after{};
  Seal seal;  // Its issuer's signature.
  std::optional<Id> issuer;
  bool self_signed = false;

  // A trust anchor for these, perhaps only within these times; for nothing, it is none.
  std::set<AnchorUse> anchor_for;
  std::optional<base::Time> anchor_from;
  std::optional<base::Time> anchor_until;
  std::vector<TrustPeriod> trust;

  std::set<std::string> key_usages;  // "nonRepudiation", "keyCertSign", ...; empty: absent.
  std::set<std::string> extended_key_usages;  // Object identifiers.
  std::set<std::string> extensions;           // Object identifiers, and those of QC statements.
  std::set<std::string> critical_extensions;
  std::optional<bool> is_authority;  // BasicConstraints CA; nullopt: absent.
  std::optional<int> path_length;
  bool no_check = false;           // id-pkix-ocsp-nocheck (RFC 6960, 4.2.2.2.1).
  bool names_permitted = true;     // By the name constraints of its chain.
  bool policies_permitted = true;  // By the policy constraints of its chain.
  std::vector<RevocationStatus> revocations;
};

enum class RevocationKind { kOcsp, kCrl };

struct Revocation {
  Id id;
  RevocationKind kind = RevocationKind::kOcsp;
  bool from_document = false;  // Inside the document, not fetched beside it.
  std::optional<base::Time> this_update;
  std::optional<base::Time> next_update;
  std::optional<base::Time> produced_at;
  std::optional<base::Time> expired_certificates_from;  // expiredCertsOnCRL or archiveCutoff.
  std::optional<bool> certificate_hash_matches;         // certHash extension; nullopt: absent.
  bool responder_id_matches = true;
  // Signed by the certificate's issuer or by a responder that this issuer (or a trust
  // service) appointed (RFC 6960, 4.2.2.2).
  bool signer_authorised = true;
  Seal seal;
  std::vector<Id> chain;  // Signer first; empty: unknown signer.
};

// kTimeMark: an OCSP response that names the signature value (BDOC 2.1, 6.2).
enum class TimestampKind { kContent, kSignature, kArchive, kEvidenceRecord, kContainer, kTimeMark };

struct Timestamp {
  Id id;
  TimestampKind kind = TimestampKind::kSignature;
  base::Time time{};
  std::vector<Digest> digests;  // The imprint, and what a manifest in between lists.
  Seal seal;
  std::vector<Id> chain;
  SignerReference signer_reference;
  std::vector<Id> covered;  // It proves that these existed.
  Id revocation;            // Of a time-mark: the response that it is.
};

// The ids of time-stamps that are time-marks: OCSP responses that bind a signature's value.
inline constexpr std::string_view kTimeMarkPrefix = "M-";

struct EvidenceRecord {
  Id id;
  bool well_formed = true;
  std::vector<Digest> digests;
  std::vector<Id> timestamps;  // In their order.
  std::vector<Id> covered;
};

struct SignaturePolicy {
  bool implied = false;
  bool available = false;
  bool digest_matches = false;
  bool zero_digest = false;
};

struct Signature {
  Id id;
  std::string format;                           // "XAdES-BASELINE-LT", ...
  std::vector<std::string> problems;            // Breaches that make it unreadable as such.
  std::vector<std::string> structure_warnings;  // Against the schema of its profile.
  std::size_t signers = 1;                      // Signer infos in it.
  bool counter_signature = false;
  std::vector<Digest> digests;
  Seal seal;
  std::vector<Id> chain;  // Signer first, as far as it was found.
  SignerReference signer_reference;
  std::optional<base::Time> claimed_time;
  std::optional<SignaturePolicy> policy;
  std::vector<Id> timestamps;
  std::vector<Id> evidence_records;
  bool duplicate = false;  // Another signature of the document has its Id.
};

struct Container {
  std::string type;  // "ASiC-E", "ASiC-S".
  bool manifest_present = false;
  bool manifest_needed = false;
  bool signed_files_present = false;
};

struct Document {
  std::optional<Container> container;
  std::vector<Signature> signatures;
  std::map<Id, Timestamp> timestamps;
  std::map<Id, EvidenceRecord> evidence_records;
  std::map<Id, Certificate> certificates;
  std::map<Id, Revocation> revocations;
};

bool HasTimeMarks(const Document& document);
// Without time-marks, for whoever does not take them for proofs of time.
Document WithoutTimeMarks(Document document);

}  // namespace signing::facts
