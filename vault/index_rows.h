// IndexRows: keys and values of the index, row by row (docs/formats/ledger.md).
#pragma once

#include <optional>

#include "vault/lmdb.h"
#include "vault/record.h"

namespace vault {

// The list of everything; the others have the number of their RecordKind.
inline constexpr std::uint8_t kListOfAll = 0;

base::Bytes IdKey(const RecordId& id);
base::Bytes AliasKey(const base::Sha256Digest& alias_mac);
base::Bytes ClientKey(const ClientId& client);
base::Bytes AppliedKey();

// A list's rows lie together, the newest first: its head, then entries downward.
base::Bytes ListHeadKey(const ClientId& client, std::uint8_t list);
base::Bytes ListKey(const ClientId& client, std::uint8_t list, EntryNumber entry);
// The entry of a ListKey() of that list; nullopt for any other key.
std::optional<EntryNumber> EntryOfListKey(base::ByteSpan key, const ClientId& client,
                                          std::uint8_t list);

// Reads and writes guarded rows. A row that does not fit its guard is
// kCorrupted "ledger.index-damaged".
base::Result<std::optional<base::ByteSpan>> GetRow(const LmdbTransaction& transaction,
                                                   LmdbTable rows, base::ByteSpan key);
base::Status PutRow(LmdbTransaction& transaction, LmdbTable rows, base::ByteSpan key,
                    base::ByteSpan payload);

// Rows that hold one entry number, or (in lists) none.
base::Result<std::optional<EntryNumber>> GetNumber(const LmdbTransaction& transaction,
                                                   LmdbTable rows, base::ByteSpan key);
base::Status PutNumber(LmdbTransaction& transaction, LmdbTable rows, base::ByteSpan key,
                       EntryNumber number);

// The end of a list: no entry has this number.
inline constexpr EntryNumber kNoEntry{~std::uint64_t{0}};

base::Error IndexDamaged(std::string message);

}  // namespace vault
