#include "hsm/token_signer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "hsm/key_purpose.h"
#include "tests/fakes/issuer.h"
#include "tests/fakes/soft_token.h"

namespace hsm {
namespace {

using tests::IssueFor;
using tests::OpenSslVerifies;

const KeyLabel kKey{"agency-1"};

SealRequest Request(const KeyLabel& key = kKey) {
  return {key,
          {{"r1", "lemums.pdf", ReferenceKind::kDocument, base::Sha256(base::AsBytes("content"))},
           {"r2", "#S0-SP", ReferenceKind::kSignedProperties,
            base::Sha256(base::AsBytes("properties"))}}};
}

class TokenSignerTest : public tests::TokenTest {
 protected:
  // Makes and certifies a key; gives its certificate.
  base::Bytes MakeSealingKey(KeyKind kind, const KeyLabel& label = kKey) {
    EXPECT_TRUE(faces_->provisioner.GenerateKey(label, kind).ok());
    const auto request = faces_->provisioner.CertificateRequest(
        label, {"Test Agency", "Test Agency", "NTRLV-40000000000", "LV"});
    EXPECT_TRUE(request.ok()) << request.error().message;
    base::Bytes certificate = IssueFor(request.value());
    EXPECT_TRUE(faces_->provisioner.ImportCertificate(label, certificate, {}).ok());
    return certificate;
  }

  std::string SealReason(const SealRequest& request) {
    const auto seal = faces_->signer.SealReferences(request);
    return seal.ok() ? "sealed" : seal.error().reason;
  }
};

TEST_F(TokenSignerTest, AnRsa3072SealVerifiesWithOpenSsl) {
  const base::Bytes certificate = MakeSealingKey(KeyKind::kSealRsa3072);
  const auto seal = faces_->signer.SealReferences(Request());
  ASSERT_TRUE(seal.ok()) << seal.error().message;
  EXPECT_EQ(seal.value().value.size(), 384U);
  EXPECT_NE(seal.value().signed_info.find("xmldsig-more#rsa-sha256"), std::string::npos);
  EXPECT_TRUE(OpenSslVerifies(certificate, seal.value().signed_info, seal.value().value, false));
  EXPECT_FALSE(OpenSslVerifies(certificate, "other", seal.value().value, false));
}

TEST_F(TokenSignerTest, AP256SealVerifiesWithOpenSsl) {
  const base::Bytes certificate = MakeSealingKey(KeyKind::kSealP256);
  const auto seal = faces_->signer.SealReferences(Request());
  ASSERT_TRUE(seal.ok()) << seal.error().message;
  EXPECT_EQ(seal.value().value.size(), 64U);
  EXPECT_TRUE(OpenSslVerifies(certificate, seal.value().signed_info, seal.value().value, true));
  EXPECT_EQ(faces_->signer.Certificate(kKey).value().algorithm, SignatureAlgorithm::kEcdsaSha256);
}

struct KindCase {
  const char* name;
  KeyKind kind;
  std::optional<SignatureAlgorithm> asked;
  SignatureAlgorithm made;
  std::size_t size;  // Of the value.
  tests::SealForm form;
};
void PrintTo(const KindCase& one, std::ostream* out) {
  *out << one.name;
}
const KindCase kKindCases[] = {
    {"Rsa2048", KeyKind::kSealRsa2048, {}, SignatureAlgorithm::kRsaSha256, 256, {}},
    {"Rsa4096", KeyKind::kSealRsa4096, {}, SignatureAlgorithm::kRsaSha256, 512, {}},
    {"Rsa3072Pss",
     KeyKind::kSealRsa3072,
     SignatureAlgorithm::kRsaPssSha256,
     SignatureAlgorithm::kRsaPssSha256,
     384,
     {.is_pss = true}},
    {"P384",
     KeyKind::kSealP384,
     {},
     SignatureAlgorithm::kEcdsaSha384,
     96,
     {.digest = "SHA384", .is_ecdsa = true}},
    {"P521",
     KeyKind::kSealP521,
     {},
     SignatureAlgorithm::kEcdsaSha512,
     132,
     {.digest = "SHA512", .is_ecdsa = true}},
    {"Ed25519", KeyKind::kSealEd25519, {}, SignatureAlgorithm::kEd25519, 64, {.digest = nullptr}},
};

class KindsOfKeys : public TokenSignerTest, public ::testing::WithParamInterface<KindCase> {};

TEST_P(KindsOfKeys, SealWithTheirAlgorithm) {
  const KindCase& c = GetParam();
  const base::Bytes certificate = MakeSealingKey(c.kind);
  SealRequest request = Request();
  request.algorithm = c.asked;
  const auto seal = faces_->signer.SealReferences(request);
  ASSERT_TRUE(seal.ok()) << seal.error().message;
  EXPECT_EQ(seal.value().value.size(), c.size);
  EXPECT_NE(seal.value().signed_info.find(AlgorithmUri(c.made)), std::string::npos);
  EXPECT_TRUE(OpenSslVerifies(certificate, seal.value().signed_info, seal.value().value, c.form));
  EXPECT_FALSE(OpenSslVerifies(certificate, "other", seal.value().value, c.form));
}

TEST_P(KindsOfKeys, NeverWithAnothers) {
  const KindCase& c = GetParam();
  MakeSealingKey(c.kind);
  SealRequest request = Request();
  request.algorithm = c.form.is_ecdsa && c.size == 96 ? SignatureAlgorithm::kEcdsaSha256
                                                      : SignatureAlgorithm::kEcdsaSha384;
  EXPECT_EQ(SealReason(request), "seal.other-algorithm");
}

INSTANTIATE_TEST_SUITE_P(Seals, KindsOfKeys, ::testing::ValuesIn(kKindCases),
                         [](const auto& one) { return one.param.name; });

TEST_F(TokenSignerTest, AnUnknownKeyAndAKeyWithoutCertificateSaySo) {
  EXPECT_EQ(SealReason(Request({"nobody"})), "key.unknown");
  EXPECT_EQ(SealReason(Request({"No Body"})), "key.malformed-label");
  ASSERT_TRUE(faces_->provisioner.GenerateKey(kKey, KeyKind::kSealP256).ok());
  EXPECT_EQ(SealReason(Request()), "key.without-certificate");
  EXPECT_EQ(faces_->signer.Certificate(kKey).error().reason, "key.without-certificate");
}

TEST_F(TokenSignerTest, MalformedReferencesNeverReachTheToken) {
  SealRequest request = Request();
  request.references[0].uri = "http://x.example/a";
  EXPECT_EQ(SealReason(request), "seal.malformed");
  EXPECT_EQ(token_->Logins(), 0U);
}

TEST_F(TokenSignerTest, AVaultKeyNeverSeals) {
  ASSERT_TRUE(faces_->provisioner.GenerateKey({"x"}, KeyKind::kCheckpointEd25519).ok());
  ASSERT_TRUE(faces_->provisioner.GenerateKey({"y"}, KeyKind::kMacHmacSha256).ok());
  EXPECT_EQ(SealReason(Request({"x"})), "key.unknown");
  EXPECT_EQ(SealReason(Request({"y"})), "key.unknown");
}

TEST_F(TokenSignerTest, ATokenThatSignsWronglyIsFoundOut) {
  MakeSealingKey(KeyKind::kSealP256);
  token_->FailNext("flip", CKR_CANCEL);
  EXPECT_EQ(SealReason(Request()), "token.bad-signature");
  EXPECT_EQ(SealReason(Request()), "sealed");
}

TEST_F(TokenSignerTest, EightThreadsSealAtOnce) {
  const base::Bytes certificate = MakeSealingKey(KeyKind::kSealP256);
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] {
        for (int n = 0; n < 25; ++n) {
          const auto seal = faces_->signer.SealReferences(Request());
          good += seal.ok() &&
                  OpenSslVerifies(certificate, seal.value().signed_info, seal.value().value, true);
        }
      });
  }
  EXPECT_EQ(good, 200);
}

class PrivateHalfTest : public TokenSignerTest {
 protected:
  base::Result<base::Bytes> ReadPrivate(KeyPurpose purpose, CK_ATTRIBUTE_TYPE type) {
    return faces_->pool.Run([&](Session& session) -> base::Result<base::Bytes> {
      ASSIGN_OR_RETURN(const CK_OBJECT_HANDLE key, FindKey(session, purpose, kKey));
      return session.Attribute(key, type);
    });
  }
};

TEST_F(PrivateHalfTest, OfAnRsaKeyCannotBeRead) {
  ASSERT_TRUE(faces_->provisioner.GenerateKey(kKey, KeyKind::kSealRsa3072).ok());
  EXPECT_TRUE(ReadPrivate(KeyPurpose::kSeal, CKA_MODULUS).ok());
  EXPECT_FALSE(ReadPrivate(KeyPurpose::kSeal, CKA_PRIVATE_EXPONENT).ok());
  EXPECT_FALSE(ReadPrivate(KeyPurpose::kSeal, CKA_PRIME_1).ok());
}

TEST_F(PrivateHalfTest, OfARootKeyCannotBeRead) {
  ASSERT_TRUE(faces_->provisioner.GenerateKey(kKey, KeyKind::kRootAes256).ok());
  EXPECT_TRUE(ReadPrivate(KeyPurpose::kRoot, CKA_LABEL).ok());
  EXPECT_FALSE(ReadPrivate(KeyPurpose::kRoot, CKA_VALUE).ok());
}

TEST_F(PrivateHalfTest, CannotBeMadeReadableByACopy) {
  ASSERT_TRUE(faces_->provisioner.GenerateKey(kKey, KeyKind::kRootAes256).ok());
  for (const CK_ATTRIBUTE_TYPE type : {CKA_EXTRACTABLE, CKA_MODIFIABLE, CKA_COPYABLE})
    EXPECT_EQ(ReadPrivate(KeyPurpose::kRoot, type).value(), base::Bytes{CK_FALSE});
  for (const CK_ATTRIBUTE_TYPE type : {CKA_SENSITIVE, CKA_PRIVATE, CKA_NEVER_EXTRACTABLE})
    EXPECT_EQ(ReadPrivate(KeyPurpose::kRoot, type).value(), base::Bytes{CK_TRUE});
}

SealBatch BatchOf(std::size_t count) {
  SealBatch batch{.key = kKey, .signatures = {}};
  for (std::size_t i = 0; i < count; ++i) {
    batch.signatures.push_back(Request().references);
    batch.signatures.back().front().uri = "lemums-" + std::to_string(i) + ".pdf";
  }
  return batch;
}

TEST_F(TokenSignerTest, EachOfABatchIsASealOfItsOwnInOrder) {
  const base::Bytes certificate = MakeSealingKey(KeyKind::kSealP256);
  const auto sealed = faces_->signer.SealAll(BatchOf(5));
  ASSERT_TRUE(sealed.ok()) << sealed.error().message;
  ASSERT_EQ(sealed.value().seals.size(), 5U);
  EXPECT_FALSE(sealed.value().stopped);
  for (std::size_t i = 0; i < 5; ++i) {
    const Seal& seal = sealed.value().seals[i];
    EXPECT_NE(seal.signed_info.find("lemums-" + std::to_string(i) + ".pdf"), std::string::npos);
    EXPECT_TRUE(OpenSslVerifies(certificate, seal.signed_info, seal.value, true));
  }
}

TEST_F(TokenSignerTest, ABatchGoesOnBehindTheSealsThatWereMadeBeforeALoss) {
  MakeSealingKey(KeyKind::kSealP256);
  ASSERT_TRUE(faces_->signer.SealAll(BatchOf(1)).ok());
  token_->FailNext("C_Sign", CKR_DEVICE_REMOVED);
  const auto sealed = faces_->signer.SealAll(BatchOf(4));
  ASSERT_TRUE(sealed.ok()) << sealed.error().message;
  EXPECT_EQ(sealed.value().seals.size(), 4U);
  EXPECT_EQ(token_->Logins(), 2U);  // One more, for the loss.
}

TEST_F(TokenSignerTest, ABatchOfNoneOrOfTooManyOrWithOneMalformedIsRefusedBeforeTheToken) {
  const auto reason = [&](const SealBatch& batch) {
    return faces_->signer.SealAll(batch).error().reason;
  };
  EXPECT_EQ(reason(BatchOf(0)), "seal.malformed");
  EXPECT_EQ(reason(BatchOf(SealBatch::kMost + 1)), "seal.malformed");
  SealBatch batch = BatchOf(3);
  batch.signatures[1].pop_back();
  EXPECT_EQ(reason(batch), "seal.malformed");
  EXPECT_EQ(token_->Logins(), 0U);
}

}  // namespace
}  // namespace hsm
