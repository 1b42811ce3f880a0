#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <fstream>

#include "api/flow/batch_queue.h"
#include "api/flow/record_keys.h"
#include "tests/fakes/fake_sealing.h"
#include "tests/fakes/fake_vault_keys.h"
#include "tests/fakes/fixed_clock.h"
#include "tests/fakes/key_rows.h"
#include "tests/fakes/temp_dir.h"

namespace api {
namespace {

BatchOrder Order(std::size_t items) {
  BatchOrder order{.caller = "agency",
                   .agency = "vid",
                   .idempotency_key = "batch-1",
                   .seal = {.key = {"seal"}, .level = SignatureLevel::kB},
                   .items = {}};
  for (std::size_t i = 0; i < items; ++i)
    order.items.push_back({{.name = "document-" + std::to_string(i) + ".pdf",
                            .media_type = "application/pdf",
                            .sha256 = base::Sha256(base::AsBytes(std::to_string(i)))}});
  return order;
}

std::size_t Sealed(const std::vector<Outcome>& outcomes) {
  return static_cast<std::size_t>(
      std::ranges::count_if(outcomes, [](const Outcome& one) { return one.ok(); }));
}

class BatchTest : public ::testing::Test {
 protected:
  BatchTest() {
    inspector_.timestamp_time = clock_.now;
    auto opened = vault::Ledger::Open(folder_.path() / "vault", {});
    EXPECT_TRUE(opened.ok());
    ledger_ = std::move(opened).value();
  }

  BatchParts Parts() {
    return {signer_, inspector_, desk_, extend_, *ledger_, record_keys_, store_, callers_, clock_};
  }

  // The sealings on record, as "reason count".
  std::vector<std::string> Sealings() {
    std::vector<std::string> found;
    const std::uint64_t size = ledger_->Head().value().size;
    for (std::uint64_t i = 0; i < size; ++i) {
      const auto stored = ledger_->Read({i}).value();
      EXPECT_EQ(stored.record.kind, vault::RecordKind::kSealing);
      const auto key = record_keys_.Open(hsm::KeyUse::kKept, stored.record.key).value();
      const base::Json facts = OpenMetadata(key, stored.record).value();
      EXPECT_EQ(facts.Text("idempotencyKey"), "batch-1");
      found.push_back(facts.Text("reason").value_or("") + " " +
                      std::to_string(facts.Integer("count").value_or(0)));
    }
    return found;
  }

  const tests::TempDir folder_;
  const Caller caller_{"agency", CallerRole::kAgency, "vid", {"seal"}};
  std::vector<RegisteredCaller> callers_{{"agency", CallerRole::kAgency, "vid", "", {"seal"}}};
  tests::FakeSigner signer_;
  tests::FakeInspector inspector_;
  tests::FakeOutbound outbound_;
  tests::FakeVaultKeys keys_;
  std::unique_ptr<vault::KeyStore> key_store_ = tests::OpenKeys(folder_.path());
  RecordKeys record_keys_{*key_store_, keys_};
  const tests::FixedClock clock_;
  const TimestampTrust trust_{
      .tsa_certificates = {base::HexEncode(base::Sha256(base::AsBytes("tsa")).bytes)}};
  EvidenceDesk desk_{inspector_, outbound_, trust_, clock_};
  ExtendSignature extend_{inspector_, desk_, clock_};
  std::unique_ptr<vault::Ledger> ledger_;
  BatchStore store_{folder_.path() / "batches", keys_, record_keys_, clock_};
};

TEST_F(BatchTest, AChunkIsReleasedWholeWithOneEntryBeforeTheToken) {
  const BatchOrder order = Order(3);
  const std::string id = store_.Put(order).value();
  BatchWork work(Parts(), id, order, 0);
  ASSERT_TRUE(work.Step().ok());
  EXPECT_EQ(Sealed(store_.GetChunk(id, 0).value()), 3U);
  EXPECT_EQ(signer_.batches, (std::vector<std::size_t>{3}));
  EXPECT_EQ(Sealings(), (std::vector<std::string>{"ordered 3"}));
}

TEST_F(BatchTest, WhatTheTokenMadeBeforeItWentIsNotMadeAgain) {
  const BatchOrder order = Order(10);
  const std::string id = store_.Put(order).value();
  signer_.lost_after = 4;
  BatchWork work(Parts(), id, order, 0);
  EXPECT_EQ(work.Step().error().reason, "token.removed");
  EXPECT_EQ(store_.GetChunk(id, 0).error().reason, "batch.not-yet");
  ASSERT_TRUE(work.Step().ok());
  EXPECT_EQ(signer_.batches, (std::vector<std::size_t>{10, 6}));
  EXPECT_EQ(Sealings(), (std::vector<std::string>{"ordered 10", "token-lost 6"}));
  EXPECT_EQ(Sealed(store_.GetChunk(id, 0).value()), 10U);
}

TEST_F(BatchTest, ASealThatDoesNotPassIsMadeAgainAndOnRecord) {
  const BatchOrder order = Order(5);
  const std::string id = store_.Put(order).value();
  inspector_.refuse_next = 1;
  BatchWork work(Parts(), id, order, 0);
  ASSERT_TRUE(work.Step().ok());
  EXPECT_EQ(signer_.batches, (std::vector<std::size_t>{5, 1}));
  EXPECT_EQ(Sealings(), (std::vector<std::string>{"ordered 5", "refused 1"}));
  EXPECT_EQ(Sealed(store_.GetChunk(id, 0).value()), 5U);
}

TEST_F(BatchTest, ATokenThatAlwaysSignsWronglyEndsInRefusalsAndNoSignature) {
  const BatchOrder order = Order(2);
  const std::string id = store_.Put(order).value();
  inspector_.refuse_next = 100;
  BatchWork work(Parts(), id, order, 0);
  ASSERT_TRUE(work.Step().ok());
  const auto outcomes = store_.GetChunk(id, 0).value();
  EXPECT_EQ(Sealed(outcomes), 0U);
  EXPECT_EQ(outcomes.front().error().reason, "release.refused");
  EXPECT_EQ(signer_.batches.size(), 3U);
}

TEST_F(BatchTest, AnInterruptedChunkIsSealedAgainAndTheLedgerSaysSo) {
  const BatchOrder order = Order(2);
  const std::string id = store_.Put(order).value();
  // As it is on disk when killed after the token answered and before the chunk was kept.
  ASSERT_TRUE(BatchWork(Parts(), id, order, 0).Step().ok());
  std::filesystem::remove(folder_.path() / "batches" / id / "0.2.0");
  BatchWork again(Parts(), id, order, 0);
  ASSERT_TRUE(again.Step().ok());
  EXPECT_EQ(Sealings(), (std::vector<std::string>{"ordered 2", "interrupted 2"}));
}

TEST_F(BatchTest, AnItemThatCannotBeSignedFailsAloneAndTheTokenIsNotAskedForIt) {
  const BatchOrder order = Order(4);
  const std::string id = store_.Put(order).value();
  inspector_.unplaceable = {"document-2.pdf"};
  BatchWork work(Parts(), id, order, 0);
  ASSERT_TRUE(work.Step().ok());
  const auto outcomes = store_.GetChunk(id, 0).value();
  EXPECT_EQ(Sealed(outcomes), 3U);
  EXPECT_EQ(outcomes[2].error().reason, "document.bad-name");
  EXPECT_EQ(signer_.batches, (std::vector<std::size_t>{3}));
}

TEST_F(BatchTest, AKeyTakenFromTheCallerMeanwhileSealsNothing) {
  const BatchOrder order = Order(2);
  const std::string id = store_.Put(order).value();
  callers_.front().keys.clear();
  BatchWork work(Parts(), id, order, 0);
  ASSERT_TRUE(work.Step().ok());
  EXPECT_EQ(store_.GetChunk(id, 0).value().front().error().reason, "key.not-yours");
  EXPECT_TRUE(signer_.batches.empty());
}

TEST_F(BatchTest, ATsaThatIsAwayCostsAWaitAndNoSecondSeal) {
  BatchOrder order = Order(2);
  order.seal.level = SignatureLevel::kT;
  const std::string id = store_.Put(order).value();
  outbound_.next_error = base::Error{base::ErrorCode::kUnavailable, "courier.no-answer", "away"};
  BatchWork work(Parts(), id, order, 0);
  EXPECT_EQ(work.Step().error().code, base::ErrorCode::kUnavailable);
  EXPECT_EQ(signer_.batches.size(), 1U);
  EXPECT_EQ(work.Step().error().code, base::ErrorCode::kUnavailable);
  EXPECT_EQ(signer_.batches.size(), 1U);
}

TEST_F(BatchTest, TheSameOrderIsOneBatchAndAnotherUnderItsKeyIsRefused) {
  const std::string id = store_.Put(Order(3)).value();
  EXPECT_EQ(store_.Put(Order(3)).value(), id);
  EXPECT_EQ(store_.Put(Order(4)).error().reason, "idempotency.other-order");
  BatchOrder others = Order(3);
  others.caller = "other";
  EXPECT_NE(store_.Put(others).value(), id);
}

TEST_F(BatchTest, WhatLiesOnDiskTellsNoName) {
  const std::string id = store_.Put(Order(3)).value();
  std::ifstream file(folder_.path() / "batches" / id / "order", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text.find("document-0"), std::string::npos);
  EXPECT_EQ(text.find("agency"), std::string::npos);
}

TEST_F(BatchTest, AChunkPutInAnothersPlaceDoesNotOpen) {
  const std::string id = store_.Put(Order(300)).value();
  ASSERT_TRUE(store_.PutChunk(id, 0, {base::ToBytes("signature")}).ok());
  const auto folder = folder_.path() / "batches" / id;
  std::filesystem::rename(folder / "0.1.0", folder / "1.1.0");
  EXPECT_EQ(store_.GetChunk(id, 1).error().code, base::ErrorCode::kCorrupted);
}

TEST_F(BatchTest, ChunksOfARemovalThatWasInterruptedAreNotTakenForAnotherBatchs) {
  const std::string id = store_.Put(Order(2)).value();
  ASSERT_TRUE(BatchWork(Parts(), id, Order(2), 0).Step().ok());
  // As it is on disk when killed between the first two steps of a removal.
  std::filesystem::remove(folder_.path() / "batches" / id / "order");
  BatchOrder later = Order(2);
  later.items.front().front().sha256 = base::Sha256(base::AsBytes("another document"));
  ASSERT_EQ(store_.Put(later).value(), id);
  EXPECT_TRUE(store_.Chunks(id).empty());
}

TEST_F(BatchTest, TheNewestIsTakenUpFirst) {
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    BatchOrder order = Order(1);
    order.idempotency_key = std::to_string(i);
    ids.push_back(store_.Put(order).value());
    const auto path = folder_.path() / "batches" / ids.back() / "order";
    std::filesystem::last_write_time(path, std::filesystem::file_time_type(std::chrono::hours(i)));
  }
  std::ranges::reverse(ids);
  EXPECT_EQ(store_.Ids(), ids);
}

TEST_F(BatchTest, AnAgencyThatFillsItsShareTakesNothingFromAnother) {
  const std::string id = store_.Put(Order(1)).value();
  const auto folder = folder_.path() / "batches";
  for (std::size_t i = 1; i < BatchStore::kMostKept; ++i)
    std::filesystem::copy(folder / id, folder / (id + "-" + std::to_string(i)));
  BatchOrder order = Order(1);
  order.idempotency_key = "one-more";
  EXPECT_EQ(store_.Put(order).error().reason, "batch.too-many");
  EXPECT_EQ(store_.Put(Order(1)).value(), id) << "what is there is there";
  order.agency = "csdd";
  EXPECT_TRUE(store_.Put(order).ok());
}

class BatchQueueTest : public BatchTest {
 protected:
  BatchQueue::Progress WaitUntilDone(BatchQueue& queue, const std::string& id) {
    auto progress = queue.Look(caller_, id, std::chrono::seconds(30));
    // An error of FakeVaultKeys comes once, to whoever asks first.
    if (!progress.ok()) progress = queue.Look(caller_, id, std::chrono::seconds(30));
    EXPECT_TRUE(progress.value().done());
    return progress.value();
  }
};

TEST_F(BatchQueueTest, SealsAllThatWasOrderedAndSaysHowFarItIs) {
  BatchQueue queue(Parts());
  queue.Start();
  const auto submitted = queue.Submit(caller_, Order(600));
  ASSERT_TRUE(submitted.ok());
  const auto done = WaitUntilDone(queue, submitted.value().id);
  EXPECT_EQ(done.sealed, 600U);
  EXPECT_EQ(queue.Results(caller_, done.id, 2).value().size(), 88U);
  EXPECT_EQ(queue.Submit(caller_, Order(600)).value().sealed, 600U);
  EXPECT_EQ(signer_.batches, (std::vector<std::size_t>{256, 256, 88}));
}

TEST_F(BatchQueueTest, GoesOnWithWhatAnEarlierOneLeft) {
  const std::string id = store_.Put(Order(300)).value();
  ASSERT_TRUE(BatchWork(Parts(), id, Order(300), 0).Step().ok());
  keys_.next_error = base::Error{base::ErrorCode::kUnavailable, "token.absent", "away at first"};
  BatchQueue queue(Parts());
  queue.Start();
  EXPECT_EQ(WaitUntilDone(queue, id).sealed, 300U);
  EXPECT_EQ(signer_.batches, (std::vector<std::size_t>{256, 44}));
}

TEST_F(BatchQueueTest, AnothersBatchIsUnknown) {
  BatchQueue queue(Parts());
  const std::string id = queue.Submit(caller_, Order(1)).value().id;
  const Caller other{"other", CallerRole::kAgency, "csdd", {"seal"}};
  EXPECT_EQ(queue.Look(other, id).error().reason, "batch.unknown");
  EXPECT_EQ(queue.Results(other, id, 0).error().reason, "batch.unknown");
  EXPECT_EQ(queue.Look(caller_, "../../etc").error().reason, "batch.unknown");
}

TEST_F(BatchQueueTest, AgenciesTakeTurnsHoweverManyBatchesOneOfThemOrdered) {
  callers_.push_back({"other", CallerRole::kAgency, "csdd", "", {"seal"}});
  const Caller other{"other", CallerRole::kAgency, "csdd", {"seal"}};
  BatchQueue queue(Parts());
  for (int i = 0; i < 40; ++i) {
    BatchOrder order = Order(2);
    order.idempotency_key = "many-" + std::to_string(i);
    ASSERT_TRUE(queue.Submit(caller_, order).ok());
  }
  BatchOrder order = Order(3);
  const std::string last = queue.Submit(other, order).value().id;
  queue.Start();
  queue.Look(other, last, std::chrono::seconds(30)).value();
  for (int i = 0; i < 40; ++i) {
    order = Order(2);
    order.idempotency_key = "many-" + std::to_string(i);
    EXPECT_EQ(WaitUntilDone(queue, queue.Submit(caller_, order).value().id).sealed, 2U);
  }
  // Sizes, in the order in which the token was asked.
  EXPECT_LE(std::ranges::find(signer_.batches, 3U) - signer_.batches.begin(), 1);
}

TEST_F(BatchQueueTest, OfOneAgencyNoMoreAreBegunThanAtOnce) {
  // The token is away for good, so each that is begun waits.
  signer_.next_error = base::Error{base::ErrorCode::kUnavailable, "token.absent", "away"};
  BatchQueue queue(Parts());
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < 2 * BatchQueue::kAtOnce; ++i) {
    BatchOrder order = Order(1);
    order.idempotency_key = "many-" + std::to_string(i);
    ids.push_back(queue.Submit(caller_, order).value().id);
  }
  queue.Start();
  // Each that is begun is asked in its turn before any is asked again.
  const auto begun = [&] {
    return std::ranges::count_if(ids, [&](const std::string& id) {
      return !queue.Look(caller_, id).value().waiting_for.empty();
    });
  };
  while (begun() < static_cast<long>(BatchQueue::kAtOnce))
    queue.Look(caller_, ids.front(), std::chrono::milliseconds(10)).value();
  for (int i = 0; i < 100; ++i)
    queue.Look(caller_, ids.front(), std::chrono::milliseconds(10)).value();
  EXPECT_EQ(begun(), static_cast<long>(BatchQueue::kAtOnce));
}

TEST_F(BatchQueueTest, CallersWhoWaitLeaveThreadsForTheOthers) {
  BatchQueue queue(Parts());
  const std::string id = queue.Submit(caller_, Order(1)).value().id;
  std::atomic<std::size_t> back = 0;
  std::vector<std::jthread> patient;
  for (std::size_t i = 0; i < 2 * BatchQueue::kMostPatient; ++i)
    patient.emplace_back([&] {
      queue.Look(caller_, id, std::chrono::hours(1)).value();
      ++back;
    });
  while (back < BatchQueue::kMostPatient) std::this_thread::yield();
  EXPECT_EQ(back, BatchQueue::kMostPatient) << "nothing is done yet";
  queue.Start();
}

TEST_F(BatchQueueTest, AKeyOfABatchThatWasRemovedOrdersANewOne) {
  BatchQueue queue(Parts());
  queue.Start();
  const std::string id = queue.Submit(caller_, Order(3)).value().id;
  WaitUntilDone(queue, id);
  std::filesystem::remove_all(folder_.path() / "batches" / id);
  EXPECT_EQ(queue.Look(caller_, id).error().reason, "batch.unknown");
  ASSERT_EQ(queue.Submit(caller_, Order(5)).value().id, id);
  EXPECT_EQ(WaitUntilDone(queue, id).sealed, 5U);
}

TEST_F(BatchQueueTest, RefusesWhatCannotBeABatch) {
  BatchQueue queue(Parts());
  const auto reason = [&](const BatchOrder& order) {
    return queue.Submit(caller_, order).error().reason;
  };
  BatchOrder order = Order(1);
  order.idempotency_key = "";
  EXPECT_EQ(reason(order), "idempotency.key-required");
  order.idempotency_key = "with blank";
  EXPECT_EQ(reason(order), "idempotency.key-required");
  EXPECT_EQ(reason(Order(0)), "batch.bad-size");
  order = Order(1);
  order.items.front().clear();
  EXPECT_EQ(reason(order), "batch.bad-size");
  order = Order(1);
  order.seal.level = SignatureLevel::kLTA;
  EXPECT_EQ(reason(order), "sign.needs-documents");
  order = Order(1);
  order.seal.form = signing::SignatureForm::kEnveloped;
  EXPECT_EQ(reason(order), "sign.bad-form");
  order = Order(1);
  order.seal.key = {"anothers"};
  EXPECT_EQ(reason(order), "key.not-yours");
}

}  // namespace
}  // namespace api
