#include "hsm/key_tree.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "base/aead.h"
#include "base/random.h"

namespace hsm {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::string_view kAssociatedPrefix = "edocvault key tree";
constexpr std::size_t kMostTops = 2;
constexpr unsigned kIndexBits = 8;  // Of an index, for each level.
constexpr std::uint32_t kLeaves = std::uint32_t{1} << 24U;

std::string TextOf(const KeyPlace& place) {
  return "level " + std::to_string(place.level) + ", index " + std::to_string(place.index);
}

Error MalformedPath(const KeyPlace& place) {
  return {ErrorCode::kInvalidInput, "key.malformed-path", TextOf(place)};
}

bool IsPlace(const KeyPlace& place) {
  return place.level >= 1 && place.level <= kRecordLevel &&
         (std::uint64_t{place.index} >> (kIndexBits * place.level)) == 0;
}

KeyPlace Above(const KeyPlace& place) {
  return {static_cast<std::uint8_t>(place.level - 1), place.index >> kIndexBits};
}

base::Bytes AssociatedOf(const KeyPlace& place) {
  base::Bytes associated = base::ToBytes(kAssociatedPrefix);
  associated.push_back(place.level);
  for (unsigned shift = 32; shift > 0; shift -= 8)
    associated.push_back(static_cast<std::uint8_t>(place.index >> (shift - 8)));
  return associated;
}

// The top's place is the same in every generation; its root key is not.
base::Bytes AssociatedOf(std::uint64_t generation) {
  base::Bytes associated = AssociatedOf(KeyPlace{});
  base::AppendUint64(generation, associated);
  return associated;
}

base::Secret NewKey() {
  return base::Secret(base::RandomBytes(base::kAeadKeySize));
}

base::Bytes Wrap(const base::Secret& parent, const KeyPlace& place, const base::Secret& key) {
  base::Bytes wrapped = base::RandomBytes(base::kAeadNonceSize);
  const base::Bytes nonce = wrapped;
  base::Append(base::AeadSeal(parent, nonce, AssociatedOf(place), key.Reveal()), wrapped);
  return wrapped;
}

base::Result<base::Secret> Unwrap(const base::Secret& parent, const KeyPlace& place,
                                  base::ByteSpan wrapped) {
  const Error failed{ErrorCode::kCorrupted, "key.unwrap-failed", TextOf(place)};
  if (wrapped.size() != kWrappedKeySize) return failed;
  auto opened = base::AeadOpen(parent, wrapped.first(base::kAeadNonceSize), AssociatedOf(place),
                               wrapped.subspan(base::kAeadNonceSize));
  if (!opened.ok()) return failed;
  return base::Secret(std::move(opened).value());
}

// The keys of the nodes that one call passes; each is unwrapped once.
class NodeKeys {
 public:
  NodeKeys(const base::Secret& top, const std::vector<PlacedKey>& nodes) : top_(top) {
    for (const PlacedKey& node : nodes) wrapped_.emplace(node.place, node.wrapped);
  }

  bool Has(const KeyPlace& place) const { return wrapped_.contains(place); }

  // Borrowed from this.
  base::Result<const base::Secret*> Of(const KeyPlace& place) {
    if (place == KeyPlace{}) return &top_;
    const auto known = keys_.find(place);
    if (known != keys_.end()) return &known->second;
    const auto wrapped = wrapped_.find(place);
    if (!IsPlace(place) || wrapped == wrapped_.end()) return MalformedPath(place);
    ASSIGN_OR_RETURN(const base::Secret* const parent, Of(Above(place)));
    ASSIGN_OR_RETURN(base::Secret key, Unwrap(*parent, place, wrapped->second));
    const base::Secret* const kept = &keys_.emplace(place, std::move(key)).first->second;
    return kept;
  }

  // A node that was missing.
  base::Result<PlacedKey> Make(const KeyPlace& place) {
    ASSIGN_OR_RETURN(const base::Secret* const parent, Of(Above(place)));
    base::Secret key = NewKey();
    PlacedKey made{place, Wrap(*parent, place, key)};
    keys_.emplace(place, std::move(key));
    return made;
  }

 private:
  const base::Secret& top_;
  std::map<KeyPlace, base::ByteSpan> wrapped_;
  std::map<KeyPlace, base::Secret> keys_;
};

bool IsBlank(base::ByteSpan wrapped) {
  return std::ranges::all_of(wrapped, [](std::uint8_t byte) { return byte == 0; });
}

// The row of a node, from its old key to its new.
base::Result<base::Bytes> RekeyedRow(const base::Secret& before, const base::Secret& after,
                                     const NodeToRekey& node) {
  base::Bytes row;
  row.reserve(node.row.size());
  for (std::uint32_t i = 0; i < kFanOut; ++i) {
    const base::ByteSpan wrapped =
        base::ByteSpan(node.row).subspan(i * kWrappedKeySize, kWrappedKeySize);
    const KeyPlace child{static_cast<std::uint8_t>(node.place.level + 1),
                         (node.place.index << kIndexBits) | i};
    const bool goes = node.gone.test(i);
    if (IsBlank(wrapped) || (goes && node.place.level == kLeafLevel)) {
      row.resize(row.size() + kWrappedKeySize);
    } else if (goes) {
      base::Append(Wrap(after, child, NewKey()), row);
    } else {
      ASSIGN_OR_RETURN(const base::Secret key, Unwrap(before, child, wrapped));
      base::Append(Wrap(after, child, key), row);
    }
  }
  return row;
}

}  // namespace

base::Result<TopKey> KeyTree::MakeTop(std::uint64_t generation) {
  auto key = std::make_shared<const base::Secret>(NewKey());
  ASSIGN_OR_RETURN(base::Bytes wrapped, roots_.Wrap(generation, *key, AssociatedOf(generation)));
  TopKey top{generation, std::move(wrapped)};
  // The whole tree will hang on it.
  ASSIGN_OR_RETURN(const base::Secret opened,
                   roots_.Unwrap(generation, top.wrapped, AssociatedOf(generation)));
  if (!base::EqualInConstantTime(opened.Reveal(), key->Reveal()))
    return Error{ErrorCode::kUnavailable, "token.unsupported",
                 "the token opens what it wrapped as something else"};
  Remember(top, std::move(key));
  return top;
}

base::Result<TopKey> KeyTree::NewTop() {
  return MakeTop(1);
}

void KeyTree::Remember(const TopKey& top, SharedKey key) {
  const std::lock_guard lock(mutex_);
  if (top.generation < oldest_) return;
  if (known_.size() == kMostTops) known_.erase(known_.begin());
  known_.push_back({top, std::move(key)});
}

base::Result<KeyTree::SharedKey> KeyTree::KeyOf(const TopKey& top) {
  {
    const std::lock_guard lock(mutex_);
    if (top.generation < oldest_)
      return Error{ErrorCode::kConflict, "key.root-unknown",
                   "generation " + std::to_string(top.generation) + " was given up"};
    const auto known = std::ranges::find(known_, top, &KnownTop::top);
    if (known != known_.end()) return known->key;
  }
  ASSIGN_OR_RETURN(base::Secret opened,
                   roots_.Unwrap(top.generation, top.wrapped, AssociatedOf(top.generation)));
  auto key = std::make_shared<const base::Secret>(std::move(opened));
  Remember(top, key);
  return key;
}

base::Result<NewLeaf> KeyTree::MakeLeaf(const KeyPaths& paths, std::uint32_t leaf) {
  const KeyPlace place{kLeafLevel, leaf};
  if (leaf >= kLeaves) return MalformedPath(place);
  ASSIGN_OR_RETURN(const SharedKey top, KeyOf(paths.top));
  NodeKeys nodes(*top, paths.nodes);
  if (nodes.Has(place)) return MalformedPath(place);
  NewLeaf made;
  for (std::uint8_t level = 1; level <= kLeafLevel; ++level) {
    const KeyPlace node{level, leaf >> (kIndexBits * (kLeafLevel - level))};
    if (nodes.Has(node)) continue;
    ASSIGN_OR_RETURN(PlacedKey one, nodes.Make(node));
    made.nodes.push_back(std::move(one));
  }
  ASSIGN_OR_RETURN(const base::Secret* const parent, nodes.Of(place));
  for (std::uint32_t i = 0; i < kFanOut; ++i) {
    base::Secret key = NewKey();
    base::Append(Wrap(*parent, {kRecordLevel, (leaf << kIndexBits) | i}, key), made.row);
    made.keys.push_back(std::move(key));
  }
  return made;
}

base::Result<std::vector<base::Secret>> KeyTree::OpenKeys(const KeyPaths& paths,
                                                          const std::vector<PlacedKey>& keys) {
  ASSIGN_OR_RETURN(const SharedKey top, KeyOf(paths.top));
  NodeKeys nodes(*top, paths.nodes);
  std::vector<base::Secret> opened;
  for (const PlacedKey& key : keys) {
    if (key.place.level != kRecordLevel) return MalformedPath(key.place);
    ASSIGN_OR_RETURN(const base::Secret* const parent, nodes.Of(Above(key.place)));
    ASSIGN_OR_RETURN(base::Secret secret, Unwrap(*parent, key.place, key.wrapped));
    opened.push_back(std::move(secret));
  }
  return opened;
}

base::Result<TopKey> KeyTree::NewRoot(const TopKey& top) {
  // Not from memory: a root that the token has lost is not replaced unnoticed.
  RETURN_IF_ERROR(roots_.Unwrap(top.generation, top.wrapped, AssociatedOf(top.generation)));
  RETURN_IF_ERROR(roots_.Make(top.generation + 1));
  return MakeTop(top.generation + 1);
}

base::Result<std::vector<base::Bytes>> KeyTree::Rekey(const KeyPaths& before, const KeyPaths& after,
                                                      const std::vector<NodeToRekey>& nodes) {
  ASSIGN_OR_RETURN(const SharedKey old_top, KeyOf(before.top));
  ASSIGN_OR_RETURN(const SharedKey new_top, KeyOf(after.top));
  NodeKeys old_keys(*old_top, before.nodes);
  NodeKeys new_keys(*new_top, after.nodes);
  std::vector<base::Bytes> rows;
  for (const NodeToRekey& node : nodes) {
    if (node.place.level > kLeafLevel || node.row.size() != kFanOut * kWrappedKeySize)
      return MalformedPath(node.place);
    ASSIGN_OR_RETURN(const base::Secret* const old_key, old_keys.Of(node.place));
    ASSIGN_OR_RETURN(const base::Secret* const new_key, new_keys.Of(node.place));
    ASSIGN_OR_RETURN(base::Bytes row, RekeyedRow(*old_key, *new_key, node));
    rows.push_back(std::move(row));
  }
  return rows;
}

base::Status KeyTree::KeepRoot(const TopKey& top) {
  // Nothing is destroyed unless what stays is known to open the tree.
  ASSIGN_OR_RETURN(base::Secret opened,
                   roots_.Unwrap(top.generation, top.wrapped, AssociatedOf(top.generation)));
  RETURN_IF_ERROR(roots_.DestroyOthers(top.generation));
  const std::lock_guard lock(mutex_);
  oldest_ = top.generation;
  known_.clear();
  known_.push_back({top, std::make_shared<const base::Secret>(std::move(opened))});
  return base::Ok();
}

}  // namespace hsm
