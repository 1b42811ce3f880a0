#include "hsm/key_shares.h"

#include <gtest/gtest.h>

#include <utility>

#include "base/bytes.h"
#include "base/random.h"

namespace hsm {
namespace {

KeyShare Copy(const KeyShare& share) {
  const base::ByteSpan value = share.value.Reveal();
  return {share.set, share.needed, share.number,
          base::Secret(base::Bytes(value.begin(), value.end()))};
}

std::vector<KeyShare> Choose(const std::vector<KeyShare>& all, unsigned mask) {
  std::vector<KeyShare> chosen;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (((mask >> i) & 1U) != 0) chosen.push_back(Copy(all[i]));
  return chosen;
}

class KeySharesTest : public ::testing::Test {
 protected:
  static base::Secret Seed() { return base::Secret(base::RandomBytes(kSeedSize)); }
};

TEST_F(KeySharesTest, AnyEnoughSharesGiveTheSeedAndFewerNothing) {
  for (const ShareCounts counts : {ShareCounts{2, 2}, ShareCounts{2, 3}, ShareCounts{3, 5},
                                   ShareCounts{5, 5}, ShareCounts{4, 7}}) {
    const base::Secret seed = Seed();
    const std::vector<KeyShare> shares = SplitSeed(seed, counts);
    ASSERT_EQ(shares.size(), counts.all);
    for (unsigned mask = 0; mask < (1U << counts.all); ++mask) {
      const auto joined = JoinSeed(Choose(shares, mask));
      const int chosen = __builtin_popcount(mask);
      ASSERT_EQ(joined.ok(), chosen >= counts.needed) << mask;
      if (joined.ok())
        EXPECT_TRUE(base::EqualInConstantTime(joined.value().Reveal(), seed.Reveal()));
      else
        EXPECT_EQ(joined.error().reason, "share.too-few");
    }
  }
}

// Any field of 256 elements would split and join, but not with anybody else's tool: this one is
// that of FIPS 197, 4.2, where doubling is a shift and a conditional 0x1b.
TEST_F(KeySharesTest, TheArithmeticIsThatOfTheStandard) {
  // With two needed: the share of x is the seed plus a times x.
  const base::Secret seed = Seed();
  const std::vector<KeyShare> shares = SplitSeed(seed, {2, 2});
  for (std::size_t i = 0; i < kSeedSize; ++i) {
    const unsigned a = shares[0].value.Reveal()[i] ^ seed.Reveal()[i];
    const unsigned doubled = ((a << 1U) ^ ((a & 0x80U) != 0 ? 0x11bU : 0U)) & 0xffU;
    EXPECT_EQ(shares[1].value.Reveal()[i] ^ seed.Reveal()[i], doubled);
  }
}

TEST_F(KeySharesTest, AWrongShareIsNoticedAndGivesNothing) {
  std::vector<KeyShare> shares = SplitSeed(Seed(), {2, 3});
  base::Bytes bent(shares[1].value.Reveal().begin(), shares[1].value.Reveal().end());
  bent[31] ^= 1;
  shares[1].value = base::Secret(std::move(bent));
  EXPECT_EQ(JoinSeed(Choose(shares, 3)).error().reason, "share.wrong");
  EXPECT_TRUE(JoinSeed(Choose(shares, 5)).ok());
  shares[0].number = 2;
  EXPECT_EQ(JoinSeed(Choose(shares, 5)).error().reason, "share.wrong");
  EXPECT_EQ(JoinSeed(Choose(shares, 3)).error().reason, "share.malformed");
}

TEST_F(KeySharesTest, SharesOfTwoSeedsDoNotMix) {
  const std::vector<KeyShare> one = SplitSeed(Seed(), {2, 2});
  const std::vector<KeyShare> other = SplitSeed(Seed(), {2, 2});
  std::vector<KeyShare> mixed;
  mixed.push_back(Copy(one[0]));
  mixed.push_back(Copy(other[1]));
  EXPECT_EQ(JoinSeed(mixed).error().reason, "share.malformed");
  mixed[1].set = one[0].set;
  EXPECT_EQ(JoinSeed(mixed).error().reason, "share.wrong");
}

TEST_F(KeySharesTest, OneShareTwiceIsNotTwo) {
  const std::vector<KeyShare> shares = SplitSeed(Seed(), {2, 2});
  std::vector<KeyShare> twice;
  twice.push_back(Copy(shares[0]));
  twice.push_back(Copy(shares[0]));
  EXPECT_EQ(JoinSeed(twice).error().reason, "share.malformed");
  twice[1].number = 0;  // Would be the seed itself.
  EXPECT_EQ(JoinSeed(twice).error().reason, "share.malformed");
}

// Who lowers the number of shares that are needed gets no seed from fewer.
TEST_F(KeySharesTest, TheNumberNeededIsNotForTheHolderToSay) {
  std::vector<KeyShare> shares = SplitSeed(Seed(), {3, 3});
  for (KeyShare& share : shares) share.needed = 2;
  EXPECT_EQ(JoinSeed(Choose(shares, 3)).error().reason, "share.wrong");
  for (KeyShare& share : shares) share.needed = 1;
  EXPECT_EQ(JoinSeed(Choose(shares, 1)).error().reason, "share.malformed");
}

TEST_F(KeySharesTest, OnlyTwoToSixteen) {
  EXPECT_TRUE(CheckCounts({2, 16}).ok());
  for (const ShareCounts counts :
       {ShareCounts{1, 3}, ShareCounts{0, 0}, ShareCounts{4, 3}, ShareCounts{2, 17}})
    EXPECT_EQ(CheckCounts(counts).error().reason, "share.malformed-counts");
}

TEST_F(KeySharesTest, EachUseHasAKeyOfItsOwn) {
  const base::Secret seed{base::Bytes(kSeedSize, 7)};
  EXPECT_FALSE(
      base::EqualInConstantTime(KeyOfSeed(seed, "root").Reveal(), KeyOfSeed(seed, "mac").Reveal()));
  // RFC 5869 with an empty salt, calculated by Python's hmac.
  EXPECT_EQ(base::HexEncode(KeyOfSeed(seed, "root").Reveal()),
            "e03e077fb3988594ca48907765c3994515b44b87176fbbef2691f2b8001f6158");
}

}  // namespace
}  // namespace hsm
