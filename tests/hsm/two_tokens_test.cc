// Two tokens with the vault's own keys, of shares that custodians keep.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "hsm/key_purpose.h"
#include "tests/fakes/issuer.h"
#include "tests/fakes/small_tree.h"
#include "tests/fakes/soft_token.h"

namespace hsm {
namespace {

std::vector<KeyShare> Copies(const std::vector<KeyShare>& shares, std::vector<std::size_t> which) {
  std::vector<KeyShare> copies;
  for (const std::size_t i : which) {
    const base::ByteSpan value = shares[i].value.Reveal();
    copies.push_back({shares[i].set, shares[i].needed, shares[i].number,
                      base::Secret(base::Bytes(value.begin(), value.end()))});
  }
  return copies;
}

// Two folders stand for two tokens. The module finds one of them at a time, as its settings say.
class TwoTokensTest : public tests::TokenTest {
 protected:
  void SetUp() override {
    TokenTest::SetUp();
    if (IsSkipped()) return;
    faces_.reset();
    other_ = std::make_unique<tests::SoftToken>(module());
  }
  tests::TokenFaces& Use(const tests::SoftToken& token) {
    faces_.reset();
    KeyholderConfig config = token.config();
    config.checkpoint_mark = token_->config().checkpoint_mark;  // The vault's.
    faces_ = std::make_unique<tests::TokenFaces>(config);
    return *faces_;
  }
  std::vector<KeyShare> Share() { return Use(*token_).provisioner.ShareVaultKeys({2, 3}).value(); }

  std::unique_ptr<tests::SoftToken> other_;
};

TEST_F(TwoTokensTest, EachOpensWhatTheOtherWrappedAndBothAreOneLog) {
  const std::vector<KeyShare> shares = Share();
  const tests::SmallTree ours = tests::MakeSmallTree(faces_->vault_keys).value();
  const auto mac = faces_->vault_keys.MacIdentifier("010190-12345").value();
  const std::string verifier = faces_->vault_keys.CheckpointVerifierKey().value();
  const std::string note = faces_->vault_keys.SignCheckpoint({5, {}}).value();

  ASSERT_TRUE(Use(*other_).provisioner.RestoreVaultKeys(Copies(shares, {0, 2})).ok());
  const auto opened = faces_->vault_keys.OpenKeys(KeyUse::kRead, ours.paths, {ours.Key()});
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_TRUE(base::EqualInConstantTime(opened.value()[0].Reveal(), ours.keys[0].Reveal()));
  EXPECT_EQ(faces_->vault_keys.MacIdentifier("010190-12345").value(), mac);
  EXPECT_EQ(faces_->vault_keys.CheckpointVerifierKey().value(), verifier);
  EXPECT_EQ(faces_->vault_keys.SignCheckpoint({5, {}}).value(), note);  // Ed25519 has no chance.
  EXPECT_EQ(faces_->vault_keys.SignCheckpoint({4, {}}).error().reason, "checkpoint.smaller");

  const std::vector<KeyFacts> listed = faces_->provisioner.ListKeys().value();
  EXPECT_EQ(listed[0].fingerprint.size(), 64U);  // vault-checkpoint

  const tests::SmallTree theirs = tests::MakeSmallTree(faces_->vault_keys).value();
  EXPECT_EQ(tests::OpenReason(Use(*token_).vault_keys, theirs.paths, theirs.Key()), "opened");
  EXPECT_EQ(faces_->provisioner.ListKeys().value(), listed);
}

TEST_F(TwoTokensTest, TheKeysDoNotLeaveTheTokenAgain) {
  Share();
  for (const auto& [purpose, label] :
       {std::pair{KeyPurpose::kRoot, "vault-root"}, std::pair{KeyPurpose::kMac, "vault-mac"},
        std::pair{KeyPurpose::kCheckpoint, "vault-checkpoint"}}) {
    const auto value = faces_->pool.Run([&](Session& session) -> base::Result<base::Bytes> {
      ASSIGN_OR_RETURN(const CK_OBJECT_HANDLE key, FindKey(session, purpose, {label}));
      return session.Attribute(key, CKA_VALUE);
    });
    EXPECT_FALSE(value.ok()) << label;
    for (const CK_ATTRIBUTE_TYPE never :
         {CKA_EXTRACTABLE, CKA_MODIFIABLE, CKA_COPYABLE, CKA_UNWRAP, CKA_DERIVE}) {
      const auto flag = faces_->pool.Run([&](Session& session) -> base::Result<base::Bytes> {
        ASSIGN_OR_RETURN(const CK_OBJECT_HANDLE key, FindKey(session, purpose, {label}));
        return session.Attribute(key, never);
      });
      EXPECT_EQ(flag.value(), base::Bytes{CK_FALSE}) << label << " " << never;
    }
  }
}

TEST_F(TwoTokensTest, TooFewOrWrongSharesMakeNothing) {
  const std::vector<KeyShare> shares = Share();
  Provisioner& other = Use(*other_).provisioner;
  EXPECT_EQ(other.RestoreVaultKeys({}).error().reason, "share.too-few");
  EXPECT_EQ(other.RestoreVaultKeys(Copies(shares, {1})).error().reason, "share.too-few");
  EXPECT_EQ(other.RestoreVaultKeys(Copies(shares, {1, 1})).error().reason, "share.malformed");
  std::vector<KeyShare> wrong = Copies(shares, {0, 1});
  wrong[1].number = 3;
  EXPECT_EQ(other.RestoreVaultKeys(wrong).error().reason, "share.wrong");
  EXPECT_TRUE(other.ListKeys().value().empty());
}

TEST_F(TwoTokensTest, AVaultsKeysAreMadeOnce) {
  const std::vector<KeyShare> shares = Share();
  EXPECT_EQ(faces_->provisioner.ShareVaultKeys({2, 3}).error().reason, "key.exists");
  EXPECT_EQ(faces_->provisioner.RestoreVaultKeys(Copies(shares, {0, 1})).error().reason,
            "key.exists");
  EXPECT_EQ(faces_->provisioner.ShareVaultKeys({1, 3}).error().reason, "share.malformed-counts");
  EXPECT_EQ(faces_->provisioner.ListKeys().value().size(), 3U);
}

// The root key is made when the token fails: it does not stay.
TEST_F(TwoTokensTest, AllThreeKeysOrNone) {
  Use(*token_);
  ASSERT_TRUE(faces_->provisioner.ListKeys().ok());
  token_->FailNext("C_GetAttributeValue", CKR_FUNCTION_FAILED);
  EXPECT_FALSE(faces_->provisioner.ShareVaultKeys({2, 3}).ok());
  EXPECT_TRUE(faces_->provisioner.ListKeys().value().empty());
  EXPECT_TRUE(faces_->provisioner.ShareVaultKeys({2, 3}).ok());
}

// Neither in the token's files nor beside them: the software token encrypts what it keeps.
TEST_F(TwoTokensTest, NothingOfTheSharesStaysOnDisk) {
  const std::vector<KeyShare> shares = Share();
  ASSERT_TRUE(Use(*other_).provisioner.RestoreVaultKeys(Copies(shares, {0, 1})).ok());
  faces_.reset();
  for (const auto* token : {token_.get(), other_.get()}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(token->path())) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      for (const KeyShare& share : shares) {
        const std::string value = base::ToString(share.value.Reveal());
        EXPECT_EQ(text.find(value), std::string::npos) << entry.path();
        EXPECT_EQ(text.find(base::HexEncode(share.value.Reveal())), std::string::npos);
      }
    }
  }
}

// The first token is pulled; the second one of the same seed takes over.
class FailoverTest : public TwoTokensTest {
 protected:
  void SetUp() override {
    TwoTokensTest::SetUp();
    if (IsSkipped()) return;
    const std::vector<KeyShare> shares = Share();
    ASSERT_TRUE(Use(*other_).provisioner.RestoreVaultKeys(Copies(shares, {0, 1})).ok());
    ASSERT_TRUE(Use(*token_).provisioner.GenerateKey({"agency-1"}, KeyKind::kSealP256).ok());
    Restart();
  }
  void Restart() {
    faces_.reset();
    KeyholderConfig config = token_->config();
    config.second = other_->config();
    config.token_choice = token_->path() / "token-in-use";
    config.token_patience = patience_;
    faces_ = std::make_unique<tests::TokenFaces>(config);
  }
  std::string WhyNoKey() {
    const auto top = faces_->vault_keys.NewTop();
    return top.ok() ? "" : top.error().reason;
  }
  std::string WhyNoSeal(const char* label) {
    const auto seal =
        faces_->signer.SealReferences({{label},
                                       {{"", "a.txt", ReferenceKind::kDocument, {}},
                                        {"", "#SP", ReferenceKind::kSignedProperties, {}}},
                                       {},
                                       {}});
    return seal.ok() ? "" : seal.error().reason;
  }

  std::chrono::seconds patience_{0};
};

TEST_F(FailoverTest, TheSecondTokenGoesOnWhereTheFirstStopped) {
  const tests::SmallTree tree = tests::MakeSmallTree(faces_->vault_keys).value();
  ASSERT_TRUE(faces_->vault_keys.SignCheckpoint({7, {}}).ok());
  const std::string verifier = faces_->vault_keys.CheckpointVerifierKey().value();
  EXPECT_FALSE(faces_->pool.Describe().value().second);

  token_->Remove();
  EXPECT_EQ(WhyNoKey(), "token.absent");  // Unavailable meanwhile, not wrong.
  EXPECT_EQ(WhyNoKey(), "");
  EXPECT_TRUE(faces_->pool.Describe().value().second);
  EXPECT_EQ(tests::OpenReason(faces_->vault_keys, tree.paths, tree.Key()), "opened");
  EXPECT_EQ(faces_->vault_keys.CheckpointVerifierKey().value(), verifier);
  EXPECT_EQ(faces_->vault_keys.SignCheckpoint({6, {}}).error().reason, "checkpoint.smaller");
  EXPECT_TRUE(faces_->vault_keys.SignCheckpoint({8, {}}).ok());
}

TEST_F(FailoverTest, NoRootKeyIsReplacedThatTheSecondTokenWouldNotHave) {
  const tests::SmallTree tree = tests::MakeSmallTree(faces_->vault_keys).value();
  EXPECT_EQ(faces_->vault_keys.NewRoot(tree.paths.top, {}).error().reason, "key.second-token");
  EXPECT_TRUE(faces_->vault_keys.KeepRoot(tree.paths.top).ok());
}

TEST_F(FailoverTest, ASealWhoseKeyIsInTheOtherTokenWaits) {
  EXPECT_EQ(WhyNoSeal("agency-1"), "key.without-certificate");
  EXPECT_EQ(WhyNoSeal("agency-9"), "key.unknown");
  token_->Remove();
  EXPECT_EQ(WhyNoKey(), "token.absent");
  EXPECT_EQ(WhyNoSeal("agency-1"), "token.key-elsewhere");
}

// Each token has a sealing key of its own under the agency's label.
TEST_F(FailoverTest, ASealIsByTheKeyOfTheTokenInUse) {
  for (const tests::SoftToken* token : {other_.get(), token_.get()}) {
    Provisioner& provisioner = Use(*token).provisioner;
    ASSERT_TRUE(provisioner.GenerateKey({"agency-2"}, KeyKind::kSealP256).ok());
    const auto request = provisioner.CertificateRequest({"agency-2"}, {"A", "", "", "LV"});
    ASSERT_TRUE(
        provisioner.ImportCertificate({"agency-2"}, tests::IssueFor(request.value()), {}).ok());
  }
  Restart();
  EXPECT_EQ(WhyNoSeal("agency-2"), "");
  const base::Bytes first = faces_->signer.Certificate({"agency-2"}).value().der;
  token_->Remove();
  EXPECT_EQ(WhyNoKey(), "token.absent");
  EXPECT_EQ(WhyNoSeal("agency-2"), "");
  EXPECT_NE(faces_->signer.Certificate({"agency-2"}).value().der, first);
}

TEST_F(FailoverTest, NothingGoesBackByItself) {
  token_->Remove();
  EXPECT_EQ(WhyNoKey(), "token.absent");
  EXPECT_EQ(WhyNoKey(), "");
  token_->PutBack();
  EXPECT_EQ(WhyNoKey(), "");
  EXPECT_TRUE(faces_->pool.Describe().value().second);
  Restart();
  EXPECT_TRUE(faces_->pool.Describe().value().second);
  // Until the second is lost in its turn.
  other_->Remove();
  EXPECT_EQ(WhyNoKey(), "token.absent");  // No session came; then the first try to start anew.
  EXPECT_EQ(WhyNoKey(), "token.absent");
  EXPECT_EQ(WhyNoKey(), "");
  EXPECT_FALSE(faces_->pool.Describe().value().second);
}

TEST_F(FailoverTest, AShortAbsenceChangesNothing) {
  patience_ = std::chrono::hours(1);
  Restart();
  EXPECT_EQ(WhyNoKey(), "");
  token_->Remove();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(WhyNoKey(), "token.absent");
  token_->PutBack();
  EXPECT_EQ(WhyNoKey(), "");
  EXPECT_FALSE(faces_->pool.Describe().value().second);
}

// Each token has its own PIN and its own mark.
TEST_F(FailoverTest, ARefusedPinOfTheSecondIsTriedOnce) {
  other_->WritePin("0000");
  token_->Remove();
  EXPECT_EQ(WhyNoKey(), "token.absent");
  EXPECT_EQ(WhyNoKey(), "token.pin-refused");
  token_->PutBack();
  EXPECT_EQ(WhyNoKey(), "");  // Both were away: the first's turn again.
  EXPECT_EQ(other_->Refusals(), 1U);
  EXPECT_EQ(token_->Refusals(), 0U);
}

}  // namespace
}  // namespace hsm
