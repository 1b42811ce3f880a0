// Snapshot: the record of one set of trust material in the store (docs/formats/trust-snapshot.md).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/result.h"

namespace trust {

struct Member {
  std::string name;  // As it was handed in; for people.
  base::Sha256Digest sha256;
  std::string kind;  // "list" or "certificate".
};

struct Snapshot {
  std::string id;  // IdOf(members).
  base::Time created;
  std::string source;           // "files" or "courier".
  std::vector<Member> members;  // By digest.
  std::string older_allowed;    // Why an older list was let in; empty: none was.
};

// Lower-case hexadecimal SHA-256 of the digests in their order: the id that reports give.
std::string IdOf(std::vector<Member> members);

bool IsId(std::string_view text);  // 64 lower-case hexadecimal digits.

base::Json SnapshotToJson(const Snapshot& snapshot);
// kCorrupted "trust.store-damaged" for anything that SnapshotToJson() does not write, or whose
// id is not that of its members.
base::Result<Snapshot> SnapshotFromJson(const base::Json& json);

}  // namespace trust
