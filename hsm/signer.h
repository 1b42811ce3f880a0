// Signer: seals by keys that never leave the token.
//
// It signs nothing opaque: the caller hands over references and digests, and the
// SignedInfo that covers them is serialised here, beside the key. So whoever owns the
// caller can have only well-formed seals made, never an arbitrary signature.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"

namespace hsm {

struct KeyLabel {
  std::string text;  // CKA_LABEL of the private key: [a-z0-9-], 1 to 64 characters.

  friend bool operator==(const KeyLabel&, const KeyLabel&) = default;
};

enum class SignatureAlgorithm {
  kRsaSha256,     // RSASSA-PKCS1-v1_5.
  kRsaPssSha256,  // RSASSA-PSS, MGF1 with SHA-256, 32 bytes of salt (RFC 9231, 2.3.9).
  kEcdsaSha256,   // P-256.
  kEcdsaSha384,   // P-384.
  kEcdsaSha512,   // P-521.
  kEd25519,       // RFC 9231, 2.3.12.
};

// The URI that names the algorithm in XML (RFC 9231, 2.3).
std::string_view AlgorithmUri(SignatureAlgorithm algorithm);

// "rsa-sha256", "rsa-pss-sha256", "ecdsa-sha256", "ecdsa-sha384", "ecdsa-sha512", "ed25519".
std::string_view AlgorithmName(SignatureAlgorithm algorithm);
std::optional<SignatureAlgorithm> FindAlgorithm(std::string_view name);

// What a reference covers; that decides its URI, Type and transforms.
enum class ReferenceKind {
  kDocument,          // A file. Percent-encoded relative path; no Type, no transforms.
  kSignedProperties,  // Of XAdES. "#Id"; their Type, exclusive canonicalization.
  kEnveloped,         // The XML document around the signature. ""; without the signature, then
                      // exclusive canonicalization.
  kObject,            // A ds:Object that holds base64. "#Id"; the Type of objects, base64.
  kCountersigned,     // Another's ds:SignatureValue. "#Id"; the Type of EN 319 132-1, 5.2.7.2,
                      // exclusive canonicalization.
};

// "document", "signed-properties", "enveloped", "object", "countersigned".
std::string_view NameOf(ReferenceKind kind);
std::optional<ReferenceKind> FindReferenceKind(std::string_view name);

// One ds:Reference with a SHA-256 digest (XMLDSIG 4.4.3).
struct Reference {
  std::string id;   // Of the Reference element; may be empty. An NCName.
  std::string uri;  // As its kind says.
  ReferenceKind kind = ReferenceKind::kDocument;
  base::Sha256Digest digest;
};

// On whose behalf a seal is asked for, and by what right.
struct Mandate {
  std::string agency{};  // Code of the public body that the caller acts for.
  std::string level{};   // "B", "T", "LT", "LTA": what the seal is to become.
  // For a key that has request keys: the approval (hsm/approval.h), which of its groups this is,
  // and the digests of all items of that group.
  std::string approval{};
  std::size_t group = 0;
  std::vector<base::Sha256Digest> items{};
};

struct SealRequest {
  KeyLabel key;
  std::vector<Reference> references;  // 2 to 1,000, exactly one to SignedProperties.
  // nullopt: the one that goes with the key, which for RSA is PKCS#1 v1.5.
  std::optional<SignatureAlgorithm> algorithm{};
  Mandate mandate{};
};

struct Seal {
  // The exact bytes that were signed: a ds:SignedInfo element in exclusive canonical form.
  // Put into the signature as they are.
  std::string signed_info;
  base::Bytes value;  // As SignatureValue holds it: the RSA block, or r || s.
};

// Many signatures by one key.
struct SealBatch {
  static constexpr std::size_t kMost = 256;

  KeyLabel key;
  std::vector<std::vector<Reference>> signatures;  // 1 to kMost, each as in SealRequest.
  std::optional<SignatureAlgorithm> algorithm{};
  Mandate mandate{};
};

struct SealedBatch {
  std::vector<Seal> seals;             // Of the first ones, in their order.
  std::optional<base::Error> stopped;  // Why the others have none; nullopt: all have.
};

// Hashes that were made elsewhere, to be signed by a key that does nothing else.
struct HashBatch {
  KeyLabel key;
  std::vector<base::Bytes> hashes;  // 1 to SealBatch::kMost, each as long as the algorithm's.
  SignatureAlgorithm algorithm;     // Not kEd25519, which signs no hashes.
  // The approval's level is "hash"; an item is the line "<hash>  \n" (hsm/approval.h).
  Mandate mandate{};
};

struct SealingCertificate {
  base::Bytes der;                 // The certificate stored beside the key.
  std::vector<base::Bytes> chain;  // Its issuers as far as the token holds them, nearest first.
  SignatureAlgorithm algorithm;    // The one that goes with the key.
};

// Thread-safe: any number of threads may call at once.
class Signer {
 public:
  virtual ~Signer() = default;

  // Errors:
  //   kNotFound "key.unknown"             that agency has no sealing key of that label
  //   kNotFound "key.without-certificate" it has, but no certificate was imported yet
  //   kUnavailable "token.*"              token absent, PIN refused, no session: retry later
  virtual base::Result<SealingCertificate> Certificate(const KeyLabel& key,
                                                       const std::string& agency) = 0;

  // Every signature is verified with the key's certificate before it is returned, so a
  // faulty token yields an error, never a bad signature.
  //
  // Errors: as Certificate(), and, before the token is asked,
  //   kInvalidInput "approval.*", kDenied "approval.*"  not what the agency approved
  //   kConflict "approval.used"       it was sealed as often as was approved
  //   kUnavailable "key.quota-spent"  of an unattended key; later there is more
  //   kUnavailable "disk.unwritable", kCorrupted "uses.damaged"  uses cannot be counted
  //   kInvalidInput "seal.malformed"  a reference is not of the form above
  //   kInvalidInput "seal.other-algorithm" the key is not of that algorithm's kind
  //   kUnavailable "token.bad-signature" the token made a signature that does not verify
  virtual base::Result<Seal> SealReferences(const SealRequest& request) = 0;

  // These are not verified here: whoever releases one verifies it first, and has to (ADR 0011).
  // What the token made before it was lost is handed out with the error that stopped it.
  //
  // Errors, when nothing was signed: as Certificate(), and kInvalidInput "seal.malformed",
  // "seal.other-algorithm".
  virtual base::Result<SealedBatch> SealAll(const SealBatch& batch) = 0;

  // Whether SignHashes() would be permitted, and until when; nothing is signed or used up.
  // Errors: kNotFound "key.unknown" and those of approvals.
  virtual base::Result<base::Time> CheckApproval(const HashBatch& batch) = 0;

  // The values in the order of the hashes: the RSA block, or Ecdsa-Sig-Value in DER (RFC 3279,
  // 2.2.3). All or none.
  //
  // Errors: as SealReferences(), but for references, and
  //   kInvalidInput "hash.malformed"  a hash of another length, none or too many
  virtual base::Result<std::vector<base::Bytes>> SignHashes(const HashBatch& batch) = 0;
};

}  // namespace hsm
