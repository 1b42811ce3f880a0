#include "vault/index_rows.h"

#include <algorithm>

#include "vault/guard.h"

namespace vault {
namespace {

// The first byte of a key: what kind of row it is.
constexpr std::uint8_t kAliasRow = 'a';
constexpr std::uint8_t kClientRow = 'c';
constexpr std::uint8_t kIdRow = 'i';
constexpr std::uint8_t kListRow = 'l';
constexpr std::uint8_t kAppliedRow = 'm';
constexpr std::size_t kNumberSize = 8;

base::Bytes KeyOf(std::uint8_t row, base::ByteSpan name) {
  base::Bytes key{row};
  base::Append(name, key);
  return key;
}

base::Bytes ListPrefix(const ClientId& client, std::uint8_t list) {
  base::Bytes key = KeyOf(kListRow, client.span());
  key.push_back(list);
  return key;
}

}  // namespace

base::Bytes IdKey(const RecordId& id) {
  return KeyOf(kIdRow, id.span());
}
base::Bytes AliasKey(const base::Sha256Digest& alias_mac) {
  return KeyOf(kAliasRow, alias_mac.span());
}
base::Bytes ClientKey(const ClientId& client) {
  return KeyOf(kClientRow, client.span());
}
base::Bytes AppliedKey() {
  return KeyOf(kAppliedRow, {});
}

base::Bytes ListHeadKey(const ClientId& client, std::uint8_t list) {
  return ListKey(client, list, kNoEntry);
}

base::Bytes ListKey(const ClientId& client, std::uint8_t list, EntryNumber entry) {
  base::Bytes key = ListPrefix(client, list);
  base::AppendUint64(~entry.value, key);  // Newest first in byte order.
  return key;
}

std::optional<EntryNumber> EntryOfListKey(base::ByteSpan key, const ClientId& client,
                                          std::uint8_t list) {
  const base::Bytes prefix = ListPrefix(client, list);
  if (key.size() != prefix.size() + kNumberSize) return std::nullopt;
  if (!std::ranges::equal(key.first(prefix.size()), prefix)) return std::nullopt;
  return EntryNumber{~base::ReadUint64(key.subspan(prefix.size()))};
}

base::Result<std::optional<base::ByteSpan>> GetRow(const LmdbTransaction& transaction,
                                                   LmdbTable rows, base::ByteSpan key) {
  ASSIGN_OR_RETURN(const auto value, transaction.Get(rows, key));
  if (!value) return std::optional<base::ByteSpan>();
  const auto payload = Unguarded(GuardSize::kShort, key, *value);
  if (!payload) return IndexDamaged("row " + base::HexEncode(key) + " does not fit its guard");
  return payload;
}

base::Status PutRow(LmdbTransaction& transaction, LmdbTable rows, base::ByteSpan key,
                    base::ByteSpan payload) {
  return transaction.Put(rows, key, Guarded(GuardSize::kShort, key, payload));
}

base::Result<std::optional<EntryNumber>> GetNumber(const LmdbTransaction& transaction,
                                                   LmdbTable rows, base::ByteSpan key) {
  ASSIGN_OR_RETURN(const auto payload, GetRow(transaction, rows, key));
  if (!payload) return std::optional<EntryNumber>();
  if (payload->size() != kNumberSize)
    return IndexDamaged("row " + base::HexEncode(key) + " holds no number");
  return std::optional(EntryNumber{base::ReadUint64(*payload)});
}

base::Status PutNumber(LmdbTransaction& transaction, LmdbTable rows, base::ByteSpan key,
                       EntryNumber number) {
  base::Bytes payload;
  base::AppendUint64(number.value, payload);
  return PutRow(transaction, rows, key, payload);
}

base::Error IndexDamaged(std::string message) {
  return {base::ErrorCode::kCorrupted, "ledger.index-damaged", std::move(message)};
}

}  // namespace vault
