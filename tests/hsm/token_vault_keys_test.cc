#include "hsm/token_vault_keys.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "base/base64.h"
#include "base/random.h"
#include "tests/fakes/issuer.h"
#include "tests/fakes/soft_token.h"

namespace hsm {
namespace {

const base::Bytes kOwner(16, 7);

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

  std::string OpenReason(const WrappedKey& key) {
    const auto opened = keys().OpenDocumentKeys({key});
    return opened.ok() ? "opened" : opened.error().reason;
  }
};

base::Bytes Revealed(const base::Secret& secret) {
  const base::ByteSpan bytes = secret.Reveal();
  return {bytes.begin(), bytes.end()};
}

TEST_F(TokenVaultKeysTest, ADocumentKeyOpensAgainEvenAfterARestart) {
  const DocumentKey key = keys().NewDocumentKey(kOwner).value();
  EXPECT_EQ(key.wrapped.size(), 60U);
  Restart();
  const auto opened = keys().OpenDocumentKeys({{kOwner, key.wrapped}});
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_EQ(Revealed(opened.value().front()), Revealed(key.key));
}

TEST_F(TokenVaultKeysTest, NoTwoKeysAreAlike) {
  const DocumentKey one = keys().NewDocumentKey(kOwner).value();
  const DocumentKey two = keys().NewDocumentKey(kOwner).value();
  EXPECT_NE(Revealed(one.key), Revealed(two.key));
  EXPECT_NE(one.wrapped, two.wrapped);
}

TEST_F(TokenVaultKeysTest, AKeyDoesNotOpenForAnotherOwner) {
  const DocumentKey key = keys().NewDocumentKey(kOwner).value();
  EXPECT_EQ(OpenReason({base::Bytes(16, 8), key.wrapped}), "key.unwrap-failed");
  EXPECT_EQ(OpenReason({kOwner, key.wrapped}), "opened");
}

TEST_F(TokenVaultKeysTest, AFlippedBitAnywhereIsCorrupted) {
  const DocumentKey key = keys().NewDocumentKey(kOwner).value();
  for (const std::size_t position : {0U, 11U, 12U, 43U, 44U, 59U}) {
    base::Bytes flipped = key.wrapped;
    flipped[position] ^= 1;
    EXPECT_EQ(OpenReason({kOwner, flipped}), "key.unwrap-failed") << position;
  }
}

TEST_F(TokenVaultKeysTest, AShortOrLongWrappedKeyIsCorrupted) {
  base::Bytes wrapped = keys().NewDocumentKey(kOwner).value().wrapped;
  wrapped.push_back(0);
  EXPECT_EQ(OpenReason({kOwner, wrapped}), "key.unwrap-failed");
  EXPECT_EQ(OpenReason({kOwner, {}}), "key.unwrap-failed");
}

TEST_F(TokenVaultKeysTest, OneBadKeyAmongManyOpensNone) {
  const DocumentKey key = keys().NewDocumentKey(kOwner).value();
  std::vector<WrappedKey> many(256, {kOwner, key.wrapped});
  EXPECT_EQ(keys().OpenDocumentKeys(many).value().size(), 256U);
  many[200].wrapped[20] ^= 1;
  EXPECT_EQ(keys().OpenDocumentKeys(many).error().code, base::ErrorCode::kCorrupted);
  many.push_back({kOwner, key.wrapped});
  EXPECT_EQ(keys().OpenDocumentKeys(many).error().reason, "key.too-many");
}

TEST_F(TokenVaultKeysTest, ATokenThatFailsToDecryptIsNotTakenForCorruptedData) {
  const DocumentKey key = keys().NewDocumentKey(kOwner).value();
  token_->FailNext("C_DecryptInit", CKR_GENERAL_ERROR, 3);
  EXPECT_EQ(OpenReason({kOwner, key.wrapped}), "token.failed");
}

TEST_F(TokenVaultKeysTest, AFailureOfTheTokensThatIsOverIsNotTakenForCorruptedData) {
  const DocumentKey key = keys().NewDocumentKey(kOwner).value();
  token_->FailNext("C_Decrypt", CKR_GENERAL_ERROR);
  EXPECT_EQ(OpenReason({kOwner, key.wrapped}), "opened");
}

TEST_F(TokenVaultKeysTest, AnOwnerHasSixteenBytes) {
  EXPECT_EQ(keys().NewDocumentKey(base::Bytes(15)).error().reason, "key.malformed-owner");
  EXPECT_EQ(OpenReason({base::Bytes(17), base::Bytes(60)}), "key.malformed-owner");
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
  EXPECT_EQ(keys().NewDocumentKey(kOwner).error().reason, "key.unknown");
  EXPECT_EQ(keys().MacIdentifier("x").error().reason, "key.unknown");
  EXPECT_EQ(keys().SignCheckpoint({1, {}}).error().reason, "key.unknown");
  EXPECT_EQ(keys().CheckpointVerifierKey().error().reason, "key.unknown");
}

}  // namespace
}  // namespace hsm
