// CeremonyOrder: one act on the keys of a token, as its custodians approve it.
//
// An approval of an order is a JWS of type "edocvault-ceremony+jwt" over its members
// (docs/formats/ceremony.md). Nothing that the act depends on is left out of them.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/result.h"
#include "base/secret.h"
#include "hsm/provisioner.h"
#include "hsm/signer.h"

namespace hsm {

// Who has to approve what is done to keys. The default lets nobody do anything.
struct CeremonyRules {
  std::vector<base::Bytes> custodians;  // Public keys as IsRequestKey() wants them, all different.
  // So many of them approve each act. 0: none has to, which is for development.
  std::size_t quorum = 2;
  std::filesystem::path log;  // What was done (hsm/ceremony_log.h).
};

struct CeremonyAct {
  std::string action;
  KeyLabel key;
  std::string kind{};    // create: of the key. share: "2-of-3".
  std::string other{};   // rotate: the new key. retire: its successor, or empty. transfer: the set.
  std::string sha256{};  // Of what is given besides, 64 hexadecimal digits, or empty.

  friend bool operator==(const CeremonyAct&, const CeremonyAct&) = default;
};

// The acts there are.
CeremonyAct ToCreate(const KeyLabel& key, KeyKind kind);
CeremonyAct ToRequest(const KeyLabel& key, const CertificateSubject& subject);
CeremonyAct ToImport(const KeyLabel& key, base::ByteSpan certificate,
                     const std::vector<base::Bytes>& chain);
CeremonyAct ToRotate(const KeyLabel& key, const KeyLabel& successor);
CeremonyAct ToRetire(const KeyLabel& key, const KeyLabel& successor);
CeremonyAct ToDestroy(const KeyLabel& key);
CeremonyAct ToShare(ShareCounts counts);
CeremonyAct ToTransfer(std::string_view set);
// Of records, by the digest over their sorted ids. The act of a service, not of a key.
CeremonyAct ToErase(const base::Sha256Digest& records);

struct CeremonyOrder {
  static constexpr std::chrono::days kLongest{7};  // Until it expires.

  std::string vault;  // Origin of the log of the vault whose token it is.
  std::string token;  // Its label.
  CeremonyAct act;
  std::string nonce;  // 16 to 64 characters of base64url.
  base::Time expires;
};

// With a nonce of its own.
CeremonyOrder NewOrder(std::string vault, std::string token, CeremonyAct act, base::Time expires);

base::Json ToJson(const CeremonyOrder& order);
// kInvalidInput "ceremony.malformed".
base::Result<CeremonyOrder> CeremonyOrderFrom(const base::Json& json);

// One custodian's approval. kInvalidInput "approval.bad-key" as of SignApproval().
base::Result<std::string> ApproveOrder(const CeremonyOrder& order, const base::Secret& private_pem);

}  // namespace hsm
