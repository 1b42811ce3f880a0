// TrustSnapshot: all that is trusted at one moment, named by a hash.
//
// Immutable and cheap to copy; may be shared between threads. Pointers into it are valid while
// any copy lives. No disk, no network: the bytes are handed in. PrepareVerifier() or PrepareXml()
// must have run.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "signing/certificate.h"
#include "signing/finding.h"
#include "signing/trust_service.h"
#include "signing/verifier.h"

namespace signing {

using TrustFindings = Findings;

// A certificate of the snapshot and why it is there.
struct TrustEntry {
  Certificate certificate;
  const TrustService* service = nullptr;  // nullptr: a certificate handed in.
};

// A list that the snapshot rests on, for reports and evidence.
struct TrustListUse {
  std::string name;  // As handed in.
  base::Sha256Digest digest;
  std::string territory;
  bool list_of_lists = false;
  long sequence = 0;
  base::Time issued{};
  std::optional<base::Time> next_update;
  Certificate signer;
};

class TrustSnapshot {
 public:
  TrustSnapshot();  // Trusts nothing.

  // Reads trusted lists, lists of lists and certificates in any mixture; trust_selection.h says
  // which lists count at the time `at`. What is skipped, refused or past its date becomes a
  // finding, never an error: what is not read is not trusted. `findings` may be nullptr.
  static TrustSnapshot Read(const std::vector<NamedBytes>& inputs, base::Time at,
                            TrustFindings* findings);

  const std::vector<TrustService>& services() const;
  // Certificates handed in, without those that are for signing lists.
  const std::vector<Certificate>& anchors() const;
  const std::vector<TrustListUse>& lists() const;

  // Lower-case hexadecimal SHA-256 of the sorted SHA-256 digests of all lists and certificate
  // files handed in, whether used or not.
  std::string Id() const;
  // Nothing that could be read was handed in.
  bool IsEmpty() const;
  // When the newest list in use was issued; nullopt without one.
  std::optional<base::Time> issued() const;

  // Candidates; nothing is verified. A certificate of several services comes several times.
  std::vector<TrustEntry> WithSubject(const X509_NAME* name) const;
  std::vector<TrustEntry> WithSubjectKeyId(base::ByteSpan id) const;
  // The same subject and public key: the same certificate or another of the same entity.
  std::vector<TrustEntry> Same(const Certificate& certificate) const;

 private:
  struct Content;
  explicit TrustSnapshot(std::shared_ptr<const Content> content);
  std::shared_ptr<const Content> content_;
};

}  // namespace signing
