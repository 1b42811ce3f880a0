#include "signing/signature_value.h"

#include <gtest/gtest.h>
#include <openssl/sha.h>

#include "tests/fakes/test_keys.h"

namespace signing {
namespace {

using base::Bytes;

const Bytes kData = base::ToBytes("canonical SignedInfo");
constexpr std::string_view kRsa = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
constexpr std::string_view kPss = "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1";
constexpr std::string_view kEcdsa = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
constexpr std::string_view kEd25519 = "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519";

ValueOutcome Check(std::string_view uri, EVP_PKEY* key, const Bytes& value) {
  return CheckSignatureValue(*FindSignatureAlgorithm(uri), key, kData, value);
}

// Signs an EM that the test composes: what a smart card or a forger would.
Bytes RawRsa(EVP_PKEY* key, const Bytes& message) {
  const base::CHandle<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context{EVP_PKEY_CTX_new(key, nullptr)};
  EVP_PKEY_sign_init(context.get());
  EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING);
  std::size_t size = message.size();
  Bytes value(size);
  EXPECT_EQ(EVP_PKEY_sign(context.get(), value.data(), &size, message.data(), message.size()), 1);
  return value;
}

Bytes Digest() {
  Bytes digest(SHA256_DIGEST_LENGTH);
  SHA256(kData.data(), kData.size(), digest.data());
  return digest;
}

// 00 01 FF.. 00 `head` digest `tail`, 256 bytes long.
Bytes EncodedMessage(const Bytes& head, const Bytes& tail = {}) {
  Bytes end = head;
  base::Append(Digest(), end);
  base::Append(tail, end);
  Bytes message{0x00, 0x01};
  message.resize(256 - end.size() - 1, 0xFF);
  message.push_back(0x00);
  base::Append(end, message);
  return message;
}

const Bytes kWithNull = *base::HexDecode("3031300d060960864801650304020105000420");
const Bytes kWithoutNull = *base::HexDecode(
    "302f300b0609608648016503040201"
    "0420");

TEST(SignatureValueTest, AcceptsRsaPkcs1) {
  const auto key = tests::MakeRsaKey();
  const auto outcome = Check(kRsa, key.get(), tests::SignWith(key.get(), EVP_sha256(), kData));
  EXPECT_TRUE(outcome.valid);
  EXPECT_FALSE(outcome.digest_info_null_absent);
}

TEST(SignatureValueTest, L8_AcceptsADigestInfoWithoutNullAndSaysSo) {
  const auto key = tests::MakeRsaKey();
  const auto outcome = Check(kRsa, key.get(), RawRsa(key.get(), EncodedMessage(kWithoutNull)));
  EXPECT_TRUE(outcome.valid);
  EXPECT_TRUE(outcome.digest_info_null_absent);
}

TEST(SignatureValueTest, L8_RefusesBytesBehindTheDigest) {
  const auto key = tests::MakeRsaKey();
  EXPECT_TRUE(Check(kRsa, key.get(), RawRsa(key.get(), EncodedMessage(kWithNull))).valid);
  EXPECT_FALSE(Check(kRsa, key.get(), RawRsa(key.get(), EncodedMessage(kWithNull, {0x00}))).valid);
}

TEST(SignatureValueTest, L8_RefusesShortPadding) {
  const auto key = tests::MakeRsaKey();
  Bytes message = EncodedMessage(kWithNull);
  message.erase(message.begin() + 20, message.begin() + 120);  // Padding given up for garbage.
  message.resize(256, 0x41);
  EXPECT_FALSE(Check(kRsa, key.get(), RawRsa(key.get(), message)).valid);
}

TEST(SignatureValueTest, RefusesTheDigestOfAnotherAlgorithm) {
  const auto key = tests::MakeRsaKey();
  EXPECT_FALSE(Check(kRsa, key.get(), tests::SignWith(key.get(), EVP_sha384(), kData)).valid);
}

TEST(SignatureValueTest, RefusesAFlippedBitAnywhere) {
  const auto key = tests::MakeRsaKey();
  const Bytes value = tests::SignWith(key.get(), EVP_sha256(), kData);
  for (std::size_t i = 0; i < value.size(); i += 17) {
    Bytes forged = value;
    forged[i] ^= 1U;
    EXPECT_FALSE(Check(kRsa, key.get(), forged).valid) << i;
  }
}

TEST(SignatureValueTest, AcceptsPssAndKeepsItApartFromPkcs1) {
  const auto key = tests::MakeRsaKey();
  const Bytes pss = tests::SignWith(key.get(), EVP_sha256(), kData, true);
  EXPECT_TRUE(Check(kPss, key.get(), pss).valid);
  EXPECT_FALSE(Check(kRsa, key.get(), pss).valid);
  EXPECT_FALSE(Check(kPss, key.get(), tests::SignWith(key.get(), EVP_sha256(), kData)).valid);
}

class CurveTest : public testing::TestWithParam<std::pair<const char*, std::size_t>> {};

TEST_P(CurveTest, AcceptsRawValuesOfTheRightLengthOnly) {
  const auto [curve, half] = GetParam();
  const auto key = tests::MakeEcKey(curve);
  const Bytes der = tests::SignWith(key.get(), EVP_sha256(), kData);
  const Bytes raw = tests::RawEcdsa(der, half);
  EXPECT_TRUE(Check(kEcdsa, key.get(), raw).valid);
  EXPECT_FALSE(Check(kEcdsa, key.get(), der).valid);
  EXPECT_FALSE(Check(kEcdsa, key.get(), tests::RawEcdsa(der, half + 1)).valid);
  EXPECT_FALSE(Check(kEcdsa, key.get(), Bytes(2 * half)).valid);
  EXPECT_FALSE(Check(kEcdsa, key.get(), {}).valid);
}

INSTANTIATE_TEST_SUITE_P(Curves, CurveTest,
                         testing::Values(std::pair{"P-256", 32U}, std::pair{"P-384", 48U},
                                         std::pair{"P-521", 66U}));

TEST(SignatureValueTest, AcceptsEd25519) {
  const auto key = tests::MakeEd25519Key();
  Bytes value = tests::SignWith(key.get(), nullptr, kData);
  EXPECT_TRUE(Check(kEd25519, key.get(), value).valid);
  value[0] ^= 1U;
  EXPECT_FALSE(Check(kEd25519, key.get(), value).valid);
}

TEST(SignatureValueTest, AKeyOfAnotherKindIsNeverValid) {
  const auto rsa = tests::MakeRsaKey();
  const auto ec = tests::MakeEcKey();
  const Bytes value = tests::SignWith(rsa.get(), EVP_sha256(), kData);
  EXPECT_FALSE(Check(kEcdsa, rsa.get(), value).valid);
  EXPECT_FALSE(Check(kRsa, ec.get(), value).valid);
  EXPECT_FALSE(Check(kRsa, nullptr, value).valid);
}

TEST(SignatureValueTest, KnowsNoMacAndNoMd5) {
  EXPECT_EQ(FindSignatureAlgorithm("http://www.w3.org/2000/09/xmldsig#hmac-sha1"), nullptr);
  EXPECT_EQ(FindSignatureAlgorithm("http://www.w3.org/2001/04/xmldsig-more#rsa-md5"), nullptr);
  EXPECT_EQ(FindDigestByUri("http://www.w3.org/2001/04/xmldsig-more#md5"), nullptr);
}

}  // namespace
}  // namespace signing
