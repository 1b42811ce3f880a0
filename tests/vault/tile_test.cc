#include "vault/tile.h"

#include <gtest/gtest.h>

#include "tests/fakes/temp_dir.h"
#include "tests/fakes/vault_records.h"
#include "vault/ledger.h"
#include "vault/merkle.h"
#include "vault/proof.h"

namespace vault {
namespace {

TEST(TilePathTest, IsThatOfC2sp) {
  EXPECT_EQ(TilePath({0, 1234067, 256}), "0/x001/x234/067");
  EXPECT_EQ(TilePath({1, 0, 17}), "1/000.p/17");
  EXPECT_EQ(TilePath({0, 273, 112}, true), "entries/273.p/112");
  EXPECT_EQ(TilePath({7, 1000, 256}), "7/x001/000");
}

TEST(TilePathTest, ReadsWhatItWrites) {
  for (const std::uint64_t index : {0ULL, 999ULL, 1000ULL, 1234067ULL, 72057594037927935ULL})
    for (const std::uint64_t width : {1ULL, 255ULL, 256ULL}) {
      const auto named = ParseTilePath(TilePath({0, index, width}, true));
      ASSERT_TRUE(named) << index;
      EXPECT_EQ(named->tile, (Tile{0, index, width}));
      EXPECT_TRUE(named->is_entries);
    }
}

TEST(TilePathTest, HasOneSpelling) {
  for (const char* path : {"",
                           "0",
                           "0/",
                           "0/0",
                           "0/00",
                           "0/0000",
                           "00/000",
                           "8/000",
                           "0/x000/000",
                           "0/1/000",
                           "0/x01/000",
                           "0/x001/00",
                           "0/000.p/",
                           "0/000.p/0",
                           "0/000.p/256",
                           "0/000.p/257",
                           "0/000.p/01",
                           "0/000.p/+1",
                           "0/-01",
                           "0/000/",
                           "/0/000",
                           "entries/000.p/",
                           "data/000",
                           "0/x99999999999999999999/000",
                           "0/000.p/1.p/1",
                           "0/ 000",
                           "0/x001/x000",
                           "-1/000"})
    EXPECT_FALSE(ParseTilePath(path)) << path;
}

// The example of tlog-tiles: 273 full tiles and one of 112; one full and one of 17; one of 1.
TEST(TileRowTest, IsThatOfTheExample) {
  const auto row = [](unsigned level) { return TileRowOf(level, 70'000); };
  EXPECT_EQ(row(0).full, 273U);
  EXPECT_EQ(row(0).partial, 112U);
  EXPECT_EQ(row(1).full, 1U);
  EXPECT_EQ(row(1).partial, 17U);
  EXPECT_EQ(row(2).full, 0U);
  EXPECT_EQ(row(2).partial, 1U);
  EXPECT_EQ(row(3).partial, 0U);
}

class TilesOfALedgerTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kEntries = 300;
  void SetUp() override {
    for (std::uint64_t i = 0; i < kEntries; ++i)
      ASSERT_TRUE(ledger_->Append(tests::DocumentOf(client_)).ok());
  }
  Digests HashesOf(const Tile& tile) const {
    const base::Bytes bytes = ledger_->TileHashes(tile).value();
    Digests hashes;
    for (std::size_t at = 0; at + 32 <= bytes.size(); at += 32)
      hashes.push_back(*base::ToSha256Digest(base::ByteSpan(bytes).subspan(at, 32)));
    return hashes;
  }
  tests::TempDir folder_;
  const ClientId client_ = ClientId::New();
  std::unique_ptr<Ledger> ledger_ =
      Ledger::Open(folder_.path() / "data", tests::kSmallLedger).value();
};

TEST_F(TilesOfALedgerTest, GiveItsRoot) {
  Edge edge;
  for (const Tile& tile : {Tile{0, 0, 256}, Tile{0, 1, 44}})
    for (const base::Sha256Digest& leaf : HashesOf(tile)) edge.Append(leaf);
  EXPECT_EQ(edge.size(), kEntries);
  EXPECT_EQ(edge.Root(), ledger_->Head().value().root);
}

TEST_F(TilesOfALedgerTest, AnUpperTileHoldsTheRootsOfFullLowerOnes) {
  Edge edge;
  for (const base::Sha256Digest& leaf : HashesOf({0, 0, 256})) edge.Append(leaf);
  EXPECT_EQ(HashesOf({1, 0, 1}), Digests{edge.Root()});
}

TEST_F(TilesOfALedgerTest, BundlesHoldTheEntriesOfTheirTile) {
  const base::Bytes bundle = ledger_->TileEntries({0, 1, 44}).value();
  base::ByteSpan rest = bundle;
  for (const base::Sha256Digest& leaf : HashesOf({0, 1, 44})) {
    const std::size_t size = rest[0] * 256U + rest[1];
    EXPECT_EQ(LeafHash(rest.subspan(2, size)), leaf);
    rest = rest.subspan(2 + size);
  }
  EXPECT_TRUE(rest.empty());
}

TEST_F(TilesOfALedgerTest, WhatTheTreeDoesNotHaveIsUnknown) {
  for (const Tile& tile : {Tile{0, 1, 45}, Tile{0, 1, 256}, Tile{0, 2, 1}, Tile{1, 0, 2},
                           Tile{2, 0, 1}, Tile{7, 0, 1}, Tile{0, 0, 0}, Tile{8, 0, 1}}) {
    EXPECT_EQ(ledger_->TileHashes(tile).error().reason, "tile.unknown")
        << TilePath({0, tile.index});
  }
  EXPECT_EQ(ledger_->TileEntries({0, 1, 45}).error().reason, "tile.unknown");
}

TEST_F(TilesOfALedgerTest, AnyTwoSizesAreProvenConsistent) {
  for (const std::uint64_t size : {1ULL, 2ULL, 255ULL, 256ULL, 257ULL, 300ULL})
    for (const std::uint64_t old : {0ULL, 1ULL, 128ULL, 255ULL, 256ULL, 300ULL}) {
      const auto proof = ledger_->ConsistencyProof(old, size);
      if (old > size) {
        EXPECT_EQ(proof.error().reason, "proof.out-of-range");
        continue;
      }
      const TreeHead before = ledger_->HeadAt(old).value();
      const TreeHead after = ledger_->HeadAt(size).value();
      EXPECT_TRUE(IsConsistent({old, before.root}, {size, after.root}, proof.value()));
      EXPECT_FALSE(IsConsistent({old, base::Sha256({})}, {size, before.root}, proof.value()) &&
                   old != 0);
    }
  EXPECT_EQ(ledger_->ConsistencyProof(1, 301).error().reason, "proof.out-of-range");
}

TEST_F(TilesOfALedgerTest, StampsAreFoundByTheSizeTheyCover) {
  EXPECT_EQ(ledger_->LatestStamped().error().reason, "checkpoint.none");
  for (const std::uint64_t size : {10ULL, 20ULL, 30ULL})
    ASSERT_TRUE(ledger_->KeepCheckpoint(size, "note of " + std::to_string(size)).ok());
  ASSERT_TRUE(ledger_->KeepStamp(10, base::ToBytes("token 10")).ok());
  ASSERT_TRUE(ledger_->KeepStamp(20, base::ToBytes("token 20")).ok());
  EXPECT_EQ(ledger_->FirstStamped(10).value().size, 10U);
  EXPECT_EQ(ledger_->FirstStamped(11).value().note, "note of 20");
  EXPECT_EQ(base::ToString(ledger_->FirstStamped(11).value().stamp), "token 20");
  EXPECT_EQ(ledger_->FirstStamped(21).error().reason, "checkpoint.none");
  EXPECT_EQ(ledger_->LatestStamped().value().size, 20U);
  EXPECT_TRUE(ledger_->LatestCheckpoint().value().stamp.empty());
}

TEST_F(TilesOfALedgerTest, AStampBeyondTheTreeIsRefused) {
  EXPECT_EQ(ledger_->KeepStamp(301, base::ToBytes("t")).error().reason, "proof.out-of-range");
}

}  // namespace
}  // namespace vault
