// Provisioner: makes and certifies keys in the token. Used by `edocvault init` and by the
// operator; never by the service's own traffic.
#pragma once

#include <string>

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

struct CertificateSubject {
  std::string common_name;              // 2.5.4.3, required.
  std::string organization;             // 2.5.4.10, may be empty.
  std::string organization_identifier;  // 2.5.4.97, such as "NTRLV-40000000000"; may be empty.
  std::string country;                  // 2.5.4.6, two letters, required.
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

  // For `doctor` and readiness: a line of facts about module and token, no secrets. Logs in if
  // need be; kUnavailable "token.*" says what is in the way.
  struct TokenFacts {
    std::string module;  // Library description and version as the module says.
    std::string token;   // Label and model.
    std::vector<KeyLabel> keys;
  };
  virtual base::Result<TokenFacts> Describe() = 0;
};

}  // namespace hsm
