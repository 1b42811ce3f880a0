// BatchStore: orders for many seals and what came of them, encrypted, each file written once.
//
//   BATCH/order              what was ordered
//   BATCH/CHUNK.SEALED.FAILED  the outcome of so many documents; there once it is released
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "api/flow/seal_order.h"
#include "api/flow/sealed_file.h"
#include "base/clock.h"
#include "base/result.h"

namespace api {

// Each item is sealed by a signature of its own over its documents.
struct BatchOrder {
  static constexpr std::size_t kMostItems = 10'000;
  static constexpr std::size_t kChunk = 256;  // Items that are sealed, and released, together.

  std::string caller;
  std::string agency;
  std::string idempotency_key;
  SealOrder seal;
  std::vector<std::vector<signing::DocumentDigest>> items;

  static constexpr std::size_t ChunksOf(std::size_t items) { return (items + kChunk - 1) / kChunk; }
};

// What one item came to: the signature file, or why there is none. Exactly one of the two.
using Outcome = base::Result<base::Bytes>;

// Thread-safe. Used by one process.
class BatchStore {
 public:
  static constexpr std::chrono::days kLife{30};   // Finished ones are removed when so old.
  static constexpr std::size_t kMostKept = 1000;  // For one agency.

  // Borrows `keys` and `clock`; they must outlive it. The folder is made when it is first needed.
  BatchStore(std::filesystem::path folder, hsm::VaultKeys& macs, RecordKeys& keys,
             const base::Clock& clock)
      : folder_(std::move(folder)), macs_(macs), keys_(keys), clock_(clock) {}

  // The id, 32 hexadecimal digits: it follows from agency, caller and Idempotency-Key, by a MAC of
  // the token's (KeptId). The same order again gives the same id and changes nothing.
  //
  // Errors: those of WriteSealedFile(), and
  //   kConflict "idempotency.other-order"  another one came under that key before
  //   kUnavailable "batch.too-many"        kMostKept are there of that agency
  base::Result<std::string> Put(const BatchOrder& order);

  // kNotFound "batch.unknown"; kCorrupted "aead.mismatch".
  base::Result<BatchOrder> Get(const std::string& id);

  // Durable when it returns ok; a chunk is put once.
  base::Status PutChunk(const std::string& id, std::size_t chunk,
                        const std::vector<Outcome>& outcomes);
  // kNotFound "batch.not-yet" until it was put.
  base::Result<std::vector<Outcome>> GetChunk(const std::string& id, std::size_t chunk);

  struct Counts {
    std::size_t sealed = 0;
    std::size_t failed = 0;
  };
  // Of each chunk that is there.
  std::map<std::size_t, Counts> Chunks(const std::string& id) const;
  // The newest first.
  std::vector<std::string> Ids() const;

 private:
  // How many are left of that agency.
  std::size_t RemoveOld(const std::string& agency);

  const std::filesystem::path folder_;
  hsm::VaultKeys& macs_;  // By which an order finds itself again.
  RecordKeys& keys_;
  const base::Clock& clock_;
  std::mutex putting_;
};

}  // namespace api
