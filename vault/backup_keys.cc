#include "vault/backup_keys.h"

#include <algorithm>
#include <limits>

namespace vault {
namespace {

enum class Head : std::uint8_t { kNoTree = 0, kTree = 1, kTreeInErasure = 2 };
enum class Row : std::uint8_t { kAsBefore = 0, kWhole = 1 };

constexpr unsigned kIndexWidth = 4;

base::Status ReadHead(PartReader& part, std::uint64_t number, KeyListing& listing) {
  ASSIGN_OR_RETURN(const std::uint64_t kind, part.TakeNumber(1));
  if (kind > static_cast<std::uint64_t>(Head::kTreeInErasure))
    return BackupDamaged(number, "head of its keys");
  if (kind == static_cast<std::uint64_t>(Head::kNoTree)) return base::Ok();
  KeyTop top;
  ASSIGN_OR_RETURN(top.generation, part.TakeNumber(8));
  ASSIGN_OR_RETURN(top.wrapped, part.Take(kWrappedKeySize));
  listing.top = std::move(top);
  if (kind == static_cast<std::uint64_t>(Head::kTree)) return base::Ok();
  UnfinishedErasure erasure;
  ASSIGN_OR_RETURN(const base::Bytes intent, part.Take(erasure.intent.bytes.size()));
  std::ranges::copy(intent, erasure.intent.bytes.begin());
  ASSIGN_OR_RETURN(erasure.before, part.TakeNumber(8));
  ASSIGN_OR_RETURN(erasure.after, part.TakeNumber(8));
  listing.erasure = erasure;
  return base::Ok();
}

}  // namespace

base::Sha256Digest HashOf(const KeyRow& row) {
  base::Bytes hashed{row.node.level};
  for (unsigned shift = 8 * kIndexWidth; shift > 0; shift -= 8)
    hashed.push_back(static_cast<std::uint8_t>(row.node.index >> (shift - 8)));
  base::Append(row.row, hashed);
  return base::Sha256(hashed);
}

KeyNode NextNode(const KeyNode& node) {
  if (node.index < std::numeric_limits<std::uint32_t>::max()) return {node.level, node.index + 1};
  return {static_cast<std::uint8_t>(node.level + 1), 0};
}

base::Status PutKeyHead(const KeySlice& head, PartWriter& part) {
  const Head kind = !head.top ? Head::kNoTree : head.erasure ? Head::kTreeInErasure : Head::kTree;
  RETURN_IF_ERROR(part.PutNumber(static_cast<std::uint64_t>(kind), 1));
  if (!head.top) return base::Ok();
  RETURN_IF_ERROR(part.PutNumber(head.top->generation, 8));
  RETURN_IF_ERROR(part.Put(head.top->wrapped));
  if (!head.erasure) return base::Ok();
  RETURN_IF_ERROR(part.Put(head.erasure->intent.span()));
  RETURN_IF_ERROR(part.PutNumber(head.erasure->before, 8));
  return part.PutNumber(head.erasure->after, 8);
}

base::Result<bool> PutKeyRow(const KeyRow& row, const KeyListing& before, PartWriter& part) {
  const base::Sha256Digest hash = HashOf(row);
  const auto old = before.rows.find(row.node);
  const bool changed = old == before.rows.end() || old->second != hash;
  RETURN_IF_ERROR(part.PutNumber(row.node.level, 1));
  RETURN_IF_ERROR(part.PutNumber(row.node.index, kIndexWidth));
  RETURN_IF_ERROR(part.Put(hash.span()));
  RETURN_IF_ERROR(
      part.PutNumber(static_cast<std::uint64_t>(changed ? Row::kWhole : Row::kAsBefore), 1));
  if (changed) RETURN_IF_ERROR(part.Put(row.row));
  return changed;
}

base::Result<KeyListing> ReadKeyPart(const std::filesystem::path& file, std::uint64_t number,
                                     const BackupPart& expected, const KeyRowTaker& on_row) {
  ASSIGN_OR_RETURN(PartReader part, PartReader::Open(file, number, expected));
  KeyListing listing;
  RETURN_IF_ERROR(ReadHead(part, number, listing));
  KeyNode next;
  while (part.left() > 0) {
    KeyRow row;
    ASSIGN_OR_RETURN(const std::uint64_t level, part.TakeNumber(1));
    ASSIGN_OR_RETURN(const std::uint64_t index, part.TakeNumber(kIndexWidth));
    ASSIGN_OR_RETURN(const base::Bytes hash, part.Take(sizeof(base::Sha256Digest)));
    ASSIGN_OR_RETURN(const std::uint64_t kind, part.TakeNumber(1));
    row.node = {static_cast<std::uint8_t>(level), static_cast<std::uint32_t>(index)};
    if (level > kKeyLeafLevel || row.node < next ||
        kind > static_cast<std::uint64_t>(Row::kWhole) || !listing.top)
      return BackupDamaged(number, "a row of its keys");
    next = NextNode(row.node);
    listing.rows[row.node] = *base::ToSha256Digest(hash);
    if (kind == static_cast<std::uint64_t>(Row::kAsBefore)) continue;
    ASSIGN_OR_RETURN(row.row, part.Take(kKeyRowSize));
    if (HashOf(row) != listing.rows[row.node]) return BackupDamaged(number, "a row of its keys");
    if (on_row) RETURN_IF_ERROR(on_row(row));
  }
  RETURN_IF_ERROR(std::move(part).Finish());
  return listing;
}

}  // namespace vault
