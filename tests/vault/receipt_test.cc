#include "vault/receipt.h"

#include <gtest/gtest.h>

#include "tests/fakes/note_signer.h"
#include "tests/fakes/temp_dir.h"
#include "tests/fakes/vault_records.h"
#include "vault/merkle.h"
#include "vault/record_codec.h"

namespace vault {
namespace {

constexpr const char* kOrigin = "vault.example/test";
const base::Bytes kSalt(16, 0x77);

base::Sha256Digest DigestOf(std::string_view document) {
  return base::Sha256(base::AsBytes(document));
}

class ReceiptTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Ledger::Open(folder_.path() / "data", tests::kSmallLedger);
    ASSERT_TRUE(opened.ok());
    ledger_ = std::move(opened).value();
    for (int i = 0; i < 6; ++i) Append(tests::DocumentOf(client_));
    Record record = tests::DocumentOf(client_);
    record.commitment = DocumentCommitment(kSalt, DigestOf("my document"));
    Append(record);
    for (int i = 0; i < 6; ++i) Append(tests::DocumentOf(client_));
    id_ = record.id;
    head_ = ledger_->Head().value();
  }
  void Append(const Record& record) { ASSERT_TRUE(ledger_->Append(record).ok()); }

  ReceiptParts Parts() const {
    const StoredRecord stored = ledger_->Find(id_).value();
    return {.record = stored,
            .salt = kSalt,
            .proof = ledger_->InclusionProof(stored.entry, head_.size).value(),
            .checkpoint = signer_.Checkpoint(head_.size, head_.root)};
  }
  std::string ReasonFor(std::string_view receipt) const {
    const auto verdict = VerifyReceipt(receipt, signer_.VerifierKey(), DigestOf("my document"));
    return verdict.ok() ? "accepted" : verdict.error().reason;
  }

  tests::TempDir folder_;
  std::unique_ptr<Ledger> ledger_;
  const tests::NoteSigner signer_{kOrigin};
  const ClientId client_ = ClientId::New();
  RecordId id_;
  TreeHead head_;
};

TEST_F(ReceiptTest, ProvesThatTheVaultTookTheDocument) {
  const auto verdict =
      VerifyReceipt(WriteReceipt(Parts()), signer_.VerifierKey(), DigestOf("my document"));
  ASSERT_TRUE(verdict.ok()) << verdict.error().message;
  EXPECT_TRUE(verdict.value().covers_document);
  EXPECT_EQ(verdict.value().record.id, id_);
  EXPECT_EQ(verdict.value().entry.value, 6U);
  EXPECT_EQ(verdict.value().tree_size, 13U);
  EXPECT_EQ(verdict.value().origin, kOrigin);
}

TEST_F(ReceiptTest, WithoutADocumentItCoversNone) {
  const auto verdict = VerifyReceipt(WriteReceipt(Parts()), signer_.VerifierKey(), {});
  ASSERT_TRUE(verdict.ok());
  EXPECT_FALSE(verdict.value().covers_document);
}

TEST_F(ReceiptTest, SaysWhenTheWitnessesThatAreAskedForSawIt) {
  const tests::NoteSigner witness("w.example", tests::NoteSigner::kCosignature);
  const std::string bare = WriteReceipt(Parts());
  ReceiptParts parts = Parts();
  const std::size_t text = parts.checkpoint.find("\n\n") + 1;
  parts.checkpoint += witness.CosignatureLine(parts.checkpoint.substr(0, text), 1'795'000'000);
  const std::string receipt = WriteReceipt(parts);
  const std::vector<std::string> keys{witness.VerifierKey()};
  const auto verdict = VerifyReceipt(receipt, signer_.VerifierKey(), {}, keys);
  ASSERT_TRUE(verdict.ok()) << verdict.error().message;
  EXPECT_EQ(verdict.value().cosigned.at(0), base::Time(std::chrono::seconds(1'795'000'000)));
  EXPECT_EQ(VerifyReceipt(bare, signer_.VerifierKey(), {}, keys).error().reason,
            "receipt.not-cosigned");
  const std::vector<std::string> others{
      tests::NoteSigner("w.example", tests::NoteSigner::kCosignature).VerifierKey()};
  EXPECT_EQ(VerifyReceipt(receipt, signer_.VerifierKey(), {}, others).error().reason,
            "receipt.not-cosigned");
}

TEST_F(ReceiptTest, CarriesTheTimestampAndWhatItCovers) {
  ReceiptParts parts = Parts();
  parts.stamp = base::ToBytes("token");
  const auto verdict = VerifyReceipt(WriteReceipt(parts), signer_.VerifierKey(), {});
  ASSERT_TRUE(verdict.ok()) << verdict.error().message;
  EXPECT_EQ(base::ToString(verdict.value().stamp), "token");
  EXPECT_EQ(verdict.value().stamped, base::Sha256(base::AsBytes(parts.checkpoint)));
}

TEST_F(ReceiptTest, RefusesAnotherDocument) {
  EXPECT_EQ(VerifyReceipt(WriteReceipt(Parts()), signer_.VerifierKey(), DigestOf("another"))
                .error()
                .reason,
            "receipt.other-document");
}

TEST_F(ReceiptTest, RefusesAnEntryThatIsNoDocumentForADocument) {
  const Record access = tests::AccessOf(client_, id_);
  Append(access);
  const StoredRecord stored = ledger_->Find(access.id).value();
  const TreeHead head = ledger_->Head().value();
  const std::string receipt =
      WriteReceipt({.record = stored,
                    .salt = {},
                    .proof = ledger_->InclusionProof(stored.entry, head.size).value(),
                    .checkpoint = signer_.Checkpoint(head.size, head.root)});
  EXPECT_TRUE(VerifyReceipt(receipt, signer_.VerifierKey(), {}).ok());
  EXPECT_EQ(ReasonFor(receipt), "receipt.other-document");
}

TEST_F(ReceiptTest, RefusesTheReceiptOfAnotherVault) {
  const tests::NoteSigner stranger{"stranger.example/vault"};
  EXPECT_EQ(VerifyReceipt(WriteReceipt(Parts()), stranger.VerifierKey(), {}).error().reason,
            "receipt.wrong-key");
}

TEST_F(ReceiptTest, RefusesANamesakeWithAnotherKey) {
  const tests::NoteSigner namesake{kOrigin};
  EXPECT_EQ(VerifyReceipt(WriteReceipt(Parts()), namesake.VerifierKey(), {}).error().reason,
            "receipt.wrong-key");
}

TEST_F(ReceiptTest, RefusesACheckpointOfAnotherOriginThatOurKeySigned) {
  ReceiptParts parts = Parts();
  parts.checkpoint =
      signer_.Note("other.example/log\n13\n" + base::Base64Encode(head_.root.span()) + "\n");
  EXPECT_EQ(ReasonFor(WriteReceipt(parts)), "receipt.wrong-key");
}

TEST_F(ReceiptTest, RefusesKeysThatAreNotVerifierKeysOfALog) {
  const std::string receipt = WriteReceipt(Parts());
  std::string wrong_id = signer_.VerifierKey();
  wrong_id[std::string_view(kOrigin).size() + 1] ^= 1;
  for (const std::string& key :
       {std::string(), std::string("a+b"), wrong_id, signer_.VerifierKey() + "A"})
    EXPECT_EQ(VerifyReceipt(receipt, key, {}).error().reason, "receipt.bad-verifier-key") << key;
}

TEST_F(ReceiptTest, RefusesEveryFlippedBit) {
  const std::string receipt = WriteReceipt(Parts());
  ASSERT_EQ(ReasonFor(receipt), "accepted");
  for (std::size_t at = 0; at < receipt.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string changed = receipt;
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ (1U << bit));
      ASSERT_NE(ReasonFor(changed), "accepted") << "bit " << bit << " of byte " << at;
    }
  }
}

TEST_F(ReceiptTest, RefusesEveryPrefix) {
  const std::string receipt = WriteReceipt(Parts());
  for (std::size_t size = 0; size < receipt.size(); ++size)
    ASSERT_NE(ReasonFor(receipt.substr(0, size)), "accepted") << size;
}

TEST_F(ReceiptTest, RefusesAnotherEntryUnderTheSameProof) {
  ReceiptParts parts = Parts();
  parts.record = ledger_->Read({5}).value();
  EXPECT_EQ(ReasonFor(WriteReceipt(parts)), "receipt.not-included");
}

TEST_F(ReceiptTest, RefusesTheRootOfAnotherSize) {
  ReceiptParts parts = Parts();
  parts.checkpoint = signer_.Checkpoint(12, ledger_->HeadAt(12).value().root);
  EXPECT_EQ(ReasonFor(WriteReceipt(parts)), "receipt.not-included");
}

TEST_F(ReceiptTest, TakesAWitnessSignatureOfAKeyItDoesNotKnow) {
  ReceiptParts parts = Parts();
  parts.checkpoint += tests::NoteSigner("witness.example").SignatureLine("something else\n");
  EXPECT_EQ(ReasonFor(WriteReceipt(parts)), "accepted");
}

TEST_F(ReceiptTest, RefusesASecondSignatureOfItsKeyThatDoesNotVerify) {
  ReceiptParts parts = Parts();
  parts.checkpoint += signer_.SignatureLine("something else\n");
  EXPECT_EQ(ReasonFor(WriteReceipt(parts)), "receipt.bad-signature");
}

TEST_F(ReceiptTest, CommitsToSaltAndDocument) {
  base::Bytes input = kSalt;
  base::Append(DigestOf("d").span(), input);
  EXPECT_EQ(DocumentCommitment(kSalt, DigestOf("d")), base::Sha256(input));
}

TEST(ReceiptExampleTest, TheExampleOfTheFormatPageVerifies) {
  constexpr const char* kVerifierKey =
      "vault.example/riga+f34b09db+AZsBlu+1phKLH0VugePaQWig1EE5fV8U/HOA4IGwbSGV";
  constexpr const char* kReceipt =
      "c2sp.org/tlog-proof@v1\n"
      "extra eyJlbnRyeSI6IkFRRVJFUkVSRVJFUkVSRVJFUkVSRVJFUkFBQUFBR3NFVTRzaUlpSWlJaUlpSW"
      "lJaUlpSWlJaUlpTXpNek16TXpNek16TXpNek16TXpNek16TXpNek16TXpNek16TXpNek16TURkbWxrQU"
      "FBQUFBQUEiLCJzYWx0IjoiIn0=\n"
      "index 0\n"
      "\n"
      "vault.example/riga\n"
      "1\n"
      "dAZ6R9yC5AlFVWJ1Ljgv85va7NHDhqH2OAPetH3zD/E=\n"
      "\n"
      "\xE2\x80\x94 vault.example/riga "
      "80sJ253Fo4Ut5EQHyzPUEugg2jfBa5k5j6jf+opbNZUlFmFrbrqjOoZe24EzmynOrV/oUrMn3SJqnLVF"
      "kJHppMU5eQQ=\n";
  const auto verdict = VerifyReceipt(kReceipt, kVerifierKey, {});
  ASSERT_TRUE(verdict.ok()) << verdict.error().message;
  EXPECT_EQ(verdict.value().record.agency, "vid");
  EXPECT_EQ(verdict.value().tree_size, 1U);
}

}  // namespace
}  // namespace vault
