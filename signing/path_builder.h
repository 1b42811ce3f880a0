// PathBuilder: from a certificate to something trusted (RFC 5280, 6; EN 319 102-1, 5.2.6).
//
// Facts, not a verdict: every problem of the best path is reported with the sub-indication that
// it leads to; policy and proofs of existence decide what becomes of it. Revocation is apart, in
// revocation.h. A builder remembers which link signatures it has checked; use one for a document
// and not from two threads.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "signing/certificate.h"
#include "signing/checked_signatures.h"
#include "signing/trust_snapshot.h"
#include "signing/work_budget.h"

namespace signing {

enum class PathPurpose { kSigner, kTimestamp, kOcsp, kCrl };

enum class AnchorKind {
  kNone,
  kCertificate,  // Handed in as such.
  kService,      // Of a trusted list.
};

enum class PathProblemKind {
  kNoAnchor,            // Nothing trusted certifies it.
  kSearchGivenUp,       // As kNoAnchor, after as many signature checks as one search may make.
  kServiceNotApproved,  // The list has the anchor with no approved status at that time.
  kNotYetValid,
  kExpired,
  kNotACa,           // basicConstraints of an issuer; 4.2.1.9
  kPathLength,       // 4.2.1.9
  kKeyUsage,         // An issuer without keyCertSign; 4.2.1.3
  kNameConstraints,  // 4.2.1.10
  kUnknownCritical,  // 4.2: one that we do not know, or whose demand (policies) is not met.
  kMalformedExtension,
};

struct PathProblem {
  PathProblemKind kind;
  std::size_t position = 0;  // In CertificatePath::certificates; 0 is the leaf.
  std::string detail;
  std::string_view SubIndication() const;  // Of EN 319 102-1, table 3.
};

// How `certificates[position]` is signed, for algorithm constraints.
struct PathLink {
  std::string digest;    // "SHA256"; empty for EdDSA and for what OpenSSL cannot name.
  std::string key_type;  // Of the issuer's key: "RSA", "EC", ...; empty when unreadable.
  int key_bits = 0;
  std::string leaf_key_type;  // Of the certificate's own key.
  int leaf_key_bits = 0;
};

struct CertificatePath {
  std::vector<Certificate> certificates;  // Leaf first; the anchor last when there is one.
  std::vector<PathLink> links;            // One for each certificate but the anchor.
  AnchorKind anchor = AnchorKind::kNone;
  // All services of the anchor that fit the purpose, approved at the time first. Borrowed from
  // the snapshot.
  std::vector<const TrustService*> services;
  const TrustService* service = nullptr;  // The first of them; nullptr when not by a service.
  const TrustStatus* status = nullptr;    // Of it at the time; nullptr when it had none.
  std::vector<PathProblem> problems;      // Empty: all is well at that time.

  bool HasAnchor() const { return anchor != AnchorKind::kNone; }
  bool Has(PathProblemKind kind) const;
  // The certificate that issued the leaf: the leaf itself when it is self-issued; nullptr when
  // unknown.
  const Certificate* Issuer() const;
};

struct PathRequest {
  const Certificate& leaf;
  PathPurpose purpose;
  base::Time time;                         // Validity and service status are looked at then.
  const std::vector<Certificate>& others;  // Untrusted: KeyInfo, CertificateValues, tokens.
};

// What a builder may use beside the snapshot. Borrowed.
struct PathMeans {
  // Signatures that it knows are not checked again; it gets those that others may find known.
  SignatureMemory* memory = nullptr;
  // Pays for signature checks. When it is spent, all searches of the document have ended.
  WorkBudget* budget = nullptr;
};

class PathBuilder {
 public:
  // At most so many signature checks for one path; a hostile heap of certificates ends there.
  static constexpr int kMaxChecks = 64;
  // And so many that come to nothing for all paths of a document.
  static constexpr int kMaxFailures = 1024;
  static constexpr std::size_t kMaxLength = 10;

  // Borrows all.
  explicit PathBuilder(const TrustSnapshot& trust, const PathMeans& means = {})
      : trust_(trust), means_(means) {}

  const TrustSnapshot& trust() const { return trust_; }

  // The path with the fewest problems; without any anchor, the longest start of one. A trusted
  // leaf (a time-stamping or OCSP service of a list, a certificate handed in) is a path of one:
  // what the list says of that very service decides, and no other path is tried. It is trusted
  // no longer than its own certificate says, and one handed in only for what that is meant for:
  // no person stamps time. Above a leaf only CAs are anchors, and only in the certificate that
  // is trusted: nobody checks the signature of another of the same name and key.
  CertificatePath Build(const PathRequest& request);

  // Whether `issuer` has the subject that `certificate` names and its key made the signature.
  bool Certifies(const Certificate& issuer, const Certificate& certificate);

 private:
  friend class PathSearch;
  bool IsSigned(const Certificate& issuer, const Certificate& certificate);

  const TrustSnapshot& trust_;
  PathMeans means_;
  int failures_left_ = kMaxFailures;
  // By the SHA-256 of the issuer's certificate, then of the certificate.
  std::map<std::pair<base::Sha256Digest, base::Sha256Digest>, bool> checked_;
};

}  // namespace signing
