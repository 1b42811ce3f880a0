// BatchWork: seals one chunk of a batch, and releases it whole.
//
// Before the token is asked, an entry in the ledger says for how many signatures and why; so a
// seal that was made twice, after a crash or a loss, is on record. Whatever is away costs a wait:
// what was reached is kept, and Step() goes on from there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/flow/batch_store.h"
#include "api/flow/sign_document.h"
#include "vault/ledger.h"

namespace api {

// Borrowed; they outlive the work.
struct BatchParts {
  hsm::Signer& signer;
  Inspector& inspector;
  EvidenceDesk& desk;
  ExtendSignature& extend;
  vault::Ledger& ledger;
  RecordKeys& keys;
  BatchStore& store;
  const std::vector<RegisteredCaller>& callers;
  const base::Clock& clock;
};

// Not thread-safe.
class BatchWork {
 public:
  // Keeps what it needs of `order`.
  BatchWork(const BatchParts& parts, std::string id, const BatchOrder& order, std::size_t chunk);

  // Ok: the chunk is in the store, released. An error: what it needs is away (kUnavailable), or
  // the vault does not take it; call again later. What is wrong with an item is its outcome.
  base::Status Step();

 private:
  // What one item has come to.
  struct Item {
    const std::vector<signing::DocumentDigest>* documents = nullptr;
    std::optional<signing::SigningPlace> place{};
    base::Bytes xml{};  // With its seal; empty: there is none yet.
    base::Sha256Digest value{};
    bool extended = false;
    bool judged = false;
    int refused = 0;  // How often our verifier did not pass it.
    std::optional<base::Error> error{};

    bool over() const { return judged || error.has_value(); }
  };
  using Items = std::vector<Item*>;

  base::Status Advance();
  base::Status RequireAllowed(const hsm::SealingCertificate& certificate) const;
  base::Status Rehearse(const hsm::SealingCertificate& certificate);
  base::Status Seal(const hsm::SealingCertificate& certificate, const Items& items);
  base::Status Intend(const std::vector<std::vector<hsm::Reference>>& signatures,
                      hsm::SignatureAlgorithm algorithm);
  base::Status Extend(const hsm::SealingCertificate& certificate);
  base::Status Judge(const hsm::SealingCertificate& certificate);
  base::Status Release();
  signing::PreparedSignature Prepare(const Item& item, const hsm::SealingCertificate& by) const;
  Items Where(bool (*is)(const Item&));
  void FailOpen(const base::Error& error);

  const BatchParts parts_;
  const std::string id_;
  const BatchOrder order_;  // With the chunk's items alone.
  const std::size_t chunk_;
  std::vector<Item> items_;
  base::Time signing_time_{};  // Of all, from the rehearsal on.
  bool rehearsed_ = false;
  std::uint64_t attempt_ = 0;
  std::string reason_ = "ordered";
  bool intended_ = false;  // The last intention still stands: the token was not asked.
};

}  // namespace api
