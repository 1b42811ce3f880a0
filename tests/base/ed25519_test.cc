#include "base/ed25519.h"

#include <gtest/gtest.h>

namespace base {
namespace {

// RFC 8032, 7.1, TEST 2.
const Bytes kKey = *HexDecode("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
const Bytes kMessage{0x72};
const Bytes kSignature = *HexDecode(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");

TEST(Ed25519Test, VerifiesTheVectorOfRfc8032) {
  EXPECT_TRUE(VerifyEd25519(kKey, kMessage, kSignature));
}

TEST(Ed25519Test, RefusesEveryFlippedByteOfTheSignature) {
  for (std::size_t i = 0; i < kSignature.size(); ++i) {
    Bytes changed = kSignature;
    changed[i] ^= 1U;
    EXPECT_FALSE(VerifyEd25519(kKey, kMessage, changed)) << i;
  }
}

TEST(Ed25519Test, RefusesAnotherMessageAndAnotherKey) {
  EXPECT_FALSE(VerifyEd25519(kKey, Bytes{0x73}, kSignature));
  Bytes other = kKey;
  other[3] ^= 1U;
  EXPECT_FALSE(VerifyEd25519(other, kMessage, kSignature));
}

TEST(Ed25519Test, RefusesWrongSizes) {
  const Bytes longer(65);
  EXPECT_FALSE(VerifyEd25519(kKey, kMessage, longer));
  EXPECT_FALSE(VerifyEd25519(kKey, kMessage, {}));
  EXPECT_FALSE(VerifyEd25519({}, kMessage, kSignature));
}

// RFC 8032, 5.1.7: S is less than the group order L. S + L would verify the same equation.
TEST(Ed25519Test, RefusesASignatureWithTheGroupOrderAdded) {
  const Bytes order =
      *HexDecode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  Bytes changed = kSignature;
  unsigned carry = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    carry += static_cast<unsigned>(changed[32 + i]) + order[i];
    changed[32 + i] = static_cast<std::uint8_t>(carry & 0xFFU);
    carry >>= 8U;
  }
  EXPECT_FALSE(VerifyEd25519(kKey, kMessage, changed));
}

}  // namespace
}  // namespace base
