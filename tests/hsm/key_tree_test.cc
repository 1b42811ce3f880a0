#include "hsm/key_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/clock.h"
#include "hsm/key_rate.h"
#include "tests/fakes/fake_vault_keys.h"
#include "tests/fakes/fixed_clock.h"
#include "tests/fakes/small_tree.h"

namespace hsm {
namespace {

class KeyTreeTest : public testing::Test {
 protected:
  std::string OpenReason(const KeyPaths& paths, const PlacedKey& key) {
    return tests::OpenReason(keys_, paths, key);
  }
  // Of a leaf whose path has `nodes`.
  std::string LeafReason(std::vector<PlacedKey> nodes, std::uint32_t leaf) {
    const auto made = keys_.MakeLeaf({tree_.paths.top, std::move(nodes)}, leaf);
    return made.ok() ? "made" : made.error().reason;
  }

  tests::FakeVaultKeys keys_;
  tests::SmallTree tree_ = tests::MakeSmallTree(keys_).value();
};

TEST_F(KeyTreeTest, ALeafHas256KeysThatAreAllDifferent) {
  ASSERT_EQ(tree_.keys.size(), kFanOut);
  std::set<base::Bytes> distinct;
  for (std::uint32_t i = 0; i < kFanOut; ++i) {
    const auto opened = keys_.OpenKeys(KeyUse::kRead, tree_.paths, {tree_.Key(i)}).value();
    const base::ByteSpan bytes = opened.front().Reveal();
    EXPECT_TRUE(base::EqualInConstantTime(bytes, tree_.keys[i].Reveal()));
    distinct.emplace(bytes.begin(), bytes.end());
  }
  EXPECT_EQ(distinct.size(), kFanOut);
}

TEST_F(KeyTreeTest, OneBadKeyAmongManyOpensNone) {
  std::vector<PlacedKey> many(kMaxKeys, tree_.Key());
  EXPECT_EQ(keys_.OpenKeys(KeyUse::kRead, tree_.paths, many).value().size(), kMaxKeys);
  many[200].wrapped[20] ^= 1;
  EXPECT_EQ(keys_.OpenKeys(KeyUse::kRead, tree_.paths, many).error().reason, "key.unwrap-failed");
}

TEST_F(KeyTreeTest, AFlippedBitAnywhereOnTheWayIsCorrupted) {
  for (std::size_t node = 0; node < tree_.paths.nodes.size(); ++node) {
    for (const std::size_t position : {0U, 11U, 12U, 43U, 44U, 59U}) {
      KeyPaths paths = tree_.paths;
      paths.nodes[node].wrapped[position] ^= 1;
      EXPECT_EQ(OpenReason(paths, tree_.Key()), "key.unwrap-failed") << node << " " << position;
    }
  }
  PlacedKey longer = tree_.Key();
  longer.wrapped.push_back(0);
  EXPECT_EQ(OpenReason(tree_.paths, longer), "key.unwrap-failed");
  EXPECT_EQ(OpenReason(tree_.paths, {longer.place, {}}), "key.unwrap-failed");
}

TEST_F(KeyTreeTest, AKeyMovedToAnotherPlaceDoesNotOpen) {
  PlacedKey moved = tree_.Key(1);
  moved.place = tree_.Key(2).place;
  EXPECT_EQ(OpenReason(tree_.paths, moved), "key.unwrap-failed");
  KeyPaths swapped = tree_.paths;
  std::swap(swapped.nodes[0].wrapped, swapped.nodes[1].wrapped);
  EXPECT_EQ(OpenReason(swapped, tree_.Key()), "key.unwrap-failed");
}

// A leaf of another tree, under the same root key, in the place of ours.
TEST_F(KeyTreeTest, ASubtreeOfAnotherTreeDoesNotOpen) {
  const tests::SmallTree other = tests::MakeSmallTree(keys_).value();
  KeyPaths mixed = tree_.paths;
  mixed.nodes.back() = other.paths.nodes.back();
  EXPECT_EQ(OpenReason(mixed, other.Key()), "key.unwrap-failed");
  EXPECT_EQ(OpenReason(other.paths, tree_.Key()), "key.unwrap-failed");
}

TEST_F(KeyTreeTest, APathThatIsNotWholeIsRefused) {
  KeyPaths paths = tree_.paths;
  paths.nodes.pop_back();
  EXPECT_EQ(OpenReason(paths, tree_.Key()), "key.malformed-path");
  EXPECT_EQ(OpenReason(tree_.paths, tree_.paths.nodes[0]), "key.malformed-path") << "a node's key";
  EXPECT_EQ(OpenReason(tree_.paths, {{5, 1}, tree_.row}), "key.malformed-path");
  EXPECT_EQ(OpenReason(tree_.paths, {{kRecordLevel, 0xFFFFFFFF}, tree_.Key().wrapped}),
            "key.malformed-path");
}

TEST_F(KeyTreeTest, ALeafIsMadeOnceAndWithinTheTree) {
  EXPECT_EQ(LeafReason(tree_.paths.nodes, tests::SmallTree::kLeaf), "key.malformed-path");
  EXPECT_EQ(LeafReason({}, 1U << 24U), "key.malformed-path");
  EXPECT_EQ(LeafReason({}, (1U << 24U) - 1), "made");
}

TEST_F(KeyTreeTest, NodesThatAreThereAreNotMadeAgain) {
  const std::vector<PlacedKey> above{tree_.paths.nodes[0], tree_.paths.nodes[1]};
  EXPECT_EQ(keys_.MakeLeaf({tree_.paths.top, above}, 2).value().nodes.size(), 1U);
  EXPECT_EQ(keys_.MakeLeaf({tree_.paths.top, {above[0]}}, 256).value().nodes.size(), 2U);
}

TEST_F(KeyTreeTest, ARekeyedNodeKeepsWhatStaysAndLosesWhatGoes) {
  const TopKey after = keys_.NewRoot(tree_.paths.top, {}).value();
  KeyPaths before = tree_.paths;
  KeyPaths paths{after, {}};
  for (std::size_t level = 0; level < kLeafLevel; ++level) {
    NodeToRekey node{
        {static_cast<std::uint8_t>(level), 0}, base::Bytes(kFanOut * kWrappedKeySize), {}};
    const std::size_t child = level == 2 ? tests::SmallTree::kLeaf : 0;
    std::ranges::copy(before.nodes[level].wrapped,
                      node.row.begin() + static_cast<std::ptrdiff_t>(child * kWrappedKeySize));
    node.gone.set(child);
    const base::Bytes made = keys_.Rekey(before, paths, {node}).value().front();
    const auto from = made.begin() + static_cast<std::ptrdiff_t>(child * kWrappedKeySize);
    paths.nodes.push_back({before.nodes[level].place, {from, from + kWrappedKeySize}});
  }
  NodeToRekey leaf{{kLeafLevel, tests::SmallTree::kLeaf}, tree_.row, {}};
  leaf.gone.set(7);
  tests::SmallTree rekeyed{paths, keys_.Rekey(before, paths, {leaf}).value().front(), {}};
  const auto kept = keys_.OpenKeys(KeyUse::kRead, paths, {rekeyed.Key(8)});
  ASSERT_TRUE(kept.ok()) << kept.error().message;
  EXPECT_TRUE(base::EqualInConstantTime(kept.value().front().Reveal(), tree_.keys[8].Reveal()));
  EXPECT_EQ(rekeyed.Key(7).wrapped, base::Bytes(kWrappedKeySize));
  EXPECT_EQ(OpenReason(paths, tree_.Key(7)), "key.unwrap-failed") << "the old wrapped key";
  ASSERT_TRUE(keys_.KeepRoot(after).ok());
  EXPECT_EQ(OpenReason(before, tree_.Key(7)), "key.root-unknown");
  EXPECT_EQ(OpenReason(paths, rekeyed.Key(8)), "opened");
}

// The worked example of docs/formats/keys.md.
constexpr std::array<std::string_view, 5> kExample{
    "aaaaaaaaaaaaaaaaaaaaaaaa3ace79cb9f528cb50b2045e26f6d18222141206dd586c66a9dc1d15be62b365033e478"
    "8831c84e73dfbc86eb5a885ac8",
    "aaaaaaaaaaaaaaaaaaaaaaaa3d11f14f0bc048456cc94aa405929ec3ecc17a695ed3a217213a7321d94bd1bc93f3f9"
    "9bcd1cad6b2a82bdcb4d20fbed",
    "aaaaaaaaaaaaaaaaaaaaaaaa7bcc3f47277a60ba94b2d1980475212b94534f33da81e885658f6107f44fd05380e4b4"
    "708f639a9321c48a4fd90baee1",
    "aaaaaaaaaaaaaaaaaaaaaaaa6af81cb89f9ff822bd90445d08bfea4b1c279e12e0bd4d06200232fec86ac1903f7647"
    "a86d5eebb68e79d19d108af59d",
    "aaaaaaaaaaaaaaaaaaaaaaaafcf69e6a8edc93d8375e6d7ff74e8d6f44fc3f80ca2fde46c0c9a0a3ae32b72d219be9"
    "812632c62048b1b9c4ec48d706",
};

TEST(KeyTreeExampleTest, TheExampleOfTheFormatPageOpens) {
  const auto wrapped = [](std::size_t i) { return *base::HexDecode(kExample.at(i)); };
  const KeyPaths paths{{1, wrapped(0)},
                       {{{1, 0}, wrapped(1)}, {{2, 0}, wrapped(2)}, {{3, 1}, wrapped(3)}}};
  tests::FakeVaultKeys keys;  // Its root key is 32 bytes 0x09.
  const auto opened = keys.OpenKeys(KeyUse::kRead, paths, {{{kRecordLevel, 258}, wrapped(4)}});
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_EQ(base::HexEncode(opened.value().front().Reveal()),
            base::HexEncode(base::Bytes(32, 0x44)));
}

struct MovingClock final : base::Clock {
  base::Time Now() const override { return now; }
  base::Time now{std::chrono::seconds(1'795'000'000)};
};

TEST(KeyRateTest, AMinuteHasSoManyKeysForEachUse) {
  MovingClock clock;
  KeyRate rate({{KeyUse::kRead, 300}, {KeyUse::kVerify, 256}}, clock);
  EXPECT_TRUE(rate.Take(KeyUse::kRead, 256).ok());
  const base::Status refused = rate.Take(KeyUse::kRead, 45);
  EXPECT_EQ(refused.error().code, base::ErrorCode::kUnavailable);
  EXPECT_EQ(refused.error().reason, "key.rate");
  EXPECT_NE(refused.error().message.find("2026-11-18T11:07:00Z"), std::string::npos)
      << refused.error().message;
  EXPECT_TRUE(rate.Take(KeyUse::kRead, 44).ok()) << "what is refused is not counted";
  EXPECT_TRUE(rate.Take(KeyUse::kVerify, 256).ok());
  clock.now += std::chrono::minutes(1);
  EXPECT_TRUE(rate.Take(KeyUse::kRead, 300).ok());
}

TEST(KeyRateTest, AUseWithoutALimitGetsNothing) {
  MovingClock clock;
  KeyRate rate({}, clock);
  EXPECT_EQ(rate.Take(KeyUse::kExport, 1).error().reason, "key.rate");
  for (const KeyUse use : AllKeyUses()) EXPECT_GE(DefaultKeyLimits().at(use), kMaxKeys);
}

}  // namespace
}  // namespace hsm
