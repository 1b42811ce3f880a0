// CheckedSignatures: signatures over evidence, known to be right.
//
// "The key of this certificate signed these bytes" is true or false for ever; whether the key
// may, and when, is asked each time anew. It is remembered of what comes again with the same
// bytes: certificates, OCSP responses, time-stamps. The signature of a document itself is checked
// each time. The verifying processes only read the set; what enters it was checked by ClaimHolds()
// in a process that read nothing but that one claim (docs/adr/0009).
#pragma once

#include <openssl/types.h>

#include <deque>
#include <optional>
#include <set>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"

namespace signing {

class Certificate;

// What one signature says, in one run of bytes: the shape of the signature, the signer's
// SubjectPublicKeyInfo, the message, the value. It stands for itself: nobody has to be trusted.
using SignatureClaim = base::Bytes;

// A signature over evidence. Borrows all.
struct SignedBytes {
  const Certificate& signer;
  const ASN1_OBJECT* algorithm;  // Of the signature: id-ecPublicKey is none.
  const ASN1_OBJECT* digest;     // nullptr: what `algorithm` says.
  base::ByteSpan message;
  base::ByteSpan value;
};

// nullopt where it is none of ECDSA and RSASSA-PKCS1-v1_5 with SHA-256, SHA-384 or SHA-512, by a
// key of that kind; OpenSSL's own functions know the rest.
std::optional<SignatureClaim> ClaimOf(const SignedBytes& bytes);

// Whether the key that it names made the signature that it names. No for bytes that are no claim.
bool ClaimHolds(base::ByteSpan claim);

// Not thread-safe.
class CheckedSignatures {
 public:
  // So many at most; the oldest goes first.
  static constexpr std::size_t kMaxClaims = 8192;

  bool Contains(base::ByteSpan claim) const { return claims_.contains(base::Sha256(claim)); }
  // True when it is new. REQUIRES: ClaimHolds(claim).
  bool Add(base::ByteSpan claim);

 private:
  std::set<base::Sha256Digest> claims_;
  std::deque<base::Sha256Digest> order_;
};

// What one verification knows and finds out.
struct SignatureMemory {
  static constexpr std::size_t kMaxFound = 16;

  const CheckedSignatures* known = nullptr;  // Borrowed.
  std::vector<SignatureClaim> found{};       // At most kMaxFound.
};

// Whether the signer's key made the signature. What `memory` knows is not checked again; what it
// does not know and holds is put there for others. Without memory all is checked. REQUIRES:
// `claim` is ClaimOf(bytes).
bool IsSignedBy(const SignedBytes& bytes, const SignatureClaim& claim, SignatureMemory* memory);

// Whether a signature is made of octets, as all are: it has no unused bits.
bool IsWhole(const ASN1_BIT_STRING* bits);

// Whether the issuer's key signed the certificate (RFC 5280, 6.1.3 (a) (1)) and both places that
// name the algorithm agree (4.1.1.2). Nothing else about either is looked at.
bool IsIssuedBy(const Certificate& certificate, const Certificate& issuer,
                SignatureMemory* memory = nullptr);

}  // namespace signing
