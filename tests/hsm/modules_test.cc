// What a module has to do for us, asked of two that have nothing in common but PKCS#11.
#include <gtest/gtest.h>

#include "hsm/key_purpose.h"
#include "tests/fakes/issuer.h"
#include "tests/fakes/small_tree.h"
#include "tests/fakes/soft_token.h"

namespace hsm {
namespace {

using tests::TokenModule;

const KeyLabel kKey{"agency-1"};
const base::Bytes kOwner(16, 7);

SealRequest Request(std::optional<SignatureAlgorithm> algorithm) {
  return {kKey,
          {{"r1", "lemums.pdf", ReferenceKind::kDocument, base::Sha256(base::AsBytes("content"))},
           {"r2", "#S0-SP", ReferenceKind::kSignedProperties,
            base::Sha256(base::AsBytes("properties"))}},
          algorithm};
}

class ModulesTest : public tests::TokenTest, public ::testing::WithParamInterface<TokenModule> {
 protected:
  TokenModule module() const override { return GetParam(); }

  base::Bytes MakeSealingKey(KeyKind kind, const KeyLabel& label = kKey) {
    const auto made = faces_->provisioner.GenerateKey(label, kind);
    EXPECT_TRUE(made.ok()) << made.error().message;
    const auto request =
        faces_->provisioner.CertificateRequest(label, {label.text, "Test Agency", "", "LV"});
    EXPECT_TRUE(request.ok()) << request.error().message;
    base::Bytes certificate = tests::IssueFor(request.value());
    const auto stored = faces_->provisioner.ImportCertificate(label, certificate, {});
    EXPECT_TRUE(stored.ok()) << stored.error().message;
    return certificate;
  }

  void Seals(KeyKind kind, tests::SealForm form,
             std::optional<SignatureAlgorithm> algorithm = std::nullopt) {
    const base::Bytes certificate = MakeSealingKey(kind);
    Restart();
    const auto seal = faces_->signer.SealReferences(Request(algorithm));
    ASSERT_TRUE(seal.ok()) << seal.error().message;
    const Seal& made = seal.value();
    EXPECT_TRUE(tests::OpenSslVerifies(certificate, made.signed_info, made.value, form));
    EXPECT_FALSE(tests::OpenSslVerifies(certificate, "other", made.value, form));
  }

  std::string UseMac() {
    const auto mac = faces_->vault_keys.MacIdentifier("x");
    return mac.ok() ? "ok" : mac.error().reason;
  }
  void MakeMacKey() {
    const auto made =
        faces_->provisioner.GenerateKey(token_->config().mac_key, KeyKind::kMacHmacSha256);
    ASSERT_TRUE(made.ok()) << made.error().message;
  }
};

TEST_P(ModulesTest, SealWithP256) {
  Seals(KeyKind::kSealP256, {.is_ecdsa = true});
}

TEST_P(ModulesTest, SealWithP384) {
  Seals(KeyKind::kSealP384, {.digest = "SHA384", .is_ecdsa = true});
}

TEST_P(ModulesTest, SealWithP521) {
  Seals(KeyKind::kSealP521, {.digest = "SHA512", .is_ecdsa = true});
}

TEST_P(ModulesTest, SealWithRsaAndPkcs1) {
  Seals(KeyKind::kSealRsa2048, {});
}

TEST_P(ModulesTest, SealWithRsaAndPss) {
  Seals(KeyKind::kSealRsa2048, {.is_pss = true}, SignatureAlgorithm::kRsaPssSha256);
}

TEST_P(ModulesTest, ACertificateThatIsImportedTwiceIsThereOnce) {
  const base::Bytes certificate = MakeSealingKey(KeyKind::kSealP256);
  const auto again = faces_->provisioner.ImportCertificate(kKey, certificate, {});
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(faces_->signer.Certificate(kKey).value().der, certificate);
}

TEST_P(ModulesTest, AKeyIsRotatedRetiredAndDestroyed) {
  const KeyLabel next{"agency-2"};
  MakeSealingKey(KeyKind::kSealP256);
  Provisioner& provisioner = faces_->provisioner;
  const auto rotated = provisioner.RotateKey(kKey, next);
  ASSERT_TRUE(rotated.ok()) << rotated.error().message;
  EXPECT_EQ(provisioner.RetireKey(kKey, next).error().reason, "key.without-certificate");
  const auto request = provisioner.CertificateRequest(next, {next.text, "", "", "LV"});
  ASSERT_TRUE(provisioner.ImportCertificate(next, tests::IssueFor(request.value()), {}).ok());
  EXPECT_EQ(provisioner.DestroyKey(kKey).error().reason, "key.not-retired");
  ASSERT_TRUE(faces_->signer.SealReferences(Request({})).ok());
  const auto retired = provisioner.RetireKey(kKey, next);
  ASSERT_TRUE(retired.ok()) << retired.error().message;
  EXPECT_EQ(faces_->signer.SealReferences(Request({})).error().reason, "key.retired");
  const auto states = provisioner.ListKeys().value();
  ASSERT_EQ(states.size(), 2U);
  EXPECT_EQ(states[0].state, "retired");
  EXPECT_EQ(states[1].state, "active");
  const auto destroyed = provisioner.DestroyKey(kKey);
  ASSERT_TRUE(destroyed.ok()) << destroyed.error().message;
  EXPECT_EQ(provisioner.ListKeys().value().size(), 1U);
  EXPECT_TRUE(faces_->signer.Certificate(next).ok());
}

TEST_P(ModulesTest, TwoKeysMayHaveOneIssuer) {
  tests::Authority authority;
  const KeyLabel other{"agency-2"};
  const auto certify = [&](const KeyLabel& label) {
    Provisioner& provisioner = faces_->provisioner;
    ASSERT_TRUE(provisioner.GenerateKey(label, KeyKind::kSealP256).ok());
    const auto request = provisioner.CertificateRequest(label, {label.text, "", "", "LV"});
    const auto stored = provisioner.ImportCertificate(label, authority.IssueFor(request.value()),
                                                      {authority.certificate()});
    ASSERT_TRUE(stored.ok()) << stored.error().message;
  };
  certify(kKey);
  certify(other);
  for (const KeyLabel& label : {kKey, other})
    EXPECT_EQ(faces_->signer.Certificate(label).value().chain,
              std::vector<base::Bytes>{authority.certificate()});
}

TEST_P(ModulesTest, AnIssuerOfTheSameNameAndAnotherKeyIsNotTaken) {
  const tests::Authority authority;
  const tests::Authority impostor;
  Provisioner& provisioner = faces_->provisioner;
  const KeyLabel other{"agency-2"};
  for (const KeyLabel& label : {kKey, other})
    ASSERT_TRUE(provisioner.GenerateKey(label, KeyKind::kSealP256).ok());
  const auto first = provisioner.CertificateRequest(kKey, {"first", "", "", "LV"});
  const auto second = provisioner.CertificateRequest(other, {"second", "", "", "LV"});
  ASSERT_TRUE(
      provisioner
          .ImportCertificate(kKey, impostor.IssueFor(first.value()), {impostor.certificate()})
          .ok());
  ASSERT_TRUE(provisioner.ImportCertificate(other, authority.IssueFor(second.value()), {}).ok());
  EXPECT_TRUE(faces_->signer.Certificate(other).value().chain.empty());
}

TEST_P(ModulesTest, AWrongSignatureDoesNotLeave) {
  MakeSealingKey(KeyKind::kSealP256);
  token_->FailNext("flip", CKR_CANCEL);
  EXPECT_EQ(faces_->signer.SealReferences(Request({})).error().reason, "token.bad-signature");
  EXPECT_TRUE(faces_->signer.SealReferences(Request({})).ok());
}

TEST_P(ModulesTest, PrivateHalvesCannotBeRead) {
  MakeSealingKey(KeyKind::kSealP256);
  const auto read = faces_->pool.Run([](Session& session) -> base::Result<base::Bytes> {
    ASSIGN_OR_RETURN(const CK_OBJECT_HANDLE key, FindKey(session, KeyPurpose::kSeal, kKey));
    return session.Attribute(key, CKA_VALUE);
  });
  EXPECT_FALSE(read.ok());
}

TEST_P(ModulesTest, WrapTheTopOfAKeyTreeAndNoticeAFlippedBit) {
  const auto made =
      faces_->provisioner.GenerateKey(token_->config().root_key, KeyKind::kRootAes256);
  ASSERT_TRUE(made.ok()) << made.error().message;
  tests::SmallTree tree = tests::MakeSmallTree(faces_->vault_keys).value();
  Restart();
  const auto opened = faces_->vault_keys.OpenKeys(KeyUse::kRead, tree.paths, {tree.Key()});
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_TRUE(base::EqualInConstantTime(opened.value().front().Reveal(), tree.keys[0].Reveal()));

  tree.paths.top.wrapped[20] ^= 1;
  EXPECT_EQ(tests::OpenReason(faces_->vault_keys, tree.paths, tree.Key()), "key.unwrap-failed");
  tree.paths.top.wrapped[20] ^= 1;
  EXPECT_EQ(tests::OpenReason(faces_->vault_keys, tree.paths, tree.Key()), "opened");
}

TEST_P(ModulesTest, ReplaceTheRootKeyInAServiceThatOnlyReads) {
  ASSERT_TRUE(
      faces_->provisioner.GenerateKey(token_->config().root_key, KeyKind::kRootAes256).ok());
  const tests::SmallTree tree = tests::MakeSmallTree(faces_->vault_keys).value();
  const auto replaced = faces_->vault_keys.NewRoot(tree.paths.top, {});
  ASSERT_TRUE(replaced.ok()) << replaced.error().message;
  ASSERT_TRUE(faces_->vault_keys.KeepRoot(replaced.value()).ok());
  Restart();
  EXPECT_EQ(tests::OpenReason(faces_->vault_keys, tree.paths, tree.Key()), "key.root-unknown");
  EXPECT_TRUE(faces_->vault_keys.KeepRoot(replaced.value()).ok());
}

TEST_P(ModulesTest, MacsAreTheSameAfterARestart) {
  MakeMacKey();
  const auto before = faces_->vault_keys.MacIdentifier("x");
  ASSERT_TRUE(before.ok()) << before.error().message;
  Restart();
  EXPECT_EQ(faces_->vault_keys.MacIdentifier("x").value(), before.value());
  EXPECT_NE(faces_->vault_keys.MacIdentifier("y").value(), before.value());
}

TEST_P(ModulesTest, LostSessionsAndAPulledTokenComeBack) {
  MakeMacKey();
  token_->LoseSessions();
  EXPECT_EQ(UseMac(), "ok");
  token_->Remove();
  EXPECT_EQ(UseMac(), "token.absent");
  token_->PutBack();
  EXPECT_EQ(UseMac(), "ok");
  EXPECT_EQ(token_->Refusals(), 0U);
}

TEST_P(ModulesTest, AWrongPinIsTriedOnce) {
  MakeMacKey();
  faces_.reset();
  token_->WritePin("0000");
  for (int life = 0; life < 2; ++life) {
    Restart();
    EXPECT_EQ(UseMac(), "token.pin-refused");
    EXPECT_EQ(UseMac(), "token.pin-refused");
  }
  EXPECT_EQ(token_->Refusals(), 1U);
  token_->WritePin(tests::kUserPin);
  EXPECT_EQ(UseMac(), "ok");
}

// What softokn 3.87 cannot do (docs/hsm.md).
class NssLimitsTest : public ModulesTest {};

TEST_P(NssLimitsTest, ItHasNoEd25519SoNoCheckpoints) {
  const auto made = faces_->provisioner.GenerateKey({"x"}, KeyKind::kCheckpointEd25519);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().reason, "token.unsupported");
  EXPECT_EQ(faces_->provisioner.GenerateKey({"y"}, KeyKind::kSealEd25519).error().reason,
            "token.unsupported");
}

INSTANTIATE_TEST_SUITE_P(Nss, NssLimitsTest, ::testing::Values(TokenModule::kNss));

INSTANTIATE_TEST_SUITE_P(Of, ModulesTest,
                         ::testing::Values(TokenModule::kSoftHsm, TokenModule::kNss),
                         [](const auto& one) {
                           return one.param == TokenModule::kNss ? "Nss" : "SoftHsm";
                         });

}  // namespace
}  // namespace hsm
