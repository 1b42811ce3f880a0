#include "api/flow/record_keys.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/aead.h"
#include "base/random.h"

namespace api {
namespace {

base::Secret MetadataKey(const base::Secret& record_key) {
  return base::DeriveKey(record_key, "edocvault/1 record metadata");
}

}  // namespace

hsm::TopKey ToHsm(const vault::KeyTop& top) {
  return {top.generation, top.wrapped};
}

hsm::PlacedKey ToHsm(const vault::StoredKey& key) {
  return {{key.place.level, key.place.index}, key.wrapped};
}

vault::KeyTop ToVault(const hsm::TopKey& top) {
  return {top.generation, top.wrapped};
}

base::Status RecordKeys::RequireRunning() const {
  if (!stopped_) return base::Ok();
  return base::Error{base::ErrorCode::kUnavailable, "ledger.stopped",
                     "an earlier commit of keys/ failed; start the service again"};
}

base::Result<NewKey> RecordKeys::Take() {
  const std::lock_guard lock(leaf_);
  if (unused_.empty()) RETURN_IF_ERROR(MakeLeaf());
  NewKey taken{{next_slot_++}, std::move(unused_.back())};
  unused_.pop_back();
  return taken;
}

base::Status RecordKeys::MakeLeaf() {
  const auto tree = HoldTree();
  RETURN_IF_ERROR(RequireRunning());
  ASSIGN_OR_RETURN(const auto top, store_.Top());
  if (!top) {
    ASSIGN_OR_RETURN(const hsm::TopKey first, keys_.NewTop());
    RETURN_IF_ERROR(store_.Begin(ToVault(first)));
  }
  ASSIGN_OR_RETURN(const vault::NextLeaf next, store_.Next());
  hsm::KeyPaths paths{ToHsm(next.top), {}};
  for (const vault::StoredKey& node : next.nodes) paths.nodes.push_back(ToHsm(node));
  ASSIGN_OR_RETURN(hsm::NewLeaf made, keys_.MakeLeaf(paths, next.leaf));
  std::vector<vault::StoredKey> nodes;
  for (hsm::PlacedKey& node : made.nodes)
    nodes.push_back({{node.place.level, node.place.index}, std::move(node.wrapped)});
  // Until this is on stable storage no key of it is used: a record's key is never lost, and no
  // slot is given out twice.
  const base::Status kept = store_.AddLeaf(next.leaf, nodes, made.row);
  if (!kept.ok() && kept.error().code == base::ErrorCode::kOutcomeUnknown) {
    Stop();
    return RequireRunning();
  }
  if (!kept.ok()) return kept;
  next_slot_ = next.leaf * static_cast<std::uint32_t>(vault::kKeyFanOut);
  unused_ = std::move(made.keys);
  std::ranges::reverse(unused_);  // Taken from the end.
  return base::Ok();
}

base::Result<std::vector<base::Secret>> RecordKeys::OpenPaths(hsm::KeyUse use,
                                                              const vault::StoredPaths& stored) {
  hsm::KeyPaths paths{ToHsm(stored.top), {}};
  for (const vault::StoredKey& node : stored.nodes) paths.nodes.push_back(ToHsm(node));
  std::vector<hsm::PlacedKey> keys;
  for (const auto& key : stored.keys)
    if (key) keys.push_back(ToHsm(*key));
  if (keys.empty()) return std::vector<base::Secret>();
  return keys_.OpenKeys(use, paths, keys);
}

base::Result<std::vector<std::optional<base::Secret>>> RecordKeys::OpenAll(
    hsm::KeyUse use, std::span<const vault::KeySlot> slots) {
  std::vector<std::optional<base::Secret>> opened;
  for (; !slots.empty(); slots = slots.subspan(std::min(slots.size(), hsm::kMaxKeys))) {
    const auto some = slots.first(std::min(slots.size(), hsm::kMaxKeys));
    ASSIGN_OR_RETURN(vault::StoredPaths paths, store_.PathsTo(some));
    auto keys = OpenPaths(use, paths);
    if (!keys.ok() && keys.error().reason == "key.root-unknown") {
      // An erasure may have come between; then the tree is another by now.
      ASSIGN_OR_RETURN(paths, store_.PathsTo(some));
      keys = OpenPaths(use, paths);
    }
    if (!keys.ok()) return keys.error();
    auto next = keys.value().begin();
    for (const auto& key : paths.keys) {
      if (key)
        opened.emplace_back(std::move(*next++));
      else
        opened.emplace_back();
    }
  }
  return opened;
}

base::Result<base::Secret> RecordKeys::Open(hsm::KeyUse use, vault::KeySlot slot) {
  ASSIGN_OR_RETURN(auto opened, OpenAll(use, std::span(&slot, 1)));
  if (opened.front()) return std::move(*opened.front());
  return base::Error{base::ErrorCode::kNotFound, "key.erased",
                     "slot " + std::to_string(slot.value)};
}

base::Secret ContentKey(const base::Secret& record_key) {
  return base::DeriveKey(record_key, "edocvault/1 document content");
}

base::Bytes SealMetadata(const base::Secret& record_key, const vault::RecordId& id,
                         const base::Json& metadata) {
  base::Bytes sealed = base::RandomBytes(base::kAeadNonceSize);
  const base::Bytes nonce = sealed;
  base::Append(
      base::AeadSeal(MetadataKey(record_key), nonce, id.span(), base::AsBytes(metadata.Dump())),
      sealed);
  return sealed;
}

base::Result<base::Json> OpenMetadata(const base::Secret& record_key, const vault::Record& record) {
  const base::ByteSpan sealed = record.sealed;
  if (sealed.size() < base::kAeadNonceSize)
    return base::Error{base::ErrorCode::kCorrupted, "aead.mismatch", record.id.Text()};
  ASSIGN_OR_RETURN(const base::Bytes text,
                   base::AeadOpen(MetadataKey(record_key), sealed.first(base::kAeadNonceSize),
                                  record.id.span(), sealed.subspan(base::kAeadNonceSize)));
  return base::Json::Parse(base::AsText(text));
}

}  // namespace api
