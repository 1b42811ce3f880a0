// Records for tests of the vault: synthetic, and different from one another.
#pragma once

#include <string_view>

#include "vault/ledger.h"

namespace tests {

inline vault::Record DocumentOf(const vault::ClientId& client) {
  vault::Record record;
  record.kind = vault::RecordKind::kDocument;
  record.id = vault::RecordId::New();
  record.stored_at = base::Time(std::chrono::seconds(1'795'000'000));
  record.agency = "vieglais-iecirknis";
  record.client = client;
  record.content = {.segment = 1, .offset = 16, .length = 1024};
  record.content_sha256 = base::Sha256(record.id.span());
  record.commitment = base::Sha256(record.content_sha256.span());
  record.sealed = base::Bytes(120, 0x5a);
  return record;
}

inline vault::Record AccessOf(const vault::ClientId& client, const vault::RecordId& subject) {
  vault::Record record = DocumentOf(client);
  record.kind = vault::RecordKind::kAccess;
  record.content = {};
  record.content_sha256 = {};
  record.subject = subject;
  return record;
}

inline vault::Record ClientWith(const vault::ClientId& client, std::string_view alias) {
  vault::Record record = DocumentOf(client);
  record.kind = vault::RecordKind::kClient;
  record.content = {};
  record.content_sha256 = {};
  record.commitment = base::Sha256(base::AsBytes(alias));
  return record;
}

// Small enough that a test makes hundreds of ledgers.
inline constexpr vault::Ledger::Options kSmallLedger{.max_bytes = std::size_t{64} << 20U,
                                                     .queue_limit = 4096};

}  // namespace tests
