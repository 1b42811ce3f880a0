#include "vault/key_store.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "vault/directory.h"
#include "vault/guard.h"
#include "vault/lmdb.h"

namespace vault {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::uint32_t kChildBits = 8;
constexpr std::uint32_t kLeaves = std::uint32_t{1} << 24U;
constexpr std::uint32_t kFirstLeaf = 1;  // Slot 0 says that a record has no key.
constexpr std::string_view kTopKey = "top";
constexpr std::string_view kErasureKey = "erasure";
constexpr std::size_t kErasureSize = 16 + 8 + 8;

base::Bytes NodeKey(const KeyNode& node) {
  base::Bytes key{node.level};
  for (unsigned shift = 32; shift > 0; shift -= 8)
    key.push_back(static_cast<std::uint8_t>(node.index >> (shift - 8)));
  return key;
}

std::optional<KeyNode> NodeOf(base::ByteSpan key) {
  if (key.size() != 5 || key[0] > kKeyLeafLevel) return std::nullopt;
  KeyNode node{key[0], 0};
  for (const std::uint8_t byte : key.subspan(1)) node.index = (node.index << 8U) | byte;
  return node;
}

std::string TextOf(const KeyNode& node) {
  return "key node " + std::to_string(node.level) + "/" + std::to_string(node.index);
}

Error Damaged(const std::string& what) {
  return {ErrorCode::kCorrupted, "key.damaged", what};
}

// Guarded rows of one snapshot.
class Tables {
 public:
  Tables(const LmdbTransaction& transaction, LmdbTable nodes, LmdbTable meta)
      : transaction_(transaction), nodes_(nodes), meta_(meta) {}

  base::Result<std::optional<base::ByteSpan>> Meta(std::string_view key) const {
    ASSIGN_OR_RETURN(const auto value, transaction_.Get(meta_, base::AsBytes(key)));
    if (!value) return std::optional<base::ByteSpan>();
    const auto payload = Unguarded(GuardSize::kFull, base::AsBytes(key), *value);
    if (!payload) return Damaged(std::string(key));
    return payload;
  }

  base::Result<std::optional<KeyTop>> Top() const {
    ASSIGN_OR_RETURN(const auto payload, Meta(kTopKey));
    if (!payload) return std::optional<KeyTop>();
    if (payload->size() != 8 + kWrappedKeySize) return Damaged("top");
    const base::ByteSpan wrapped = payload->subspan(8);
    return std::optional(
        KeyTop{base::ReadUint64(payload->first(8)), {wrapped.begin(), wrapped.end()}});
  }

  base::Result<std::optional<UnfinishedErasure>> Erasure() const {
    ASSIGN_OR_RETURN(const auto payload, Meta(kErasureKey));
    if (!payload || payload->empty()) return std::optional<UnfinishedErasure>();
    if (payload->size() != kErasureSize) return Damaged("erasure");
    UnfinishedErasure erasure;
    std::ranges::copy(payload->first(16), erasure.intent.bytes.begin());
    erasure.before = base::ReadUint64(payload->subspan(16, 8));
    erasure.after = base::ReadUint64(payload->subspan(24, 8));
    return std::optional(erasure);
  }

  // The row as it is stored, guard included; nullopt when there is none.
  base::Result<std::optional<base::ByteSpan>> Stored(const KeyNode& node) const {
    ASSIGN_OR_RETURN(const auto value, transaction_.Get(nodes_, NodeKey(node)));
    if (value && value->size() != static_cast<std::size_t>(GuardSize::kFull) + kKeyRowSize)
      return Damaged(TextOf(node));
    return value;
  }

  base::Result<std::optional<base::ByteSpan>> Row(const KeyNode& node) const {
    ASSIGN_OR_RETURN(const auto stored, Stored(node));
    if (!stored) return stored;
    const auto row = Unguarded(GuardSize::kFull, NodeKey(node), *stored);
    if (!row) return Damaged(TextOf(node));
    return row;
  }

  // The wrapped key of a child; nullopt: there is none in that row. A wrapped key is checked by
  // whoever opens it; that there is none only the guard of the row can say.
  base::Result<std::optional<StoredKey>> Child(const KeyNode& place) const {
    const KeyNode parent = ParentOf(place);
    ASSIGN_OR_RETURN(const auto stored, Stored(parent));
    if (!stored) return std::optional<StoredKey>();
    const base::ByteSpan wrapped = stored->subspan(
        static_cast<std::size_t>(GuardSize::kFull) + PositionOf(place) * kWrappedKeySize,
        kWrappedKeySize);
    if (std::ranges::any_of(wrapped, [](std::uint8_t byte) { return byte != 0; }))
      return std::optional(StoredKey{place, {wrapped.begin(), wrapped.end()}});
    RETURN_IF_ERROR(Row(parent));
    return std::optional<StoredKey>();
  }

 private:
  const LmdbTransaction& transaction_;
  const LmdbTable nodes_;
  const LmdbTable meta_;
};

class KeyStoreOnDisk final : public KeyStore {
 public:
  KeyStoreOnDisk(LmdbEnvironment environment, LmdbTable nodes, LmdbTable meta)
      : environment_(std::move(environment)), nodes_(nodes), meta_(meta) {}

  base::Result<std::optional<KeyTop>> Top() const override;
  base::Status Begin(const KeyTop& top) override;
  base::Result<StoredPaths> PathsTo(std::span<const KeySlot> slots) const override;
  base::Result<NextLeaf> Next() const override;
  base::Status AddLeaf(std::uint32_t leaf, const std::vector<StoredKey>& nodes,
                       base::ByteSpan row) override;
  base::Result<std::vector<KeyRow>> Rows(const std::vector<KeyNode>& nodes) const override;
  base::Status Replace(const KeyTop& before, const KeyTop& after, const std::vector<KeyRow>& rows,
                       const UnfinishedErasure& erasure) override;
  base::Result<std::optional<UnfinishedErasure>> Unfinished() const override;
  base::Status Finish() override;
  base::Result<KeySlice> RowsFrom(const KeyNode& first, std::size_t most) const override;
  base::Status PutBack(const KeySlice& slice) override;

 private:
  Tables In(const LmdbTransaction& transaction) const { return {transaction, nodes_, meta_}; }
  base::Status PutMeta(LmdbTransaction& transaction, std::string_view key,
                       base::ByteSpan payload) const;
  base::Status PutTop(LmdbTransaction& transaction, const KeyTop& top) const;
  base::Status PutRow(LmdbTransaction& transaction, const KeyNode& node, base::ByteSpan row) const;
  base::Status PutErasure(LmdbTransaction& transaction, const UnfinishedErasure& erasure) const;

  LmdbEnvironment environment_;
  const LmdbTable nodes_;
  const LmdbTable meta_;
};

base::Status KeyStoreOnDisk::PutMeta(LmdbTransaction& transaction, std::string_view key,
                                     base::ByteSpan payload) const {
  return transaction.Put(meta_, base::AsBytes(key),
                         Guarded(GuardSize::kFull, base::AsBytes(key), payload));
}

base::Status KeyStoreOnDisk::PutTop(LmdbTransaction& transaction, const KeyTop& top) const {
  base::Bytes payload;
  base::AppendUint64(top.generation, payload);
  base::Append(top.wrapped, payload);
  return PutMeta(transaction, kTopKey, payload);
}

base::Status KeyStoreOnDisk::PutRow(LmdbTransaction& transaction, const KeyNode& node,
                                    base::ByteSpan row) const {
  const base::Bytes key = NodeKey(node);
  return transaction.Put(nodes_, key, Guarded(GuardSize::kFull, key, row));
}

base::Status KeyStoreOnDisk::PutErasure(LmdbTransaction& transaction,
                                        const UnfinishedErasure& erasure) const {
  base::Bytes payload(erasure.intent.bytes.begin(), erasure.intent.bytes.end());
  base::AppendUint64(erasure.before, payload);
  base::AppendUint64(erasure.after, payload);
  return PutMeta(transaction, kErasureKey, payload);
}

base::Result<std::optional<KeyTop>> KeyStoreOnDisk::Top() const {
  ASSIGN_OR_RETURN(const LmdbTransaction transaction, environment_.BeginRead());
  return In(transaction).Top();
}

base::Status KeyStoreOnDisk::Begin(const KeyTop& top) {
  ASSIGN_OR_RETURN(LmdbTransaction transaction, environment_.BeginWrite());
  ASSIGN_OR_RETURN(const auto there, In(transaction).Top());
  if (there) return Error{ErrorCode::kConflict, "key.tree-changed", "there is a key tree"};
  RETURN_IF_ERROR(PutTop(transaction, top));
  return std::move(transaction).Commit();
}

base::Result<StoredPaths> KeyStoreOnDisk::PathsTo(std::span<const KeySlot> slots) const {
  ASSIGN_OR_RETURN(const LmdbTransaction transaction, environment_.BeginRead());
  const Tables tables = In(transaction);
  ASSIGN_OR_RETURN(auto top, tables.Top());
  if (!top) return Damaged("there is no key tree");
  StoredPaths paths{std::move(*top), {}, {}};
  std::set<KeyNode> seen;
  for (const KeySlot slot : slots) {
    for (KeyNode node = LeafOf(slot); node.level > 0 && seen.insert(node).second;
         node = ParentOf(node)) {
      ASSIGN_OR_RETURN(auto key, tables.Child(node));
      if (!key) return Damaged(TextOf(node) + " is missing");
      paths.nodes.push_back(std::move(*key));
    }
    ASSIGN_OR_RETURN(auto key, tables.Child({kRecordKeyLevel, slot.value}));
    paths.keys.push_back(std::move(key));
  }
  return paths;
}

base::Result<NextLeaf> KeyStoreOnDisk::Next() const {
  ASSIGN_OR_RETURN(const LmdbTransaction transaction, environment_.BeginRead());
  const Tables tables = In(transaction);
  ASSIGN_OR_RETURN(auto top, tables.Top());
  if (!top) return Damaged("there is no key tree");
  NextLeaf next{kFirstLeaf, std::move(*top), {}};
  ASSIGN_OR_RETURN(const auto last, transaction.Last(nodes_));
  const auto newest = last ? NodeOf(last->key) : std::nullopt;
  if (newest && newest->level == kKeyLeafLevel) next.leaf = newest->index + 1;
  if (next.leaf >= kLeaves)
    return Error{ErrorCode::kUnavailable, "key.slots-spent", "2^24 leaves were made"};
  for (KeyNode node = ParentOf({kKeyLeafLevel, next.leaf}); node.level > 0; node = ParentOf(node)) {
    ASSIGN_OR_RETURN(auto key, tables.Child(node));
    if (key) next.nodes.push_back(std::move(*key));
  }
  return next;
}

base::Status KeyStoreOnDisk::AddLeaf(std::uint32_t leaf, const std::vector<StoredKey>& nodes,
                                     base::ByteSpan row) {
  ASSIGN_OR_RETURN(LmdbTransaction transaction, environment_.BeginWrite());
  const Tables tables = In(transaction);
  for (const StoredKey& node : nodes) {
    const KeyNode parent = ParentOf(node.place);
    base::Bytes changed(kKeyRowSize);
    ASSIGN_OR_RETURN(const auto there, tables.Row(parent));
    if (there) changed.assign(there->begin(), there->end());
    std::ranges::copy(
        node.wrapped,
        changed.begin() + static_cast<std::ptrdiff_t>(PositionOf(node.place) * kWrappedKeySize));
    RETURN_IF_ERROR(PutRow(transaction, parent, changed));
  }
  RETURN_IF_ERROR(PutRow(transaction, {kKeyLeafLevel, leaf}, row));
  return std::move(transaction).Commit();
}

base::Result<std::vector<KeyRow>> KeyStoreOnDisk::Rows(const std::vector<KeyNode>& nodes) const {
  ASSIGN_OR_RETURN(const LmdbTransaction transaction, environment_.BeginRead());
  const Tables tables = In(transaction);
  std::vector<KeyRow> rows;
  for (const KeyNode& node : nodes) {
    ASSIGN_OR_RETURN(const auto row, tables.Row(node));
    if (!row) return Damaged(TextOf(node) + " is missing");
    rows.push_back({node, {row->begin(), row->end()}});
  }
  return rows;
}

base::Status KeyStoreOnDisk::Replace(const KeyTop& before, const KeyTop& after,
                                     const std::vector<KeyRow>& rows,
                                     const UnfinishedErasure& erasure) {
  ASSIGN_OR_RETURN(LmdbTransaction transaction, environment_.BeginWrite());
  ASSIGN_OR_RETURN(const auto there, In(transaction).Top());
  if (!there || *there != before)
    return Error{ErrorCode::kConflict, "key.tree-changed", "the top is another"};
  RETURN_IF_ERROR(PutTop(transaction, after));
  for (const KeyRow& row : rows) RETURN_IF_ERROR(PutRow(transaction, row.node, row.row));
  RETURN_IF_ERROR(PutErasure(transaction, erasure));
  return std::move(transaction).Commit();
}

base::Result<std::optional<UnfinishedErasure>> KeyStoreOnDisk::Unfinished() const {
  ASSIGN_OR_RETURN(const LmdbTransaction transaction, environment_.BeginRead());
  return In(transaction).Erasure();
}

base::Status KeyStoreOnDisk::Finish() {
  ASSIGN_OR_RETURN(LmdbTransaction transaction, environment_.BeginWrite());
  RETURN_IF_ERROR(PutMeta(transaction, kErasureKey, {}));
  return std::move(transaction).Commit();
}

base::Result<KeySlice> KeyStoreOnDisk::RowsFrom(const KeyNode& first, std::size_t most) const {
  ASSIGN_OR_RETURN(const LmdbTransaction transaction, environment_.BeginRead());
  const Tables tables = In(transaction);
  KeySlice slice;
  ASSIGN_OR_RETURN(slice.top, tables.Top());
  ASSIGN_OR_RETURN(slice.erasure, tables.Erasure());
  ASSIGN_OR_RETURN(LmdbCursor cursor, LmdbCursor::Open(transaction, nodes_));
  ASSIGN_OR_RETURN(auto found, cursor.SeekAtOrAfter(NodeKey(first)));
  while (found && slice.rows.size() < most) {
    const auto node = NodeOf(found->key);
    if (!node) return Damaged("a row of no node");
    const auto row = Unguarded(GuardSize::kFull, found->key, found->value);
    if (!row || row->size() != kKeyRowSize) return Damaged(TextOf(*node));
    slice.rows.push_back({*node, {row->begin(), row->end()}});
    ASSIGN_OR_RETURN(found, cursor.Next());
  }
  return slice;
}

base::Status KeyStoreOnDisk::PutBack(const KeySlice& slice) {
  ASSIGN_OR_RETURN(LmdbTransaction transaction, environment_.BeginWrite());
  ASSIGN_OR_RETURN(const auto there, In(transaction).Top());
  if (there) return Error{ErrorCode::kConflict, "key.tree-changed", "there is a key tree"};
  for (const KeyRow& row : slice.rows) RETURN_IF_ERROR(PutRow(transaction, row.node, row.row));
  if (slice.top) RETURN_IF_ERROR(PutTop(transaction, *slice.top));
  if (slice.erasure) RETURN_IF_ERROR(PutErasure(transaction, *slice.erasure));
  return std::move(transaction).Commit();
}

}  // namespace

KeyNode LeafOf(KeySlot slot) {
  return {kKeyLeafLevel, slot.value >> kChildBits};
}

KeyNode ParentOf(const KeyNode& node) {
  return {static_cast<std::uint8_t>(node.level - 1), node.index >> kChildBits};
}

std::size_t PositionOf(const KeyNode& node) {
  return node.index % kKeyFanOut;
}

base::Result<std::unique_ptr<KeyStore>> KeyStore::Open(const std::filesystem::path& data,
                                                       const Options& options) {
  const auto directory = data / "keys";
  RETURN_IF_ERROR(MakeDirectory(directory));
  ASSIGN_OR_RETURN(LmdbEnvironment environment,
                   LmdbEnvironment::Open(directory, {.max_bytes = options.max_bytes}));
  ASSIGN_OR_RETURN(const LmdbTable nodes, environment.Table("node"));
  ASSIGN_OR_RETURN(const LmdbTable meta, environment.Table("meta"));
  RETURN_IF_ERROR(SyncDirectory(directory));  // LMDB syncs its files, not their names.
  return std::unique_ptr<KeyStore>(
      std::make_unique<KeyStoreOnDisk>(std::move(environment), nodes, meta));
}

}  // namespace vault
