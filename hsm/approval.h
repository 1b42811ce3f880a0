// Approval: what a public body's own request key has signed, so that exactly that is sealed.
//
// On the wire it is a JWS (RFC 7515) in the compact form over the claims of a JWT (RFC 7519):
//
//   header  {"alg":"ES256","typ":"edocvault-approval+jwt"}
//   claims  {"aud":"<origin of the vault's log>","key":"<label>","level":"LT",
//            "groups":["<64 hexadecimal digits>"],"jti":"<nonce>","exp":<seconds>,"uses":1}
//
// An *item* is what one signature covers. Its digest is the SHA-256 of lines as sha256sum(1)
// prints them, "<digest>  <name>\n", sorted by their bytes; the name is empty for what has none
// in its signature (an XML document around it, bytes inside it, another signature). A *group* is
// up to 256 items that are sealed by one call, and its digest that of their digests, one after
// another: one document is a group of one item.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"
#include "base/secret.h"
#include "hsm/signer.h"

namespace hsm {

struct Approval {
  static constexpr std::size_t kMostGroups = 64;
  static constexpr std::uint32_t kMostUses = 16;
  static constexpr std::chrono::days kLongest{31};  // Until it expires.

  std::string vault;  // Origin of the log whose vault may use it.
  KeyLabel key;
  std::string level;                       // "B", "T", "LT", "LTA"; "hash" of hashes.
  std::vector<base::Sha256Digest> groups;  // 1 to kMostGroups.
  std::string nonce;                       // 16 to 64 characters of base64url.
  base::Time expires;
  std::uint32_t uses = 1;  // How often a group may be sealed: again after an interruption.
};

struct NamedDigest {
  std::string name;  // UTF-8; empty for what has none.
  base::Sha256Digest digest;
};
base::Sha256Digest ItemDigest(const std::vector<NamedDigest>& documents);
// Of a hash that a signing application made; the line has no name.
base::Sha256Digest ItemDigest(base::ByteSpan hash);
// Of what they cover; SignedProperties are the signature's own.
base::Sha256Digest ItemDigest(const std::vector<Reference>& references);
base::Sha256Digest GroupDigest(const std::vector<base::Sha256Digest>& items);

// Whether `pem` is a public key (RFC 7468, 13) that may approve: RSA, P-256, P-384 or Ed25519.
bool IsRequestKey(base::ByteSpan pem);
// Whether two such files hold one key.
bool IsSameKey(base::ByteSpan pem, base::ByteSpan other);

// The approval that one of `approvers` signed: by RS256, PS256, ES256, ES384 or EdDSA (RFC 7518,
// 3.1; RFC 8037). Whether it fits what is asked is for the caller to check.
//
// Errors:
//   kInvalidInput "approval.malformed" not of the form above
//   kDenied "approval.wrong-signature" signed by none of them
base::Result<Approval> OpenApproval(std::string_view jws,
                                    const std::vector<base::Bytes>& approvers);

// Signs one, with a private key in PEM (RFC 7468, 10). For whoever owns the request key.
// kInvalidInput "approval.bad-key" for what is no private key of the kinds above.
base::Result<std::string> SignApproval(const Approval& approval, const base::Secret& private_pem);

struct RequestKeyPair {
  base::Secret private_pem;
  std::string public_pem;
};
// A new one, P-256. For development: an agency makes its own, where it keeps it.
RequestKeyPair MakeRequestKey();

}  // namespace hsm
