// CertificateBuilder: X.509 certificates of the test authority.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "emulator/openssl_handles.h"

namespace emulator {

// One extension in the words of OpenSSL's x509v3_config(5).
struct Extension {
  int nid;
  std::string value;
};

struct CertificatePlan {
  X509_NAME* subject;  // Borrowed.
  EVP_PKEY* key;       // Borrowed; the certified one.
  base::Time not_before;
  base::Time not_after;
  std::vector<Extension> extensions;
  bool is_qualified_seal = false;  // Adds QcStatements.
};

struct IssuerKey {
  X509* certificate;  // Borrowed; nullptr for a self-signed one.
  EVP_PKEY* key;      // Borrowed.
};

// Random serial of 127 bits. nullptr when OpenSSL refuses some part of the plan.
Certificate Build(const CertificatePlan& plan, const IssuerKey& issuer);

// C=LV, O=edocvault TEST, CN=`common_name`. nullptr when the name is no UTF-8 or too long.
base::CHandle<X509_NAME, X509_NAME_free> TestName(std::string_view common_name);

// Owned by the caller.
Asn1Time ToAsn1(base::Time time);

// Lower-case hexadecimal without leading zeros.
std::string SerialText(const ASN1_INTEGER* serial);

}  // namespace emulator
