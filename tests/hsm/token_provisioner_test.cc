#include "hsm/token_provisioner.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/fakes/issuer.h"
#include "tests/fakes/soft_token.h"

namespace hsm {
namespace {

const KeyLabel kKey{"agency-1"};
const CertificateSubject kSubject{"Test Agency", "Test Agency \xc4\x93", "NTRLV-40000000000", "LV"};

class TokenProvisionerTest : public tests::TokenTest {
 protected:
  Provisioner& provisioner() { return faces_->provisioner; }
  base::Bytes RequestFor(const KeyLabel& label) {
    const auto request = provisioner().CertificateRequest(label, kSubject);
    EXPECT_TRUE(request.ok()) << request.error().message;
    return request.value();
  }
  void Certify(const KeyLabel& label, KeyKind kind) {
    ASSERT_TRUE(provisioner().GenerateKey(label, kind).ok());
    certificate_ = tests::IssueFor(RequestFor(label));
    ASSERT_TRUE(provisioner().ImportCertificate(label, certificate_, {}).ok());
  }
  static SealRequest Request(const KeyLabel& label) {
    return {label,
            {{"", "a.txt", ReferenceKind::kDocument, {}},
             {"", "#SP", ReferenceKind::kSignedProperties, {}}},
            {},
            {}};
  }
  std::string WhyNotSealed(const KeyLabel& label) {
    const auto seal = faces_->signer.SealReferences(Request(label));
    return seal.ok() ? "" : seal.error().reason;
  }
  bool Seals(const KeyLabel& label) { return WhyNotSealed(label).empty(); }

  base::Bytes certificate_;
};

std::string NamePart(X509_NAME* name, const char* oid) {
  const base::CHandle<ASN1_OBJECT, ASN1_OBJECT_free> type{OBJ_txt2obj(oid, 1)};
  std::array<char, 128> text{};
  const int size = X509_NAME_get_text_by_OBJ(name, type.get(), text.data(), text.size());
  return size < 0 ? "" : text.data();
}

TEST_F(TokenProvisionerTest, ACertificateRequestCarriesSubjectAndVerifies) {
  ASSERT_TRUE(provisioner().GenerateKey(kKey, KeyKind::kSealP256).ok());
  const tests::CertificationRequest request = tests::ReadRequest(RequestFor(kKey));
  ASSERT_TRUE(request);
  const tests::EvpKey key{X509_REQ_get_pubkey(request.get())};
  EXPECT_EQ(X509_REQ_verify(request.get(), key.get()), 1);
  X509_NAME* const name = X509_REQ_get_subject_name(request.get());
  EXPECT_EQ(NamePart(name, "2.5.4.3"), kSubject.common_name);
  EXPECT_EQ(NamePart(name, "2.5.4.10"), kSubject.organization);
  EXPECT_EQ(NamePart(name, "2.5.4.97"), "NTRLV-40000000000");
  EXPECT_EQ(NamePart(name, "2.5.4.6"), "LV");
}

TEST_F(TokenProvisionerTest, ARequestForAnRsaKeyVerifiesAndThePoolGoesOn) {
  ASSERT_TRUE(provisioner().GenerateKey(kKey, KeyKind::kSealRsa3072).ok());
  ASSERT_TRUE(provisioner().ImportCertificate(kKey, tests::IssueFor(RequestFor(kKey)), {}).ok());
  EXPECT_EQ(faces_->signer.Certificate(kKey).value().algorithm, SignatureAlgorithm::kRsaSha256);
}

TEST_F(TokenProvisionerTest, RefusesASubjectThatIsNoSubject) {
  EXPECT_EQ(provisioner().CertificateRequest(kKey, {"", "", "", "LV"}).error().reason,
            "subject.malformed");
  EXPECT_EQ(provisioner().CertificateRequest(kKey, {"A", "", "", "lv"}).error().reason,
            "subject.malformed");
  EXPECT_EQ(provisioner().CertificateRequest(kKey, {"\xff", "", "", "LV"}).error().reason,
            "subject.malformed");
  EXPECT_EQ(
      provisioner().CertificateRequest(kKey, {std::string(65, 'a'), "", "", "LV"}).error().reason,
      "subject.malformed");
}

TEST_F(TokenProvisionerTest, NoRequestForAKeyThatIsNotThereOrDoesNotSeal) {
  ASSERT_TRUE(provisioner().GenerateKey({"mac"}, KeyKind::kMacHmacSha256).ok());
  EXPECT_EQ(provisioner().CertificateRequest(kKey, kSubject).error().reason, "key.unknown");
  EXPECT_EQ(provisioner().CertificateRequest({"mac"}, kSubject).error().reason, "key.unknown");
}

TEST_F(TokenProvisionerTest, ALabelIsTakenOnceForEveryKind) {
  ASSERT_TRUE(provisioner().GenerateKey(kKey, KeyKind::kRootAes256).ok());
  EXPECT_EQ(provisioner().GenerateKey(kKey, KeyKind::kRootAes256).error().reason, "key.exists");
  EXPECT_EQ(provisioner().GenerateKey(kKey, KeyKind::kSealP256).error().reason, "key.exists");
  EXPECT_EQ(provisioner().GenerateKey({"A b"}, KeyKind::kSealP256).error().reason,
            "key.malformed-label");
}

TEST_F(TokenProvisionerTest, ACertificateOfAnotherKeyIsRefused) {
  ASSERT_TRUE(provisioner().GenerateKey(kKey, KeyKind::kSealP256).ok());
  ASSERT_TRUE(provisioner().GenerateKey({"other"}, KeyKind::kSealP256).ok());
  const base::Bytes foreign = tests::IssueFor(RequestFor({"other"}));
  EXPECT_EQ(provisioner().ImportCertificate(kKey, foreign, {}).error().reason,
            "certificate.not-for-key");
  EXPECT_EQ(provisioner().ImportCertificate(kKey, base::ToBytes("x"), {}).error().reason,
            "certificate.malformed");
  EXPECT_EQ(
      provisioner().ImportCertificate({"other"}, foreign, {base::ToBytes("x")}).error().reason,
      "certificate.malformed");
  EXPECT_EQ(faces_->signer.Certificate(kKey).error().reason, "key.without-certificate");
}

TEST_F(TokenProvisionerTest, ANewCertificateAndChainReplaceTheOld) {
  ASSERT_TRUE(provisioner().GenerateKey(kKey, KeyKind::kSealP256).ok());
  const base::Bytes request = RequestFor(kKey);
  const base::Bytes old = tests::IssueFor(request);
  const base::Bytes renewed = tests::IssueFor(request);
  ASSERT_TRUE(provisioner().ImportCertificate(kKey, old, {renewed, old}).ok());
  EXPECT_EQ(faces_->signer.Certificate(kKey).value().chain.size(), 2U);
  ASSERT_TRUE(provisioner().ImportCertificate(kKey, renewed, {old}).ok());
  const SealingCertificate stored = faces_->signer.Certificate(kKey).value();
  EXPECT_EQ(stored.der, renewed);
  EXPECT_EQ(stored.chain, std::vector<base::Bytes>{old});
}

TEST_F(TokenProvisionerTest, DescribesTokenAndKeysWithoutSecrets) {
  ASSERT_TRUE(provisioner().GenerateKey({"b"}, KeyKind::kSealP256).ok());
  ASSERT_TRUE(provisioner().GenerateKey({"a"}, KeyKind::kRootAes256).ok());
  const auto facts = provisioner().Describe().value();
  EXPECT_NE(facts.token.find("test token"), std::string::npos);
  EXPECT_EQ(facts.keys, (std::vector<KeyLabel>{{"a"}, {"b"}}));
}

TEST_F(TokenProvisionerTest, ARetiredKeySealsNoMoreAndItsCertificateStays) {
  Certify(kKey, KeyKind::kSealP256);
  EXPECT_TRUE(Seals(kKey));
  ASSERT_TRUE(provisioner().RetireKey(kKey, {""}).ok());
  EXPECT_EQ(WhyNotSealed(kKey), "key.retired");
  const auto listed = provisioner().ListKeys().value();
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].state, "retired");
  EXPECT_EQ(listed[0].fingerprint, base::HexEncode(base::Sha256(certificate_).bytes));
  EXPECT_EQ(provisioner().RetireKey(kKey, {""}).error().reason, "key.retired");
  EXPECT_EQ(provisioner().GenerateKey(kKey, KeyKind::kSealP256).error().reason, "key.exists");
  EXPECT_EQ(provisioner().ImportCertificate(kKey, certificate_, {}).error().reason, "key.retired");
}

// A session that used the key before has its handle.
TEST_F(TokenProvisionerTest, RetiringReachesWhoUsedTheKeyBefore) {
  Certify(kKey, KeyKind::kSealP256);
  ASSERT_TRUE(Seals(kKey));
  const auto besides = faces_->pool.Run(
      [&](Session&) -> base::Status { return provisioner().RetireKey(kKey, {""}); });
  ASSERT_TRUE(besides.ok());
  EXPECT_EQ(WhyNotSealed(kKey), "key.retired");
}

TEST_F(TokenProvisionerTest, RotationLeavesTheOldKeyUntilTheNewOneIsCertified) {
  for (const KeyKind kind :
       {KeyKind::kSealP384, KeyKind::kSealRsa2048, KeyKind::kSealEd25519, KeyKind::kRemoteP256}) {
    const std::string name(NameOf(kind));
    const KeyLabel old{name + "-1"};
    const KeyLabel next{name + "-2"};
    Certify(old, kind);
    EXPECT_EQ(provisioner().RetireKey(old, next).error().reason, "key.unknown");
    ASSERT_TRUE(provisioner().RotateKey(old, next).ok());
    EXPECT_EQ(provisioner().RetireKey(old, next).error().reason, "key.without-certificate");
    EXPECT_TRUE(faces_->signer.Certificate(old).ok());
    ASSERT_TRUE(provisioner().ImportCertificate(next, tests::IssueFor(RequestFor(next)), {}).ok());
    EXPECT_EQ(faces_->signer.Certificate(next).value().algorithm,
              faces_->signer.Certificate(old).value().algorithm);
    EXPECT_EQ(provisioner().RetireKey(old, old).error().reason, "key.other-purpose");
    EXPECT_TRUE(provisioner().RetireKey(old, next).ok());
    EXPECT_EQ(faces_->signer.Certificate(old).error().reason, "key.retired");
    EXPECT_TRUE(faces_->signer.Certificate(next).ok());
  }
}

TEST_F(TokenProvisionerTest, AKeyOfAnotherPurposeIsNoSuccessor) {
  Certify(kKey, KeyKind::kSealP256);
  Certify({"hashes"}, KeyKind::kRemoteP256);
  EXPECT_EQ(provisioner().RetireKey(kKey, {"hashes"}).error().reason, "key.other-purpose");
  EXPECT_TRUE(Seals(kKey));
}

TEST_F(TokenProvisionerTest, OnlyAKeyOutOfUseIsDestroyed) {
  Certify(kKey, KeyKind::kSealP256);
  EXPECT_EQ(provisioner().DestroyKey(kKey).error().reason, "key.not-retired");
  EXPECT_TRUE(Seals(kKey));
  ASSERT_TRUE(provisioner().RetireKey(kKey, {""}).ok());
  ASSERT_TRUE(provisioner().DestroyKey(kKey).ok());
  EXPECT_TRUE(provisioner().ListKeys().value().empty());
  EXPECT_EQ(provisioner().DestroyKey(kKey).error().reason, "key.unknown");
  // A mistake that nobody certified yet.
  ASSERT_TRUE(provisioner().GenerateKey(kKey, KeyKind::kSealP384).ok());
  EXPECT_TRUE(provisioner().DestroyKey(kKey).ok());
  EXPECT_TRUE(provisioner().GenerateKey(kKey, KeyKind::kSealP256).ok());
}

TEST_F(TokenProvisionerTest, TheVaultsOwnKeysAreNeitherRetiredNorDestroyed) {
  ASSERT_TRUE(provisioner().ShareVaultKeys({2, 3}).ok());
  for (const char* label : {"vault-root", "vault-mac", "vault-checkpoint"}) {
    EXPECT_EQ(provisioner().RetireKey({label}, {""}).error().reason, "key.unknown");
    EXPECT_EQ(provisioner().DestroyKey({label}).error().reason, "key.unknown");
    EXPECT_EQ(provisioner().RotateKey({label}, {"x"}).error().reason, "key.unknown");
  }
  EXPECT_EQ(provisioner().ListKeys().value().size(), 3U);
}

TEST_F(TokenProvisionerTest, SaysWhyATokenCannotBeUsed) {
  token_->WritePin("0000");
  EXPECT_EQ(provisioner().Describe().error().reason, "token.pin-refused");
}

TEST_F(TokenProvisionerTest, ASecondTokenOfTheSameLabelIsRefused) {
  const auto again = InitialiseSoftToken(token_->config(), base::Secret(base::ToBytes("5678")),
                                         base::Secret(base::ToBytes("1234")));
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().reason, "token.exists");
}

}  // namespace
}  // namespace hsm
