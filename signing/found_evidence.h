// FoundEvidence: the certificates, revocation data and time-stamps that a verification looked at,
// each once, as they were found.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/json.h"
#include "signing/evidence_record_check.h"
#include "signing/facts.h"
#include "signing/trust_snapshot.h"
#include "signing/xml_signature.h"

namespace signing {

enum class EvidenceKind { kCertificate, kOcsp, kCrl, kTimestamp };

// "certificates/<sha256>.der", "ocsp/...", "crl/...", "timestamps/...".
std::string EvidenceMemberName(EvidenceKind kind, const base::Sha256Digest& digest);

class FoundEvidence {
 public:
  // More is no evidence but a burden; what comes later is left out, and the index says so.
  static constexpr std::size_t kMaxBytes = std::size_t{32} << 20U;
  static constexpr std::size_t kMaxObjects = 8'000;

  // What the signature and its counter-signatures hold.
  void AddSignature(const SignatureFacts& signature);
  void AddRecord(const EvidenceRecordFacts& record);
  // The certificates of `document` that only the trust holds.
  void AddTrusted(const facts::Document& document, const TrustSnapshot& trust);

  // "edocvault.evidence-index/1": where each object was found.
  base::Json Index() const;
  // Valid while this lives.
  std::vector<std::pair<std::string, base::ByteSpan>> Members() const;

 private:
  using Key = std::pair<EvidenceKind, base::Sha256Digest>;
  struct Source {
    std::string place;
    std::string file;
    std::string id;  // Of the signature; empty for others.
    friend auto operator<=>(const Source&, const Source&) = default;
  };
  struct Object {
    base::Bytes bytes;
    std::set<Source> sources;
  };
  void Add(EvidenceKind kind, base::ByteSpan bytes, Source source);

  std::map<Key, Object> objects_;
  std::size_t bytes_ = 0;
  bool complete_ = true;
};

}  // namespace signing
