// KilledLedger, KilledKeyStore, KilledRoots: the real parts below an erasure, in a process that
// dies at one of its steps. A step is the moment before or after a change; dying is an exception
// that only the test catches, after which everything in memory is thrown away.
#pragma once

#include <utility>
#include <vector>

#include "tests/fakes/fake_vault_keys.h"
#include "vault/key_store.h"
#include "vault/ledger.h"

namespace tests {

struct Killed {};

class Fate {
 public:
  int die_at = -1;  // The number of the step; -1: never.
  int steps = 0;

  void Step() {
    if (steps++ == die_at) throw Killed{};
  }
  template <typename Change>
  auto Around(Change change) {
    Step();
    auto done = change();
    Step();
    return done;
  }
};

class KilledLedger final : public vault::Ledger {
 public:
  KilledLedger(vault::Ledger& real, Fate& fate) : real_(real), fate_(fate) {}

  base::Result<vault::Appended> Append(vault::Record record) override {
    return fate_.Around([&] { return real_.Append(std::move(record)); });
  }
  base::Result<std::vector<vault::Appended>> AppendAll(
      std::vector<vault::Record> records) override {
    return fate_.Around([&] { return real_.AppendAll(std::move(records)); });
  }
  base::Result<vault::StoredRecord> Read(vault::EntryNumber entry) const override {
    return real_.Read(entry);
  }
  base::Result<vault::StoredRecord> Find(const vault::RecordId& id) const override {
    return real_.Find(id);
  }
  base::Result<vault::ClientId> FindClient(const base::Sha256Digest& alias) const override {
    return real_.FindClient(alias);
  }
  base::Result<bool> HasClient(const vault::ClientId& client) const override {
    return real_.HasClient(client);
  }
  base::Result<vault::HistoryPage> History(const HistoryQuery& query) const override {
    return real_.History(query);
  }
  base::Result<vault::TreeHead> Head() const override { return real_.Head(); }
  base::Result<std::vector<base::Sha256Digest>> InclusionProof(vault::EntryNumber entry,
                                                               std::uint64_t size) const override {
    return real_.InclusionProof(entry, size);
  }
  base::Result<vault::TreeHead> HeadAt(std::uint64_t size) const override {
    return real_.HeadAt(size);
  }
  base::Result<vault::StoredRecord> ReadWithNodes(vault::EntryNumber entry) const override {
    return real_.ReadWithNodes(entry);
  }
  base::Result<std::vector<base::Sha256Digest>> ConsistencyProof(
      std::uint64_t first, std::uint64_t second) const override {
    return real_.ConsistencyProof(first, second);
  }
  base::Result<base::Bytes> TileHashes(const vault::Tile& tile) const override {
    return real_.TileHashes(tile);
  }
  base::Result<base::Bytes> TileEntries(const vault::Tile& tile) const override {
    return real_.TileEntries(tile);
  }
  base::Status KeepCheckpoint(std::uint64_t size, std::string_view note) override {
    return real_.KeepCheckpoint(size, note);
  }
  base::Status KeepStamp(std::uint64_t size, base::ByteSpan token) override {
    return real_.KeepStamp(size, token);
  }
  base::Result<Checkpoint> LatestCheckpoint() const override { return real_.LatestCheckpoint(); }
  base::Result<Checkpoint> FirstStamped(std::uint64_t size) const override {
    return real_.FirstStamped(size);
  }
  base::Result<Checkpoint> LatestStamped() const override { return real_.LatestStamped(); }

 private:
  vault::Ledger& real_;
  Fate& fate_;
};

class KilledKeyStore final : public vault::KeyStore {
 public:
  KilledKeyStore(vault::KeyStore& real, Fate& fate) : real_(real), fate_(fate) {}

  base::Result<std::optional<vault::KeyTop>> Top() const override { return real_.Top(); }
  base::Status Begin(const vault::KeyTop& top) override {
    return fate_.Around([&] { return real_.Begin(top); });
  }
  base::Result<vault::StoredPaths> PathsTo(std::span<const vault::KeySlot> slots) const override {
    return real_.PathsTo(slots);
  }
  base::Result<vault::NextLeaf> Next() const override { return real_.Next(); }
  base::Status AddLeaf(std::uint32_t leaf, const std::vector<vault::StoredKey>& nodes,
                       base::ByteSpan row) override {
    return fate_.Around([&] { return real_.AddLeaf(leaf, nodes, row); });
  }
  base::Result<std::vector<vault::KeyRow>> Rows(
      const std::vector<vault::KeyNode>& nodes) const override {
    return real_.Rows(nodes);
  }
  base::Status Replace(const vault::KeyTop& before, const vault::KeyTop& after,
                       const std::vector<vault::KeyRow>& rows,
                       const vault::UnfinishedErasure& erasure) override {
    return fate_.Around([&] { return real_.Replace(before, after, rows, erasure); });
  }
  base::Result<std::optional<vault::UnfinishedErasure>> Unfinished() const override {
    return real_.Unfinished();
  }
  base::Status Finish() override {
    return fate_.Around([&] { return real_.Finish(); });
  }
  base::Result<vault::KeySlice> RowsFrom(const vault::KeyNode& first,
                                         std::size_t most) const override {
    return real_.RowsFrom(first, most);
  }
  base::Status PutBack(const vault::KeySlice& slice) override { return real_.PutBack(slice); }

 private:
  vault::KeyStore& real_;
  Fate& fate_;
};

// Root keys in a token: every change of them is a step.
class KilledRoots final : public hsm::RootKeys {
 public:
  KilledRoots(FakeRoots& real, Fate& fate) : real_(real), fate_(fate) {}

  base::Result<base::Bytes> Wrap(std::uint64_t generation, const base::Secret& key,
                                 base::ByteSpan associated) override {
    return real_.Wrap(generation, key, associated);
  }
  base::Result<base::Secret> Unwrap(std::uint64_t generation, base::ByteSpan wrapped,
                                    base::ByteSpan associated) override {
    return real_.Unwrap(generation, wrapped, associated);
  }
  base::Status Make(std::uint64_t generation) override {
    return fate_.Around([&] { return real_.Make(generation); });
  }
  base::Status DestroyOthers(std::uint64_t generation) override {
    return fate_.Around([&] { return real_.DestroyOthers(generation); });
  }

 private:
  FakeRoots& real_;
  Fate& fate_;
};

}  // namespace tests
