// Time-stamp tokens that name their signer, or cover their content, in a way of their own.
#include <gtest/gtest.h>
#include <openssl/cms.h>

#include "signing/timestamp_token.h"
#include "tests/fakes/token_maker.h"

namespace signing {
namespace {

using base::Bytes;
using Cms = base::CHandle<CMS_ContentInfo, CMS_ContentInfo_free>;
using Bio = base::CHandle<BIO, BIO_free>;

const Bytes kData = base::ToBytes("a SignatureValue");

// SEQUENCE of these bytes, below 128.
Bytes Sequence(const Bytes& content) {
  Bytes der{0x30, static_cast<std::uint8_t>(content.size())};
  base::Append(content, der);
  return der;
}

// SigningCertificate with the SHA-1, SigningCertificateV2 with the SHA-256 of this certificate.
Bytes Naming(const Bytes& certificate, const char* digest) {
  const Bytes hash = HashOf(*FindDigestByName(digest), certificate);
  Bytes octets{0x04, static_cast<std::uint8_t>(hash.size())};
  base::Append(hash, octets);
  return Sequence(Sequence(Sequence(octets)));
}

class TimestampAttackTest : public testing::Test {
 protected:
  struct Spec {
    Bytes v1{};
    Bytes v2{};
    int content_type = NID_id_smime_ct_TSTInfo;
    unsigned int flags = 0;  // Of CMS.
    int signers = 1;
  };

  base::Result<TimestampToken> Token(const Spec& spec) const {
    const unsigned flags = CMS_BINARY | CMS_PARTIAL | CMS_NOSMIMECAP | spec.flags;
    const Cms cms{CMS_sign(nullptr, nullptr, nullptr, nullptr, flags)};
    CMS_set1_eContentType(cms.get(), OBJ_nid2obj(spec.content_type));
    for (int i = 0; i < spec.signers; ++i) {
      CMS_SignerInfo* signer =
          CMS_add1_signer(cms.get(), (i == 0 ? tsa_ : other_).certificate.get(),
                          (i == 0 ? tsa_ : other_).key.get(), EVP_sha256(), flags);
      Add(NID_id_smime_aa_signingCertificate, spec.v1, signer);
      Add(NID_id_smime_aa_signingCertificateV2, spec.v2, signer);
    }
    const Bytes info = Info();
    const Bio content{BIO_new_mem_buf(info.data(), static_cast<int>(info.size()))};
    if (CMS_final(cms.get(), content.get(), nullptr, flags) != 1) std::abort();
    Bytes der(static_cast<std::size_t>(i2d_CMS_ContentInfo(cms.get(), nullptr)));
    unsigned char* at = der.data();
    i2d_CMS_ContentInfo(cms.get(), &at);
    return ParseTimestampToken(der, {});
  }

  bool IsBelieved(const Spec& spec) const {
    const auto token = Token(spec);
    return token.ok() && token.value().signer && token.value().signature_ok;
  }

  Bytes V1() const { return Naming(tsa_.Der(), "SHA1"); }
  Bytes V2() const { return Naming(tsa_.Der(), "SHA256"); }

  const tests::Identity tsa_ =
      tests::MakeIdentity(tests::MakeEcKey(), "Test TSA", /*for_timestamps=*/true);
  const tests::Identity other_ =
      tests::MakeIdentity(tests::MakeEcKey(), "Other TSA", /*for_timestamps=*/true);

 private:
  static void Add(int nid, const Bytes& der, CMS_SignerInfo* signer) {
    if (!der.empty())
      CMS_signed_add1_attr_by_NID(signer, nid, V_ASN1_SEQUENCE, der.data(),
                                  static_cast<int>(der.size()));
  }

  // The TSTInfo of an honest token.
  Bytes Info() const {
    const Bytes token = tests::MakeToken(tsa_, kData);
    const unsigned char* at = token.data();
    const Cms cms{d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(token.size()))};
    const ASN1_OCTET_STRING* content = *CMS_get0_content(cms.get());
    const unsigned char* data = ASN1_STRING_get0_data(content);
    return {data, data + ASN1_STRING_length(content)};
  }
};

TEST_F(TimestampAttackTest, L17_EitherAttributeNamesTheSigner) {
  EXPECT_TRUE(IsBelieved({.v1 = V1()}));
  EXPECT_TRUE(IsBelieved({.v2 = V2()}));
  EXPECT_TRUE(IsBelieved({.v1 = V1(), .v2 = V2()}));
}

TEST_F(TimestampAttackTest, L17_BothAttributesMustMeanTheSameCertificate) {
  EXPECT_FALSE(IsBelieved({.v1 = V1(), .v2 = Naming(other_.Der(), "SHA256")}));
  EXPECT_FALSE(IsBelieved({.v1 = Naming(other_.Der(), "SHA1"), .v2 = V2()}));
}

TEST_F(TimestampAttackTest, AnAttributeThatCannotBeReadNamesNobody) {
  EXPECT_FALSE(IsBelieved({.v1 = V1(), .v2 = Sequence({0x05, 0x00})}));
  EXPECT_FALSE(IsBelieved({.v1 = Sequence({0x05, 0x00}), .v2 = V2()}));
}

TEST_F(TimestampAttackTest, ATokenThatNamesNobodyIsNotBelieved) {
  EXPECT_FALSE(IsBelieved({}));
}

TEST_F(TimestampAttackTest, WithoutSignedAttributesNobodyIsBelieved) {
  EXPECT_FALSE(IsBelieved({.flags = CMS_NOATTR}));
}

TEST_F(TimestampAttackTest, TwoSignersAreNoToken) {
  EXPECT_FALSE(Token({.v2 = V2(), .signers = 2}).ok());
}

TEST_F(TimestampAttackTest, OtherContentOrNoneIsNoToken) {
  EXPECT_FALSE(Token({.v2 = V2(), .content_type = NID_pkcs7_data}).ok());
  EXPECT_FALSE(Token({.v2 = V2(), .flags = CMS_DETACHED}).ok());
}

TEST_F(TimestampAttackTest, ACriticalExtensionOfTheTokenIsRefused) {
  EXPECT_TRUE(ParseTimestampToken(tests::MakeToken(tsa_, kData, "1.2.3.4"), {}).ok());
  EXPECT_FALSE(ParseTimestampToken(tests::MakeToken(tsa_, kData, "critical 1.2.3.4"), {}).ok());
}

}  // namespace
}  // namespace signing
