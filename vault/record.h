// Record: one entry of the ledger, as plain values.
//
// What is here in clear is in clear on disk and in receipts, so nothing in it is personal:
// ids are random, agency codes are public, and all else is a salted commitment or sealed.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/digest.h"

namespace vault {

struct EntryNumber {
  std::uint64_t value = 0;  // 0-based, no gaps.
  friend auto operator<=>(const EntryNumber&, const EntryNumber&) = default;
};

// 16 random bytes. A type each, so that one is never taken for another.
template <typename Tag>
struct RandomId {
  std::array<std::uint8_t, 16> bytes{};
  base::ByteSpan span() const { return bytes; }
  std::string Text() const { return base::HexEncode(bytes); }  // 32 hexadecimal digits.
  static RandomId New();
  static std::optional<RandomId> Parse(std::string_view text);  // Exactly what Text() gives.
  friend auto operator<=>(const RandomId&, const RandomId&) = default;
};
using RecordId = RandomId<struct RecordTag>;  // A document's id is the id of its record.
using ClientId = RandomId<struct ClientTag>;

// The place of a record's key in the key tree (vault/key_store.h). 0: it has none.
struct KeySlot {
  std::uint32_t value = 0;
  friend auto operator<=>(const KeySlot&, const KeySlot&) = default;
};

enum class RecordKind : std::uint8_t {
  kClient = 1,    // A client was registered: `alias_mac` finds it again.
  kDocument = 2,  // A document was stored.
  kAccess = 3,    // Somebody read: `subject` is what was read (all zero: the history).
  kSealing = 4,   // A token is about to be asked for many seals; concerns no one client.
  kErasure = 5,   // Keys are about to be erased, or (with a `subject`) are: that entry's.
  kDamage = 6,    // Stored bytes were found damaged: those of `subject`, or all zero of an entry.
  kRecovery = 7,  // The log begins anew with what a backup held of an older one: `old_checkpoint`.
};

// Where a document's ciphertext lies.
struct SegmentRef {
  std::uint64_t segment = 0;  // 0: in the record itself.
  std::uint64_t offset = 0;   // Bytes from the start of the segment file.
  std::uint64_t length = 0;   // Bytes of ciphertext, framing included.
  friend bool operator==(const SegmentRef&, const SegmentRef&) = default;
};

struct Record {
  RecordKind kind = RecordKind::kDocument;
  RecordId id;
  base::Time stored_at;
  std::string agency;  // Code of the public body that acted, at most 64 bytes.
  ClientId client;     // Whom it concerns.
  // kAccess: the document read. kErasure: what announced it, in the entry that says it is done.
  // kDamage: the document whose ciphertext is damaged.
  RecordId subject;                   // Otherwise all zero.
  SegmentRef content;                 // kDocument only.
  base::Sha256Digest content_sha256;  // kDocument: of the ciphertext.
  base::Bytes inline_content;         // kDocument with segment 0: the ciphertext.
  // SHA-256(salt || SHA-256 of the plaintext document); the salt is in `sealed` and, for
  // whoever holds the document, in the receipt. kClient: the alias MAC. kSealing: SHA-256 of the
  // SHA-256 digests, one after another, of all that is to be signed. kErasure: SHA-256 of the
  // sorted ids of the records. kDamage: the number of the entry, in the last 8 bytes.
  // kRecovery: SHA-256 of `old_checkpoint`.
  base::Sha256Digest commitment;
  std::uint64_t root_before = 0;  // kErasure: generation of the root key, and the one after it.
  std::uint64_t root_after = 0;
  // kRecovery: how many entries of the older log follow, and the text (no signatures) of its newest
  // checkpoint that was known: origin, size, root. Entries from `kept` to that size are lost.
  std::uint64_t kept = 0;
  std::string old_checkpoint;
  KeySlot key;  // Of the record's own key.
  base::Bytes
      sealed;  // Metadata under the record's own key (nonce || AES-256-GCM), at most 1,200 bytes.
};

// SHA-256 of the sorted ids, each once: what custodians approve and the ledger says of an erasure.
base::Sha256Digest ErasureCommitment(std::vector<RecordId> records);

}  // namespace vault
