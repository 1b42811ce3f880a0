#include "signing/timestamp_token.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "signing/evidence.h"
#include "tests/fakes/token_maker.h"

namespace signing {
namespace {

using base::Bytes;

const Bytes kData = base::ToBytes("a SignatureValue");

class TimestampTokenTest : public testing::Test {
 protected:
  const tests::Identity tsa_ =
      tests::MakeIdentity(tests::MakeEcKey(), "Test TSA", /*for_timestamps=*/true);
  const Bytes token_ = tests::MakeToken(tsa_, kData);
};

TEST_F(TimestampTokenTest, TellsWhatItSaysAndWhoSignedIt) {
  const auto token = ParseTimestampToken(token_, {});
  ASSERT_TRUE(token.ok()) << token.error().message;
  EXPECT_TRUE(token.value().ImprintIs(HashOf(*FindDigestByName("SHA256"), kData)));
  EXPECT_TRUE(token.value().signature_ok);
  ASSERT_TRUE(token.value().signer);
  EXPECT_EQ(token.value().signer->SubjectText(), "CN=Test TSA");
  EXPECT_EQ(token.value().policy, "1.2.3.4");
  const auto age = base::SystemClock().Now() - token.value().time;
  EXPECT_LT(std::chrono::abs(age), std::chrono::minutes(5));
}

TEST_F(TimestampTokenTest, TheImprintOfOtherDataIsAnother) {
  const auto token = ParseTimestampToken(token_, {});
  ASSERT_TRUE(token.ok());
  EXPECT_FALSE(token.value().ImprintIs(HashOf(*FindDigestByName("SHA256"), {})));
  EXPECT_FALSE(token.value().ImprintIs({}));
}

TEST_F(TimestampTokenTest, OneThatWasKeptIsHeldAgainstWhatItCovers) {
  const auto answer = ReadTimestampToken(token_, base::Sha256(kData));
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer.value().certificates.front(),
            ParseTimestampToken(token_, {}).value().signer->der());
  EXPECT_EQ(ReadTimestampToken(token_, base::Sha256({})).error().reason, "timestamp.other-imprint");
  EXPECT_EQ(ReadTimestampToken({}, base::Sha256(kData)).error().reason, "timestamp.malformed");
  Bytes forged = token_;
  forged.back() ^= 1U;  // Of the signature.
  EXPECT_EQ(ReadTimestampToken(forged, base::Sha256(kData)).error().reason,
            "timestamp.bad-signature");
  const auto wide = tests::MakeToken(tsa_, kData, "", {.imprint = EVP_sha512()});
  EXPECT_EQ(ReadTimestampToken(wide, base::Sha256(kData)).error().reason,
            "timestamp.other-imprint");
}

TEST_F(TimestampTokenTest, NoFlippedBitLeavesEverythingAsItWas) {
  const auto original = ParseTimestampToken(token_, {});
  ASSERT_TRUE(original.ok());
  for (std::size_t i = 0; i < token_.size(); i += 7) {
    Bytes forged = token_;
    forged[i] ^= 0x10U;
    const auto token = ParseTimestampToken(forged, {});
    if (!token.ok() || !token.value().signature_ok) continue;
    // Outside of what is signed: what the token says must be the same.
    EXPECT_EQ(token.value().imprint, original.value().imprint) << i;
    EXPECT_EQ(token.value().time, original.value().time) << i;
    EXPECT_EQ(token.value().policy, original.value().policy) << i;
  }
}

TEST_F(TimestampTokenTest, ASignerThatIsNotNamedIsNotBelieved) {
  // The same name and serial number, another certificate: ESSCertIDv2 tells them apart.
  auto token = ParseTimestampToken(token_, {});
  ASSERT_TRUE(token.ok());
  Bytes forged = token_;
  const Bytes der = tsa_.Der();
  const auto at = std::ranges::search(forged, der).begin();
  ASSERT_NE(at, forged.end());
  at[static_cast<long>(der.size()) - 1] ^= 1U;  // The last byte of the certificate's signature.
  token = ParseTimestampToken(forged, {});
  ASSERT_TRUE(token.ok());
  EXPECT_FALSE(token.value().signer);
  EXPECT_FALSE(token.value().signature_ok);
}

TEST_F(TimestampTokenTest, OtherBytesAreNoToken) {
  EXPECT_FALSE(ParseTimestampToken({}, {}).ok());
  EXPECT_FALSE(ParseTimestampToken(base::ToBytes("0\x80"), {}).ok());
  EXPECT_FALSE(ParseTimestampToken(tsa_.Der(), {}).ok());
  EXPECT_FALSE(ParseTimestampToken(Bytes(token_.begin(), token_.end() - 9), {}).ok());
}

}  // namespace
}  // namespace signing
