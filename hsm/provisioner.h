// Provisioner: makes and certifies keys in the token. Used by `edocvault init` and by the
// operator; never by the service's own traffic.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"
#include "hsm/signer.h"

namespace hsm {

enum class KeyKind {
  kSealRsa2048,
  kSealRsa3072,
  kSealRsa4096,
  kSealP256,
  kSealP384,
  kSealP521,
  kSealEd25519,
  kRemoteRsa3072,
  kRemoteP256,
  kRemoteP384,
  kCheckpointEd25519,
  kRootAes256,
  kMacHmacSha256,
};

// "seal-p256"
std::string_view NameOf(KeyKind kind);
std::optional<KeyKind> FindKeyKind(std::string_view name);

struct CertificateSubject {
  std::string common_name;              // 2.5.4.3, required.
  std::string organization;             // 2.5.4.10, may be empty.
  std::string organization_identifier;  // 2.5.4.97, such as "NTRLV-40000000000"; may be empty.
  std::string country;                  // 2.5.4.6, two letters, required.
};

// Of `all` shares `needed` give the secret back.
struct ShareCounts {
  std::uint8_t needed = 0;  // 2 to all.
  std::uint8_t all = 0;     // Up to 16.
};

// A custodian's part of the seed from which the vault's own keys are made (hsm/key_shares.h).
struct KeyShare {
  std::string set;          // 32 hexadecimal digits, which the shares of one seed have in common.
  std::uint8_t needed = 0;  // So many of the set give the seed.
  std::uint8_t number = 0;  // 1, 2...
  base::Secret value;       // 32 bytes.
};

struct KeyFacts {
  KeyLabel label;
  std::string purpose;  // "seal", "remote", "checkpoint", "root", "mac".
  std::string state;    // "active", "uncertified", "retired".
  // SHA-256, hexadecimal: of the certificate's DER; of a checkpoint key's 32 public bytes. Else
  // empty.
  std::string fingerprint;

  friend bool operator==(const KeyFacts&, const KeyFacts&) = default;
};

// One ceremony at a time; not for concurrent use.
class Provisioner {
 public:
  virtual ~Provisioner() = default;

  // Makes the key in the token with our own templates: private, sensitive,
  // non-extractable, bound to its purpose.
  // kConflict "key.exists" when the label is taken; nothing was changed.
  virtual base::Status GenerateKey(const KeyLabel& label, KeyKind kind) = 0;

  // PKCS#10 (RFC 2986), DER, signed by the key. Of keys that seal or sign hashes.
  // kNotFound "key.unknown".
  virtual base::Result<base::Bytes> CertificateRequest(const KeyLabel& label,
                                                       const CertificateSubject& subject) = 0;

  // Stores the certificate (DER) beside its key, replacing an earlier one, and `chain`
  // (nearest issuer first). kInvalidInput "certificate.not-for-key" when it certifies another key.
  virtual base::Status ImportCertificate(const KeyLabel& label, base::ByteSpan certificate,
                                         const std::vector<base::Bytes>& chain) = 0;

  // Makes `successor`, of the same kind. kNotFound "key.unknown"; as GenerateKey().
  virtual base::Status RotateKey(const KeyLabel& label, const KeyLabel& successor) = 0;

  // Ends the use of a key that has a certificate, for good: its private half is destroyed, what
  // speaks for its signatures stays. With a `successor`, an empty label otherwise, only when that
  // one can take over.
  //
  // Errors:
  //   kNotFound "key.unknown"              or retired already, or without a certificate by purpose
  //   kNotFound "key.without-certificate"  the successor has none yet
  //   kDenied "key.other-purpose"          the successor is for something else, or the same key
  virtual base::Status RetireKey(const KeyLabel& label, const KeyLabel& successor) = 0;

  // Removes what is left of a retired key, or one that never had a certificate. Certificates of
  // issuers stay: another key may have the same.
  // kNotFound "key.unknown"; kConflict "key.not-retired".
  virtual base::Status DestroyKey(const KeyLabel& label) = 0;

  // By label.
  virtual base::Result<std::vector<KeyFacts>> ListKeys() = 0;

  // Makes the vault's own keys (root, MAC, checkpoint) from a new seed, which is then forgotten,
  // and gives its shares: with them another token can have the same keys.
  // kInvalidInput "share.malformed-counts"; kConflict "key.exists" when any of the three is there.
  virtual base::Result<std::vector<KeyShare>> ShareVaultKeys(ShareCounts counts) = 0;

  // Makes the same keys again from shares.
  // kInvalidInput "share.malformed", "share.too-few", "share.wrong"; kConflict "key.exists".
  virtual base::Status RestoreVaultKeys(const std::vector<KeyShare>& shares) = 0;

  // For `doctor` and readiness: a line of facts about module and token, no secrets. Logs in if
  // need be; kUnavailable "token.*" says what is in the way.
  struct TokenFacts {
    std::string module;  // Library description and version as the module says.
    std::string token;   // Label and model.
    std::string label;   // Of the token.
    std::string vault;   // Origin of the log of the vault that it serves.
    std::vector<KeyLabel> keys;
    bool second = false;  // The second token is used, because the first is away.
  };
  virtual base::Result<TokenFacts> Describe() = 0;
};

}  // namespace hsm
