// Audit: recomputes a copy of the vault, with no key of ours: every entry, every node of the tree,
// every checkpoint with its signatures, and the ciphertext of every document.
//
// Whoever changed a bit of it, or left out an entry that a checkpoint covers, is found out. It does
// not say that the copy is the newest one: for that, compare its head with what a witness knows.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "vault/ledger.h"

namespace vault {

struct AuditOrder {
  std::filesystem::path data;          // A copy of DATA, or DATA of a vault that does not run.
  std::string log_key;                 // Verifier key of its checkpoints.
  std::vector<std::string> witnesses;  // Verifier keys of who may have cosigned.
  // The time in an RFC 3161 token over that digest, by a TSA that is trusted. Not set: time-stamps
  // are counted and not checked.
  std::function<base::Result<base::Time>(base::ByteSpan token, const base::Sha256Digest& covered)>
      read_stamp{};
  // Told now and then how far it is; may be empty.
  std::function<void(const char* what, std::uint64_t done, std::uint64_t of)> progress{};
  bool skip_documents = false;  // The log alone.
};

struct AuditFinding {
  std::string reason;  // As of the Error that a read would give.
  std::string detail;
};

struct AuditReport {
  TreeHead head;  // Of the entries, as recomputed.
  std::uint64_t documents = 0;
  std::uint64_t document_bytes = 0;  // Of ciphertext that was hashed.
  std::uint64_t checkpoints = 0;
  std::uint64_t checkpointed = 0;                 // Entries below the newest good checkpoint.
  std::map<std::string, std::uint64_t> cosigned;  // By name of the witness: good cosignatures.
  std::uint64_t unknown_cosignatures = 0;         // Of keys that were not handed in.
  std::uint64_t stamps = 0;
  std::uint64_t unchecked_stamps = 0;
  std::vector<AuditFinding> findings;  // The first thousand.
  std::uint64_t finding_count = 0;
  bool IsIntact() const { return finding_count == 0; }
  // Something that is there was not looked at, for want of a key.
  bool IsComplete() const { return unknown_cosignatures == 0 && unchecked_stamps == 0; }
};

// What is damaged is in the report. Memory does not grow with the vault.
//
// Errors, when nothing could be audited: kNotFound "file.missing", kInvalidInput
// "receipt.bad-verifier-key", "witness.bad-key", kUnavailable "vault.locked" (it runs), and those
// of reading the environment.
base::Result<AuditReport> Audit(const AuditOrder& order);

// The same of a log as files of C2SP tlog-tiles (docs/formats/checkpoint.md): its one checkpoint,
// and every tile and entry below it. There are no documents and no time-stamps.
base::Result<AuditReport> AuditTiles(const AuditOrder& order);

}  // namespace vault
