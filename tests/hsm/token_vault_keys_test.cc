#include "hsm/token_vault_keys.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>

#include "base/base64.h"
#include "tests/fakes/issuer.h"
#include "tests/fakes/small_tree.h"
#include "tests/fakes/soft_token.h"

namespace hsm {
namespace {

class TokenVaultKeysTest : public tests::TokenTest {
 protected:
  void SetUp() override {
    TokenTest::SetUp();
    if (IsSkipped()) return;
    const KeyholderConfig config = token_->config();
    Provisioner& provisioner = faces_->provisioner;
    ASSERT_TRUE(provisioner.GenerateKey(config.root_key, KeyKind::kRootAes256).ok());
    ASSERT_TRUE(provisioner.GenerateKey(config.mac_key, KeyKind::kMacHmacSha256).ok());
    const auto made = provisioner.GenerateKey(config.checkpoint_key, KeyKind::kCheckpointEd25519);
    ASSERT_TRUE(made.ok()) << made.error().message;
  }

  VaultKeys& keys() { return faces_->vault_keys; }

  std::string OpenReason(const KeyPaths& paths, const PlacedKey& key) {
    return tests::OpenReason(keys(), paths, key);
  }
};

base::Bytes Revealed(const base::Secret& secret) {
  const base::ByteSpan bytes = secret.Reveal();
  return {bytes.begin(), bytes.end()};
}

TEST_F(TokenVaultKeysTest, ARecordKeyOpensAgainEvenAfterARestart) {
  const tests::SmallTree tree = tests::MakeSmallTree(keys()).value();
  Restart();
  const auto opened = keys().OpenKeys(KeyUse::kRead, tree.paths, {tree.Key(3)});
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_EQ(Revealed(opened.value().front()), Revealed(tree.keys[3]));
}

TEST_F(TokenVaultKeysTest, OnceTheTopIsKnownKeysAreMadeAndOpenedWithoutTheToken) {
  tests::SmallTree tree = tests::MakeSmallTree(keys()).value();
  Restart();
  ASSERT_EQ(OpenReason(tree.paths, tree.Key()), "opened");
  token_->Remove();
  token_->LoseSessions();
  EXPECT_EQ(OpenReason(tree.paths, tree.Key(1)), "opened");
  tree.paths.nodes.pop_back();  // The leaf itself.
  EXPECT_TRUE(keys().MakeLeaf(tree.paths, 2).ok());
  EXPECT_EQ(keys().MacIdentifier("x").error().reason, "token.absent");
}

TEST_F(TokenVaultKeysTest, ATokenThatFailsToDecryptIsNotTakenForCorruptedData) {
  const tests::SmallTree tree = tests::MakeSmallTree(keys()).value();
  Restart();
  token_->FailNext("C_DecryptInit", CKR_GENERAL_ERROR, 3);
  EXPECT_EQ(OpenReason(tree.paths, tree.Key()), "token.failed");
}

TEST_F(TokenVaultKeysTest, AFailureOfTheTokensThatIsOverIsNotTakenForCorruptedData) {
  const tests::SmallTree tree = tests::MakeSmallTree(keys()).value();
  Restart();
  token_->FailNext("C_Decrypt", CKR_GENERAL_ERROR);
  EXPECT_EQ(OpenReason(tree.paths, tree.Key()), "opened");
}

TEST_F(TokenVaultKeysTest, ATopOfAnotherGenerationIsNotOpened) {
  tests::SmallTree tree = tests::MakeSmallTree(keys()).value();
  tree.paths.top.generation = 2;
  EXPECT_EQ(OpenReason(tree.paths, tree.Key()), "key.root-unknown");
}

TEST_F(TokenVaultKeysTest, ARootKeyIsReplacedAndTheOldOneIsGone) {
  const tests::SmallTree tree = tests::MakeSmallTree(keys()).value();
  const TopKey next = keys().NewRoot(tree.paths.top, {}).value();
  EXPECT_EQ(next.generation, 2U);
  EXPECT_EQ(keys().NewRoot(tree.paths.top, {}).error().reason, "key.root-exists");
  ASSERT_TRUE(keys().KeepRoot(next).ok());
  EXPECT_EQ(OpenReason(tree.paths, tree.Key()), "key.root-unknown") << "not from memory either";
  EXPECT_EQ(keys().KeepRoot(tree.paths.top).error().reason, "key.root-unknown");
  const auto listed = faces_->provisioner.ListKeys().value();
  EXPECT_EQ(std::ranges::count(listed, "root", &KeyFacts::purpose), 1);
  EXPECT_EQ(keys().NewRoot(next, {}).value().generation, 3U);
}

TEST_F(TokenVaultKeysTest, ARootKeyThatWasNotUsedIsTakenBack) {
  const tests::SmallTree tree = tests::MakeSmallTree(keys()).value();
  const TopKey unused = keys().NewRoot(tree.paths.top, {}).value();
  Restart();
  ASSERT_TRUE(keys().KeepRoot(tree.paths.top).ok());
  EXPECT_EQ(keys().KeepRoot(unused).error().reason, "key.root-unknown");
  EXPECT_EQ(OpenReason(tree.paths, tree.Key()), "opened");
}

TEST_F(TokenVaultKeysTest, ARootKeyThatIsMadeAgainIsTheOneThatIsUsed) {
  const tests::SmallTree tree = tests::MakeSmallTree(keys()).value();
  const TopKey unused = keys().NewRoot(tree.paths.top, {}).value();
  ASSERT_TRUE(keys().KeepRoot(tree.paths.top).ok());
  const TopKey next = keys().NewRoot(tree.paths.top, {}).value();
  EXPECT_EQ(keys().KeepRoot(unused).error().reason, "key.unwrap-failed");
  EXPECT_TRUE(keys().KeepRoot(next).ok());
  Restart();
  EXPECT_TRUE(keys().MakeLeaf({next, {}}, 1).ok());
}

// Whoever hands in another top with the right generation must not cost the vault its root key.
TEST_F(TokenVaultKeysTest, NothingIsDestroyedForATopThatDoesNotOpen) {
  const tests::SmallTree tree = tests::MakeSmallTree(keys()).value();
  const TopKey next = keys().NewRoot(tree.paths.top, {}).value();
  TopKey wrong = next;
  wrong.wrapped[30] ^= 1;
  EXPECT_EQ(keys().KeepRoot(wrong).error().reason, "key.unwrap-failed");
  EXPECT_EQ(OpenReason(tree.paths, tree.Key()), "opened");
  EXPECT_TRUE(keys().KeepRoot(tree.paths.top).ok());
}

TEST_F(TokenVaultKeysTest, AnotherVaultsRootKeyIsNotDestroyed) {
  ASSERT_TRUE(faces_->provisioner.GenerateKey({"vault-root-of-riga"}, KeyKind::kRootAes256).ok());
  const tests::SmallTree tree = tests::MakeSmallTree(keys()).value();
  ASSERT_TRUE(keys().KeepRoot(tree.paths.top).ok());
  const auto listed = faces_->provisioner.ListKeys().value();
  EXPECT_EQ(std::ranges::count(listed, "root", &KeyFacts::purpose), 2);
}

TEST_F(TokenVaultKeysTest, AMacIsStableAndTellsIdentifiersApart) {
  const auto mac = keys().MacIdentifier("010203-12345").value();
  Restart();
  EXPECT_EQ(keys().MacIdentifier("010203-12345").value(), mac);
  EXPECT_NE(keys().MacIdentifier("010203-12346").value(), mac);
  EXPECT_EQ(keys().MacIdentifier("").error().reason, "identifier.malformed");
  EXPECT_EQ(keys().MacIdentifier(std::string(257, '1')).error().reason, "identifier.malformed");
}

TEST_F(TokenVaultKeysTest, ACheckpointVerifiesWithItsVerifierKey) {
  const CheckpointBody body{7, base::Sha256(base::AsBytes("root"))};
  const auto note = keys().SignCheckpoint(body);
  ASSERT_TRUE(note.ok()) << note.error().message;
  const std::string text = "vault.example/log1\n7\n" + base::Base64Encode(body.root.span()) + "\n";
  const std::string signature_line = "\n\u2014 vault.example/log1 ";
  ASSERT_TRUE(note.value().starts_with(text + signature_line));

  const std::string verifier = keys().CheckpointVerifierKey().value();
  const base::Bytes typed = *base::Base64Decode(verifier.substr(verifier.find('+') + 10));
  const tests::EvpKey key{
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, typed.data() + 1, 32)};
  std::string encoded = note.value().substr(text.size() + signature_line.size());
  encoded.pop_back();
  const base::Bytes line = *base::Base64Decode(encoded);
  EXPECT_EQ(base::HexEncode(base::ByteSpan(line).first(4)),
            verifier.substr(verifier.find('+') + 1, 8));
  const base::CHandle<EVP_MD_CTX, EVP_MD_CTX_free> context{EVP_MD_CTX_new()};
  EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get());
  EXPECT_EQ(EVP_DigestVerify(context.get(), line.data() + 4, line.size() - 4,
                             base::AsBytes(text).data(), text.size()),
            1);
}

TEST_F(TokenVaultKeysTest, CheckpointsNeverGoBack) {
  const CheckpointBody body{7, base::Sha256(base::AsBytes("root"))};
  ASSERT_TRUE(keys().SignCheckpoint(body).ok());
  EXPECT_TRUE(keys().SignCheckpoint(body).ok());
  EXPECT_EQ(keys().SignCheckpoint({6, body.root}).error().reason, "checkpoint.smaller");
  EXPECT_EQ(keys().SignCheckpoint({7, {}}).error().code, base::ErrorCode::kConflict);
  EXPECT_TRUE(keys().SignCheckpoint({8, {}}).ok());
}

TEST_F(TokenVaultKeysTest, ACheckpointThatWasNotSignedDoesNotBind) {
  token_->FailNext("C_Sign", CKR_GENERAL_ERROR);
  EXPECT_FALSE(keys().SignCheckpoint({9, {}}).ok());
  EXPECT_TRUE(keys().SignCheckpoint({8, {}}).ok());
}

TEST_F(TokenVaultKeysTest, AKeyOfOnePurposeServesNoOther) {
  KeyholderConfig config = token_->config();
  std::swap(config.root_key, config.mac_key);
  config.checkpoint_key = config.root_key;
  faces_.reset();
  faces_ = std::make_unique<tests::TokenFaces>(config);
  EXPECT_EQ(keys().NewTop().error().reason, "key.root-unknown");
  EXPECT_EQ(keys().MacIdentifier("x").error().reason, "key.unknown");
  EXPECT_EQ(keys().SignCheckpoint({1, {}}).error().reason, "key.unknown");
  EXPECT_EQ(keys().CheckpointVerifierKey().error().reason, "key.unknown");
}

}  // namespace
}  // namespace hsm
