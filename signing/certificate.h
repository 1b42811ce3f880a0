// Certificate: an X.509 certificate as far as reports and core checks need it.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/digest.h"

namespace signing {

namespace facts {
struct Certificate;
}

// Shared, immutable after Parse(). Thread-safe.
class Certificate {
 public:
  // nullopt unless `der` is exactly one certificate.
  static std::optional<Certificate> Parse(base::ByteSpan der);

  // Shares a certificate that OpenSSL has decoded already. nullopt when it cannot be encoded.
  static std::optional<Certificate> Share(X509* x509);

  const base::Bytes& der() const { return *der_; }
  // Of KeylessContext() or whatever shared it: its key is key(), not X509_get0_pubkey().
  X509* x509() const { return x509_.get(); }
  // The public key, as SubjectKeyOf() reads it; nullptr for what it refuses.
  EVP_PKEY* key() const { return key_.get(); }

  // What one signature check by the key costs, in units of WorkBudget; zero without a key.
  std::size_t CostOfCheck() const;
  // ExtensionsDecode(), asked once.
  bool HasSoundExtensions() const;

  const base::Sha256Digest& Sha256() const;
  const std::string& SubjectText() const;  // RFC 2253 in UTF-8, printable.
  const std::string& IssuerText() const;
  // The first value of the attribute, printable; empty when absent. `nid` is OpenSSL's.
  std::string SubjectAttribute(int nid) const;
  // What the engine knows of it: DescribeCertificate(). Lives as long as a copy of this does.
  const facts::Certificate& Description() const;
  std::string SerialDecimal() const;
  std::optional<base::Time> NotBefore() const;
  std::optional<base::Time> NotAfter() const;

 private:
  struct Asked;  // What was asked for once.
  Certificate(std::shared_ptr<const base::Bytes> der, std::shared_ptr<X509> x509);

  std::shared_ptr<const base::Bytes> der_;
  std::shared_ptr<X509> x509_;
  std::shared_ptr<EVP_PKEY> key_;  // nullptr: none that is used.
  std::shared_ptr<Asked> asked_;
};

std::optional<base::Time> TimeOf(const ASN1_TIME* time);
std::string NameText(const X509_NAME* name);

}  // namespace signing
