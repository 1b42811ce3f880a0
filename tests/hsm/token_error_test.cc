#include "hsm/token_error.h"

#include <gtest/gtest.h>

namespace hsm {
namespace {

TEST(TokenErrorTest, NamesTheCallTheCodeAndWhatToDo) {
  const base::Error error = TokenError(CKR_PIN_LOCKED, "C_Login");
  EXPECT_EQ(error.code, base::ErrorCode::kUnavailable);
  EXPECT_EQ(error.reason, "token.locked");
  EXPECT_EQ(error.message, "C_Login: CKR_PIN_LOCKED");
}

TEST(TokenErrorTest, AVendorCodeIsAFailureOfTheToken) {
  EXPECT_EQ(TokenError(CKR_VENDOR_DEFINED + 5, "C_Sign").reason, "token.failed");
  EXPECT_FALSE(MeansTokenLost(CKR_VENDOR_DEFINED + 5));
}

TEST(TokenErrorTest, OnlyACountedWrongPinIsARefusal) {
  EXPECT_TRUE(MeansPinRefused(CKR_PIN_INCORRECT));
  EXPECT_FALSE(MeansPinRefused(CKR_PIN_LOCKED));
  EXPECT_FALSE(MeansPinRefused(CKR_DEVICE_REMOVED));
}

}  // namespace
}  // namespace hsm
