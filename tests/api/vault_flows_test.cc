// The flows around the vault: real ledger and segments on disk, keys and sealing by fakes.
#include <gtest/gtest.h>

#include <thread>

#include "api/flow/client_history.h"
#include "api/flow/document_receipt.h"
#include "api/flow/find_client.h"
#include "api/flow/submit_document.h"
#include "tests/fakes/fake_sealing.h"
#include "tests/fakes/fake_vault_keys.h"
#include "tests/fakes/fixed_clock.h"
#include "tests/fakes/key_rows.h"
#include "tests/fakes/temp_dir.h"

namespace api {
namespace {

class VaultFlowsTest : public ::testing::Test {
 protected:
  base::Result<vault::ClientId> Register(const std::string& identifier) {
    return find_client_.Run(ReadingBy(agency_), {.identifier = identifier, .create = true});
  }
  Submission SubmissionFor(const vault::ClientId& client) {
    return {.client = client.Text(),
            .name = "a.txt",
            .media_type = "text/plain",
            .direction = "outgoing",
            .channel = "electronic",
            .seal = std::nullopt,
            .to_seal = {},
            .bytes = base::AsBytes("document")};
  }
  StoredDocument Store(const vault::ClientId& client) {
    return submit_.Run(agency_, SubmissionFor(client)).value();
  }
  Reading ReadingBy(const Caller& caller) { return {caller, "a test reads", "official-1"}; }
  std::uint64_t Size() { return ledger_->Head().value().size; }

  const Caller agency_{"agency", CallerRole::kAgency, "agency", {"seal"}};
  const Caller stranger_{"stranger", CallerRole::kAgency, "stranger", {}};
  const Caller platform_{"platform", CallerRole::kPlatform, "", {}};
  const tests::TempDir dir_;
  const tests::FixedClock clock_;
  tests::FakeVaultKeys keys_;
  tests::FakeSigner signer_;
  tests::FakeInspector inspector_;
  tests::FakeOutbound outbound_;
  std::unique_ptr<vault::Ledger> ledger_ = vault::Ledger::Open(dir_.path(), {}).value();
  std::unique_ptr<vault::Segments> segments_ = vault::Segments::Open(dir_.path()).value();
  std::unique_ptr<vault::KeyStore> key_store_ = tests::OpenKeys(dir_.path());
  RecordKeys record_keys_{*key_store_, keys_};
  RecordAccess record_access_{*ledger_, record_keys_, clock_};
  FindClient find_client_{record_access_, *ledger_, keys_, clock_};
  const TimestampTrust trust_;
  EvidenceDesk desk_{inspector_, outbound_, trust_, clock_};
  ExtendSignature extend_{inspector_, desk_, clock_};
  SignDocument sign_{signer_, inspector_, desk_, extend_, clock_};
  SubmitDocument submit_{sign_, *ledger_, *segments_, record_keys_, clock_};
  ReadDocument read_{record_access_, *ledger_, *segments_, record_keys_};
  CheckpointAnchor anchor_{"", "test"};
  PublishCheckpoint publish_{*ledger_, keys_, anchor_};
  CheckpointConfig checkpoints_;
  const EndorseCheckpoint endorse_{*ledger_, outbound_, desk_, checkpoints_, clock_};
  DocumentReceipt receipt_{read_, publish_, endorse_, *ledger_};
  ClientHistory history_{record_access_, *ledger_, record_keys_};
};

TEST_F(VaultFlowsTest, OneIdentifierIsOneClient) {
  EXPECT_EQ(Register("PK:1").value(), Register("PK:1").value());
  EXPECT_NE(Register("PK:1").value(), Register("PK:2").value());
}

TEST_F(VaultFlowsTest, TwoAgenciesAtOnceRegisterOneClient) {
  std::array<vault::ClientId, 4> found;
  {
    std::vector<std::jthread> threads;
    for (vault::ClientId& client : found)
      threads.emplace_back([&] { client = Register("PK:race").value(); });
  }
  for (const vault::ClientId& client : found) EXPECT_EQ(client, found[0]);
  EXPECT_EQ(Size(), 1U);
}

TEST_F(VaultFlowsTest, ThePlatformMayNotRegisterClients) {
  EXPECT_EQ(
      find_client_.Run(ReadingBy(platform_), {.identifier = "PK:1", .create = true}).error().reason,
      "caller.wrong-role");
  EXPECT_EQ(Size(), 0U);
}

TEST_F(VaultFlowsTest, AnIdentifierOfAnotherFormIsRefused) {
  for (const char* identifier : {"", "PK", "PK 1", "PK:\n1", "ā:123"})
    EXPECT_EQ(Register(identifier).error().reason, "client.bad-identifier") << identifier;
}

TEST_F(VaultFlowsTest, ADocumentComesBackByteForByte) {
  const StoredDocument stored = Store(Register("PK:1").value());
  const auto opened = read_.Run(ReadingBy(agency_), stored.id.Text(), "document.read");
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_EQ(base::ToString(opened.value().bytes), "document");
  EXPECT_EQ(opened.value().metadata.Text("name"), "a.txt");
}

TEST_F(VaultFlowsTest, ADocumentOfAnotherAgencyDoesNotExist) {
  const StoredDocument stored = Store(Register("PK:1").value());
  const std::uint64_t before = Size();
  EXPECT_EQ(read_.Run(ReadingBy(stranger_), stored.id.Text(), "x").error().reason,
            "document.unknown");
  EXPECT_EQ(read_.Entry(ReadingBy(stranger_), stored.id.Text()).error().reason, "document.unknown");
  EXPECT_EQ(receipt_.Run(ReadingBy(stranger_), stored.id.Text()).error().reason,
            "document.unknown");
  EXPECT_EQ(Size(), before);
}

TEST_F(VaultFlowsTest, AClientRecordIsNoDocument) {
  static_cast<void>(Register("PK:1").value());
  const auto client = ledger_->Read(vault::EntryNumber{0}).value();
  EXPECT_EQ(read_.Entry(ReadingBy(agency_), client.record.id.Text()).error().reason,
            "document.unknown");
}

TEST_F(VaultFlowsTest, AReadIsOnRecordBeforeItIsAnswered) {
  const StoredDocument stored = Store(Register("PK:1").value());
  keys_.next_error = base::Error{base::ErrorCode::kUnavailable, "token.absent", "gone"};
  EXPECT_EQ(read_.Run(ReadingBy(agency_), stored.id.Text(), "x").error().reason, "token.absent");
  const std::uint64_t before = Size();
  ASSERT_TRUE(read_.Run(ReadingBy(agency_), stored.id.Text(), "x").ok());
  EXPECT_EQ(Size(), before + 1);
}

TEST_F(VaultFlowsTest, AReadWithoutAPurposeIsRefused) {
  const StoredDocument stored = Store(Register("PK:1").value());
  const std::uint64_t before = Size();
  EXPECT_EQ(read_.Run({agency_, "", ""}, stored.id.Text(), "x").error().reason,
            "access.purpose-required");
  EXPECT_EQ(read_.Run({agency_, std::string(201, 'p'), ""}, stored.id.Text(), "x").error().reason,
            "access.purpose-required");
  EXPECT_EQ(Size(), before);
}

TEST_F(VaultFlowsTest, ThePlatformsReadsOfEntriesReceiptsAndIdentifiersAreOnRecord) {
  const StoredDocument stored = Store(Register("PK:1").value());
  const std::uint64_t before = Size();
  ASSERT_TRUE(read_.Entry(ReadingBy(platform_), stored.id.Text()).ok());
  ASSERT_TRUE(find_client_.Run(ReadingBy(platform_), {.identifier = "PK:1"}).ok());
  EXPECT_EQ(Size(), before + 2);
  EXPECT_EQ(read_.Entry({platform_, "", ""}, stored.id.Text()).error().reason,
            "access.purpose-required");
  EXPECT_EQ(find_client_.Run({platform_, "", ""}, {.identifier = "PK:1"}).error().reason,
            "access.purpose-required");
  EXPECT_EQ(receipt_.Run({platform_, "", ""}, stored.id.Text()).error().reason,
            "access.purpose-required");
}

TEST_F(VaultFlowsTest, AnAgencysReadOfItsOwnEntryNeedsNoRecord) {
  const StoredDocument stored = Store(Register("PK:1").value());
  const std::uint64_t before = Size();
  EXPECT_TRUE(read_.Entry({agency_, "", ""}, stored.id.Text()).ok());
  EXPECT_EQ(Size(), before);
}

TEST_F(VaultFlowsTest, StoresNothingWhenTheTokenIsUnavailable) {
  const vault::ClientId client = Register("PK:1").value();
  const std::uint64_t before = Size();
  keys_.next_error = base::Error{base::ErrorCode::kUnavailable, "token.absent", "gone"};
  EXPECT_FALSE(submit_.Run(agency_, SubmissionFor(client)).ok());
  EXPECT_EQ(Size(), before);
}

TEST_F(VaultFlowsTest, StoresNothingThatWasNotReleased) {
  const vault::ClientId client = Register("PK:1").value();
  const std::uint64_t before = Size();
  Submission submission = SubmissionFor(client);
  submission.seal = SealOrder{{"seal"}, SignatureLevel::kB};
  submission.to_seal.document = base::AsBytes("container");
  EXPECT_EQ(submit_.Run(agency_, submission).error().reason, "release.refused");
  EXPECT_EQ(Size(), before);
}

TEST_F(VaultFlowsTest, StoresNothingForAClientNobodyRegistered) {
  EXPECT_EQ(submit_.Run(agency_, SubmissionFor(vault::ClientId::New())).error().reason,
            "client.unknown");
}

TEST_F(VaultFlowsTest, RefusesAnEmptyDocumentABadNameAndABadDirection) {
  const vault::ClientId client = Register("PK:1").value();
  Submission submission = SubmissionFor(client);
  submission.bytes = {};
  EXPECT_EQ(submit_.Run(agency_, submission).error().reason, "document.empty");
  submission = SubmissionFor(client);
  submission.name = "../a";
  EXPECT_EQ(submit_.Run(agency_, submission).error().reason, "document.bad-name");
  submission = SubmissionFor(client);
  submission.direction = "sideways";
  EXPECT_EQ(submit_.Run(agency_, submission).error().reason, "document.bad-direction");
}

TEST_F(VaultFlowsTest, HistoryIsForThePlatformAndNewestFirst) {
  const vault::ClientId client = Register("PK:1").value();
  const StoredDocument first = Store(client);
  const StoredDocument second = Store(client);
  EXPECT_EQ(
      history_.Run(ReadingBy(agency_), {.client = client.Text(), .cursor = {}}).error().reason,
      "caller.wrong-role");
  const base::Json page =
      history_.Run(ReadingBy(platform_), {.client = client.Text(), .cursor = {}}).value();
  const auto& items = *page.Find("items")->AsArray();
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[0].Text("id"), second.id.Text());
  EXPECT_EQ(items[1].Text("id"), first.id.Text());
  EXPECT_EQ(items[0].Text("name"), "a.txt");
}

TEST_F(VaultFlowsTest, ACursorThatIsNotOursIsRefused) {
  const vault::ClientId client = Register("PK:1").value();
  for (const char* cursor : {"", "x", "AAAAAAAAAAAAAAA", "../../"}) {
    EXPECT_EQ(history_.Run(ReadingBy(platform_), {.client = client.Text(), .cursor = cursor})
                  .error()
                  .reason,
              "page.bad-cursor")
        << cursor;
  }
}

TEST_F(VaultFlowsTest, OneCheckpointServesUntilTheLedgerGrows) {
  Store(Register("PK:1").value());
  const auto first = publish_.Covering(1).value();
  EXPECT_EQ(publish_.Covering(2).value().note, first.note);
  const auto second = publish_.Covering(Size());
  EXPECT_EQ(second.value().size, Size());
}

TEST_F(VaultFlowsTest, AReceiptIsCompleteAtOnceAndSaysWhatIsPending) {
  const StoredDocument stored = Store(Register("PK:1").value());
  checkpoints_.stamp = std::chrono::minutes(60);
  const auto receipt = receipt_.Run(ReadingBy(agency_), stored.id.Text()).value();
  EXPECT_NE(receipt.text.find("checkpoint of 2"), std::string::npos);
  EXPECT_EQ(receipt.pending, std::vector<std::string>{"timestamp"});
  EXPECT_EQ(receipt.text.find("c3RhbXA"), std::string::npos);
}

TEST_F(VaultFlowsTest, AReceiptHasTheOldestStampThatCoversIt) {
  const StoredDocument stored = Store(Register("PK:1").value());
  checkpoints_.stamp = std::chrono::minutes(60);
  ASSERT_TRUE(publish_.Run().ok());
  ASSERT_TRUE(ledger_->KeepStamp(2, base::ToBytes("token")).ok());
  Store(Register("PK:2").value());
  ASSERT_TRUE(publish_.Run().ok());
  const auto receipt = receipt_.Run(ReadingBy(agency_), stored.id.Text()).value();
  EXPECT_NE(receipt.text.find("checkpoint of 2"), std::string::npos);
  EXPECT_TRUE(receipt.pending.empty());
}

TEST_F(VaultFlowsTest, TheHeadIsConfirmedByASignatureOfItsOwn) {
  EXPECT_TRUE(publish_.ConfirmHead().ok());  // Empty: nothing to confirm.
  Store(Register("PK:1").value());
  keys_.next_error = base::Error{base::ErrorCode::kConflict, "checkpoint.smaller", "set back"};
  EXPECT_EQ(publish_.ConfirmHead().error().reason, "checkpoint.smaller");
  EXPECT_TRUE(publish_.ConfirmHead().ok());
}

TEST_F(VaultFlowsTest, ACheckpointThatIsThereIsReadWhileTheNextHangsInTheToken) {
  Store(Register("PK:1").value());
  ASSERT_TRUE(publish_.Covering(1).ok());
  Store(Register("PK:2").value());
  bool is_read = false;
  keys_.while_signing = [&] {
    const std::jthread reader([&] { is_read = publish_.Covering(1).ok(); });
  };
  ASSERT_TRUE(publish_.Covering(Size()).ok());
  EXPECT_TRUE(is_read);
}

TEST_F(VaultFlowsTest, AnEmptyLedgerHasNoCheckpoint) {
  EXPECT_EQ(publish_.Covering(1).error().reason, "checkpoint.none");
}

}  // namespace
}  // namespace api
