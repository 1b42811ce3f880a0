// KeyStore: the environment DATA/keys, which holds the key tree's wrapped keys and nothing else, so
// that keys can be erased without touching the ledger (docs/formats/keys.md).
//
// It knows no key: what is wrapped, and how, is somebody else's business. A row is a node, and
// holds the wrapped keys of its 256 children. A leaf's children are records' keys, found by their
// slot.
#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "vault/record.h"

namespace vault {

inline constexpr std::size_t kKeyFanOut = 256;
inline constexpr std::size_t kWrappedKeySize = 60;
inline constexpr std::size_t kKeyRowSize = kKeyFanOut * kWrappedKeySize;
inline constexpr std::uint8_t kKeyLeafLevel = 3;
inline constexpr std::uint8_t kRecordKeyLevel = 4;

// Level 0 is the top. Children of (level, index) are (level + 1, index * 256 ...).
struct KeyNode {
  std::uint8_t level = 0;
  std::uint32_t index = 0;
  friend auto operator<=>(const KeyNode&, const KeyNode&) = default;
};
KeyNode LeafOf(KeySlot slot);
KeyNode ParentOf(const KeyNode& node);        // REQUIRES: not the top.
std::size_t PositionOf(const KeyNode& node);  // Among its parent's children.

// Stands in its parent's row.
struct StoredKey {
  KeyNode place;  // Of level kRecordKeyLevel: the index is a slot.
  base::Bytes wrapped;
};

struct KeyTop {
  std::uint64_t generation = 0;  // Of the root key above.
  base::Bytes wrapped;
  friend bool operator==(const KeyTop&, const KeyTop&) = default;
};

struct KeyRow {
  KeyNode node;
  base::Bytes row;  // kKeyRowSize bytes; a child that is not there is all zero.
};

struct StoredPaths {
  KeyTop top;
  std::vector<StoredKey> nodes;                // Above the keys, each once.
  std::vector<std::optional<StoredKey>> keys;  // As asked; nullopt: erased.
};

struct NextLeaf {
  std::uint32_t leaf = 0;  // Never one that was there before.
  KeyTop top;
  std::vector<StoredKey> nodes;  // Those above it that are there.
};

// The keys are gone; that the ledger says so, and that the old root key is destroyed, is not known.
struct UnfinishedErasure {
  RecordId intent;  // The entry that announced it.
  std::uint64_t before = 0;
  std::uint64_t after = 0;  // Generations of the root key.
  friend bool operator==(const UnfinishedErasure&, const UnfinishedErasure&) = default;
};

// Some rows, and what stood above them at the same moment.
struct KeySlice {
  std::optional<KeyTop> top;
  std::optional<UnfinishedErasure> erasure;
  std::vector<KeyRow> rows;
};

// Thread-safe. Changes wait for one another, reads for nobody. When a change is ok, it is on stable
// storage. Errors of all: kCorrupted "key.damaged"; kUnavailable "disk.full", "disk.unwritable";
// of changes kOutcomeUnknown "ledger.commit": change nothing more, open anew.
class KeyStore {
 public:
  struct Options {
    std::size_t max_bytes = std::size_t{1} << 38U;  // Size of the memory map, not of the file.
  };

  // REQUIRES: this process has the ledger of `data` open, whose lock it shares.
  static base::Result<std::unique_ptr<KeyStore>> Open(const std::filesystem::path& data,
                                                      const Options& options);
  virtual ~KeyStore() = default;

  // nullopt: there is no tree yet.
  virtual base::Result<std::optional<KeyTop>> Top() const = 0;
  // kConflict "key.tree-changed" when there is one.
  virtual base::Status Begin(const KeyTop& top) = 0;

  // What leads to these keys, of one moment. kCorrupted "key.damaged" for a slot whose leaf was
  // never made.
  virtual base::Result<StoredPaths> PathsTo(std::span<const KeySlot> slots) const = 0;

  // kUnavailable "key.slots-spent" after 2^24 leaves. REQUIRES: there is a tree.
  virtual base::Result<NextLeaf> Next() const = 0;
  // `nodes`: the leaf's own key and those of nodes above it that were missing.
  virtual base::Status AddLeaf(std::uint32_t leaf, const std::vector<StoredKey>& nodes,
                               base::ByteSpan row) = 0;

  // Rows as they are. kCorrupted "key.damaged" also when one is missing.
  virtual base::Result<std::vector<KeyRow>> Rows(const std::vector<KeyNode>& nodes) const = 0;
  // All at once: the new top, these rows, and that the erasure is unfinished.
  // kConflict "key.tree-changed" when `before` is not the top.
  virtual base::Status Replace(const KeyTop& before, const KeyTop& after,
                               const std::vector<KeyRow>& rows,
                               const UnfinishedErasure& erasure) = 0;
  virtual base::Result<std::optional<UnfinishedErasure>> Unfinished() const = 0;
  virtual base::Status Finish() = 0;

  // Rows from `first` on, by level and index, at most `most`: for backups.
  virtual base::Result<KeySlice> RowsFrom(const KeyNode& first, std::size_t most) const = 0;
  // Puts back what RowsFrom() gave; the tree begins with the slice that has a top, the last.
  // kConflict "key.tree-changed" when there is one.
  virtual base::Status PutBack(const KeySlice& slice) = 0;
};

}  // namespace vault
