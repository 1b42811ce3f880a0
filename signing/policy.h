// Policy: what the verdict engine demands, as data.
//
// A rule has a level (EN 319 102-1, 5.1.4.1: how much its failure matters) and perhaps values.
// Rules apply in a scope (which kind of object is validated) and to a part of it (the object
// itself, its signer's certificate, the authorities above). A rule that a policy does not
// name is ignored, and the report says so; files therefore start from a shipped policy.
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/result.h"
#include "signing/limits.h"

namespace signing {

// FAIL decides the verdict; WARN and INFORM are reported; IGNORE is not even that.
enum class Level { kIgnore, kInform, kWarn, kFail };

enum class Scope { kSignature, kCounterSignature, kTimestamp, kRevocation, kEvidenceRecord };
enum class Part { kToken, kSigner, kAuthority };

enum class Rule {
  kContainerManifest,      // ASiC-E: the manifest is there (EN 319 162-1, 4.4.3).
  kContainerSignedFiles,   // The container holds the files that it signs.
  kFormat,                 // Nothing is structurally broken.
  kSingleSigner,           // One signer info.
  kNotDuplicated,          // No other signature has this Id.
  kStructure,              // Valid against the schema of its profile.
  kSignerReference,        // A signed attribute names the signing certificate by digest,
  kSignerReferenceUnique,  // once,
  kSignerReferenceDigest,  // rightly,
  kSignerReferenceIssuer,  // also by issuer and serial number.
  kPolicyAvailable,        // The signature policy that it names is at hand.
  kPolicyDigest,           // And has the digest that it names.
  kDataFound,
  kDataIntact,
  kManifestEntryFound,
  kManifestEntryIntact,
  kValueIntact,
  kSigningTime,         // A claimed signing time is there
  kSigningTimeInRange,  // and lies in the validity of the signing certificate.
  kSignedProperties,    // The signed properties are covered.
  kChainFound,          // A chain leads to a trust anchor.
  kSealIntact,          // The issuer signed the certificate.
  kNotExpired,
  kAnchorInTime,      // The anchor was trusted at that time.
  kKeyUsage,          // One of the values.
  kExtendedKeyUsage,  // One of the values.
  kAuthorityFlag,     // BasicConstraints CA.
  kPathLength,
  kNameConstraints,
  kPolicyConstraints,
  kForbiddenExtensions,  // None of the values.
  kCriticalExtensions,   // Only the values are critical.
  kRevocationSkip,       // With one of these extensions no revocation data is needed.
  kRevocationAvailable,
  kRevocationAcceptable,
  kRevocationFresh,         // EN 319 102-1, 5.2.5; `limit`: grace before the reference time.
  kRevocationSignerInTime,  // The signer of the revocation data has not expired.
  kNotRevoked,
  kNotOnHold,
  kStatusKnown,  // Revocation: not "unknown".
  kThisUpdate,
  kSignerKnown,
  kSignerInTime,       // The signer was valid when it was produced.
  kAfterIssuance,      // Not older than the certificate.
  kCoversCertificate,  // It still speaks of a certificate that has expired.
  kResponderId,
  kCryptographic,          // Algorithms and key sizes; the values are in the suite.
  kTimestampOrder,         // Timestamps are in an order that can be.
  kRevokedAfterSigning,    // The best signature time precedes the revocation.
  kSignedBeforeExpiry,     // And the end of the certificate.
  kTimestampAfterContent,  // No signature timestamp precedes a content timestamp.
};

struct Constraint {
  Level level = Level::kIgnore;
  std::vector<std::string> values;
  std::optional<std::chrono::seconds> limit;
};

struct RuleKey {
  Scope scope;
  Part part;
  Rule rule;
  friend auto operator<=>(const RuleKey&, const RuleKey&) = default;
};

// Usable up to `until` (exclusive); nullopt: no end is known.
struct AlgorithmLimit {
  std::string name;
  std::size_t min_bits = 0;  // The row with the most bits that the key reaches applies.
  std::optional<base::Time> until;
};

// The algorithms of ETSI TS 119 312; what is not listed may not be used.
struct AlgorithmSuite {
  std::vector<AlgorithmLimit> keys;  // "RSA", or "RSA/SHA256" for the two together.
  std::vector<AlgorithmLimit> digests;
  // Ends after this day are predictions: they weigh `level_of_predictions`.
  std::optional<base::Time> issued;
  Level level_of_predictions = Level::kFail;
};

struct Policy {
  std::string id;
  std::map<RuleKey, Constraint> rules;
  AlgorithmSuite suite;
  std::map<std::pair<Scope, Part>, AlgorithmSuite> own_suites;  // Instead of `suite`.

  // Empty: any. Otherwise the qualification (TS 119 615) must be one of these.
  std::vector<std::string> signature_qualifications;
  // Of a timestamp that proves the signature's time, where one does.
  std::vector<std::string> timestamp_qualifications;
  bool timestamp_needed = false;  // Without a timestamp: INDETERMINATE.
  // BDOC 2.1, 6.2: an OCSP response whose nonce is the digest of the signature value proves
  // the time as a timestamp does.
  bool time_marks = false;
  // Findings about the container (their codes) that fail every signature in it.
  std::vector<std::string> fatal_findings;
  // And those with which the document is refused: it is no container of the kind at all.
  std::vector<std::string> refused_findings;
  Limits limits;  // What a document may ask for.

  const Constraint& Of(Scope scope, Part part, Rule rule) const;
  const AlgorithmSuite& SuiteOf(Scope scope, Part part) const;
};

std::string_view NameOfLevel(Level level);  // "FAIL", ...
std::string_view NameOfRule(Rule rule);     // "not-revoked", ...

inline constexpr std::array<std::string_view, 5> kShippedPolicies{
    "eu-ades", "eu-qes", "lv-public-sector", "lv-national-legacy", "baltic-bdoc"};
// nullopt when no policy of that name is shipped.
std::optional<Policy> ShippedPolicy(std::string_view id);

// The policy as text; the same policy always has the same text.
base::Json PolicyToJson(const Policy& policy);
// SHA-256 of PolicyToJson(): the policy's identity in a report.
base::Sha256Digest PolicyDigest(const Policy& policy);

// Reads a policy file. Its "base" names the shipped policy that it starts from; "rules" and
// "algorithms" replace rows of that one. An unknown name anywhere is refused: a rule that was
// misspelt would be a rule that is not checked.
//
// "limits" replaces numbers of that one, each from 1 to the hard maximum (limits.h).
//
// kInvalidInput "policy.malformed" with the place; "policy.limit" for a number out of its range.
base::Result<Policy> PolicyFromJson(const base::Json& json);

// Reads back exactly what PolicyToJson() gives: a whole policy that starts from no other, and
// may be a shipped one. kInvalidInput "policy.malformed" for anything else.
base::Result<Policy> WholePolicyFromJson(const base::Json& json);

}  // namespace signing
