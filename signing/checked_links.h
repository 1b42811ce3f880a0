// CheckedLinks: signatures of trusted issuers over certificates, known to be right.
//
// "The key of this very issuer certificate signed this very certificate" is true or false for
// ever; whether the issuer may, and when, is the path's question and asked each time anew. The
// verifying processes only read the set; what enters it was checked by CheckLinks() in a process
// that read nothing but candidates (docs/adr/0006).
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"

namespace signing {

class Certificate;
class TrustSnapshot;

// SHA-256 of the issuer's certificate, then of the certificate.
using Link = std::pair<base::Sha256Digest, base::Sha256Digest>;

// Not thread-safe.
class CheckedLinks {
 public:
  // So many at most; the oldest goes first.
  static constexpr std::size_t kMaxLinks = 4096;

  // The issuers are the certificates of the snapshot; shares them.
  explicit CheckedLinks(const TrustSnapshot& trust);

  // nullptr when the snapshot has no such certificate. Borrowed.
  const Certificate* Issuer(const base::Sha256Digest& sha256) const;
  bool Contains(const Link& link) const { return links_.contains(link); }
  // Only of a known issuer; true when it is new.
  bool Add(const Link& link);

 private:
  struct Issuers;
  std::shared_ptr<const Issuers> issuers_;
  std::set<Link> links_;
  std::deque<Link> order_;
};

// A link that a verification found right and the set does not have: SHA-256 of the issuer's
// certificate, then the DER of the certificate.
using LinkCandidate = base::Bytes;
LinkCandidate CandidateOf(const base::Sha256Digest& issuer, base::ByteSpan certificate);
// The link that a candidate speaks of; nothing is checked. REQUIRES: at least 32 bytes.
Link LinkOfCandidate(base::ByteSpan candidate);

// What one verification knows and finds out.
struct LinkMemory {
  static constexpr std::size_t kMaxFound = 16;

  const CheckedLinks* known = nullptr;  // Borrowed.
  std::vector<LinkCandidate> found{};   // At most kMaxFound.
};

// Whether the issuer is known and its key made the signature. Reads hostile bytes with DerReader
// and EVP alone. No for a certificate that is not exactly SEQUENCE { tbs, algorithm, BIT STRING }
// (RFC 5280, 4.1), whose two algorithms differ, or whose algorithm is none of ECDSA and
// RSASSA-PKCS1-v1_5 with SHA-256, SHA-384 or SHA-512.
bool CheckLink(const CheckedLinks& links, base::ByteSpan candidate);

}  // namespace signing
