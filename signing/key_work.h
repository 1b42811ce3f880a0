// KeyWork: the public-key operations that a document's signatures ask for, at most.
//
// Read from the bytes of certificates, OCSP responses, CRLs and time-stamp tokens by their DER
// alone: nothing is decoded into keys, and no key is used.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"

namespace signing {

// What stands in the DER of a certificate.
struct SeenCertificate {
  base::Bytes id;       // SHA-256 of all of it.
  base::Bytes subject;  // Names as far as they are compared: without case, spaces and types.
  base::Bytes issuer;
  base::Bytes key;
  std::size_t cost = 0;  // Of one check by the key, in units of WorkBudget.
};

// All certificates that stand anywhere in `der`; at most `max`, the work ends there.
std::vector<SeenCertificate> FindCertificates(base::ByteSpan der, std::size_t max);

// Entries of the CRL, and answers of the OCSP response. What is not written in DER may hold as many
// as its bytes can.
std::size_t CountCrlEntries(base::ByteSpan der);
std::size_t CountOcspAnswers(base::ByteSpan der);
// CMS messages that stand anywhere in `der`, as far as their content type tells.
std::size_t CountTokens(base::ByteSpan der);

// Everything that may be used to check one signature, its counter-signatures included.
struct KeyMaterial {
  std::vector<SeenCertificate> certificates{};
  std::size_t signatures = 0;
  std::size_t tokens = 0;
  std::size_t responses = 0;
  std::size_t lists = 0;
};

// Sums over the signatures of a document.
class KeyWork {
 public:
  void Add(const KeyMaterial& material);
  // In units of WorkBudget.
  std::size_t Cost() const { return direct_ + CostOfPaths(); }

 private:
  std::size_t CostOfPaths() const;

  std::size_t direct_ = 0;
  std::size_t searches_ = 0;  // What they cost at most, by the number of checks that they make.
  std::set<base::Bytes> known_;
  std::map<base::Bytes, std::size_t> by_subject_;  // Cost of all keys of that name.
  std::map<base::Bytes, std::size_t> by_issuer_;   // Certificates that name that issuer.
};

}  // namespace signing
