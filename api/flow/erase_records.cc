#include "api/flow/erase_records.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "base/log.h"

namespace api {
namespace {

using base::Error;
using base::ErrorCode;
using vault::KeyNode;

constexpr std::size_t kShortestReason = 3;
constexpr std::size_t kLongestText = 200;
constexpr std::uint64_t kLookBack = 4096;  // Entries without a key at the ledger's end.

std::vector<vault::RecordId> Sorted(std::vector<vault::RecordId> records) {
  std::ranges::sort(records);
  records.erase(std::ranges::unique(records).begin(), records.end());
  return records;
}

base::Status CheckRequest(const ErasureRequest& request) {
  if (!request.records.empty() && request.records.size() <= ErasureRequest::kMostRecords &&
      request.reason.size() >= kShortestReason && request.reason.size() <= kLongestText &&
      request.mandate.size() <= kLongestText)
    return base::Ok();
  return Error{ErrorCode::kInvalidInput, "erasure.malformed",
               std::to_string(request.records.size()) + " records, a reason of " +
                   std::to_string(request.reason.size()) + " bytes"};
}

// Of the entry that says that `intent` is done; the same however often it is tried.
vault::RecordId CompletionId(const vault::RecordId& intent) {
  base::Bytes name = base::ToBytes("edocvault/1 erased");
  base::Append(intent.span(), name);
  vault::RecordId id;
  std::ranges::copy_n(base::Sha256(name).bytes.begin(), id.bytes.size(), id.bytes.begin());
  return id;
}

// The wrapped keys of nodes on the paths, by place.
using Wrapped = std::map<KeyNode, base::Bytes>;

// What leads to `nodes`.
hsm::KeyPaths PathsTo(const hsm::TopKey& top, std::span<const KeyNode> nodes,
                      const Wrapped& wrapped) {
  hsm::KeyPaths paths{top, {}};
  std::set<KeyNode> seen;
  for (const KeyNode& one : nodes)
    for (KeyNode node = one; node.level > 0 && seen.insert(node).second;
         node = vault::ParentOf(node))
      paths.nodes.push_back({{node.level, node.index}, wrapped.at(node)});
  return paths;
}

base::Bytes ChildOf(base::ByteSpan row, const KeyNode& child) {
  const base::ByteSpan wrapped =
      row.subspan(vault::PositionOf(child) * vault::kWrappedKeySize, vault::kWrappedKeySize);
  return {wrapped.begin(), wrapped.end()};
}

}  // namespace

base::Result<Erased> EraseRecords::Run(const Caller& caller, const ErasureRequest& request) {
  RETURN_IF_ERROR(CheckRequest(request));
  const std::lock_guard erasing(erasing_);
  RETURN_IF_ERROR(Conclude());
  ASSIGN_OR_RETURN(const std::vector<vault::KeySlot> slots, SlotsOf(Sorted(request.records)));
  RETURN_IF_ERROR(RequireSomethingLeft(slots));
  auto erased = Erase(caller, request, slots);
  // One of two root keys is to go now, whichever it is, or as soon as it can.
  settled_ = false;
  const base::Status concluded = Conclude();
  if (!concluded.ok()) base::LogError("erasure.unfinished", concluded.error());
  if (erased.ok()) erased.value().is_complete = concluded.ok();
  return erased;
}

base::Status EraseRecords::Settle() {
  const std::lock_guard erasing(erasing_);
  RETURN_IF_ERROR(RequireTreeOfLedger());
  return Conclude();
}

// An older copy of keys/ would have no keys for the newest records.
base::Status EraseRecords::RequireTreeOfLedger() const {
  ASSIGN_OR_RETURN(const vault::TreeHead head, ledger_.Head());
  for (std::uint64_t back = 1; back <= std::min(head.size, kLookBack); ++back) {
    ASSIGN_OR_RETURN(const vault::StoredRecord stored, ledger_.Read({head.size - back}));
    if (stored.record.key.value == 0) continue;
    const auto paths = store_.PathsTo(std::span(&stored.record.key, 1));
    if (paths.ok()) return base::Ok();
    return Error{ErrorCode::kCorrupted, "key.tree-behind",
                 "entry " + std::to_string(stored.entry.value) + ": " + paths.error().message};
  }
  return base::Ok();
}

base::Status EraseRecords::Conclude() {
  const base::Status concluded = EndWhatIsLeft();
  if (concluded.ok()) settled_ = true;
  return concluded;
}

base::Status EraseRecords::EndWhatIsLeft() {
  RETURN_IF_ERROR(keys_.RequireRunning());
  ASSIGN_OR_RETURN(const auto top, store_.Top());
  if (!top) return base::Ok();
  ASSIGN_OR_RETURN(const auto unfinished, store_.Unfinished());
  if (unfinished && before_root_goes_) RETURN_IF_ERROR(before_root_goes_());
  RETURN_IF_ERROR(vault_keys_.KeepRoot(ToHsm(*top)));
  if (!unfinished) return base::Ok();
  ASSIGN_OR_RETURN(const vault::StoredRecord intent, ledger_.Find(unfinished->intent));
  vault::Record done;
  done.kind = vault::RecordKind::kErasure;
  done.id = CompletionId(unfinished->intent);
  done.stored_at = clock_.Now();
  done.agency = intent.record.agency;
  done.subject = unfinished->intent;
  done.commitment = intent.record.commitment;
  done.root_before = unfinished->before;
  done.root_after = unfinished->after;
  const auto appended = ledger_.Append(done);
  if (!appended.ok() && appended.error().reason != "record.exists") return appended.error();
  const base::Status finished = store_.Finish();
  if (!finished.ok() && finished.error().code == ErrorCode::kOutcomeUnknown) keys_.Stop();
  return finished;
}

base::Result<std::vector<vault::KeySlot>> EraseRecords::SlotsOf(
    const std::vector<vault::RecordId>& records) const {
  std::vector<vault::KeySlot> slots;
  for (const vault::RecordId& id : records) {
    ASSIGN_OR_RETURN(const vault::StoredRecord stored, ledger_.Find(id));
    if (stored.record.key.value == 0)
      return Error{ErrorCode::kInvalidInput, "erasure.no-key", "record " + id.Text()};
    slots.push_back(stored.record.key);
  }
  std::ranges::sort(slots);
  return slots;
}

base::Status EraseRecords::RequireSomethingLeft(const std::vector<vault::KeySlot>& slots) const {
  ASSIGN_OR_RETURN(const vault::StoredPaths paths, store_.PathsTo(slots));
  if (std::ranges::any_of(paths.keys, [](const auto& key) { return key.has_value(); }))
    return base::Ok();
  return Error{ErrorCode::kConflict, "erasure.nothing-left", "all of them are erased"};
}

base::Result<vault::Record> EraseRecords::IntentOf(const Caller& caller,
                                                   const ErasureRequest& request,
                                                   const vault::KeyTop& before) {
  vault::Record intent;
  intent.kind = vault::RecordKind::kErasure;
  intent.id = vault::RecordId::New();
  intent.stored_at = clock_.Now();
  intent.agency = caller.agency;
  intent.commitment = vault::ErasureCommitment(request.records);
  intent.root_before = before.generation;
  intent.root_after = before.generation + 1;
  base::Json metadata;
  metadata.Set("reason", request.reason);
  metadata.Set("mandate", request.mandate);
  metadata.Set("system", caller.name);
  metadata.Set("count", request.records.size());
  ASSIGN_OR_RETURN(const NewKey key, keys_.Take());
  intent.key = key.slot;
  intent.sealed = SealMetadata(key.key, intent.id, metadata);
  return intent;
}

// What fails before the new tree is on stable storage has erased nothing: the next Conclude()
// destroys the new root key.
base::Result<Erased> EraseRecords::Erase(const Caller& caller, const ErasureRequest& request,
                                         const std::vector<vault::KeySlot>& slots) {
  ASSIGN_OR_RETURN(const auto announced_top, store_.Top());
  ASSIGN_OR_RETURN(const vault::Record intent, IntentOf(caller, request, *announced_top));
  const auto tree = keys_.HoldTree();
  ASSIGN_OR_RETURN(const auto before, store_.Top());
  ASSIGN_OR_RETURN(const hsm::TopKey after,
                   vault_keys_.NewRoot(ToHsm(*before), {intent.commitment, request.approvals}));
  ASSIGN_OR_RETURN(const vault::Appended appended, ledger_.Append(intent));
  ASSIGN_OR_RETURN(const std::vector<vault::KeyRow> rows, RekeyedRows(*before, after, slots));
  const base::Status replaced = store_.Replace(*before, ToVault(after), rows,
                                               {intent.id, before->generation, after.generation});
  if (!replaced.ok() && replaced.error().code == ErrorCode::kOutcomeUnknown) keys_.Stop();
  if (!replaced.ok()) return replaced.error();
  return Erased{.intent = appended,
                .id = intent.id,
                .root_before = before->generation,
                .root_after = after.generation};
}

// Level by level from the top: a node's new key is in its parent's new row.
base::Result<std::vector<vault::KeyRow>> EraseRecords::RekeyedRows(
    const vault::KeyTop& before, const hsm::TopKey& after,
    const std::vector<vault::KeySlot>& slots) {
  std::array<std::set<KeyNode>, vault::kRecordKeyLevel + 1> places;
  for (const vault::KeySlot slot : slots) {
    KeyNode place{vault::kRecordKeyLevel, slot.value};
    while (places.at(place.level).insert(place).second && place.level > 0)
      place = vault::ParentOf(place);
  }
  Wrapped old_keys;
  Wrapped new_keys;
  std::vector<vault::KeyRow> rows;
  for (std::uint8_t level = 0; level <= vault::kKeyLeafLevel; ++level) {
    const std::vector<KeyNode> nodes(places.at(level).begin(), places.at(level).end());
    for (std::span<const KeyNode> left = nodes; !left.empty();) {
      const auto some = left.first(std::min(left.size(), hsm::kMaxNodesToRekey));
      left = left.subspan(some.size());
      ASSIGN_OR_RETURN(const std::vector<vault::KeyRow> current,
                       store_.Rows({some.begin(), some.end()}));
      std::vector<hsm::NodeToRekey> to_rekey;
      for (const vault::KeyRow& row : current)
        to_rekey.push_back({{row.node.level, row.node.index}, row.row, {}});
      const auto& gone = places.at(level + 1U);
      const auto node_of = [&](const KeyNode& child) {
        return std::ranges::lower_bound(some, vault::ParentOf(child)) - some.begin();
      };
      const KeyNode first{static_cast<std::uint8_t>(level + 1),
                          static_cast<std::uint32_t>(some.front().index << 8U)};
      const KeyNode last{static_cast<std::uint8_t>(level + 1),
                         static_cast<std::uint32_t>((some.back().index << 8U) | 0xFFU)};
      const auto begin = gone.lower_bound(first);
      const auto end = gone.upper_bound(last);
      for (auto child = begin; child != end; ++child)
        to_rekey[static_cast<std::size_t>(node_of(*child))].gone.set(vault::PositionOf(*child));
      ASSIGN_OR_RETURN(std::vector<base::Bytes> made,
                       vault_keys_.Rekey(PathsTo(ToHsm(before), some, old_keys),
                                         PathsTo(after, some, new_keys), to_rekey));
      for (auto child = begin; child != end && level < vault::kKeyLeafLevel; ++child) {
        const auto at = static_cast<std::size_t>(node_of(*child));
        old_keys[*child] = ChildOf(current[at].row, *child);
        new_keys[*child] = ChildOf(made[at], *child);
      }
      for (std::size_t i = 0; i < some.size(); ++i) rows.push_back({some[i], std::move(made[i])});
    }
  }
  return rows;
}

}  // namespace api
