// OCSP responses (RFC 6960) and CRLs (RFC 5280, 5) as facts about one certificate.
//
// Nothing here is a verdict: freshness, proofs of existence and trust in the responder's own
// certificate are the caller's. Shared and immutable after Parse(); cheap to copy.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "signing/certificate.h"
#include "signing/trust_snapshot.h"

namespace signing {

class PathBuilder;
class WorkBudget;

enum class RevocationState { kGood, kRevoked, kUnknown };

// RFC 5280, 5.3.1; kNone when no reason is given.
enum class RevocationReason {
  kNone = -1,
  kUnspecified = 0,
  kKeyCompromise = 1,
  kCaCompromise = 2,
  kAffiliationChanged = 3,
  kSuperseded = 4,
  kCessationOfOperation = 5,
  kCertificateHold = 6,
  kRemoveFromCrl = 8,
  kPrivilegeWithdrawn = 9,
  kAaCompromise = 10,
};

// What one response or list says about one certificate.
struct RevocationEntry {
  RevocationState state = RevocationState::kUnknown;
  std::optional<base::Time> revoked_at;  // Only when revoked.
  RevocationReason reason = RevocationReason::kNone;
  std::optional<base::Time> produced_at;  // OCSP; of a CRL its thisUpdate.
  base::Time this_update{};
  std::optional<base::Time> next_update;
  std::optional<base::Time> archive_cutoff;  // RFC 6960, 4.4.4; CRL: expiredCertsOnCRL.
};

// Why a key may speak about an issuer's certificates.
enum class RevocationAuthority {
  kNone,          // It may not.
  kIssuer,        // It is the issuer's.
  kDelegated,     // RFC 6960, 4.2.2.2: certified by the issuer itself with id-kp-OCSPSigning.
  kTrustService,  // An OCSP service of the issuer's provider in a trusted list, approved then.
  kConfigured,    // Handed in as trusted, with id-kp-OCSPSigning.
};

class OcspResponse {
 public:
  // kInvalidInput "ocsp.malformed": no successful basic response that decodes, or one with a
  // critical extension that we do not know.
  static base::Result<OcspResponse> Parse(base::ByteSpan der);

  const base::Bytes& der() const;
  base::Time produced_at() const;
  const std::vector<Certificate>& certificates() const;  // Those inside.
  // How the responder calls itself: its name as text, or the hexadecimal SHA-1 of its key.
  std::string ResponderText() const;
  std::string SignatureDigest() const;  // "SHA256"; empty when unknown.
  std::optional<base::Bytes> Nonce() const;
  std::size_t answers() const;

  // The certificate that ResponderID names and whose key made the signature, from those inside
  // or `others`; nullopt when there is none: then the response proves nothing. Nor does one
  // whose signer is not among the first kMaxSigners that fit its ResponderID.
  static constexpr std::size_t kMaxSigners = 32;
  // Or not before `budget` was spent.
  std::optional<Certificate> Signer(const std::vector<Certificate>& others,
                                    WorkBudget* budget = nullptr,
                                    SignatureMemory* memory = nullptr) const;
  // The same, from the snapshot as well: some responses name a responder that only a trusted
  // list has.
  std::optional<Certificate> Signer(const std::vector<Certificate>& others,
                                    const TrustSnapshot& trust) const;

  // What it says about the certificate, by a CertID computed with the response's own hash.
  // Of several answers the worst, then the newest. nullopt: it speaks of others. kUnknown for an
  // answer with a critical extension that we do not know.
  std::optional<RevocationEntry> About(const Certificate& certificate,
                                       const Certificate& issuer) const;

 private:
  struct Content;
  explicit OcspResponse(std::shared_ptr<const Content> content);
  std::shared_ptr<const Content> content_;
};

// RFC 6960, 4.2.2.2.2.1: the responder's certificate needs no revocation check.
bool HasOcspNoCheck(const Certificate& responder);

// May the responder answer for what `issuer` issued? `issuer_service` is the service of the
// issuer's path, if any; `at` is producedAt. A delegated responder's own validity at that time
// and its revocation are the caller's. `paths` has the snapshot, and remembers who certified whom.
RevocationAuthority AuthorityOf(const Certificate& responder, const Certificate& issuer,
                                const TrustService* issuer_service, base::Time at,
                                PathBuilder& paths);

class RevocationList {
 public:
  // kInvalidInput "crl.malformed"; "crl.delta" for one that only adds to another;
  // "crl.unsupported" for indirect lists, lists of some reasons only, distribution points that
  // are named relative to the issuer, and critical extensions, of the list or of an entry, that
  // we do not know. Linear in the size of the list.
  static base::Result<RevocationList> Parse(base::ByteSpan der);

  const base::Bytes& der() const;
  std::string IssuerText() const;
  base::Time this_update() const;
  std::optional<base::Time> next_update() const;
  std::optional<std::string> Number() const;  // cRLNumber, decimal.
  std::string SignatureDigest() const;

  // Issued in the issuer's name, signed by its key, and its keyUsage allows that.
  bool IsSignedBy(const Certificate& issuer) const;

  // nullopt when the list does not speak of such certificates (another issuer, only of CAs or
  // only of users, or of a distribution point that the certificate does not name). kUnknown for
  // an entry that says it was removed. Logarithmic in the size of the list.
  std::optional<RevocationEntry> About(const Certificate& certificate) const;

 private:
  struct Content;
  explicit RevocationList(std::shared_ptr<const Content> content);
  std::shared_ptr<const Content> content_;
};

}  // namespace signing
